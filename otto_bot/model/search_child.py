"""The process that searches a work tree: a question as JSON on its standard input, the answer as text.

Patterns come from a model and files from anyone: an expression that never ends, a file without end or a tree without
bottom costs this process its time, and the worker nothing. Standard library only; it may run where nothing else is.
"""

import contextlib
import json
import os
import re
import resource
import stat
import sys
from collections.abc import Iterator
from itertools import islice
from operator import itemgetter
from pathlib import Path, PurePosixPath

ADDRESS_SPACE = 1024**3
CPU_SECONDS = 20
MOST_BYTES = 100 * 1024
MOST_FILES = 50_000
MOST_PATHS = 200
LONGEST_LINE = 2000
_LEFT_OUT = (".git", "node_modules")


class Refused(ValueError):
    """The question cannot be answered; the message is for the model."""


def main() -> int:
    """Exit code 0: the answer is printed; 1: why there is none."""
    limit()
    asked = json.load(sys.stdin)
    try:
        answer = answered(asked["tool"], Path(asked["root"]), Path(asked["start"]), asked["pattern"])
    except Refused as error:
        sys.stdout.write(str(error))
        return 1
    except (MemoryError, RecursionError):
        sys.stdout.write("the search needs too much memory; use a simpler pattern or a narrower path")
        return 1
    sys.stdout.write(answer)
    return 0


def limit() -> None:
    """Bounds on this process alone, cage or not."""
    for what, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # not every system knows each of them
            resource.setrlimit(what, (most, most))


def answered(tool: str, root: Path, start: Path, pattern: str) -> str:
    """Lines `path:number:text` of `grep`, or paths of `glob`, the newest first. Raises Refused."""
    lines = _grep(start, pattern) if tool == "grep" else _glob(root, start, pattern)
    kept, room = [], MOST_BYTES
    for line in lines:
        room -= len(line.encode("utf-8", "replace")) + 1
        if room < 0:
            kept.append(f"[output cut at {MOST_BYTES} bytes]")
            break
        kept.append(line)
    return "\n".join(kept) or "no matches"


def _glob(root: Path, start: Path, pattern: str) -> Iterator[str]:
    if PurePosixPath(pattern).is_absolute() or ".." in PurePosixPath(pattern).parts:
        raise Refused("patterns are relative to the repository and without `..`")
    if not PurePosixPath(pattern).parts:
        raise Refused("a pattern names something, as `**/*.py`")
    try:
        found = list(islice(start.glob(pattern), MOST_FILES + 1))
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from error
    folders: dict[Path, bool] = {}
    inside = [(at, path) for path in found[:MOST_FILES] if (at := _modified(path, root, folders)) is not None]
    inside.sort(key=itemgetter(0), reverse=True)
    yield from (str(path) for _, path in inside[:MOST_PATHS])
    if len(found) > MOST_FILES:
        yield f"[of the first {MOST_FILES:,} paths; name a narrower path for the others]"


def _grep(start: Path, pattern: str) -> Iterator[str]:
    try:
        expression = re.compile(pattern)
    except (re.error, OverflowError) as error:
        raise Refused(f"invalid regular expression: {error}") from error
    for count, path in enumerate(_files(start)):
        if count == MOST_FILES:
            yield f"[{MOST_FILES:,} files were searched; name a narrower path for the others]"
            return
        with contextlib.suppress(OSError), path.open("rb") as file:
            if b"\0" in file.read(512):
                continue
            file.seek(0)
            for number, raw in enumerate(iter(lambda: file.readline(1024 * 1024), b""), 1):
                if len(raw) <= LONGEST_LINE:
                    line = raw.decode(errors="replace").rstrip("\r\n")
                    if expression.search(line):
                        yield f"{path}:{number}:{line}"


def _files(start: Path) -> Iterator[Path]:
    """Plain files below `start`; links are never followed, and a pipe would never end."""
    if start.is_file():
        yield start
    for folder, folders, names in os.walk(start):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and not Path(folder, name).is_symlink())
        for name in sorted(names):
            path = Path(folder, name)
            if not path.is_symlink() and path.is_file():
                yield path


def _within(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # links in a circle
        return False


def _modified(path: Path, root: Path, folders: dict[Path, bool]) -> float | None:
    """When a path was changed last; None where it lies outside, by a link of its own or of a folder above it.

    `folders` is what is known of folders: following every path to its end takes longer than everything else.
    """
    try:
        seen = path.lstat()
        if stat.S_ISLNK(seen.st_mode):
            return path.stat().st_mtime if _within(path, root) else None
    except OSError:
        return 0.0 if _within(path, root) else None
    if (inside := folders.get(path.parent)) is None:
        inside = folders[path.parent] = _within(path.parent, root)
    return seen.st_mtime if inside else None


if __name__ == "__main__":
    sys.exit(main())
