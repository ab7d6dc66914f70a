"""Finds the tests in one side of a hunk: where each starts, and which lines are its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from otto_bot.core.patches import Hunk, Line, hunks
from otto_bot.core.tampering_languages import Language, name_in

_CLOSER = re.compile(r"\s*(?:[)\]}]|end\b|\"\"\"|''')")


@dataclass
class Case:
    """One test, or, without a name, what stands outside of every test in one hunk. `marks` stand above it."""

    name: str
    start: Line | None
    hunk: int
    indent: int = -1
    marks: list[Line] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def whole(self) -> tuple[Line, ...]:
        """Everything that belongs to it, as far as the hunk shows."""
        return (*self.marks, *self.lines)


@dataclass
class Side:
    """All tests of a file's old or new text, as far as its hunks show them."""

    cases: list[Case]

    def named(self) -> Iterator[Case]:
        """Tests whose first line is shown."""
        return (case for case in self.cases if case.name and case.start is not None)

    def owner(self) -> dict[int, Case]:
        """Each line's test; lines by identity."""
        return {id(line): case for case in self.cases for line in case.whole}


def sides(patch: str, language: Language) -> tuple[tuple[Hunk, ...], Side, Side]:
    """The hunks of a patch, and the tests in its old and in its new text."""
    parts = hunks(patch)
    old = [case for number, hunk in enumerate(parts) for case in _cases(hunk, "-", number, language)]
    new = [case for number, hunk in enumerate(parts) for case in _cases(hunk, "+", number, language)]
    return parts, Side(old), Side(new)


def _cases(hunk: Hunk, sign: str, number: int, language: Language) -> list[Case]:
    loose = Case("", None, number)
    stack = [loose]
    if language.needs is None and (match := language.start.match(hunk.section)):
        stack.append(Case(name_in(match), None, number, indent=0))
    found = [*stack]
    pending: list[Line] = []
    for line in hunk.side(sign):
        if not line.text.strip() or language.comment.match(line.text):
            continue
        if (case := _started(line, pending, number, language)) is not None:
            _leave(stack, line)
            stack.append(case)
            found.append(case)
            pending = []
        elif language.mark.match(line.text) or (pending and _goes_on(pending, line)):
            pending.append(line)
        else:
            _leave(stack, line)
            stack[-1].lines += [*pending, line]
            pending = []
    loose.lines += pending
    return found


def _leave(stack: list[Case], line: Line) -> None:
    """Tests end where a line stands as far to the left as they began, unless it closes something."""
    if _CLOSER.match(line.text):
        return
    while len(stack) > 1 and line.indent <= stack[-1].indent:
        stack.pop()


def _goes_on(pending: Sequence[Line], line: Line) -> bool:
    """A decorator over several lines."""
    return line.indent > pending[0].indent or (_CLOSER.match(line.text) is not None and _open(pending))


def _open(pending: Sequence[Line]) -> bool:
    text = "".join(line.text for line in pending)
    return text.count("(") + text.count("[") > text.count(")") + text.count("]")


def _started(line: Line, pending: list[Line], number: int, language: Language) -> Case | None:
    match = language.start.match(line.text)
    if match is None:
        return None
    if language.needs is not None:
        inline = language.needs.search(line.text)
        if inline is None and not any(language.needs.search(mark.text) for mark in pending):
            return None
        if inline is not None and inline.end() >= match.end():
            return None
    name = " ".join(name_in(match).split())
    return Case(name, line, number, line.indent, list(pending), [line]) if name else None
