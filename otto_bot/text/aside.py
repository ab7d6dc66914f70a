"""What the plan says of files and branches that Otto leaves alone."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.run import Run
from otto_bot.text.markdown import code
from otto_bot.text.words import count

MOST_SHOWN = 10


def left_alone(run: Run) -> str:
    """One line each for Git LFS, submodules and the merge queue; empty where there is none of them."""
    found = run.aside
    if found is None:
        return ""
    lines = []
    if found.lfs:
        lines.append(
            f"Git LFS keeps {_named(found.lfs, found.lfs_count, 'file')}: git holds only pointers to them, which Otto "
            "neither follows nor changes."
        )
    if found.modules:
        what = _named(found.modules, found.modules_count, "submodule")
        lines.append(f"{what[:1].upper()}{what[1:]}: Otto neither looks into it nor moves it to another commit.")
    if found.queue:
        branch = code(run.repo.default_branch, 100)
        lines.append(
            f"Merges into {branch} go through a merge queue: Otto puts nothing into it and takes nothing out; people "
            "do, once they want this merged."
        )
    if found.touched:
        lines.append(
            f"The plan names {_named(found.touched, len(found.touched), 'file')} that Otto cannot write: what it asks "
            "for there is left to people."
        )
    return "\n".join(["**Left alone:**", *(f"- {line}" for line in lines)]) if lines else ""


def _named(paths: Sequence[str], total: int, word: str) -> str:
    shown = ", ".join(code(path, 150) for path in paths[:MOST_SHOWN])
    more = f" and {total - MOST_SHOWN} more" if total > MOST_SHOWN else ""
    return f"{count(total, word)} ({shown}{more})"
