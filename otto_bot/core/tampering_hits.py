"""One place in a diff where a check is weaker than before, and the name by which a person accepts it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from otto_bot.core.patches import Line, squeezed
from otto_bot.core.values import Frozen

LINE = 300
"""Characters of a line that are kept."""


class TamperHit(Frozen):
    """One place where a check is weaker than before.

    `old_line` and `new_line` are from 1 in the old and the new file, None where the line does not stand there or no
    line is meant. `line` is its text, cut at `LINE` characters; it may hold secrets. `why` has our own words only.
    """

    rule: str
    path: str
    old_line: int | None = None
    new_line: int | None = None
    line: str = ""
    why: str

    @property
    def place(self) -> str:
        """Path and line, the new file's where there is one."""
        number = self.new_line if self.new_line is not None else self.old_line
        side = "" if self.new_line is not None or number is None else " before the change"
        return self.path if number is None else f"{self.path}, line {number}{side}"


def hit(rule: str, path: str, line: Line | None, why: str) -> TamperHit:
    """A hit at a line of a hunk, or at a file as a whole."""
    if line is None:
        return TamperHit(rule=rule, path=path, why=why)
    return TamperHit(rule=rule, path=path, old_line=line.old, new_line=line.new, line=line.text.strip()[:LINE], why=why)


def ids(hits: Iterable[TamperHit]) -> tuple[str, ...]:
    """A name for each hit made of rule, path and text, not of line numbers: it stays when a line only moves."""
    count: Counter[str] = Counter()
    names = []
    for one in hits:
        base = "\0".join((one.rule, one.path, squeezed(one.line)))
        count[base] += 1
        digest = hashlib.sha256(f"{base}\0{count[base]}".encode("utf-8", "surrogatepass"))
        names.append(digest.hexdigest()[:16])
    return tuple(names)
