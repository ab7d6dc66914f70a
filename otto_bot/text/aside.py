"""What the plan says of files and branches that Otto leaves alone."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.aside import Aside
from otto_bot.core.run import Run
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, without_skip
from otto_bot.text.trouble import Trouble, see
from otto_bot.text.words import count

MOST_SHOWN = 10


def left_alone(run: Run, links: Links) -> str:
    """One line each for Git LFS, submodules and the merge queue; empty where there is none of them."""
    found = run.aside or Aside()
    lines = []
    if found.lfs:
        lines.append(
            f"Git LFS keeps {_named(found.lfs, found.lfs_count, 'file')}: git holds only pointers to them, which Otto "
            f"neither follows nor changes. {see(links, Trouble.LFS)}"
        )
    if found.modules:
        what = _named(found.modules, found.modules_count, "submodule")
        more = see(links, Trouble.SUBMODULE)
        lines.append(f"{what[:1].upper()}{what[1:]}: Otto neither looks into it nor moves it to another commit. {more}")
    if found.queue:
        branch = code(run.repo.default_branch, 100)
        lines.append(
            f"Merges into {branch} go through a merge queue: Otto puts nothing into it and takes nothing out; people "
            f"do, once they want this merged. {see(links, Trouble.MERGE_QUEUE)}"
        )
    if found.touched:
        lines.append(
            f"The plan names {_named(found.touched, len(found.touched), 'file')} that Otto cannot write: what it asks "
            "for there is left to people."
        )
    if _keeps_actions_away(run):
        lines.append(
            "Words of a title that would keep Actions from starting are in no title and no commit of Otto. "
            f"{see(links, Trouble.SKIP_CI_TITLE)}"
        )
    return "\n".join(["**Left alone:**", *(f"- {line}" for line in lines)]) if lines else ""


def _keeps_actions_away(run: Run) -> bool:
    titles = [run.title, *(task.title for task in run.plan.tasks)] if run.plan is not None else [run.title]
    return any(without_skip(title) != title for title in titles)


def _named(paths: Sequence[str], total: int, word: str) -> str:
    shown = ", ".join(code(path, 150) for path in paths[:MOST_SHOWN])
    more = f" and {total - MOST_SHOWN} more" if total > MOST_SHOWN else ""
    return f"{count(total, word)} ({shown}{more})"
