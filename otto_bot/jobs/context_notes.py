"""What earlier tasks found out, between a run and its coders, its planner and the archive."""

from __future__ import annotations

import asyncio

from otto_bot.agents.toolbox import Handoff as Left
from otto_bot.core.attempt import Attempt, Handoff
from otto_bot.core.context_notes import context_of, context_text, known
from otto_bot.core.notes import LONGEST, Choice, Findings
from otto_bot.core.redact import Redactor
from otto_bot.core.run import Run
from otto_bot.jobs.context import Context

KIND = "context"
"""The archive's word for it."""


async def keep_context(context: Context, run: Run, _surface: str) -> None:
    """Put the run's `context.md` into the archive, where its digest finds it."""
    body = context_of(run).encode("utf-8", "replace")
    await asyncio.to_thread(context.archive.keep, KIND, body, context.now())


def told_notes(run: Run, attempt: Attempt) -> str:
    """The `context.md` that an attempt works with: as it was when it started, so that a resumed session has the same.

    Attempts of older versions do not say what there was: they get nothing.
    """
    return context_text(known(run, attempt.notes or 0), run.ordinal)


def handoff(left: Left | None, redactor: Redactor) -> Handoff:
    """What a coder left, without secrets."""
    if left is None:
        return Handoff()

    def hide(text: str) -> str:
        return redactor.text(text)[:LONGEST]  # what stands in a secret's place may be longer than it was

    return Handoff(
        summary=redactor.text(left.summary),
        facts=tuple(redactor.text(fact) for fact in left.handoff),
        findings=Findings(
            decisions=tuple(Choice(what=hide(one.what), why=hide(one.why)) for one in left.decisions),
            conventions=tuple(hide(text) for text in left.conventions),
            data_model=tuple(hide(text) for text in left.data_model),
            gotchas=tuple(hide(text) for text in left.gotchas),
        ),
    )
