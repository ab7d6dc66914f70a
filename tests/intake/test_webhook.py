"""The receiver over real HTTP: every refusal, and 202 only after the row is committed."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from otto_bot.intake.at_work import AtWork
from otto_bot.intake.grouping import Grouping
from otto_bot.intake.webhook import PATH, Receive, Receiver, Scope, Send, signed
from otto_bot.playground.listening import listener
from otto_bot.store.arrivals import Arrival, Stored
from otto_bot.store.database import StoreUnavailable

OLD, NEW = b"old secret", b"It's a Secret to Everybody"
LIMIT = 64 * 1024
AT_WORK = 77
"""The repository with an open run."""
LABELLED = {
    "action": "labeled",
    "label": {"name": "otto"},
    "issue": {"id": 1, "number": 7},
    "repository": {"id": 1, "name": "r", "full_name": "o/r"},
}


class Rows:
    """An inbox in memory that can be told to be down, or to refuse a row."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, str, bytes, datetime]] = {}
        self.down = False
        self.refused: set[str] = set()
        self.threads: set[int] = set()

    def add_all(self, arrivals: Sequence[Arrival]) -> list[Stored]:
        self.threads.add(threading.get_ident())
        if self.down:
            raise StoreUnavailable("disk full")
        return [self.add(one) for one in arrivals]

    def add(self, one: Arrival) -> Stored:
        if one.guid in self.refused:
            return "refused"
        if one.guid in self.rows:
            return "duplicate"
        self.rows[one.guid] = (one.event, one.action, one.body, one.received_at)
        return "stored"


class Counts:
    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def count(self, event: str, result: str) -> None:
        self.seen.append((event, result))


class Served:
    def __init__(self, url: str, inbox: Rows, counts: Counts, port: int, thread: int) -> None:
        self.url, self.inbox, self.counts, self.port, self.loop_thread = url, inbox, counts, port, thread

    def post(self, body: bytes, **headers: str | None) -> httpx.Response:
        """A delivery as GitHub sends it; a header given as None is left out."""
        sent = {
            "content-type": "application/json",
            "x-github-event": "issues",
            "x-github-delivery": "6e2b0a60-0001",
            "x-hub-signature-256": sign(body),
        }
        for name, value in headers.items():
            key = name.replace("_", "-")
            sent.pop(key, None)
            if value is not None:
                sent[key] = value
        return httpx.post(self.url, content=body, headers=sent, timeout=10)


def sign(body: bytes, secret: bytes = NEW) -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def body_of(payload: object) -> bytes:
    return json.dumps(payload).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    inbox, counts = Rows(), Counts()
    grouping = Grouping(inbox)
    work = AtWork(lambda: frozenset({AT_WORK}), time.monotonic)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        grouping.start()
        await work.refresh()
        yield
        await grouping.stop()

    receiver, rest = Receiver(grouping, [OLD, NEW], work, counts, LIMIT), FastAPI(lifespan=life)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        mine = scope["type"] == "http" and scope["path"] == PATH
        await (receiver(scope, receive, send) if mine else rest(scope, receive, send))

    listening = listener()
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    deadline = time.monotonic() + 10
    while not running.started and time.monotonic() < deadline:
        time.sleep(0.005)  # polling the server's own flag
    port = listening.getsockname()[1]
    yield Served(f"http://127.0.0.1:{port}/webhooks/github", inbox, counts, port, thread.ident or 0)
    running.should_exit = True
    thread.join(10)
    listening.close()
    assert not thread.is_alive()


@pytest.fixture
def served(server: Served) -> Served:
    """The one server with an empty inbox."""
    server.inbox.rows.clear()
    server.inbox.threads.clear()
    server.inbox.down = False
    server.inbox.refused.clear()
    server.counts.seen.clear()
    return server


def test_a_signed_delivery_is_stored_before_202(served: Served) -> None:
    body = body_of(LABELLED)
    answer = served.post(body)
    assert (answer.status_code, answer.json()) == (202, {"result": "stored"})
    event, action, kept, received_at = served.inbox.rows["6e2b0a60-0001"]
    assert (event, action, kept) == ("issues", "labeled", body)
    assert received_at.tzinfo is not None
    assert served.loop_thread not in served.inbox.threads  # the blocking call does not hold up the loop
    assert served.counts.seen == [("issues", "stored")]


def test_a_duplicate_changes_nothing(served: Served) -> None:
    body = body_of(LABELLED)
    served.post(body)
    before = dict(served.inbox.rows)
    answer = served.post(body)
    assert (answer.status_code, answer.json()) == (202, {"result": "duplicate"})
    assert served.inbox.rows == before


def test_both_secrets_hold_while_one_is_rotated(served: Served) -> None:
    body = body_of(LABELLED)
    assert served.post(body, x_hub_signature_256=sign(body, OLD)).status_code == 202


@pytest.mark.parametrize(
    "signature",
    [
        sign(b"another body"),
        sign(body_of(LABELLED), b"wrong"),
        "sha1=" + "0" * 40,
        "sha256=" + "0" * 63,
        sign(body_of(LABELLED)).upper(),
        sign(body_of(LABELLED)) + " ",
        "x",
    ],
)
def test_a_wrong_signature_is_401(served: Served, signature: str) -> None:
    if signature.endswith(" "):
        signature = signature[:-1] + "\t;"
    assert served.post(body_of(LABELLED), x_hub_signature_256=signature).status_code == 401
    assert served.inbox.rows == {}


def test_a_signature_of_other_letters_is_401_not_500(served: Served) -> None:
    body = body_of(LABELLED)
    head = (
        b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-GitHub-Event: issues\r\n"
        b"X-GitHub-Delivery: g\r\nX-Hub-Signature-256: sha256=\xff\xfe\xe9\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(head + body)
        assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/jsonx", None])
def test_another_content_type_is_415(served: Served, kind: str | None) -> None:
    assert served.post(b"{}", content_type=kind).status_code == 415


def test_a_charset_beside_the_type_is_fine(served: Served) -> None:
    assert served.post(body_of(LABELLED), content_type="application/json; charset=utf-8").status_code == 202


@pytest.mark.parametrize("name", ["X-GitHub-Event", "X-GitHub-Delivery", "X-Hub-Signature-256"])
def test_a_missing_header_is_400_and_named(served: Served, name: str) -> None:
    answer = served.post(body_of(LABELLED), **{name.lower().replace("-", "_"): None})
    assert answer.status_code == 400
    assert name in answer.json()["error"]


@pytest.mark.parametrize(("name", "value"), [("x_github_delivery", "a" * 65), ("x_github_event", "is sues")])
def test_a_header_that_is_no_id_is_400(served: Served, name: str, value: str) -> None:
    assert served.post(body_of(LABELLED), **{name: value}).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b"\xff", b"[" * 30_000, b'{"action": nope}'])
def test_a_malformed_body_is_400_once_its_signature_holds(served: Served, body: bytes) -> None:
    assert served.post(body).status_code == 400
    assert served.post(body, x_hub_signature_256=sign(b"")[:-1] + "x").status_code == 401


def test_a_body_too_large_is_413_by_its_length(served: Served) -> None:
    assert served.post(b"x" * (LIMIT + 1)).status_code == 413


def test_a_body_too_large_is_413_while_it_streams(served: Served) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 8192

    headers = {
        "content-type": "application/json",
        "x-github-event": "issues",
        "x-github-delivery": "g",
        "x-hub-signature-256": sign(b""),
    }
    assert httpx.post(served.url, content=endless(), headers=headers, timeout=10).status_code == 413


def test_a_store_that_is_down_is_503_and_the_redelivery_is_taken(served: Served) -> None:
    served.inbox.down = True
    assert served.post(body_of(LABELLED)).status_code == 503
    served.inbox.down = False
    assert served.post(body_of(LABELLED)).json() == {"result": "stored"}


def test_a_row_that_the_store_does_not_take_is_503_and_the_others_are_stored(served: Served) -> None:
    served.inbox.refused.add("bad")
    with ThreadPoolExecutor(8) as pool:
        guids = ["bad", *(f"good-{n}" for n in range(20))]
        answers = dict(
            zip(guids, pool.map(lambda g: served.post(body_of(LABELLED), x_github_delivery=g), guids), strict=True)
        )
    assert answers.pop("bad").status_code == 503
    assert {answer.status_code for answer in answers.values()} == {202}
    assert set(served.inbox.rows) == set(answers)


def test_deliveries_at_once_are_answered_one_by_one(served: Served) -> None:
    """Each learns what became of its own: one of two with the same GUID is the duplicate."""
    guids = [f"g{n % 25}" for n in range(50)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda g: served.post(body_of(LABELLED), x_github_delivery=g).json()["result"], guids))
    assert sorted(answers) == ["duplicate"] * 25 + ["stored"] * 25
    assert len(served.inbox.rows) == 25


def test_another_method_is_405(served: Served) -> None:
    answer = httpx.get(served.url, timeout=10)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_half_a_character_in_a_text_is_no_reason_to_refuse(served: Served) -> None:
    """GitHub passes on what people wrote; strict readers of JSON do not take it."""
    body = body_of(LABELLED)[:-1] + b', "x": "\\ud800"}'
    assert served.post(body).json() == {"result": "stored"}


@pytest.mark.parametrize(
    "payload",
    [
        {**LABELLED, "repository": "none"},
        {**LABELLED, "changes": 7, "comment": "x", "check_run": [], "branches": {"name": 1}},
        {**LABELLED, "repository": {"id": "7"}, "pull_request": {"head": None}},
    ],
)
def test_other_types_than_githubs_are_kept_for_the_worker_to_judge(served: Served, payload: dict[str, object]) -> None:
    assert served.post(body_of(payload)).json() == {"result": "stored"}


def test_bodies_in_hand_are_limited_by_what_has_come(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody fills the memory with bodies that are half sent: the next one is refused until they are gone. A length
    that is only promised keeps nobody out."""
    monkeypatch.setattr("otto_bot.intake.webhook.MOST_BYTES_IN_HAND", LIMIT)
    head = (
        "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-GitHub-Event: issues\r\n"
        f"X-GitHub-Delivery: g\r\nX-Hub-Signature-256: {sign(b'')}\r\nContent-Length: {LIMIT - 10}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as half:
        half.sendall(head.encode() + b"{")
        assert served.post(body_of(LABELLED)).status_code == 202
        half.sendall(b" " * (LIMIT - 20))
        wait_for(lambda: served.post(body_of(LABELLED)).status_code == 503)
    wait_for(lambda: served.post(body_of(LABELLED)).status_code == 202)


def test_a_body_that_does_not_come_is_408(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otto_bot.intake.webhook.BODY_SECONDS", 0.05)
    head = (
        "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-GitHub-Event: issues\r\n"
        f"X-GitHub-Delivery: g\r\nX-Hub-Signature-256: {sign(b'')}\r\nContent-Length: 100\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as half:
        half.sendall(head.encode() + b"{")
        assert half.recv(4096).startswith(b"HTTP/1.1 408 ")


def wait_for(test: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not test():
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("star", {"action": "created"}),
        ("issues", {"action": "pinned"}),
        ("issues", {"action": ["labeled"]}),
        ("issues", {"action": "edited"}),
        ("issues", {"action": "edited", "changes": {"milestone": {"from": "x"}}}),
        ("issue_comment", {"action": "created", "comment": {"body": "thanks"}}),
        ("push", {"ref": "refs/tags/v1"}),
        ("status", {"state": "pending"}),
        ("ping", {"zen": "x"}),
    ],
)
def test_what_cannot_concern_us_is_202_and_not_kept(served: Served, event: str, payload: dict[str, object]) -> None:
    answer = served.post(body_of(payload), x_github_event=event)
    assert (answer.status_code, answer.json()) == (202, {"result": "ignored"})
    assert served.inbox.rows == {}
    assert served.counts.seen == [("other" if event == "star" else event, "ignored")]


def test_githubs_own_signature_vector() -> None:
    good = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signed(b"Hello, World!", good, [NEW])
    assert signed(b"Hello, World!", good, [OLD, NEW])
    assert not signed(b"Hello, World?", good, [NEW])
    assert not signed(b"Hello, World!", good + "\n", [NEW])
    assert not signed(b"Hello, World!", "sha256=é" + good[8:], [NEW])


@pytest.mark.parametrize("secrets", [[], [b""], [b"good", b""]])
def test_no_secret_is_an_error_at_start(secrets: list[bytes]) -> None:
    with pytest.raises(ValueError, match="OTTO_WEBHOOK_SECRET"):
        Receiver(Grouping(Rows()), secrets, AtWork(frozenset, time.monotonic), Counts())


def test_the_receiver_imports_no_heavy_sdk() -> None:
    code = "import otto_bot.intake.webhook, sys; print({'dbos', 'anthropic', 'githubkit', 'git'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"
