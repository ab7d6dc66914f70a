"""Repositories, runners and switches for attacks through git."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from otto_bot.bench.place import LocalMirror
from otto_bot.git import runner as runners
from otto_bot.git.errors import GitFailed, PushRejected
from otto_bot.git.runner import GitRunner

TOKEN = "ghs_1234_secret-token.value_with-much_entropy"

NAMES = {f"GIT_{role}_{field}": "x@example.com" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")}

REFUSED = (GitFailed, ValueError, PushRejected)


@contextlib.contextmanager
def unconfigured(*names: str) -> Iterator[None]:
    """git without these settings of ours."""
    with replaced(runners, "_CONFIG", tuple(pair for pair in runners._CONFIG if pair[0] not in names)):
        yield


@contextlib.contextmanager
def replaced(module: object, name: str, value: object) -> Iterator[None]:
    kept = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, kept)


async def nobody(_pushes: bool) -> str | None:
    return None


async def owner(_pushes: bool) -> str | None:
    return TOKEN


def git(*argv: str, cwd: Path, given: str = "") -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(cwd), "GIT_CONFIG_NOSYSTEM": "1", **NAMES}
    ran = subprocess.run(["git", *argv], cwd=cwd, env=env, input=given, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def bare_remote(place: Path, *entries: str) -> tuple[Path, str]:
    """A bare repository whose branch main has one commit with these `ls-tree` lines; and the commit."""
    remote = place / "remote.git"
    remote.mkdir()
    git("init", "-q", "--bare", "--template=", "--initial-branch=main", ".", cwd=remote)
    tree = git("mktree", "--missing", cwd=remote, given="".join(f"{entry}\n" for entry in entries))
    commit = git("commit-tree", tree, "-m", "Begin", cwd=remote)
    git("update-ref", "refs/heads/main", commit, cwd=remote)
    return remote, commit


def blob(remote: Path, text: str) -> str:
    return git("hash-object", "-w", "--stdin", cwd=remote, given=text)


def local(place: Path, remote: Path) -> LocalMirror:
    return LocalMirror(place / "mirror.git", remote, GitRunner(place / "home", protocols=("file",)))


def runner(place: Path) -> GitRunner:
    return GitRunner(place / "home")


def made(file: Path) -> str | None:
    return "a command that the attacker named has run" if file.exists() else None


def found(place: Path, secret: str) -> str | None:
    files = [path for path in place.rglob("*") if path.is_file()]
    return next((f"the token, in {path.name}" for path in files if secret in path.read_text(errors="replace")), None)
