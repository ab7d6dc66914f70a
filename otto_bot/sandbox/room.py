"""How much room folders take on their disk, measured from outside while a command writes into them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from otto_bot.sandbox.result import Limits, Result

_BLOCK = 512
_EVERY_SECONDS = 2.0
_SHARE = 20
"""Looking takes at most this fraction of the time: a large folder is looked at less often."""
_DROP = 8
"""So many looks are due, at the latest, while a command writes as much as it may."""
_ENOUGH = 2
"""In so many times of what a tree may hold nothing is started any more: what removes files can still make some."""
FULL = (
    "[the work tree holds more than it may, or folders that cannot be looked into: files can be removed, "
    "and none be written, until it is mended (`rm`, `chmod -R u+rwX`)]\n"
)
"""Stands before the output of a command that was started in a tree like that."""


@dataclass(frozen=True)
class Taken:
    """Bytes of blocks (a sparse file counts what it really takes) and entries. `hidden`: a folder could not be read."""

    size: int
    files: int
    hidden: bool = False


@dataclass
class Room:
    """Watches `folders`: whether they hold more than `disk` bytes or `files` entries, and the command made it so.

    What many short commands write adds up: the folders are looked at before each.
    """

    folders: Sequence[Path]
    disk: int
    files: int
    _first: Taken = Taken(0, 0)
    _free_first: int = 0
    _free: int = 0
    _due: float = 0.0

    def begin(self) -> None:
        """Look at what is there before the command starts. ValueError where it is far too much."""
        self._free_first = self._free = self._free_now()
        self._first = self._looked()
        if self._first.size > _ENOUGH * self.disk or self._first.files > _ENOUGH * self.files:
            raise ValueError(
                f"the work tree holds more than {_ENOUGH} times what it may ({self.disk} bytes in {self.files} files; "
                "OTTO_WORKSPACE_GIB of Otto's host): no command runs in it any more"
            )

    @property
    def full(self) -> bool:
        """Whether there was too much before the command, or what nobody can measure."""
        return self._first.hidden or self._first.size > self.disk or self._first.files > self.files

    def allowed(self, limits: Limits) -> Limits:
        """The limits of a command here. Where it is full no file can grow: a look always comes after the writing."""
        return replace(limits, file_size=1) if self.full else limits

    def told(self, result: Result) -> Result:
        """With words about a full room before what the command printed."""
        return replace(result, output=FULL + result.output) if self.full else result

    def used_up(self) -> bool:
        """Whether to end the command. Cheap most of the time; looks through the folders when it may be so."""
        if not self.folders:
            return False
        free = self._free_now()
        if time.monotonic() < self._due and self._free - free < self.disk // _DROP:
            return False
        self._free = free
        found = self._looked()
        # A command may tidy up step by step what is too much already.
        size = max(found.size, self._free_first - free) if found.hidden else found.size
        return size > max(self.disk, self._first.size) or found.files > max(self.files, self._first.files)

    def _looked(self) -> Taken:
        began = time.monotonic()
        found = taken(self.folders, _ENOUGH * self.files)
        self._due = time.monotonic() + max(_EVERY_SECONDS, _SHARE * (time.monotonic() - began))
        return found

    def _free_now(self) -> int:
        free: dict[int, int] = {}
        for folder in self.folders:
            try:
                found = os.statvfs(folder)
                free[os.stat(folder).st_dev] = found.f_bfree * found.f_frsize  # noqa: PTH116 - as cheap as it gets
            except OSError:
                continue
        return sum(free.values())


async def entered(folders: Sequence[Path], limits: Limits) -> Room:
    """The room of `folders` for one command, looked at from the start. ValueError where it holds far too much."""
    room = Room(folders, limits.disk, limits.files)
    await asyncio.to_thread(room.begin)
    return room


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
