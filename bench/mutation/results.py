"""What came of each mutant: kept line by line so that a run goes on where it stopped, and summed up as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from pathlib import Path

from bench.mutation.choosing import is_machine
from bench.mutation.mutant import Mutant

CAUGHT = frozenset({"killed", "timeout"})
JUDGED = CAUGHT | {"survived", "unreached"}


def read(path: Path) -> dict[str, str]:
    """Name of a mutant to its last result."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {one["name"]: one["result"] for one in map(json.loads, lines)}


def note(path: Path, name: str, result: str) -> None:
    """One line more."""
    with path.open("a") as out:
        out.write(json.dumps({"name": name, "result": result}) + "\n")


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share; (0, 1) of nothing."""
    if of == 0:
        return 0.0, 1.0
    z = 1.959964
    share, wide = hits / of, 1 + z * z / of
    middle = (share + z * z / (2 * of)) / wide
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / wide
    return max(0.0, middle - half), min(1.0, middle + half)


def table(mutants: Sequence[Mutant], results: Mapping[str, str]) -> str:
    """Markdown: the two parts of the heart and both, then each file."""
    done = [one for one in mutants if results.get(one.name) in JUDGED]
    machine = [one for one in done if is_machine(one.file)]
    other = [one for one in done if not is_machine(one.file)]
    rows = [_row("**state machine**", machine, results), _row("**rest of `core`**", other, results)]
    rows.append(_row("**all that was tried**", done, results))
    for file in sorted({one.file for one in done}):
        rows.append(_row(f"`{Path(file).name}`", [one for one in done if one.file == file], results))
    titles = "| | mutants | killed | timeout | survived | not reached | score | 95 % (Wilson) |"
    head = f"{titles}\n| --- {'| ---: ' * 7}|"
    return "\n".join([head, *rows])


def survivors(mutants: Iterable[Mutant], results: Mapping[str, str]) -> list[Mutant]:
    """Those that no test noticed."""
    return [one for one in mutants if results.get(one.name) in {"survived", "unreached"}]


def _row(name: str, mutants: Sequence[Mutant], results: Mapping[str, str]) -> str:
    words = [results[one.name] for one in mutants]
    hits = sum(word in CAUGHT for word in words)
    low, high = wilson(hits, len(words))
    counts = " | ".join(str(words.count(word)) for word in ("killed", "timeout", "survived", "unreached"))
    score = f"{hits / len(words):.1%}" if words else "-"
    return f"| {name} | {len(words)} | {counts} | {score} | {low:.1%} to {high:.1%} |"
