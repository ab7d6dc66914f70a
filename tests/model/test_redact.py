"""No secret survives, in whatever shape, and ordinary text does."""

import base64

import pytest

from otto_bot.model.redact import REDACTED, Redactor

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
