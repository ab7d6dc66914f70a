"""Runs a scenario's check on a tree of files, each tree once: the command itself, without a runner around it."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from otto_bot.git.mirror import Mirror

SECONDS = 20.0
MAX_LINES = 4000
_TOOK = re.compile(r"\bin \d+\.\d+s\b")
_WORK = "/home/runner/work/bench/bench"
_PYTHON = "/opt/hostedtoolcache/Python/3.11.9/x64/lib/python3.11"

Files = Mapping[str, bytes]
"""A tree: path → content."""


class Checked(NamedTuple):
    """How the check ended, with what it printed: paths of the host and measured times are taken out."""

    exit_code: int
    lines: tuple[str, ...]

    @property
    def green(self) -> bool:
        """Whether it passed."""
        return self.exit_code == 0


class Checking(Protocol):
    """What says whether a commit passes."""

    async def at(self, mirror: Mirror, sha: str) -> Checked:
        """What the check says of a commit that the mirror holds."""


class Checks:
    """One scenario's check. The same tree is run once, so that every arm is given the same output."""

    def __init__(self, command: str, root: Path) -> None:
        self._command = command
        self._root = root
        self._known: dict[str, Checked] = {}

    async def at(self, mirror: Mirror, sha: str) -> Checked:
        """What the check says of a commit."""
        return self.of(await files_at(mirror, sha))

    def of(self, files: Files) -> Checked:
        """What the check says of these files."""
        digest = hashlib.sha256()
        for path in sorted(files):
            digest.update(f"{path}\0{len(files[path])}\0".encode("utf-8", "surrogateescape") + files[path])
        key = digest.hexdigest()
        if key not in self._known:
            self._known[key] = self._run(files)
        return self._known[key]

    def _run(self, files: Files) -> Checked:
        self._root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self._root))
        try:
            for path, body in files.items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(body)
            return self._ran(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _ran(self, folder: Path) -> Checked:
        env = {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin")),
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
        }
        try:
            done = subprocess.run(  # noqa: S603 - the command of a scenario, in a folder of its own
                ["/bin/sh", "-ec", self._command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Checked(124, (f"the check was killed after {SECONDS:g} s",))
        return Checked(done.returncode, printed(done.stdout.decode("utf-8", "replace"), folder))


def printed(text: str, folder: Path) -> tuple[str, ...]:
    """The lines of an output as a runner's log would have them: no path of the host, no measured time."""
    text = re.sub(r"/[^\s\"']*?/lib/python3\.\d+(?=/)", _PYTHON, text.replace(str(folder), _WORK))
    return tuple(_TOOK.sub("in 0.001s", text).splitlines()[:MAX_LINES])


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, compiled modules left out."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


async def files_at(mirror: Mirror, sha: str) -> dict[str, bytes]:
    """The files of a commit that the mirror holds."""
    body = (await mirror.git("archive", "--format=tar", sha)).stdout
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        for member in archive:
            if member.isfile() and (stream := archive.extractfile(member)) is not None:
                found[member.name] = stream.read()
    return found
