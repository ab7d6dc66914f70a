"""Edits of the issue while a run works on it: its input stays as it was, and its plan waits for a person."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core import events as e
from otto_bot.core.commands import Command, Given
from otto_bot.core.issue import MOST_EDITORS, MOST_EDITS, MOST_TURNS, IssueSeen, IssueText, digest_of, same
from otto_bot.core.run import Run, RunPhase


def news(run: Run, text: IssueText, by: str, at: datetime) -> e.IssueEdited | None:
    """The event for an issue that reads like this now; None where the run knows, or where it is older than that.

    What only improves works on a review, not on the issue. Edits without end are told no more: the plan waits anyway.
    """
    seen = run.issue_seen
    if run.ended or run.kind == "improve" or text.digest == known_digest(run) or _older(text.as_of, seen):
        return None
    if seen is not None and edited(run) is not None and (seen.turns >= MOST_TURNS or seen.edits >= MOST_EDITS):
        return None
    return e.IssueEdited(
        at=at,
        by=by,
        title_changed=not same(text.title, run.title),
        body_changed=not same(text.body, run.body),
        digest=text.digest,
        as_of=text.as_of,
    )


def known_digest(run: Run) -> str:
    """Digest of the issue as somebody looked at it last."""
    return run.issue_seen.digest if run.issue_seen is not None else digest_of(run.title, run.body)


def _older(as_of: datetime | None, seen: IssueSeen | None) -> bool:
    return as_of is not None and seen is not None and seen.as_of is not None and as_of < seen.as_of


def edited(run: Run) -> IssueSeen | None:
    """How the issue reads now, if that is not what the run works on."""
    seen = run.issue_seen
    return seen if seen is not None and seen.digest != digest_of(run.title, run.body) else None


def stale(run: Run) -> IssueSeen | None:
    """The edit for which the plan needs a person's yes, if one does."""
    by_person = run.plan_approved_by not in ("", "rule")
    waiting = run.phase in (RunPhase.PLANNING, RunPhase.PLAN_REVIEW) and not by_person
    return edited(run) if waiting else None


def issue_edited(run: Run, event: e.IssueEdited) -> Run:
    """A plan that nobody has said yes to becomes stale, or is so no longer: the same plan under a new number."""
    old = run.issue_seen
    if (
        run.ended
        or run.kind == "improve"
        or _older(event.as_of, old)
        or (old is not None and old.digest == event.digest)
    ):
        return run
    before = edited(run)
    by = (*(before.by if before else ()), event.by)
    seen = IssueSeen(
        digest=event.digest,
        by=tuple(dict.fromkeys(by))[-MOST_EDITORS:],
        title_changed=event.title_changed,
        body_changed=event.body_changed,
        as_of=event.as_of or (old.as_of if old else None),
        edits=(old.edits if old else 0) + 1,
        turns=old.turns if old else 0,
    )
    after = run.model_copy(update={"issue_seen": seen})
    if (before is None) == (edited(after) is None):
        return after
    return _anew(after.model_copy(update={"issue_seen": seen.model_copy(update={"turns": seen.turns + 1})}))


def _anew(run: Run) -> Run:
    """A plan that waits, or that a rule said yes to, is shown again under a new number."""
    if run.phase is not RunPhase.PLAN_REVIEW or run.plan_approved_by not in ("", "rule"):
        return run
    number = run.revision + 1
    return run.model_copy(update={"revision": number, "plan_revision": number, "plan_approved_by": ""})


def may_read_again(run: Run) -> bool:
    """Whether another plan may be asked for now, and so the issue be read once more."""
    open_plan = run.pull_request is None or run.phase in (RunPhase.PLANNING, RunPhase.PLAN_REVIEW, RunPhase.JOURNEYS)
    return open_plan and not run.ended


def reads_the_issue(run: Run, command: Command) -> bool:
    """Whether this command lets the issue be read once more."""
    return command.verb == "replan" and may_read_again(run)


def shown_at(run: Run, comment_id: int) -> str:
    """Digest of the text that a box in a comment of ours means: elsewhere than in the plan, the one that is worked on.

    Plans of before that was recorded mean what was known last.
    """
    if comment_id != run.plan_comment_id:
        return digest_of(run.title, run.body)
    return run.plan_issue or known_digest(run)


def read_again(run: Run, given: Given) -> Run:
    """The run with the text that a person told it to read: as the issue stood when they said so."""
    text = given.issue
    if text is None:
        return run
    run = run.model_copy(update={"title": text.title, "body": text.body})
    if _older(text.as_of, run.issue_seen):
        return run  # it was edited once more before the word was heard: that edit still stands against the new text
    return run.model_copy(update={"issue_seen": IssueSeen(digest=text.digest, as_of=text.as_of)})
