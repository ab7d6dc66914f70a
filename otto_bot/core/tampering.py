"""Scans a diff for what makes checks prove less: tests gone or switched off, thresholds lowered, CI changed. Pure.

Total and bounded: any text is scanned, long lines are cut, a file that is too much counts as one that cannot be read,
and never more than `MOST` places are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from otto_bot.core.patches import LONGEST_LINE, ChangedFile
from otto_bot.core.tampering_config import configures, of_configuration
from otto_bot.core.tampering_hits import TamperHit
from otto_bot.core.tampering_paths import is_test
from otto_bot.core.tampering_tests import of_tests

MOST = 200
"""Places that are named; a diff with more is none that a person would accept line by line."""
MOST_LINES = 40_000
"""Lines that are read, tests and configuration first."""
MOST_CHARACTERS = 1024 * 1024
"""Characters that are read, each line up to where the reader of patches cuts it."""


def scan(files: Sequence[ChangedFile], known: int = 0) -> tuple[TamperHit, ...]:
    """What a person should look at before the change counts as verified: file by file, at most `MOST` places beyond the
    `known` ones that people said yes to: else nobody would ever see what stands behind them.
    """

    def found(files: Sequence[ChangedFile]) -> Iterator[TamperHit]:
        yield from of_tests(files)
        yield from of_configuration(files)

    order = {file.path: place for place, file in enumerate(files)}
    first = list(islice(_once(found(_bounded(files))), MOST + known))
    return tuple(sorted(first, key=lambda one: (order.get(one.path, 0), one.new_line or one.old_line or 0)))


def _bounded(files: Sequence[ChangedFile]) -> list[ChangedFile]:
    """The files, those that are too much without their text."""
    lines, characters = MOST_LINES, MOST_CHARACTERS
    kept: dict[int, ChangedFile] = {}
    for place, file in sorted(enumerate(files), key=lambda one: _rank(one[1])):
        tall, wide = _size(file.patch)
        if tall <= lines and wide <= characters:
            lines, characters = lines - tall, characters - wide
            kept[place] = file
        else:  # what is small enough behind it is read still
            kept[place] = file.model_copy(update={"patch": "", "cut": True})
    return [kept[place] for place in range(len(files))]


def _size(patch: str) -> tuple[int, int]:
    """Lines, and characters of them that would be read."""
    tall = patch.count("\n")
    wide = len(patch)
    if wide > MOST_CHARACTERS and tall <= MOST_LINES:
        wide = sum(min(len(line), LONGEST_LINE) for line in patch.split("\n"))
    return tall, wide


def _rank(file: ChangedFile) -> tuple[bool, bool]:
    """Whole new files last: they can only be where something moved to."""
    checks = is_test(file.path) or is_test(file.old_path or file.path) or configures(file)
    return not checks, file.status == "added"


def _once(hits: Iterable[TamperHit]) -> Iterator[TamperHit]:
    """One hit a line: the rule that saw it first."""
    seen: set[tuple[str, int | None, int | None, str]] = set()
    for one in hits:
        key = (one.path, one.old_line, one.new_line, "" if one.line else one.rule)
        if key not in seen:
            seen.add(key)
            yield one
