"""What webhooks tell about Actions: it brings the next look forward, once for each end that is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from otto_bot.core import events as e
from otto_bot.core.attempt import Verification
from otto_bot.core.journeys import JourneyRound, RoundState
from otto_bot.core.pauses import WAITS_FOR_BASE
from otto_bot.core.run import Run

TOGETHER = timedelta(seconds=1)
"""Reports that come this soon after a look share the next one."""
REMEMBERED = 50
"""Reports of one head that are known by their key; GitHub starts fewer workflows for a commit."""


def reported(run: Run, event: e.Reported) -> Run:
    """Something ended: open verifications of the commit, and journeys that this workflow run walks, are looked at."""
    after = run
    for verification in run.verifications.values():
        if verification.sha == event.sha and (told := _told(verification, event)) is not verification:
            after = after.with_verification(told)
    after = _journeys_told(after, event)
    return run if after is run else after.model_copy(update={"heard_at": event.at})


def is_news(run: Run, sha: str, key: str) -> bool:
    """Whether a report would change when something is looked at; the same one under another delivery does not."""
    waiting = [v for v in run.verifications.values() if v.sha == sha and v.ending is None]
    if any(not key or key not in v.reported for v in waiting):
        return True
    one = _walking(run, sha, key)
    return one is not None and key not in one.reported


def _told(verification: Verification, event: e.Reported) -> Verification:
    if verification.ending is not None or (event.key and event.key in verification.reported):
        return verification
    soon = event.at
    if verification.looked_at is not None:
        soon = max(soon, verification.looked_at + TOGETHER)
    return verification.model_copy(
        update={
            "reports": verification.reports + 1,
            "reported": _remembered(verification.reported, event.key),
            "next_at": min(verification.next_at, soon),
        }
    )


def _remembered(known: tuple[str, ...], key: str) -> tuple[str, ...]:
    return (*known, key)[-REMEMBERED:] if key else known


def _walking(run: Run, sha: str, key: str) -> JourneyRound | None:
    """The round that this workflow run walks, or may walk: not every GitHub tells at once which run it started."""
    one = run.journeys[-1] if run.journeys else None
    if not key or one is None or one.state is not RoundState.TESTING or one.dispatched is None:
        return None
    known = one.dispatched.run_id
    mine = sha == one.head if known is None else key.partition("/")[0] == str(known)
    return one if mine else None


def base_known(run: Run, at: datetime) -> Run:
    """The verdict on the base is there: what waited for nothing else is looked at now."""
    for verification in run.verifications.values():
        if verification.ending is None and verification.waiting == WAITS_FOR_BASE and verification.next_at > at:
            run = run.with_verification(verification.model_copy(update={"next_at": at}))
    return run


def _journeys_told(run: Run, event: e.Reported) -> Run:
    one = _walking(run, event.sha, event.key)
    if one is None or event.key in one.reported:
        return run
    changes = {"reported": _remembered(one.reported, event.key)}
    return run.with_round(one.model_copy(update={**changes, "next_at": event.at}))


def next_look(verification: Verification, event: e.VerificationPolled) -> datetime:
    """When it is looked at next. What was reported while GitHub was being asked may not be in its answer."""
    late = event.knew is not None and verification.reports > event.knew
    return min(event.next_at, event.at + TOGETHER) if late else event.next_at
