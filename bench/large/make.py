"""A large repository, the same for the same numbers: made by `git fast-import`, without a work tree."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECTS = 20
_WORDS = (
    "account", "amount", "batch", "cache", "channel", "client", "cursor", "date", "entry", "error", "event",
    "field", "filter", "group", "handler", "index", "item", "key", "label", "ledger", "limit", "list", "lock",
    "message", "name", "node", "number", "offset", "order", "owner", "page", "parser", "path", "price", "project",
    "queue", "record", "region", "report", "request", "result", "route", "row", "rule", "schema", "server",
    "session", "shard", "size", "source", "state", "status", "step", "store", "stream", "table", "task", "text",
    "time", "token", "total", "tree", "unit", "user", "value", "version", "window", "worker",
)  # fmt: skip


class Shape(NamedTuple):
    """`files` at the tip, over PROJECTS projects; each of `commits` commits before it changes `changed` files."""

    files: int
    commits: int
    changed: int


def path_of(number: int) -> str:
    """The path of a file; some 25 of them in a folder."""
    project, within = number % PROJECTS, number // PROJECTS
    return f"projects/p{project:02d}/src/m{within // 250:03d}/part{within // 25 % 10}/file{within:05d}.py"


def text_of(number: int, version: int) -> str:
    """About 1.5 kB of something that looks like a module; versions of one file differ in a few lines."""
    chance = random.Random(number)
    lines = [f'"""Module {number}: {chance.choice(_WORDS)} and {chance.choice(_WORDS)}."""', "", f"VERSION = {version}"]
    for part in range(8):
        name = "_".join(chance.sample(_WORDS, 3))
        body = " + ".join(f"{chance.choice(_WORDS)}({chance.randrange(10**6)})" for _ in range(4))
        lines += ["", "", f"def {name}_{number}_{part}(value):", f"    total = {body}", "    return value * total"]
    # What was changed in a version is nothing that a delta finds elsewhere.
    fresh = random.Random(f"{number}/{version}")
    lines += ["", ""] + [f"LIMIT_{n} = {fresh.getrandbits(400)}" for n in range(3)]
    return "\n".join(lines) + "\n"


def make(place: Path, shape: Shape) -> str:
    """A bare repository at `place`, packed as a server packs it; the id of its newest commit."""
    run = _git(place.parent, "init", "-q", "--bare", "--template=", "--initial-branch=main", str(place))
    assert run.returncode == 0, run.stderr
    loading = subprocess.Popen(
        ["git", "--git-dir", str(place), "fast-import", "--quiet"], stdin=subprocess.PIPE, env=_env()
    )
    assert loading.stdin is not None
    for piece in _stream(shape):
        loading.stdin.write(piece)
    loading.stdin.close()
    assert loading.wait() == 0
    for words in (("repack", "-q", "-a", "-d", "-F", "--window=10", "--threads=1", "--write-bitmap-index"),
                  ("config", "uploadpack.allowFilter", "true"), ("config", "http.receivepack", "true")):  # fmt: skip
        ran = _git(place, *words)
        assert ran.returncode == 0, ran.stderr
    return _git(place, "rev-parse", "main").stdout.strip()


def _stream(shape: Shape) -> Iterator[bytes]:
    """History: everything at once, then commits that change files all over the tree."""
    chance, version = random.Random(1), dict.fromkeys(range(shape.files), 0)
    yield _commit(1, "Begin")
    yield _file("README.md", "# Large\n") + _file(".gitignore", "build/\n*.log\n")
    yield _file(".gitattributes", "*.psd filter=lfs diff=lfs merge=lfs -text\n")
    for number in version:
        yield _file(path_of(number), text_of(number, 0))
    for count in range(shape.commits):
        yield _commit(count + 2, f"Change {count}")
        for number in chance.sample(range(shape.files), shape.changed):
            version[number] += 1
            yield _file(path_of(number), text_of(number, version[number]))


def _commit(at: int, message: str) -> bytes:
    said = message.encode()
    who = f"Ada <ada@example.org> {1_700_000_000 + at * 60} +0000"
    return f"commit refs/heads/main\ncommitter {who}\ndata {len(said)}\n".encode() + said + b"\n"


def _file(path: str, text: str) -> bytes:
    body = text.encode()
    return f"M 100644 inline {path}\ndata {len(body)}\n".encode() + body + b"\n"


def _env() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}


def _git(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], cwd=place, env=_env(), capture_output=True, text=True, check=False)
