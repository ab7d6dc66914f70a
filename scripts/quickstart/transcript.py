"""The page as a transcript: its commands, what they shall print, how that is compared, and how it is written anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

CUT = "…"
"""Alone in a line it stands for any lines, at the end of one for the rest of it."""
FENCE, END = "```console", "```"
COMMAND, MORE, PERSON, MEANWHILE = "$ ", "> ", "→ ", "← "
LONGEST = 160
MASKS = tuple(
    (re.compile(pattern), mask)
    for pattern, mask in (
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?|\b\d{8}T\d{6}Z?", "‹time›"),
        (r"\d{4}-\d\d-\d\d\b", "‹date›"),
        (r"\b\d+(?:\.\d+)? ?(?:ms|s|seconds?|minutes?|min)\b", "‹duration›"),
        (r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){2}(?!\.?\d)", "‹version›"),
        (r"(?<=127\.0\.0\.1:)\d+", "‹port›"),
        (r"(?<=\"pid\": )\d+", "‹pid›"),
        (r"(?<![\w-])[\w-]{40,}(?![\w-])", "‹token›"),
        (r"(?<=Otto octo )\w+|(?<=otto-octo-)\w+", "‹id›"),
        (r"\b(?=[a-f]*\d)[0-9a-f]{6,40}\b", "‹id›"),
        (r"\b\d[\d,.]* ?(?:[GMk]B|[KMG]iB|bytes|events)\b", "‹size›"),
    )
)
"""What differs from run to run, in this order."""


@dataclass
class Step:
    """A command, or where `command` is empty what a person does between two; with lines that shall be printed."""

    command: str
    lines: list[str] = field(default_factory=list)
    """Also what a person does, beginning with `→ `, or with `← ` while a command runs."""

    def people(self) -> list[str]:
        """What a person does, in order."""
        return [line for line in self.lines if line.startswith((PERSON, MEANWHILE))]


@dataclass
class Block:
    """One fenced block: `first` is its opening line, `last` its closing one, counted from 0."""

    first: int
    last: int
    steps: list[Step]


class Mismatch(NamedTuple):
    """A step whose printed lines are not the page's."""

    command: str
    missing: str
    printed: list[str]

    def __str__(self) -> str:
        seen = "\n".join(f"    {line}" for line in self.printed) or "    (nothing)"
        wanted = f"  the page has:\n    {self.missing}"
        return f"$ {self.command}\n{wanted}\n  and this was printed, in which it is not:\n{seen}"


def blocks(text: str) -> list[Block]:
    """The console blocks of a page. Raises ValueError for one that begins with output."""
    lines, found, first = text.split("\n"), list[Block](), None
    for at, line in enumerate(lines):
        if first is None and line == FENCE:
            first = at
        elif first is not None and line == END:
            found.append(Block(first, at, _steps(lines[first + 1 : at], first + 2)))
            first = None
    return found


def _steps(lines: Sequence[str], number: int) -> list[Step]:
    steps: list[Step] = []
    for at, line in enumerate(lines):
        if line.startswith(COMMAND):
            steps.append(Step(line.removeprefix(COMMAND)))
        elif line.startswith(MORE) and steps and not steps[-1].lines and steps[-1].command.endswith("\\"):
            steps[-1].command += "\n" + line.removeprefix(MORE)
        elif line.startswith(PERSON):
            steps.append(Step("", [line]))
        elif not steps:
            raise ValueError(f"line {number + at}: a block begins with a command, not with {line!r}")
        else:
            steps[-1].lines.append(line)
    return steps


def masked(line: str) -> str:
    """Without what differs from run to run, and without spaces at its end."""
    for pattern, mask in MASKS:
        line = pattern.sub(mask, line)
    return line.rstrip()


def _same(wanted: str, printed: str) -> bool:
    if wanted != CUT and wanted.endswith(CUT):
        return masked(printed).startswith(masked(wanted.removesuffix(CUT)))
    return masked(wanted) == masked(printed)


def mismatch(step: Step, printed: Sequence[str]) -> Mismatch | None:
    """The first line of the page that was not printed where it stands; None where all of them were."""
    return None if (failed := _aligned(step, printed)[1]) is None else Mismatch(step.command, failed, list(printed))


def _aligned(step: Step, printed: Sequence[str]) -> tuple[list[str], str | None]:
    """The page's lines with what was printed in their place, and the first that has none."""
    made: list[str] = []
    at, loose = 0, False
    for part in _parts(step.lines):
        if part == [CUT]:
            made.append(CUT)
            loose = True
            continue
        places = range(at, len(printed) - len(part) + 1) if loose else range(at, at + 1)
        fits = next((place for place in places if _fits(part, printed[place:])), None)
        if fits is None:
            return made, _first_wrong(part, printed[at:], loose=loose)
        made += [_renewed(one, printed[fits + n]) for n, one in enumerate(part)]
        at, loose = fits + len(part), False
    rest = printed[at:]
    return made, (f"(no more lines, but there is {rest[0]!r})" if rest and not loose else None)


def _parts(lines: Sequence[str]) -> list[list[str]]:
    """Lines in a row, and cuts between them."""
    parts: list[list[str]] = []
    for line in lines:
        if line == CUT or not parts or parts[-1] == [CUT]:
            parts.append([line])
        else:
            parts[-1].append(line)
    return parts


def _fits(part: Sequence[str], printed: Sequence[str]) -> bool:
    return len(printed) >= len(part) and all(_same(*pair) for pair in zip(part, printed, strict=False))


def _first_wrong(part: Sequence[str], printed: Sequence[str], *, loose: bool) -> str:
    if loose:
        return next((one for one in part if not any(_same(one, line) for line in printed)), part[0])
    return next((one for n, one in enumerate(part) if n >= len(printed) or not _same(one, printed[n])), part[0])


def _renewed(wanted: str, printed: str) -> str:
    return wanted if wanted.endswith(CUT) or masked(wanted) == masked(printed) == printed else printed.rstrip()


def rewritten(text: str, printed: Sequence[Sequence[str]]) -> tuple[str, list[str]]:
    """The page with what was printed by each of its steps, and the commands whose output is to be cut by hand.

    Where the page's lines are all there, its cuts stay; else everything that was printed is written down.
    """
    lines, whole, answers = text.split("\n"), list[str](), iter(printed)
    made: list[str] = []
    done = 0
    for block in blocks(text):
        made += lines[done : block.first + 1]
        for step in block.steps:
            answer = list(next(answers))
            kept, failed = _aligned(step, answer)
            if failed is not None:
                whole.append(step.command)
                kept = [line if len(line) <= LONGEST else line[:LONGEST] + CUT for line in answer]
            made += [*_typed(step.command), *kept]
        done = block.last
    return "\n".join([*made, *lines[done:]]), whole


def _typed(command: str) -> list[str]:
    first, *more = command.split("\n")
    return [COMMAND + first, *(MORE + one for one in more)] if command else []
