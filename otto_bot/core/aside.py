"""What of a repository Otto leaves alone: files of Git LFS, submodules, a merge queue. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from otto_bot.core.lfs import Kept, is_pointer
from otto_bot.core.plan import Plan
from otto_bot.core.values import Frozen

MOST_NAMED = 20
LFS_WORDS = "Git LFS keeps its content: git has only a pointer to it, which is neither read nor written here"
MODULE_WORDS = "it lies in a submodule, whose files belong to another repository and are not here"


class Aside(Frozen):
    """What was found at the commit that was planned on, and in the rules of its branch. Long lists are cut."""

    lfs: tuple[str, ...] = ()
    lfs_count: int = 0
    modules: tuple[str, ...] = ()
    modules_count: int = 0
    touched: tuple[str, ...] = ()
    """Files that the plan names and that are among these."""
    queue: bool = False
    """Merges into the default branch go through a queue."""


class ReadOnly:
    """Paths that no attempt may write."""

    def __init__(self, kept: Kept, modules: Collection[str] = ()) -> None:
        self._kept = kept
        self._modules = tuple(modules)

    def why(self, path: str, content: str = "") -> str | None:
        """Why nothing is written at a path that holds this; None where it may be."""
        if of_lfs(self._kept, path, content):
            return LFS_WORDS
        if any(path == module or path.startswith(f"{module}/") for module in self._modules):
            return MODULE_WORDS
        return None


def of_lfs(kept: Kept, path: str, content: str) -> bool:
    """Whether the attributes name a path, or what it holds is a pointer all the same."""
    return is_pointer(content) or kept.has(path)


def aside(lfs: Sequence[str], modules: Sequence[str], queue: bool) -> Aside:
    """Everything that was found, as it is kept."""
    return Aside(
        lfs=tuple(lfs[:MOST_NAMED]),
        lfs_count=len(lfs),
        modules=tuple(modules[:MOST_NAMED]),
        modules_count=len(modules),
        queue=queue,
    )


def touched_by(plan: Plan, read_only: ReadOnly) -> tuple[str, ...]:
    """Files that the plan's tasks name and that may not be written."""
    named: Iterable[str] = dict.fromkeys(path for task in plan.tasks for path in task.files)
    return tuple(path for path in named if read_only.why(path) is not None)[:MOST_NAMED]


def told_to_models(found: Aside | None) -> tuple[str, ...]:
    """The paths with the reason why they stay as they are, for whoever plans or writes code."""
    if found is None:
        return ()
    return (
        *(f"{path} (Git LFS: only its pointer is here)" for path in found.lfs),
        *(f"{path}/ (a submodule: its files are not here)" for path in found.modules),
    )
