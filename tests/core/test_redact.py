"""No secret survives, in whatever shape, and ordinary text does."""

import base64
import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from otto_bot.core.redact import REDACTED, Redactor

SECRET = "s3cr3t-Value/with+signs"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NTYifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
BEGIN, END = "-----BEGIN RSA PRIVATE" + " KEY-----", "-----END RSA PRIVATE" + " KEY-----"
PEM = f"{BEGIN}\nMIIEpAIBAAKCAQEA75\nabcDEF123+/=\n{END}"


@pytest.mark.parametrize(
    "shape",
    [
        SECRET,
        f"  {SECRET}\n",
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"x-access-token:{SECRET}".encode()).decode(),
        "s3cr3t-Value%2Fwith%2Bsigns",
    ],
)
def test_a_registered_secret_is_replaced_in_every_shape(shape):
    redactor = Redactor([f" {SECRET}\n"])
    text = redactor.text(f"before {shape} after")
    assert REDACTED in text
    assert shape.strip() not in text
    assert text.startswith("before ")
    assert text.endswith(" after")


@pytest.mark.parametrize("secret", [SECRET, "ghs_" + "A1b2C3d4E5" * 4, "ghs_12345_" + JWT], ids=["any", "old", "new"])
@pytest.mark.parametrize("before", ["", "a", "ab", "PASSWORD=", "export TOKEN=", "A=1\nTOKENS="])
@pytest.mark.parametrize("after", ["", "\n", "xy", "\nHOME=/root\n"])
def test_a_secret_is_found_in_the_base64_of_what_is_around_it(secret, before, after):
    """`env | base64`: where the secret begins decides which letters it becomes."""
    for encoded in (base64.b64encode, base64.urlsafe_b64encode):
        line = encoded(f"{before}{secret}{after}".encode()).decode()
        left = Redactor([secret]).text(f"log {line}").removeprefix("log ").replace(REDACTED, "")
        assert len(left) <= len(base64.b64encode(f"{before}{after}".encode())) + 8


def test_what_is_acted_on_keeps_other_peoples_secrets():
    """A journey logs in with a test's password; the host's secrets and tokens are taken out all the same."""
    token = "ghs_12345_" + JWT
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    text = f"password=abc123xyz ghp_{'a1' * 20} {PEM} | {SECRET} {token} {basic} {token.encode().hex()}"
    kept, _, own = Redactor([SECRET]).own(text).rpartition(" | ")
    assert kept == text.rpartition(" | ")[0]
    assert own == " ".join([REDACTED] * 4)


def test_a_secret_is_found_in_hexadecimal_and_html():
    redactor = Redactor(['pass<w0rd>&"more'])
    assert redactor.text("a pass&lt;w0rd&gt;&amp;&quot;more b") == f"a {REDACTED} b"
    assert redactor.text(f"a {b'pass<w0rd>&'.hex()}226d6f7265 b") == f"a {REDACTED} b"


def test_a_secret_within_a_secret_leaves_no_tail():
    assert Redactor(["abcdef", "abcdef-and-more"]).text("x abcdef-and-more y") == f"x {REDACTED} y"


@pytest.mark.parametrize(
    "secret",
    [
        "ghp_" + "a" * 36,
        "ghs_12345_" + JWT,
        "github_pat_" + "A1" * 20,
        "sk-ant-api03-" + "x" * 30,
        "AKIA" + "IOSFODNN7EXAMPLE",
        JWT,
        PEM,
        PEM.rsplit("-----END", 1)[0],
        PEM.replace("\n", "\\n"),
    ],
)
def test_known_shapes_are_replaced_without_registration(secret):
    text = Redactor().text(f"a: {secret}\n")
    assert REDACTED in text
    for piece in (secret, "MIIEpAIBAAKCAQEA75", "abcDEF123", JWT):
        assert piece not in text


def test_the_lines_of_a_registered_key_are_secrets_each():
    assert "MIIEpAIBAAKCAQEA75" not in Redactor([PEM]).text("log: MIIEpAIBAAKCAQEA75 and so on")


@pytest.mark.parametrize(
    "text", ["true", "def ghost_writer(): ...", "sha 0123456789abcdef0123456789abcdef01234567", "AKIA is a prefix", ""]
)
def test_ordinary_text_is_left_alone(text):
    redactor = Redactor(["true", "", "   ", "ab"])
    assert redactor.text(text) == text


def test_messages_are_redacted_deeply_but_for_what_the_api_checks_byte_by_byte():
    redactor = Redactor([SECRET])
    messages = [
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": f"env: {SECRET}"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": SECRET, "signature": SECRET}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "run", "input": {"a": [SECRET, 3]}}]},
    ]
    clean = redactor.json(messages)
    assert clean[0]["content"][0]["content"] == f"env: {REDACTED}"
    assert clean[1]["content"][0] == {"type": "thinking", "thinking": REDACTED, "signature": SECRET}
    assert clean[2]["content"][0]["input"] == {"a": [REDACTED, 3]}


@pytest.mark.timeout(10)
def test_a_hostile_text_takes_no_time():
    text = BEGIN * 500 + "A" * 100_000 + "eyJ" * 10_000
    assert len(Redactor([SECRET]).text(text)) < len(text)


B64 = "QUJDRGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY3ODkw"
SHAPES = {
    "ghp": "ghp_" + "aB3" * 12,
    "gho": "gho_" + "aB3" * 12,
    "ghu": "ghu_" + "aB3" * 12,
    "ghr": "ghr_" + "aB3" * 12,
    "ghs": "ghs_" + "aB3" * 12,
    "ghs of an App": "ghs_12345_" + JWT,
    "fine-grained": "github_pat_" + "11ABCDEFG0" + "x_" * 30,
    "Anthropic": "sk-ant-api03-" + "x9-" * 30,
    "other model": "sk-proj-" + "x9" * 20,
    "JWT": JWT,
    "AWS": "ASIA" + "IOSFODNN7EXAMPLE",
    "Slack": "xoxb-" + "123456789012-abcdefABCDEF",
    "Slack app": "xapp-1-" + "A012345-678-abcdef",
    "npm": "npm_" + "aB3" * 12,
    "PyPI": "pypi-AgEIcHlwaS5vcmc" + "x-_9" * 20,
    "Google": "AIza" + "SyA-_9" * 5 + "abcde",
    "Google OAuth": "ya29." + "a0AfH6SMB-_" * 4,
    "Google client": "GOCSPX-" + "abc_-123" * 4,
    "Azure client": "a1b8Q~" + "x-_.~9" * 6,
    "Azure DevOps": "a1" * 38 + "AZDO" + "x1y2",
    "Stripe": "sk_live_" + "51Habc" * 5,
    "Stripe restricted": "rk_test_" + "51Habc" * 5,
    "Stripe webhook": "whsec_" + "51Habc" * 5,
    "GitLab": "glpat-" + "x_9-" * 6,
    "Docker Hub": "dckr_pat_" + "x_9-" * 7,
    "git's Basic": base64.b64encode(b"x-access-token:ghs_" + b"aB3" * 12).decode(),
    "base64 of a token": base64.b64encode(b"ghp_" + b"aB3" * 12).decode(),
}
"""Marks apart from their tails, so that no scanner takes this file for a leak."""

ASSIGNED = {
    'password="hunter2!"': "hunter2!",
    "DB_PASSWORD: pa55word": "pa55word",
    "pwd=123456": "123456",
    "mysql --password s3cr3tpw": "s3cr3tpw",
    '{\\"api_key\\": \\"9f86d081884c7d65\\"}': "9f86d081884c7d65",
    "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    f"AccountKey={B64}{B64}==;EndpointSuffix=x": B64,
    "//registry.npmjs.org/:_authToken=00000000-0000-4000-8000-000000000000": "00000000-0000-4000-8000-000000000000",
    "https://acct.blob.test/c?sv=1&sig=abcDEF123%2Babcdefghij%3D": "abcDEF123%2Babcdefghij%3D",
    "postgres://admin:hunter2@db:5432/x": "hunter2",
    "https://0123456789abcdef0123@git.test/x.git": "0123456789abcdef0123",
    "https://hooks.slack.com/services/T00000000/B00000000/abcdefabcdef": "T00000000",
    "Authorization: Bearer abc123.def-456": "abc123.def-456",
    "authorization: basic dXNlcjpwYXNz": "dXNlcjpwYXNz",
    "'Authorization': 'token abcdef1234567890'": "abcdef1234567890",
    "> Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==": "dXNlcjpwYXNzd29yZA",
}


@pytest.mark.parametrize(("line", "secret"), ASSIGNED.items())
def test_words_before_a_value_give_it_away(line, secret):
    clean = Redactor().text(f"a\n{line}\nb")
    assert secret not in clean
    assert REDACTED in clean
    assert clean.count("\n") == 2


@pytest.mark.parametrize(
    "line",
    [
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "  token: ***",
        "AUTHORIZATION: basic ***",
        "https://x-access-token:***@github.com/a/b.git",
        "https://${USER}:${PASS}@host/x",
        "Unexpected token: identifier12 (",
        "SyntaxError: Unexpected token ':' in JSON at position 123456789012",
        "password: String",
        "token: str = get_token_v2_from_somewhere()",
        "secret=my-secret-name-1",
        "API_KEY=$API_KEY",
        "export TOKEN=MY_TOKEN_2_NAME",
        "max_tokens=123456789012 tokens: 4096",
        "PWD=/home/runner/work/a/b",
        "cache key: Linux-pip-3.11-0123456789abcdef",
        "ssh://git@github.com/a/b.git and https://github.com/a/b/actions/runs/12345678901234567890",
        "task-0123456789abcdef0123456789abcdef01 npm_config_registry npm_lifecycle_event_name_is_long",
        "error: expected -----BEGIN PRIVATE KEY----- but got something else here",
        "-----BEGIN CERTIFICATE-----",
        "Authorization: required",
        "2024-01-01T00:00:00.0000000Z ##[error]Process completed with exit code 1.",
    ],
)
def test_what_only_looks_alike_stays(line):
    assert Redactor().text(line) == line


STAMP = "2026-11-22T12:00:00.1234567Z "
NOISE = st.text(alphabet="abc XYZ019-_.:/=\"'\n|\x1b[m{}", max_size=60)


@settings(max_examples=150, deadline=None)
@example(before="\x1b[", after="", kind="AWS", stamped=False)
@given(before=NOISE, after=NOISE, kind=st.sampled_from(sorted(SHAPES)), stamped=st.booleans())
def test_a_token_never_survives_wherever_it_stands(before, after, kind, stamped):
    token = SHAPES[kind]
    text = f"{before} {STAMP if stamped else ''}{token}\n{after}"
    clean = Redactor().text(text)
    assert token not in clean
    assert clean.count("\n") == text.count("\n")
    assert clean.endswith(Redactor().text(after)) or "://" in before + after


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("before", ["X9", "a", "_", "-", "="])
def test_a_token_does_not_hide_behind_what_stands_right_before_it(kind, before):
    assert SHAPES[kind] not in Redactor().text(f"{before}{SHAPES[kind]} after")


@settings(max_examples=100, deadline=None)
@given(kind=st.sampled_from(sorted(SHAPES)), cuts=st.sets(st.integers(1, 30), max_size=4), stamped=st.booleans())
def test_colours_inside_a_token_do_not_hide_it(kind, cuts, stamped):
    token = SHAPES[kind]
    painted = "".join(("\x1b[01;31m" if at in cuts else "") + char for at, char in enumerate(token))
    clean = Redactor().text(f"{STAMP if stamped else ''}\x1b[1mx\x1b[0m {painted}\x1b[0m end\n")
    assert token not in re.sub(r"\x1b\[[0-9;]*m", "", clean)
    assert clean.endswith("\x1b[0m end\n")


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(sorted(SHAPES)), size=st.integers(1, 70), at=st.integers(0, 200), line=st.booleans())
def test_a_token_over_the_border_of_chunks_is_found(kind, size, at, line):
    end = "\n" if line else " "
    data = ((f"x{end}" * at) + SHAPES[kind] + f"{end}more{end}" * 20).encode()
    redactor = Redactor()
    chunks = [data[i : i + size] for i in range(0, len(data), size)]
    assert b"".join(redactor.stream(chunks)) == redactor.raw(data)
    assert SHAPES[kind].encode() not in redactor.raw(data)


@pytest.mark.parametrize("shift", [-70_000, -65_536, -65_530, -10, 0, 10])
def test_an_endless_line_is_given_out_piece_by_piece(shift):
    token = b"password=" + SHAPES["ghp"].encode()
    data = b"-" * ((1 << 20) + shift) + b" " + token + b" " + b"-" * (1 << 20)
    redactor = Redactor()
    out = list(redactor.stream(data[i : i + 65_536] for i in range(0, len(data), 65_536)))
    assert len(out) > 1
    assert b"".join(out) == redactor.raw(data)
    assert SHAPES["ghp"].encode() not in b"".join(out)


BODY = ["MIIEpAIBAAKCAQEA75" + "x1Y+" * 11 + "ab", "abcDEF123+/" + "q2W/" * 13 + "x", "shortTail99=="]


@pytest.mark.parametrize("margin", ["", STAMP, f"test\tRun tests\t{STAMP}", "    ", f"{STAMP}app_1  | ", "+ ", '"'])
@pytest.mark.parametrize("head", ["", "key: "])
@pytest.mark.parametrize("complete", [True, False])
def test_a_key_over_many_lines_becomes_as_many_lines(margin, head, complete):
    lines = [f"{head}{BEGIN}", *BODY, *([END] if complete else [])]
    text = "\n".join(f"{margin}{line}" for line in lines) + f"\n{STAMP}##[error] it went wrong after that\nlast line\n"
    clean = Redactor().text(text)
    assert clean.count("\n") == text.count("\n")
    assert not [part for part in BODY if part in clean or part[5:] in clean]
    assert clean.endswith("it went wrong after that\nlast line\n")
    whole = Redactor()
    assert b"".join(whole.stream(text[i : i + 7].encode() for i in range(0, len(text), 7))).decode() == clean


def test_a_registered_value_over_lines_keeps_their_number():
    clean = Redactor(["first line\nxy\nlast line"]).text("a first line\nxy\nlast line b\n")
    assert clean == f"a {REDACTED}\n{REDACTED}\n{REDACTED} b\n"


def test_tokens_that_give_themselves_away_take_no_place():
    redactor = Redactor()
    for number in range(1000):
        redactor.register(f"ghs_{number:06}" + "aB3" * 12)
    assert len(redactor._values) < 10


def test_bytes_that_are_no_text_pass_through():
    data = bytes(range(256)) * 3
    assert Redactor().raw(data) == data
    assert Redactor().text("\udc80 lone") == "\udc80 lone"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    [BEGIN, "eyJ", "eyJ-", "eyJa.", "ghp_", "password=", "key=key:", "://a:", "://", "sk-", "A" * 100, "a1" * 40,
     "AZDO", "8Q~", "authorization: ", "\x1b[", "\x1b[0m", "-", "_", "sig=", f"{BEGIN}\n", f"{BEGIN}\\n", "token:$"],
)  # fmt: skip
def test_no_hostile_text_costs_more_than_its_length(piece):
    text = (piece * (300_000 // len(piece))).encode()
    for data in (text, text + b"\nghp_azdo 8q~ key sig= AKIA ya29. eyJ"):
        began = time.process_time()
        Redactor([SECRET]).raw(data)
        assert time.process_time() - began < 2


def test_an_address_keeps_its_host():
    clean = Redactor().text(f"git clone https://x-access-token:{SHAPES['ghs']}@github.com/a/b.git")
    assert clean == f"git clone https://{REDACTED}@github.com/a/b.git"


def test_a_key_with_windows_line_ends():
    text = "\r\n".join([BEGIN, *BODY, END, "after"])
    assert Redactor().text(text) == "\r\n".join([REDACTED] * 5 + ["after"])
