"""The web process as a host runs it: a real process, real HTTP, a real database file."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from otto_bot.serve import MOST_CONNECTIONS, migrate_apart
from otto_bot.store.database import NEWEST, StoreUnavailable, open_database, schema_version

SECRET = "It's_a_secret_to_everybody"
LABELLED = {"action": "labeled", "issue": {"id": 1, "number": 7}, "repository": {"id": 1}}
PATIENCE = 60.0


def wait_until(test: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := test():
            return found
        threading.Event().wait(0.05)
    raise AssertionError(f"not within {PATIENCE:.0f} s: {what}")


class Served:
    """`otto-bot serve` in its own process."""

    def __init__(self, folder: Path, env: dict[str, str], *options: str) -> None:
        self.database = folder / "state" / "otto.sqlite"
        self.log = folder / "log"
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "otto_bot", "serve", *options]
            self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=log, cwd=folder)
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline() or b"{}")
        assert self.ready, self.log.read_text()
        self.http = httpx.Client(base_url=self.ready["url"], timeout=30, trust_env=False)

    def post(self, body: bytes, **headers: str | None) -> httpx.Response:
        """A delivery as GitHub sends it; a header given as None is left out."""
        return self.http.post("/webhooks/github", content=body, headers=heads(body, **headers))

    def stored(self) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute("SELECT guid, event FROM deliveries ORDER BY id").fetchall()

    def end(self) -> int:
        self.http.close()
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def heads(body: bytes, **changes: str | None) -> dict[str, str]:
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    sent: dict[str, str | None] = {
        "content-type": "application/json",
        "x-github-event": "issues",
        "x-github-delivery": "guid-1",
        "x-hub-signature-256": signature,
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {name: value for name, value in sent.items() if value is not None}


def payload(**more: Any) -> bytes:
    return json.dumps({**LABELLED, **more}).encode()


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = tmp_path_factory.mktemp("key") / "key.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTTO_", "ANTHROPIC_"))}
    return kept | {
        "OTTO_APP_ID": "42",
        "OTTO_PRIVATE_KEY_FILE": str(pem),
        "OTTO_WEBHOOK_SECRET": SECRET,
        "OTTO_GITHUB_API_URL": "http://127.0.0.1:9",
        "OTTO_PORT": "0",
        "OTTO_LOG_LEVEL": "warning",
    }


@pytest.fixture(scope="module")
def served(env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("serve"), env, "--no-worker")
    yield served
    assert served.end() == 0
    assert "Traceback" not in served.log.read_text()


def test_one_line_says_where_it_listens(served: Served) -> None:
    assert served.ready["ready"] is True
    assert served.ready["pid"] == served.process.pid
    assert served.http.get("/healthz").text == "ok\n"
    assert served.http.get("/readyz").status_code == 200


def test_a_delivery_is_a_row_once_it_is_accepted(served: Served) -> None:
    for expected in ("stored", "duplicate"):
        answer = served.post(payload(), x_github_delivery="guid-stored")
        assert (answer.status_code, answer.json()) == (202, {"result": expected})
        assert served.stored().count(("guid-stored", "issues")) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x_hub_signature_256": "sha256=" + "0" * 64}, 401),
        ({"x_hub_signature_256": "sha1=" + "0" * 40}, 401),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"x_hub_signature_256": None}, 400),
        ({"x_github_event": None}, 400),
        ({"x_github_delivery": None}, 400),
        ({"x_github_event": "marketplace_purchase"}, 202),
        ({"x_github_event": "ping"}, 202),
    ],
)
def test_what_is_refused_or_unknown_is_not_stored(served: Served, headers: dict[str, str | None], status: int) -> None:
    before = served.stored()
    answer = served.post(payload(), **{"x_github_delivery": "guid-refused", **headers})

    assert answer.status_code == status
    assert served.stored() == before


def test_too_large_is_said_before_the_body_is_read(served: Served) -> None:
    host, port = served.http.base_url.host, served.http.base_url.port
    lines = ["POST /webhooks/github HTTP/1.1", "host: otto", f"content-length: {26 * 1024 * 1024}"]
    lines += [f"{name}: {value}" for name, value in heads(b"").items()]
    with socket.create_connection((host, port), timeout=30) as raw:
        raw.sendall("\r\n".join([*lines, "", ""]).encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 413 ")


def test_nothing_else_is_served(served: Served) -> None:
    assert [served.http.get(path).status_code for path in ("/docs", "/openapi.json", "/redoc")] == [404] * 3
    assert served.http.get("/").status_code == 200
    assert served.http.get("/webhooks/github").status_code == 405


def test_metrics_count_what_arrived(served: Served) -> None:
    served.post(payload(), x_github_delivery="guid-counted")
    served.post(payload(), x_hub_signature_256="sha256=" + "0" * 64)

    answer = served.http.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    series = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert float(series['otto_deliveries_total{event="issues",result="stored"}']) >= 1
    assert float(series['otto_deliveries_total{event="other",result="refused_401"}']) >= 1
    assert float(series['otto_inbox{state="received"}']) == len(served.stored())


def test_a_full_disk_is_503_and_the_redelivery_is_taken(served: Served) -> None:
    pid, unlimited = served.process.pid, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    answer = served.post(payload(), x_github_delivery="guid-full")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)

    assert answer.status_code == 503
    assert "redeliver later" in answer.json()["error"]
    assert ("guid-full", "issues") not in served.stored()
    assert served.post(payload(), x_github_delivery="guid-full").json() == {"result": "stored"}


def test_too_many_at_once_are_503(served: Served) -> None:
    host, port = served.http.base_url.host, served.http.base_url.port
    with ExitStack() as open_sockets:
        for _ in range(MOST_CONNECTIONS):
            open_sockets.enter_context(socket.create_connection((host, port), timeout=30))
        wait_until(lambda: served.http.get("/healthz").status_code == 503, "the crowd is seen")
        assert served.post(payload(), x_github_delivery="guid-crowded").status_code == 503
    assert ("guid-crowded", "issues") not in served.stored()
    wait_until(lambda: served.http.get("/healthz").status_code == 200, "the crowd is gone")


def test_a_database_that_is_replaced_is_503(served: Served) -> None:
    with closing(sqlite3.connect(served.database)) as connection:
        connection.execute("ALTER TABLE deliveries RENAME TO gone")
        connection.commit()
        answers = [served.http.get(path).status_code for path in ("/readyz", "/metrics", "/healthz")]
        told = served.http.get("/metrics").text
        stored = served.post(payload(), x_github_delivery="guid-replaced").status_code
        connection.execute("ALTER TABLE gone RENAME TO deliveries")
        connection.commit()

    assert (answers, stored) == ([503, 200, 200], 503)
    assert "otto_database_up 0.0" in told
    assert served.http.get("/readyz").status_code == 200


def test_what_concerns_no_run_is_counted_and_not_stored(served: Served) -> None:
    before = served.stored()
    body = payload(action="closed", repository={"id": 99, "default_branch": "main"})
    wait_until(lambda: served.post(body, x_github_delivery="guid-foreign").json() == {"result": "ignored"}, "it knows")
    assert [row for row in served.stored() if row not in before and row[0] != "guid-foreign"] == []

    command = payload(action="created", comment={"body": "/otto help"}, repository={"id": 99})
    assert served.post(command, x_github_event="issue_comment", x_github_delivery="guid-begin").status_code == 202
    assert served.post(body, x_github_delivery="guid-after").json() == {"result": "stored"}


def test_a_kill_under_load_loses_no_answered_delivery(env: dict[str, str], tmp_path: Path) -> None:
    """Whoever was told 202 finds the row, wherever the kill came."""
    served = Served(tmp_path, env, "--no-worker")
    answered: list[str] = []

    def send(sender: int) -> None:
        with httpx.Client(base_url=served.ready["url"], timeout=30, trust_env=False) as http, suppress(httpx.HTTPError):
            for number in range(1_000_000):
                guid = f"guid-{sender}-{number}"
                if http.post("/webhooks/github", content=body, headers=heads(body, x_github_delivery=guid)).is_success:
                    answered.append(guid)

    body = payload(padding="x" * 8000)
    senders = [threading.Thread(target=send, args=(number,)) for number in range(12)]
    for sender in senders:
        sender.start()
    wait_until(lambda: len(answered) >= 200, "it is under load")
    served.process.kill()
    for sender in senders:
        sender.join()

    assert served.end() == -signal.SIGKILL
    assert len(answered) >= 200
    assert set(answered) <= {guid for guid, _ in served.stored()}


def test_sigterm_lets_a_delivery_end(env: dict[str, str], tmp_path: Path) -> None:
    served = Served(tmp_path, env, "--no-worker")
    body = payload()
    lines = ["POST /webhooks/github HTTP/1.1", "host: otto", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in heads(body).items()]
    host, port = served.http.base_url.host, served.http.base_url.port
    with socket.create_connection((host, port), timeout=30) as raw:
        raw.sendall("\r\n".join([*lines, "", ""]).encode() + body[:10])
        served.http.get("/healthz")  # one request later the server has seen the half one
        served.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not listens(host, port), "it takes no more")
        raw.sendall(body[10:])
        assert raw.recv(100).startswith(b"HTTP/1.1 202 ")
    assert served.process.wait(PATIENCE) == 0
    assert served.stored() == [("guid-1", "issues")]
    served.end()


def test_sigterm_ends_open_pages_at_once(env: dict[str, str], tmp_path: Path) -> None:
    """They would go on for ever: the server would wait for them as long as for a request, and then break them off."""
    served = Served(tmp_path, env, "--no-worker")
    with served.http.stream("GET", "/live?of=health") as page:
        lines = page.iter_lines()
        while not next(lines).startswith("event: parts"):
            pass
        served.process.send_signal(signal.SIGTERM)
        assert "event: bye" not in list(lines), "it ends whole, or reading it would fail, and is not over"
        assert served.process.wait(PATIENCE) == 0
    assert "graceful" not in served.log.read_text(), "nothing was broken off"
    served.end()


def listens(host: str, port: int | None) -> bool:
    try:
        with socket.create_connection((host, port), timeout=5):
            return True
    except OSError:
        return False


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def heart(served: Served) -> str | None:
    """The newest worker that said it lives."""
    with closing(sqlite3.connect(served.database)) as connection:
        row = connection.execute("SELECT name FROM workers ORDER BY heartbeat_at DESC LIMIT 1").fetchone()
    return row[0] if row else None


def test_a_dead_worker_is_started_again_and_ends_with_the_web_process(env: dict[str, str], tmp_path: Path) -> None:
    served = Served(tmp_path, env)
    wait_until(lambda: served.http.get("/readyz").status_code == 200, "the worker runs")
    (first,) = children(served.process.pid)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: served.http.get("/readyz").status_code == 503, "the death is seen")
    (second,) = wait_until(lambda: [c for c in children(served.process.pid) if c != first], "another one starts")
    wait_until(lambda: f"-{second}-" in (heart(served) or ""), "it works")

    assert served.end() == 0
    assert not Path(f"/proc/{second}").exists()
    assert "Traceback" not in served.log.read_text().partition("started again")[0]


def test_the_web_process_loads_neither_queue_nor_model(env: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from otto_bot import serve\n"
        "from otto_bot.app import build_app\n"
        "from otto_bot.settings import read_settings\n"
        "build_app(read_settings(os.environ), lambda: True)\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'dbos', 'anthropic', 'git', 'githubkit'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_the_schema_is_brought_up_to_date_by_another_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'otto.sqlite'}"
    migrate_apart(url)
    engine = open_database(url)
    assert schema_version(engine) == NEWEST
    engine.dispose()
    migrate_apart(url)

    (tmp_path / "broken").write_text("this is no database at all, but a text of some length " * 99)
    with pytest.raises(StoreUnavailable, match="not a database"):
        migrate_apart(f"sqlite:///{tmp_path / 'broken'}")


def test_a_port_in_use_is_said_without_a_traceback(env: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "otto_bot", "serve", "--no-worker", "--port", port]
        done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode not in (0, None)
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr
