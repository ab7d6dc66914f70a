"""Words for work that is right alone and does not go together: who changed what, for people and for the pilot."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.run import Run
from otto_bot.text.markdown import one_line
from otto_bot.text.words import title_of

Told = Sequence[tuple[str, str, Sequence[str]]]
"""Task (empty: the default branch), commit, and the paths it is about."""
MOST_PATHS = 8


def conflict(run: Run, key: str, paths: Sequence[str], others: Told) -> str:
    """What conflicts, line by line."""
    lines = [f"{key} {_title(run, key)} cannot be merged onto the run branch: conflict in {_paths(paths)}"]
    lines += [f"{_who(run, task)} ({sha[:7]}) changed {_paths(touched)} too" for task, sha, touched in others]
    return "\n".join(lines)


def conflict_line(run: Run, paths: Sequence[str], others: Told) -> str:
    """The same in one line."""
    names = _and([_who(run, task) for task, _, _ in others])
    return f"in {_paths(paths)}" + (f", which {names} changed too" if names else "")


def red(run: Run, key: str, others: Told) -> str:
    """That a task is green alone and red with what was merged before it."""
    lines = [f"{key} {_title(run, key)} is green on the state it began with, and red on the run branch's head."]
    lines.append("Since it began, these came onto the run branch:")
    lines += [f"{_who(run, task)} ({sha[:7]}) changed {_paths(touched)}" for task, sha, touched in others]
    return "\n".join(lines)


def red_line(run: Run, others: Told) -> str:
    """The same in one line."""
    names = _and([f"{_who(run, task)} ({sha[:7]})" for task, sha, _ in others])
    return f"green alone, red together with {names}"


def source(run: Run, task: str, sha: str) -> str:
    """Where a shown diff is from."""
    return f"run branch · what {_who(run, task)} changed ({sha[:7]})"


def _who(run: Run, task: str) -> str:
    return task or f"the default branch {one_line(run.repo.default_branch, 60)}"


def _title(run: Run, key: str) -> str:
    return f"({one_line(title_of(run, key), 80)})"


def _paths(paths: Sequence[str]) -> str:
    shown = [one_line(path, 120) for path in paths[:MOST_PATHS]]
    more = len(paths) - len(shown)
    return (", ".join(shown) or "a directory") + (f" and {more} more" if more > 0 else "")


def _and(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else ""
