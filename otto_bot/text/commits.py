"""Commit messages: the repository's own habit, at most 72 characters in the subject, never a skip token."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from otto_bot.core.run import Run
from otto_bot.text.habits import habit_of, is_conventional, own_subject
from otto_bot.text.markdown import plain, without_skip
from otto_bot.text.other_bots import unheard_lines
from otto_bot.text.words import title_of

SUBJECT = 72
_TRAILER = re.compile(
    r"\s*(?:breaking[ -]change|release-as|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+\s*:|(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|"
    r"cc|bug|link|change-?id|fixup!|squash!|amend!|revert)\s*[:!])",
    re.IGNORECASE,
)
_FIX = re.compile(r"\b(?:fix|bug|crash|error|broken|wrong|fail|regression)", re.IGNORECASE)
_DOCS = re.compile(r"\b(?:docs?|documentation|readme|changelog)\b", re.IGNORECASE)
_TEST = re.compile(r"^(?:add |write |extend )?(?:unit )?tests?\b", re.IGNORECASE)
_CLOSING = re.compile(r"^(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s*:?\s+(?=\d)", re.IGNORECASE)


def empty_commit(run: Run, habits: Sequence[str]) -> str:
    """The first commit of the run branch: no files, so that Actions shows the state before any work."""
    subject = own_subject(f"Start work on issue {run.issue}", habits)
    return f"{subject}\n\nNo files are changed: what fails here failed before.\n"


def spec_commit(run: Run, names: Sequence[str], habits: Sequence[str]) -> str:
    """The second commit of the run branch, where what is built is written down in files."""
    subject = own_subject(f"Write down what issue {run.issue} asks for", habits)
    return f"{subject}\n\nFrom the approved plan: {', '.join(names) or 'no files are needed'}.\n"


def attempt_commit(run: Run, task_key: str, attempt: int, habits: Sequence[str]) -> str:
    """One attempt at a task, on its own branch. In a single-task plan it is what people review."""
    return _message(run, task_key, habits, f"Task {task_key}, attempt {attempt}, of issue {run.issue}.")


def squash_commit(run: Run, task_key: str, habits: Sequence[str]) -> str:
    """A verified task as one commit on the run branch."""
    return _message(run, task_key, habits, f"Task {task_key} of issue {run.issue}.")


def merge_commit(run: Run, task_key: str) -> str:
    """The run branch's head taken into a task's branch."""
    return f"Merge the run branch into {task_key}\n\nIssue {run.issue}: the next attempt goes on from both.\n"


def base_commit(run: Run) -> str:
    """The default branch taken into the run branch: what comes next is written and verified on top of it."""
    branch = plain(run.repo.default_branch, 40)
    return f"Merge {branch} into the run branch\n\nIssue {run.issue}: what comes next starts on what is there now.\n"


def carried_commit(run: Run) -> str:
    """The default branch taken into reviewed work that another run goes on with."""
    branch = plain(run.repo.default_branch, 40)
    return f"Merge {branch} into the reviewed work\n\nIssue {run.issue}: what its review found is changed on top.\n"


def subject_line(title: str, habits: Sequence[str], limit: int = SUBJECT) -> str:
    """A title as this repository writes subjects: with a conventional prefix and small, or plain."""
    words = _CLOSING.sub("", plain(title, 300)).rstrip(". ") or "Change"
    habit = habit_of(habits)
    if habit is None:
        return _cut(words[:1].upper() + words[1:], limit)
    return _cut(words if is_conventional(words) else habit.subject(_kind(words), words), limit)


def _message(run: Run, task_key: str, habits: Sequence[str], where: str) -> str:
    subject = subject_line(title_of(run, task_key) or run.title or task_key, habits)
    goal = plain(run.plan.task(task_key).goal, 600) if run.plan and task_key in run.tasks else ""
    body = "\n\n".join(part for part in (_wrap(goal), where) if part)
    return f"{subject}\n\n{body}\n"


def _wrap(text: str) -> str:
    """Lines of 72 characters; a line that would become a trailer, a command or a token of its own does not."""
    return unheard_lines("\n".join(_no_trailer(without_skip(line)) for line in textwrap.wrap(text, SUBJECT)))


def _no_trailer(line: str) -> str:
    """Git, GitHub and release tools read a line by how it begins: who wrote it, what it releases, what it breaks."""
    return f"· {line}" if _TRAILER.match(line) else line


def _kind(words: str) -> str:
    for kind, pattern in (("docs", _DOCS), ("test", _TEST), ("fix", _FIX)):
        if pattern.search(words):
            return kind
    return "feat"


def _cut(words: str, limit: int) -> str:
    if len(words) <= limit:
        return words
    short = words[: limit - 1]
    head, space, _ = short.rpartition(" ")
    return (head if space and len(head) > limit // 2 else short).rstrip(" ,;:-") + "…"
