"""A real git server on loopback, and the rooms' objects around it."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from otto_bot.git.commits import Author
from otto_bot.git.mirror import Mirror
from otto_bot.git.runner import GitRunner

TOKEN = "ghs_1234_secret-token.value_with-much_entropy"
FRESH = "ghs_5678_another-token.value_with-as-much_entropy"
BACKEND = Path(
    subprocess.run(["git", "--exec-path"], capture_output=True, text=True).stdout.strip(), "git-http-backend"
)


@dataclass
class Seen:
    method: str
    path: str
    authorization: str | None


@dataclass
class GitServer:
    """`git http-backend` over HTTP with Basic auth. The switches make it misbehave."""

    root: Path
    token: str | None = TOKEN
    redirect_to: str | None = None
    lose_push_response: bool = False
    status: int | None = None
    ends_at: tuple[str, str] | None = None
    """Method and end of the path of the request at which the token ends; from then on only `FRESH` is known."""
    seen: list[Seen] = field(default_factory=list)
    url: str = ""

    def repository(self, name: str) -> Path:
        return self.root / name

    def authorised(self, header: str | None) -> bool:
        if self.token is None:
            return True
        wanted = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        return header == f"Basic {wanted}"

    @property
    def pushes(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.method == "POST" and seen.path.endswith("git-receive-pack")]


class Handler(BaseHTTPRequestHandler):
    server: HttpServer  # type: ignore[assignment]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""

    def answer(self) -> None:
        git = self.server.git
        path, _, query = self.path.partition("?")
        body = self.read_body()
        git.seen.append(Seen(self.command, path, self.headers["Authorization"]))
        if git.ends_at and self.command == git.ends_at[0] and self.path.endswith(git.ends_at[1]):
            git.token, git.ends_at = FRESH, None
        if git.redirect_to:
            return self.reply(302, {"Location": git.redirect_to + self.path}, b"")
        if git.status:
            return self.reply(git.status, {}, b"sorry")
        if not git.authorised(self.headers["Authorization"]):
            return self.reply(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"who are you")
        status, headers, out = self.backend(path, query, body)
        if git.lose_push_response and self.command == "POST" and path.endswith("git-receive-pack"):
            git.lose_push_response = False
            self.close_connection = True
            return None
        return self.reply(status, headers, out)

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline().strip(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def backend(self, path: str, query: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.server.git.root),
            "GIT_PROJECT_ROOT": str(self.server.git.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "otto",
        }
        out = subprocess.run([str(BACKEND)], input=body, env=env, capture_output=True).stdout
        head, _, content = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200 OK").split()[0])
        return status, headers, content

    def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class HttpServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, git: GitServer) -> None:
        self.git = git
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of some tests."""


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., GitServer]]:
    running: list[tuple[HttpServer, threading.Thread]] = []

    def start(root: Path | None = None) -> GitServer:
        git = GitServer(root or tmp_path / f"server{len(running)}")
        git.root.mkdir(exist_ok=True)
        http = HttpServer(git)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((http, thread))
        git.url = f"http://127.0.0.1:{http.server_address[1]}"
        return git

    yield start
    for http, thread in running:
        http.shutdown()
        http.server_close()
        thread.join()


@dataclass
class Upstream:
    """A person's clone of the repository on the server."""

    server: GitServer
    clone: Path

    def git(self, *argv: str, input: str | None = None) -> str:  # noqa: A002
        env = {"PATH": os.environ["PATH"], "HOME": str(self.clone), "GIT_CONFIG_NOSYSTEM": "1"}
        names = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "protocol.file.allow=always"]
        ran = subprocess.run(
            ["git", *names, *argv], cwd=self.clone, env=env, input=input, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def commit(self, files: dict[str, str | bytes | None], message: str = "Change", push: str | None = "main") -> str:
        for name, content in files.items():
            path = self.clone / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        if push:
            self.push(push)
        return self.git("rev-parse", "HEAD")

    def push(self, branch: str, *options: str) -> None:
        self.git("push", "-q", *options, str(self.server.repository("o/r.git")), f"HEAD:refs/heads/{branch}")


@pytest.fixture
def server(start_server: Callable[..., GitServer]) -> GitServer:
    return start_server()


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bare` and `clone` with one commit, made once and copied for each test."""
    root = tmp_path_factory.mktemp("seed")
    (root / "clone").mkdir()
    made = Upstream(GitServer(root), root / "clone")
    made.git("init", "-q", "--bare", "--template=", "--initial-branch=main", str(root / "bare"))
    made.git("--git-dir", str(root / "bare"), "config", "http.receivepack", "true")
    made.git("init", "-q", "--template=", "--initial-branch=main")
    made.commit({"README.md": "hello\n", "src/app.py": "x = 1\n", ".gitignore": "build/\n*.log\n"}, "Begin", push=None)
    made.git("push", "-q", str(root / "bare"), "HEAD:refs/heads/main")
    return root


@pytest.fixture
def upstream(server: GitServer, seed: Path, tmp_path: Path) -> Upstream:
    shutil.copytree(seed / "bare", server.repository("o/r.git"))
    shutil.copytree(seed / "clone", tmp_path / "clone")
    return Upstream(server, tmp_path / "clone")


@pytest.fixture
def runner(tmp_path: Path) -> GitRunner:
    return GitRunner(tmp_path / "git-home")


@pytest.fixture
def mirror(upstream: Upstream, tmp_path: Path, runner: GitRunner) -> Mirror:
    async def token(_pushes: bool) -> str | None:
        return TOKEN

    return Mirror(tmp_path / "mirror.git", f"{upstream.server.url}/o/r.git", token, runner)


@pytest.fixture
def author() -> Author:
    return Author("otto[bot]", "1+otto[bot]@users.noreply.github.com")


@pytest.fixture
def when() -> datetime:
    return datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "work" / "t1-a1"
    shutil.rmtree(tmp_path / "work", ignore_errors=True)
