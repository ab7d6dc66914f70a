"""What of a repository Otto leaves alone: files of Git LFS, submodules, a merge queue. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from otto_bot.core.lfs import Kept, is_pointer, pointer_size
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
    sizes: tuple[int, ...] = ()
    """Bytes of what each of `lfs` stands for, 0 where it does not say; old ledgers do not tell."""
    commits: tuple[str, ...] = ()
    """The commit of each of `modules`."""
    touched: tuple[str, ...] = ()
    """Files that the plan names and that are among these."""
    queue: bool = False
    """Merges into the default branch go through a queue."""


class ReadOnly:
    """Paths that no attempt may write."""

    def __init__(self, kept: Kept, modules: Collection[str] | Mapping[str, str] = ()) -> None:
        self._kept = kept
        self._modules = tuple(modules)
        self._commits = dict(modules) if isinstance(modules, Mapping) else {}

    def unread(self, path: str, content: str = "") -> str | None:
        """What a path is whose content is not here, for who wants to read it; None where it is here."""
        if is_pointer(content):
            size = pointer_size(content)
            what = f"a file of {size:,} bytes" if size is not None else "a file"
            return f"{what} that Git LFS keeps; git has only a pointer to it, and its content is not here"
        for module in self._modules:
            if path == module or path.startswith(f"{module}/"):
                at = self._commits.get(module, "")[:12]
                where = f"{module} is a submodule{f' at commit {at}' if at else ''}"
                return f"not here: {where}, another repository, whose files nobody fetches"
        return None

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


def aside(
    lfs: Sequence[str],
    modules: Sequence[str],
    queue: bool,
    sizes: Sequence[int] = (),
    commits: Sequence[str] = (),
) -> Aside:
    """Everything that was found, as it is kept."""
    return Aside(
        lfs=tuple(lfs[:MOST_NAMED]),
        lfs_count=len(lfs),
        modules=tuple(modules[:MOST_NAMED]),
        modules_count=len(modules),
        sizes=tuple(sizes[:MOST_NAMED]),
        commits=tuple(commits[:MOST_NAMED]),
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
    sizes = (*found.sizes, *(0 for _ in found.lfs))
    commits = (*found.commits, *("" for _ in found.modules))
    return (
        *(
            f"{path} (Git LFS: only its pointer is here{f', {size:,} bytes are not' if size else ''})"
            for path, size in zip(found.lfs, sizes, strict=False)
        ),
        *(
            f"{path}/ (a submodule{f' at {commit[:12]}' if commit else ''}: its files are not here)"
            for path, commit in zip(found.modules, commits, strict=False)
        ),
    )
