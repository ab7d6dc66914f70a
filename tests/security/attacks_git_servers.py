"""Attacks by servers and neighbours of git: no token reaches another place than the one it is for."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from git.exc import GitCommandError
from git_scene import (
    REFUSED,
    TOKEN,
    bare_remote,
    found,
    owner,
    replaced,
    runner,
    unconfigured,
)
from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change
from otto_bot.git.credentials import Credential
from otto_bot.git.errors import GitFailed
from otto_bot.git.mirror import Mirror
from otto_bot.git.reading import Reading
from otto_bot.git.runner import GitRunner

EXACT_URL = defence(
    "token-for-one-url",
    "git sends a token to the one repository that it is for, and to no other on the same host",
    lambda: replaced(Credential, "config", property(_everywhere)),
)

NO_REDIRECTS = defence(
    "no-redirects",
    "git follows no redirect: it would take the token along. A repository that was renamed is looked up by its id",
    lambda: unconfigured("http.followRedirects"),
)

NOT_IN_ARGV = defence(
    "token-in-the-environment",
    "A token is in the environment of one git call and in no command line or file, which other users could read",
    Change(
        "otto_bot.git.runner",
        "GitRunner._run",
        "*argv,\n",
        '*(f"-c{k}={v}" for k, v in (credential.config if credential else ())), *argv,\n',
    ),
)

NOT_IN_ERRORS = defence(
    "no-token-in-an-error",
    "What git says when it fails is told without the token, however the server repeated it",
    Change("otto_bot.git.runner", "GitRunner._run", "told = credential.redact(told)", "pass"),
)

EMPTY_CHILDREN = defence(
    "no-keys-for-children",
    "A git that only looks something up is not given the host's environment, in which its keys may be",
    Change("otto_bot.git.reading", "Reading.__init__", "{**emptied, **environment", "{**environment"),
)


class _Listener(BaseHTTPRequestHandler):
    """Sends everything on to another one; that one speaks git, and remembers who came with what."""

    to: ClassVar[str] = ""
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        if self.to:
            self.send_response(302)
            self.send_header("Location", self.to + self.path)
            self.end_headers()
            return
        self._note()
        lines = ("# service=git-upload-pack\n", None, "version 2\n", "ls-refs=unborn\n", "object-format=sha1\n", None)
        self._answer("application/x-git-upload-pack-advertisement", b"".join(map(_pkt, lines)))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._note()
        self._answer("application/x-git-upload-pack-result", _pkt(None))

    def _note(self) -> None:
        self.seen.append(self.headers.get("Authorization") or "")

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _pkt(line: str | None) -> bytes:
    return b"0000" if line is None else f"{len(line) + 4:04x}{line}".encode()


@contextlib.contextmanager
def _listening(to: str = "") -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Listener,), {"to": to, "seen": seen}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@attack("redirect-to-a-listener", point=5, by=NO_REDIRECTS, source="CVE-2022-27774 (curl), actions/checkout ADR 0153")
async def redirect_to_a_listener(place: Path) -> str | None:
    """The remote sends git on to a host of the attacker's, who answers as a git server and reads what comes."""
    with _listening() as (there, seen), _listening(there) as (here, _):
        with contextlib.suppress(*REFUSED):
            await Mirror(place / "m.git", f"{here}/o/r.git", owner, runner(place)).ls_remote()
        return "the token" if any(seen) else None


@attack(
    "neighbour-on-the-same-host",
    point=5,
    by=EXACT_URL,
    source="https://github.com/actions/checkout/blob/main/adrs/0153-checkout-v2.md",
)
async def neighbour_on_the_same_host(place: Path) -> str | None:
    """A git call is led to another repository of the same server, which is the attacker's."""
    with _listening() as (here, seen):
        credential = Credential(f"{here}/o/r.git", TOKEN)
        with contextlib.suppress(*REFUSED):
            await runner(place).run(["ls-remote", "--", f"{here}/o/r.gitx.git"], credential=credential)
        assert seen, "git never came"
        return "the token" if any(seen) else None


@attack(
    "command-lines-of-others",
    point=5,
    by=NOT_IN_ARGV,
    source="https://unit42.paloaltonetworks.com/github-repo-artifacts-leak-tokens/",
)
async def command_lines_of_others(place: Path) -> str | None:
    """Another process of the host reads the command lines of git and the files that it leaves."""
    await _with_stub(place, 'printf "%s\\n" "$@" >>"$HOME/argv"')
    secret = _header().rpartition(" ")[2]
    return found(place, secret)


@attack(
    "server-that-repeats-the-token",
    point=7,
    by=NOT_IN_ERRORS,
    source="own: servers and proxies repeat headers in their words",
)
async def server_that_repeats_the_token(place: Path) -> str | None:
    """A server says back what it was sent, so that the token gets into an error, the ledger and a comment."""
    said = await _with_stub(place, 'env | grep Authorization | sed "s/^/remote: /" >&2; exit 128')
    return "the token, in an error" if _header().rpartition(" ")[2] in said else None


def _everywhere(credential: Credential) -> tuple[tuple[str, str], ...]:
    return (("http.extraheader", f"Authorization: Basic {credential._basic}"),)


def _header() -> str:
    return Credential("https://github.com/o/r.git", TOKEN).config[0][1]


async def _with_stub(place: Path, body: str) -> str:
    """What Otto is told by a `git` that does this when it is to talk to a remote."""
    stub = place / "git"
    stub.write_text(f'#!/bin/sh\ncase "$*" in *ls-remote*) ;; *) exit 0 ;; esac\n{body}\n')
    stub.chmod(0o755)
    mirror = Mirror(place / "m.git", "https://github.com/o/r.git", owner, GitRunner(place / "home", git=str(stub)))
    try:
        await mirror.ls_remote()
    except GitFailed as error:
        return f"{error} {error.stderr} {error.command}"
    return ""


@attack(
    "keys-in-the-environment-of-a-child",
    point=7,
    by=EMPTY_CHILDREN,
    source="https://github.com/openai/codex-action/blob/main/docs/security.md",
)
def keys_in_the_environment_of_a_child(place: Path) -> str | None:
    """Another process of the host's user reads the environment of a git that only looks something up."""
    stub = place / "git"
    stub.write_text('#!/bin/sh\n/usr/bin/env >>"$HOME/seen"; exit 1\n')
    stub.chmod(0o755)
    os.environ["OTTO_ATTACKED_KEY"] = TOKEN
    try:
        environment = {**runner(place).environment(), "PATH": str(place)}
        remote, commit = bare_remote(place)
        with contextlib.suppress(*REFUSED, LookupError, GitCommandError):
            Reading(remote, environment).files(commit)
    finally:
        del os.environ["OTTO_ATTACKED_KEY"]
    return found(place / "home", TOKEN)
