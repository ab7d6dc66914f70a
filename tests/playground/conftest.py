"""A running GitHub stand-in, a client with tokens for it, and a receiver for its webhooks."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from otto_bot.playground.github.config import StandInConfig
from otto_bot.playground.github.server import StandIn, build
from otto_bot.playground.listening import listener

SECRET = "It's a Secret to Everybody"
PERMISSIONS = {
    "contents": "write", "issues": "write", "pull_requests": "write", "checks": "write", "actions": "write",
    "statuses": "read",
}  # fmt: skip
EVENTS = [
    "issues", "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment", "push",
    "workflow_run", "check_run", "status",
]  # fmt: skip


def wait_until(test: Callable[[], Any], what: str, seconds: float = 15) -> Any:
    """The first true value of `test`; fails naming `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := test():
            return found
        threading.Event().wait(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


@dataclass
class Receiver:
    """A webhook receiver; `status` is what it answers."""

    url: str = ""
    status: int = 202
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def events(self) -> list[tuple[str, str | None]]:
        return [(head["x-github-event"], json.loads(body).get("action")) for head, body in self.got]


@dataclass
class Playground:
    """A running stand-in and how to talk to it."""

    stand_in: StandIn
    url: str
    private_key: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=20, trust_env=False)

    @property
    def repo(self) -> str:
        return "/repos/octo/demo"

    def jwt(self, **claims: Any) -> str:
        now = int(time.time())
        body = {"iat": now - 60, "exp": now + 540, "iss": "4242", **claims}
        return jwt.encode(body, self.private_key, algorithm="RS256")

    def app(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.client.request(method, path, headers={"Authorization": f"Bearer {self.jwt()}"}, **more)

    def token(self, **permissions: str) -> str:
        body = {"repository_ids": [700001], **({"permissions": permissions} if permissions else {})}
        answer = self.app("POST", "/app/installations/800001/access_tokens", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def as_bot(self, token: str | None = None) -> Callable[..., httpx.Response]:
        """`call(method, path below the repository, json=…)` with a token of full permissions."""
        value = token or self.token()

        def call(method: str, path: str, **more: Any) -> httpx.Response:
            where = path if path.startswith("/") and not path.startswith("~") else self.repo + path.removeprefix("~")
            headers = {"Authorization": f"token {value}", **more.pop("headers", {})}
            return self.client.request(method, where, headers=headers, **more)

        return call

    def do(self, **action: Any) -> None:
        answer = self.client.post("/_playground/do", json=action)
        assert answer.status_code == 200, answer.text

    def state(self) -> dict[str, Any]:
        return dict(self.client.get("/_playground/state").json())

    def git(self, folder: Path, *args: str, token: str | None, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """git with the token in the environment only, as the bot does it."""
        secret = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        env = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "o", "GIT_AUTHOR_EMAIL": "o@example.com", "GIT_COMMITTER_NAME": "o",
            "GIT_COMMITTER_EMAIL": "o@example.com", "GIT_ASKPASS": "/bin/false",
        }  # fmt: skip
        if token:
            env |= {
                "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"http.{self.url}/octo/demo.git.extraheader",
                "GIT_CONFIG_VALUE_0": f"Authorization: Basic {secret}",
            }  # fmt: skip
        done = subprocess.run(["git", *args], cwd=folder, env=env, capture_output=True, text=True, timeout=60)
        assert not ok or done.returncode == 0, done.stderr
        return done

    def clone(self, folder: Path, token: str) -> Path:
        self.git(folder, "clone", "-q", f"{self.url}/octo/demo.git", "work", token=token)
        return folder / "work"

    def push_branch(self, folder: Path, token: str, branch: str, files: dict[str, str]) -> str:
        """A clone with one commit on a new branch, pushed; returns the SHA."""
        work = folder / "work" if (folder / "work").exists() else self.clone(folder, token)
        self.git(work, "checkout", "-q", "-B", branch, token=token)
        for name, text in files.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(text)
        self.git(work, "add", "-A", token=token)
        self.git(work, "commit", "-q", "-m", f"Work on {branch}", token=token)
        self.git(work, "push", "-q", "origin", branch, token=token)
        return self.git(work, "rev-parse", "HEAD", token=token).stdout.strip()


@pytest.fixture(scope="session")
def app_key() -> str:
    """PEM of the app's private key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


@contextmanager
def serving(app: Any, listening: socket.socket) -> Iterator[None]:
    """Serves an application on a listening socket, in a thread."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", loop="asyncio", access_log=False, http="h11"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        wait_until(lambda: server.started, "the stand-in serves")
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listening.close()


@pytest.fixture
def github_settings(tmp_path: Path, app_key: str) -> dict[str, Any]:
    """The config; a test may change it before it asks for `github`."""
    source = tmp_path / "source"
    (source / ".github" / "workflows").mkdir(parents=True)
    (source / ".github" / "workflows" / "ci.yml").write_text("on: push\njobs: {}\n")
    (source / "README.md").write_text("# Demo\n")
    (source / "pkg").mkdir()
    (source / "pkg" / "a.py").write_text("A = 1\n")
    return {
        "state_dir": tmp_path / "state",
        "app": {
            "private_key_pem": app_key, "webhook_secret": SECRET, "permissions": PERMISSIONS, "events": EVENTS,
        },
        "repo_source_dir": source,
        "users": [{"login": "reader", "permission": "read"}, {"login": "dev", "permission": "maintain"}],
        "issue": {"title": "Add a thing", "body": "Please."},
    }  # fmt: skip


@pytest.fixture
def github_actions() -> bool:
    """True where workflows really run."""
    return False


@pytest.fixture
def github(github_settings: dict[str, Any], github_actions: bool) -> Iterator[Playground]:
    """A running stand-in."""
    listening = listener()
    stand_in = build(StandInConfig.model_validate(github_settings), with_actions=github_actions)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    stand_in.set_url(url)
    with serving(stand_in.asgi, listening):
        playground = Playground(stand_in, url, github_settings["app"]["private_key_pem"])
        with playground.client:
            yield playground


@pytest.fixture
def hooks(github: Playground) -> Iterator[Receiver]:
    """A receiver that the stand-in's webhooks go to."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    github.client.post("/_playground/webhook_url", json={"url": receiver.url})
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()
