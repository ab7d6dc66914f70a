"""The folder that logs are kept in for whoever reads them: bounded, the least recently read goes first."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from otto_bot.web.logs.lines import STEP, LineIndex, LogFile

EACH = 512 * 1024 * 1024
"""Bytes of one log; the rest of a longer one is not read."""
WHOLE = 2 * 1024 * 1024 * 1024
"""Bytes of all logs together."""
FREE = 256 * 1024 * 1024
"""Bytes of the disk that logs leave to everything else: the database may lie on the same one."""
UNDER_WAY = 600.0
"""Seconds since something was added to a log that is still written: then it will need all of its room."""
CHECKED = 16 * 1024 * 1024
"""Bytes after which that is looked at again."""


class SpoolFull(Exception):
    """The disk does not take the log; the text says why."""


class Kept(NamedTuple):
    """A log that is whole, and what was noted with it."""

    log: LogFile
    noted: Mapping[str, Any]


class Spool:
    """Logs by name. Names are made by us: letters, digits and dashes."""

    def __init__(self, folder: Path, each: int = EACH, whole: int = WHOLE, free: int = FREE) -> None:
        self.folder, self.each, self.whole, self.free = folder, each, whole, free

    @classmethod
    def of(cls, folder: Path, whole: int) -> Spool:
        """One that holds so much in all, and no log that would take more than a quarter of it."""
        return cls(folder, each=min(EACH, whole // 4), whole=whole)

    def find(self, name: str) -> Kept | None:
        """A log that was written to its end."""
        body, about = self.paths(name)
        try:
            told = json.loads(about.read_bytes())
            index = LineIndex(told["offsets"], told["numbers"], told["size"], told["breaks"], told["open"])
            if body.stat().st_size != index.size:
                return None
            os.utime(body)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return Kept(LogFile(body, index), told.get("noted") or {})

    def begin(self, name: str) -> Writing:
        """A file for a log; makes room for it. Raises SpoolFull."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room()
            return Writing(self, name)
        except OSError as error:
            raise _full(error) from error

    def room(self) -> bool:
        """Whether the disk has room for more."""
        return shutil.disk_usage(self.folder).free >= self.free

    def _make_room(self) -> None:
        """The least recently read go until another one fits, whatever its size."""
        found, used = [], 0
        for path in self.folder.glob("job-*.part"):
            with suppress(OSError):
                used += self.each if time.time() - path.stat().st_mtime < UNDER_WAY else 0
        for path in self.folder.glob("*.log"):
            with suppress(OSError):
                seen = path.stat()
                found.append((seen.st_mtime, seen.st_size, path))
        used += sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if used + self.each <= self.whole and self.room():
                break
            self._remove(path)
            used -= size

    def _remove(self, path: Path) -> None:
        for one in (path.with_suffix(".json"), path):
            one.unlink(missing_ok=True)

    def paths(self, name: str) -> tuple[Path, Path]:
        """Where a whole log and its index lie."""
        return self.folder / f"{name}.log", self.folder / f"{name}.json"


class Writing:
    """A log that is being written: it can be read from the first byte on."""

    def __init__(self, spool: Spool, name: str) -> None:
        self._spool, self._name = spool, name
        self._path = spool.folder / f"{name}.{os.getpid()}.part"
        self._path.unlink(missing_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        self._file = os.fdopen(handle, "wb", buffering=0)
        self._unchecked = CHECKED
        self.log = LogFile(self._path, LineIndex())

    def add(self, piece: bytes) -> None:
        """Write on. Raises SpoolFull."""
        for start in range(0, len(piece), STEP):
            some = piece[start : start + STEP]
            self._unchecked += len(some)
            try:
                if self._unchecked > CHECKED:
                    self._unchecked = 0
                    if not self._spool.room():
                        raise SpoolFull("too little of the disk is free")
                written = 0
                while written < len(some):
                    written += self._file.write(some[written:])
            except OSError as error:
                raise _full(error) from error
            self.log.index.grow(some)

    def finish(self, noted: Mapping[str, Any]) -> LogFile:
        """It is whole: from now on it is found. Raises SpoolFull."""
        body, about = self._spool.paths(self._name)
        index = self.log.index
        told = {**vars(index), "noted": dict(noted)}
        draft = about.with_suffix(f".{os.getpid()}.index.part")
        self.log.later = body
        try:
            self._file.close()
            draft.write_text(json.dumps(told))
            draft.chmod(0o600)
            about.unlink(missing_ok=True)  # never one log with the index of another
            self._path.replace(body)
            draft.replace(about)
        except OSError as error:
            self.drop()
            draft.unlink(missing_ok=True)
            raise _full(error) from error
        self.log.path = body
        return self.log

    def drop(self) -> None:
        """It will not become whole: nothing of it stays."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _full(error: OSError) -> SpoolFull:
    return SpoolFull(os.strerror(error.errno or 0))
