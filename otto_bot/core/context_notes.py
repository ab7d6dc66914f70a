"""The lineage's `context.md`: what merged tasks of a run, and of earlier runs of its issue, found out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from otto_bot.core.attempt import TaskState
from otto_bot.core.notes import Fact, by_kind, facts, kept
from otto_bot.core.run import Run

ENDS = (".", "!", "?", "…")
TITLES = {
    "decisions": "Decisions",
    "conventions": "Conventions",
    "data_model": "Data model",
    "gotchas": "Gotchas",
}


def grown(before: Run, after: Run) -> Run:
    """The run with the findings of each task that has just been merged, behind those that were there."""
    if after.tasks is before.tasks:
        return after
    new = [
        fact
        for key, task in after.tasks.items()
        if task.state is TaskState.MERGED and task.last is not None and not _was_merged(before, key)
        for fact in facts(task.last.handoff.findings, after.ordinal, key)
    ]
    return after.model_copy(update={"notes": (*after.notes, *new)}) if new else after


def _was_merged(run: Run, key: str) -> bool:
    return key in run.tasks and run.tasks[key].state is TaskState.MERGED


def inherited_notes(earlier: Iterable[Run]) -> tuple[Fact, ...]:
    """What a new run takes over: the facts of all earlier runs of its issue, oldest run first, within the bounds."""
    runs = sorted(earlier, key=lambda run: run.ordinal)
    if not runs:
        return ()
    # Each run has already taken over what was there before it.
    return kept([*runs[0].inherited_notes, *(fact for run in runs for fact in run.notes)])


def known(run: Run, own: int | None = None) -> tuple[Fact, ...]:
    """The facts that hold now; with `own`, as things were when this run had found out so many."""
    return kept([*run.inherited_notes, *run.notes[: len(run.notes) if own is None else own]])


def context_text(found: Sequence[Fact], ordinal: int) -> str:
    """The facts as Markdown, for models and for an artifact; empty where there are none.

    Facts of earlier runs name their run. Nothing is escaped: whoever shows it to people does that.
    """
    parts = []
    for kind, some in by_kind(found):
        lines = [f"- {fact.text}{_why(fact)} ({source(fact, ordinal)})" for fact in some]
        parts.append("\n".join([f"## {TITLES[kind]}", "", *lines]))
    return "\n\n".join(["# What earlier tasks of this issue found out", *parts]) + "\n" if parts else ""


def _why(fact: Fact) -> str:
    return f"{'' if fact.text.endswith(ENDS) else '.'} Why: {fact.why}" if fact.why else ""


def source(fact: Fact, ordinal: int) -> str:
    """The task that a fact comes from, and its run where that is another one."""
    return fact.task if fact.ordinal == ordinal else f"run {fact.ordinal}, {fact.task}"


def context_of(run: Run) -> str:
    """The run's `context.md` as it is now."""
    return context_text(known(run), run.ordinal)


def context_digest(run: Run) -> str:
    """The address of that text in the archive: its SHA-256; empty where there is none."""
    text = context_of(run)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() if text else ""
