"""How much room folders take on their disk, measured from outside while a command writes into them."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 512
_EVERY_SECONDS = 2.0
_SHARE = 20
"""Looking takes at most this fraction of the time: a large folder is looked at less often."""
_DROP = 8
"""So many looks are due, at the latest, while a command writes as much as it may."""


@dataclass(frozen=True)
class Taken:
    """Bytes of blocks (a sparse file counts what it really takes) and entries. `hidden`: a folder could not be read."""

    size: int
    files: int
    hidden: bool = False


@dataclass
class Room:
    """Watches `folders`: whether they hold more than `disk` bytes or `files` entries, and the command made it so."""

    folders: Sequence[Path]
    disk: int
    files: int
    _first: Taken | None = None
    _free_first: int = 0
    _free: int = 0
    _due: float = 0.0

    def begin(self) -> None:
        """Note how much is free before the command starts."""
        self._free_first = self._free = self._free_now()

    def used_up(self) -> bool:
        """Whether to end the command. Cheap most of the time; looks through the folders when it may be so."""
        if not self.folders:
            return False
        free, began = self._free_now(), time.monotonic()
        if began < self._due and self._free - free < self.disk // _DROP:
            return False
        found = taken(self.folders, self.files)
        self._free = free
        self._due = time.monotonic() + max(_EVERY_SECONDS, _SHARE * (time.monotonic() - began))
        if self._first is None:  # what is there was there before; the command may be about to tidy up
            self._first = found
            return False
        size = max(found.size, self._free_first - free) if found.hidden else found.size
        return size > max(self.disk, self._first.size) or found.files > max(self.files, self._first.files)

    def _free_now(self) -> int:
        free: dict[int, int] = {}
        for folder in self.folders:
            try:
                found = os.statvfs(folder)
                free[os.stat(folder).st_dev] = found.f_bfree * found.f_frsize  # noqa: PTH116 - as cheap as it gets
            except OSError:
                continue
        return sum(free.values())


def taken(folders: Sequence[Path], most: int | None = None) -> Taken:
    """What stands in these folders, looked at until there are more than `most` entries.

    Links are not followed; blocks of hard links count once.
    """
    size, files, hidden = 0, 0, False
    seen: set[tuple[int, int]] = set()
    waiting = [os.fspath(folder) for folder in folders]
    while waiting and (most is None or files <= most):
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    found = entry.stat(follow_symlinks=False)
                    files += 1
                    if found.st_nlink < 2 or (found.st_dev, found.st_ino) not in seen:
                        size += found.st_blocks * _BLOCK
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif found.st_nlink > 1:
                        seen.add((found.st_dev, found.st_ino))
        except FileNotFoundError:
            continue  # it is being removed
        except OSError:  # closed to us, or a path that is too long to be opened
            hidden = True
    return Taken(size, files, hidden)
