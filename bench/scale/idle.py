"""A real worker process with many waiting runs: its memory, and what it costs while nothing happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.scale.rows import fill, resting, verifying
from otto_bot.store.database import migrate, open_database


class Idle(NamedTuple):
    """What one worker took: kB resident, and its share of one core over a while (0 to 1)."""

    waiting: int
    active: int
    rss_kb: int
    cpu: float


class _Nothing(BaseHTTPRequestHandler):
    """GitHub where nothing ever happens: tokens are given, lists are empty."""

    def _say(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.rfile.read(length)
        token = "access_tokens" in self.path
        later = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = {"token": "ghs_x", "expires_at": later, "permissions": {}, "repository_selection": "all"}
        many = {"total_count": 0, "check_runs": [], "workflow_runs": [], "statuses": [], "state": "pending"}
        said = json.dumps(body if token else many).encode()
        self.send_response(201 if token else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PATCH = _say  # noqa: N815 - the server's own names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _github() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


def _key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.private_bytes(*form).decode()


def measure(waiting: int, active: int, settle: float, seconds: float) -> Idle:
    """A worker over a database with these runs, measured after it has settled. `active` = its Actions are asked now."""
    with tempfile.TemporaryDirectory() as folder, _github() as api:
        now = datetime.now(UTC)
        engine = open_database(f"sqlite:///{folder}/otto.sqlite")
        migrate(engine)
        run = verifying().run
        fill(engine, resting(run, now, now + timedelta(hours=6)), range(1, waiting + 1), now)
        fill(engine, resting(run, now, now), range(waiting + 1, waiting + active + 1), now)
        engine.dispose()
        env = {
            "PATH": os.environ["PATH"], "OTTO_STATE_DIR": folder, "OTTO_APP_ID": "1", "OTTO_PRIVATE_KEY": _key(),
            "OTTO_WEBHOOK_SECRET": "secret-of-the-bench", "OTTO_GITHUB_API_URL": api, "OTTO_CATCHUP_SECONDS": "3600",
            "OTTO_LOG_LEVEL": "error", "PYTHONPATH": str(Path.cwd()),
        }  # fmt: skip
        with (Path(folder) / "log").open("w") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "otto_bot", "worker"], env=env, stdout=log, stderr=log, cwd=folder
            )
            try:
                time.sleep(settle)
                before = _cpu(worker.pid)
                time.sleep(seconds)
                if worker.poll() is not None:
                    raise RuntimeError((Path(folder) / "log").read_text()[-2000:])
                return Idle(waiting, active, _rss(worker.pid), (_cpu(worker.pid) - before) / seconds)
            finally:
                worker.kill()
                worker.wait(30)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


if __name__ == "__main__":
    count, busy, wait, window = (float(word) for word in sys.argv[1:5])
    print(measure(int(count), int(busy), wait, window))
