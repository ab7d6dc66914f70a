"""One fault, by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One fault: the `occurrence`-th place of an operator in a file whose text has the digest `source`.

    `lines` are those of its statement; `loading` means that it runs when the file is loaded, in no function.
    """

    file: str
    operator: str
    occurrence: int
    line: int
    column: int
    lines: tuple[int, int]
    loading: bool
    source: str

    @property
    def name(self) -> str:
        """The same as long as the file is."""
        return f"{self.file}:{self.operator}:{self.occurrence}:{self.source}"
