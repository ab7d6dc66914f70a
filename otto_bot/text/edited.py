"""What people are told when someone edits the issue that a run works on."""

from __future__ import annotations

from otto_bot.core.edits import edited, stale
from otto_bot.core.issue import IssueSeen
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.text.markdown import code
from otto_bot.text.words import several

_REPLAN = "`/otto replan` reads the new text."


def edited_in_plan(run: Run) -> str:
    """For the plan comment: of which text the plan is, and the two ways on. Empty where nobody edited the issue."""
    edit = stale(run)
    if edit is None or run.phase is not RunPhase.PLAN_REVIEW:
        return ""
    return (
        f"**The issue was edited after it was read for this plan**{_who(edit)}{_what(edit)}. The plan is of the text "
        f"as it was, and now waits for a person: `/otto approve r{run.plan_revision}` goes on with the text as it was, "
        "`/otto replan` reads the new text."
    )


def edited_in_status(run: Run) -> str:
    """For the status comment: what goes on, and what to do. Empty where there is nothing to say."""
    edit = edited(run)
    if edit is None or (run.ended and (run.outcome is not Outcome.DONE or run.landed)):
        return ""
    return f"**The issue was edited**{_who(edit)}{_what(edit)}. {_now(run)}"


def _now(run: Run) -> str:
    if run.kind == "certify" and run.phase is not RunPhase.PLANNING:
        return "The default branch is held against the plan of the text as it was."
    if run.kind == "certify":
        return f"The plan that comes is of the text as it was. {_REPLAN}"
    if run.phase is RunPhase.PLANNING:
        return f"The plan that comes is of the text as it was, and will wait for a person. {_REPLAN}"
    if run.phase is RunPhase.PLAN_REVIEW and stale(run) is not None:
        return (
            f"Plan r{run.plan_revision} is of the text as it was: `/otto approve r{run.plan_revision}` goes on with "
            f"it. {_REPLAN}"
        )
    stop = "" if run.ended else "`/otto stop`, then "
    again = f"To work from the new text: {stop}take the label off and put it on again."
    if run.phase is RunPhase.PLAN_REVIEW:
        again = "`/otto replan` reads the new text, while no task has started."
    lead = "What was done is of" if run.outcome is not None else "Work goes on with"
    return f"{lead} the text as it was. {again}"


def _who(edit: IssueSeen) -> str:
    names = [code(login, 60) if login else "someone" for login in edit.by]
    return f" by {several(names)}" if names else ""


def _what(edit: IssueSeen) -> str:
    changed = [word for word, differs in (("title", edit.title_changed), ("body", edit.body_changed)) if differs]
    return f" ({' and '.join(changed)})" if changed else ""
