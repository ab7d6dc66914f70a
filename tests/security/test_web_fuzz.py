"""Requests, signed bodies and commands of any content: answered in time, no 5xx, nothing told or done by chance."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import databases
import httpx
import pytest
import webhook_bodies
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from web_host import Answer, ask, fresh_database, listening, living, post, started

from otto_bot.core.commands import VERBS, BadCommand, Command
from otto_bot.core.config import HostCaps
from otto_bot.core.values import Person, Repo
from otto_bot.intake.markdown import command_in
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger, Trigger

HERE = Path(__file__).parent
SAID = {
    400: {"the body is no JSON", "the body is no JSON object"},
    202: {"stored", "duplicate", "ignored"},
}
SECONDS = 5.0
"""No answer takes as long, on a machine that does much else."""


def _said(answer: Answer) -> str:
    body = json.loads(answer.body)
    return str(body.get("error", body.get("result")))


@pytest.mark.parametrize("backend", databases.chosen(slow=True))
def test_a_signed_body_of_any_content_is_answered_with_constant_words(
    backend: str, make_database: Any, tmp_path: Path
) -> None:
    """Wrong types, missing parts, keys twice, NUL, half characters, numbers of 5,000 digits, 100,000 brackets."""

    async def throw() -> list[tuple[float, Answer, bytes]]:
        found = []
        async with living(started(tmp_path, make_database(backend))) as app:
            for number, (event, _, body) in enumerate(webhook_bodies.drawn(webhook_bodies.bodies(), 60)):
                began = time.perf_counter()
                answer = await post(app, body, event=event, guid=f"g-{number}")
                found.append((time.perf_counter() - began, answer, body))
        return found

    for seconds, answer, body in asyncio.run(throw()):
        assert answer.status in SAID, (answer, body[:300])
        assert _said(answer) in SAID[answer.status], (answer, body[:300])
        assert seconds < SECONDS, body[:300]


@pytest.mark.parametrize(
    ("action", "status"), [("x" * 10_000, 202), ("\x00", 202), ("\ud800", 202), (["a"], 202), ({"a": 1}, 202)]
)
@pytest.mark.parametrize("backend", databases.chosen(slow=True))
def test_an_action_that_no_database_takes_is_not_a_fault_of_the_store(
    backend: str, make_database: Any, tmp_path: Path, action: Any, status: int
) -> None:
    body = json.dumps({"ref": "refs/heads/otto/1-1/run", "action": action, "repository": {"id": 1}}).encode()

    async def throw() -> Answer:
        async with living(started(tmp_path, make_database(backend))) as app:
            return await post(app, body, event="push")

    assert asyncio.run(throw()) == Answer(status, b'{"result": "stored"}')


def test_nothing_describes_the_api_and_health_tells_no_detail(tmp_path: Path) -> None:
    """No pages of documentation, no versions, no addresses; what is not there is not explained."""

    async def look() -> dict[str, Answer]:
        paths = ("/docs", "/redoc", "/openapi.json", "/api", "/", "/healthz", "/readyz", "/webhooks", "/.env", "/..%2f")
        async with living(started(tmp_path)) as app:
            return {path: await ask(app, "GET", path) for path in paths}

    found = asyncio.run(look())

    assert found.pop("/healthz") == Answer(200, b"ok\n")
    assert found.pop("/readyz") == Answer(200, b"ready\n")
    assert found.pop("/").status == 403  # pages: for a browser on this machine that says whom it asks
    assert set(found.values()) == {Answer(404, b'{"detail":"Not Found"}')}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    place = tmp_path_factory.mktemp("host")
    _with_a_run(fresh_database(place))
    with listening(place) as address:
        yield address


def _with_a_run(database: str) -> None:
    """Something to look at."""
    repo = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
    trigger = Trigger(key="k", repo=repo, issue=4, title="T", body="B", actor=Person(id=11, login="anna"))
    engine = open_database(database)
    assert Ledger(engine).start(trigger, HostCaps(), datetime.now(UTC)) is not None
    engine.dispose()


def _raw(address: tuple[str, int], *lines: str, body: bytes = b"") -> bytes:
    """A request as bytes, and all that comes back until the server closes or waits."""
    with socket.create_connection(address, timeout=SECONDS) as one:
        one.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1") + body)
        one.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := one.recv(65536):
            answer += piece
        return answer


@pytest.mark.parametrize(
    "lines",
    [
        ("POST /webhooks/github HTTP/1.1", "Host: x", "Content-Length: 5", "Transfer-Encoding: chunked"),
        ("POST /webhooks/github HTTP/1.1", "Host: x", "Content-Length: 5", "Content-Length: 6"),
        ("POST /webhooks/github HTTP/1.1", "Host: x", "Content-Length: -1"),
        ("POST /webhooks/github HTTP/1.1", "Host: x", "Content-Length: 99999999999999999999999999"),
        ("POST /webhooks/github HTTP/1.1", "Host: x", "Transfer-Encoding: chunked, identity"),
        ("POST /webhooks/github HTTP/1.1", "Host: x", "Content-Length : 5"),
        ("GET /healthz HTTP/1.1", "Host: x", f"X-Long: {'a' * 200_000}"),
        ("GET /" + "a" * 200_000 + " HTTP/1.1", "Host: x"),
        ("GET /healthz HTTP/9.9", "Host: x"),
        ("\x16\x03\x01\x02", "x"),
    ],
)
def test_malformed_framing_is_refused_and_the_server_goes_on(served: tuple[str, int], lines: tuple[str, ...]) -> None:
    """Two lengths, a length and pieces, a length below nothing: what other servers were smuggled past."""
    answer = _raw(served, *lines, body=b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")

    assert b"otto_deliveries_total" not in answer, "a second request came out of the first one"
    assert not answer or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 413", b"HTTP/1.1 415"))
    assert httpx.get(f"http://{served[0]}:{served[1]}/healthz", timeout=SECONDS).status_code == 200


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_schemathesis_finds_no_5xx(served: tuple[str, int]) -> None:
    """Requests made from the description of what the web process answers, in its form and against it."""
    schemathesis = pytest.importorskip("schemathesis")
    schema = schemathesis.openapi.from_dict(yaml.safe_load((HERE / "web_api.yaml").read_text()))

    assert _thrown(schema, served) > 20


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_schemathesis_finds_no_5xx_in_the_api(served: tuple[str, int]) -> None:
    """Requests made from the API's own description; a refusal has words and advice, whatever was asked."""
    schemathesis = pytest.importorskip("schemathesis")
    described = httpx.get(f"http://127.0.0.1:{served[1]}/api/openapi.json", timeout=SECONDS).json()
    assert httpx.get(f"http://127.0.0.1:{served[1]}/api/v1/runs/1", timeout=SECONDS).status_code == 200

    def held(answer: Any) -> None:
        if answer.status_code != 200:
            assert all(answer.json()["error"][part] for part in ("code", "message", "advice"))

    assert _thrown(schemathesis.openapi.from_dict(described), served, held) > 100


def _thrown(schema: Any, served: tuple[str, int], held: Callable[[Any], None] = lambda _: None) -> int:
    """How many requests were made of a description; none of the answers is a 5xx, and each is what `held` wants."""
    from schemathesis.generation import GenerationMode

    tried = 0
    for operation in (result.ok() for result in schema.get_all_operations()):
        for mode in GenerationMode:

            @settings(
                max_examples=10, derandomize=True, database=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def throw(case: Any) -> None:
                nonlocal tried
                answer = case.call(base_url=f"http://{served[0]}:{served[1]}", timeout=SECONDS)
                tried += 1
                assert answer.status_code < 500, case.as_curl_command()
                held(answer)

            try:
                throw()
            except Exception as error:
                if "Unsatisfiable" not in type(error).__name__ and "SkipTest" not in type(error).__name__:
                    raise
    return tried


KELVIN, LONG_S = "\u212a", "\u017f"
"""Letters of other alphabets whose small or large forms are ours."""
HEADS = ("/otto", " /otto", "/otto\u00a0", "/OTTO", "> /otto", "`/otto`", "\ufeff/otto", "/otto\u200b", "")
WORDS = st.one_of(
    st.sampled_from(
        (*VERBS, *(verb.upper() for verb in VERBS), f"s{KELVIN}ip", f"{LONG_S}top", "--", "r1", "t1", "+5")
    ),
    st.text(max_size=8),
)
LINES = st.builds(
    lambda head, gap, words, tail: head + gap + " ".join(words) + tail,
    st.sampled_from(HEADS),
    st.sampled_from((" ", "\t", "\u2003", "", "  ")),
    st.lists(WORDS, max_size=4),
    st.sampled_from(("", "\n", "\r\nmore", "\n```\n/otto stop\n```", "\x00", "\u202e")),
)
LONG = (
    "/otto " + "a" * 65_000,
    "/otto retry " + "t1," * 20_000,
    "/otto retry -- " + "-" * 65_000,
    "/otto " + "\u202e" * 60_000,
    " " * 65_000 + "/otto stop",
    "\n" * 65_000 + "/otto stop",
    "/otto x\n" + "> " * 30_000,
    "/otto x\n" + "- " * 30_000,
    "/otto x\n" + "[" * 60_000,
    "/otto x\n" + "|a" * 30_000 + "\n" + "|-" * 30_000,
    "/otto budget +" + "9" * 60_000,
    "/otto approve r" + "9" * 60_000,
    "/otto skip t" + "1" * 60_000,
)


@given(LINES)
@settings(max_examples=80)
def test_a_comment_of_any_text_is_read_without_an_error_and_obeyed_only_by_its_own_letters(text: str) -> None:
    """What becomes a command starts its first line with `/otto` and one of the verbs, in ASCII."""
    found = command_in(text)

    assert found is None or isinstance(found, Command | BadCommand)
    if isinstance(found, Command):
        first = text.lstrip("\ufeff \t\n\r").split("\n")[0].split()
        assert first[0] == "/otto"
        assert first[1].isascii()
        assert first[1].lower() == found.verb


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_the_longest_comments_are_read_in_time(text: str) -> None:
    began = time.perf_counter()

    found = command_in(text)

    assert time.perf_counter() - began < SECONDS / 2
    assert not isinstance(found, Command) or found.verb in ("stop", "retry")
