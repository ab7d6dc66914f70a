"""Reads git's machine formats for diffs: `--raw --numstat -z`, and the sections of a patch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from otto_bot.git.changes import ChangeStatus

_STATUS: dict[str, ChangeStatus] = {
    "A": "added",
    "D": "deleted",
    "M": "modified",
    "R": "renamed",
    "C": "copied",
    "T": "type_changed",
}
_SECTION = re.compile(rb"^diff --git ", re.MULTILINE)
_NO_MODE = "000000"


@dataclass(frozen=True)
class RawChange:
    """One entry of a raw diff. Paths are bytes as git has them."""

    path: bytes
    status: ChangeStatus
    old_path: bytes | None
    mode_before: str | None
    mode_after: str | None
    sha_before: str
    sha_after: str
    additions: int = 0
    deletions: int = 0
    binary: bool = False


def parse_raw(output: bytes) -> list[RawChange]:
    """Entries of `git diff-tree --raw --numstat -z`, in git's order. ValueError when it is not that."""
    fields = iter(output.split(b"\0"))
    changes: list[RawChange] = []
    counts: list[tuple[bytes, bytes]] = []
    for field in fields:
        if not field:
            continue
        if field.startswith(b":"):
            changes.append(_raw_entry(field, fields))
        else:
            added, deleted, path = field.split(b"\t", 2)
            if not path:  # a rename: the two names follow as fields of their own
                next(fields), next(fields)
            counts.append((added, deleted))
    if len(counts) != len(changes):
        raise ValueError(f"git listed {len(changes)} changes and counted {len(counts)}")
    return [_counted(change, *count) for change, count in zip(changes, counts, strict=True)]


def raw_entries(output: bytes) -> list[RawChange]:
    """The same of `git diff-tree --raw -z` alone: nothing is counted, and no content has to be looked at."""
    fields = iter(output.split(b"\0"))
    return [_raw_entry(field, fields) for field in fields if field]


def split_patch(patch: bytes, changes: Sequence[RawChange]) -> Iterator[bytes]:
    """The part of `patch` for each change. A changed type (file → link) is two sections of a patch."""
    starts = [match.start() for match in _SECTION.finditer(patch)]
    sections = [patch[start:end] for start, end in pairwise([*starts, len(patch)])]
    needed = sum(_sections(change) for change in changes)
    if len(sections) != needed:
        raise ValueError(f"git made {len(sections)} patch sections for {needed} expected")
    at = 0
    for change in changes:
        yield b"".join(sections[at : at + _sections(change)])
        at += _sections(change)


def _sections(change: RawChange) -> int:
    return 2 if change.status == "type_changed" else 1


def _raw_entry(field: bytes, fields: Iterator[bytes]) -> RawChange:
    mode_before, mode_after, sha_before, sha_after, letter = field[1:].decode("ascii").split(" ")
    path, old_path = next(fields), None
    if letter[0] in "RC":
        old_path, path = path, next(fields)
    return RawChange(
        path=path,
        status=_STATUS[letter[0]],
        old_path=old_path,
        mode_before=None if mode_before == _NO_MODE else mode_before,
        mode_after=None if mode_after == _NO_MODE else mode_after,
        sha_before=sha_before,
        sha_after=sha_after,
    )


def _counted(change: RawChange, added: bytes, deleted: bytes) -> RawChange:
    if added == b"-":
        return replace(change, binary=True)
    return replace(change, additions=int(added), deletions=int(deleted))
