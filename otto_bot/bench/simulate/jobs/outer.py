"""Simulated jobs of the outer loop: journeys are walked and explained, reviews are taken up and answered."""

from __future__ import annotations

from typing import Any

from otto_bot.bench.simulate.jobs.case import Case, Steps
from otto_bot.bench.simulate.jobs.growing import findings, report
from otto_bot.bench.simulate.makers import ISSUE
from otto_bot.core import events as e
from otto_bot.core import journey_rounds
from otto_bot.core.events import RunEvent
from otto_bot.core.journey_dispatch import MOST_DISPATCHES
from otto_bot.core.journeys import JourneyRound, RoundState, Via, journeys_of
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run
from otto_bot.core.surfaces import round_digest
from otto_bot.core.verdict import Verdict


def _current(case: Case) -> JourneyRound | None:
    one = journey_rounds.current(case.run)
    return one if one is not None and one.number == case.effect.number else None


def journeys(case: Case) -> Steps[list[RunEvent]]:
    """Every journey is walked, here or by Actions."""
    run, one = case.run, _current(case)
    if one is None:
        return []
    if case.bad(0.05):
        return [e.JourneysSkipped(at=case.now, round=one.number, reason="nothing here can run them")]
    if case.world.life.actions:
        started = _by_actions(case, one)
        if started is not None:
            yield 0.5
            return started
    if not (yield from case.paid()):
        return [case.broke()]
    plan = journey_rounds.subject(run)
    told = report(plan, {journey.id for journey in journeys_of(plan) if case.bad(0.6)})
    via: Via = "sandbox" if one.dispatched is None else "actions"
    verdicts = _verdicts(case, run)
    return [e.JourneysTested(at=case.now, round=one.number, head=one.head, via=via, report=told, verdicts=verdicts)]


def _by_actions(case: Case, one: JourneyRound) -> list[RunEvent] | None:
    """The journeys on their way through Actions; None = they are walked to their end now."""
    where: dict[str, Any] = {"round": one.number, "head": one.head}
    soon = case.soon(20)
    if one.dispatched is None:
        if one.dispatches >= MOST_DISPATCHES:
            return [e.JourneysSkipped(at=case.now, round=one.number, reason="Actions brings nothing")]
        written = e.JourneysDispatched(at=case.now, **where, script="s", next_at=case.now)
        if case.bad(0.3):
            return [written]
        number = case.github.number()
        return [written, e.JourneysDispatched(at=case.now, **where, script="s", run_id=number, next_at=soon)]
    if one.dispatched.run_id is None:
        number = case.github.number()
        return [e.JourneysDispatched(at=case.now, **where, script="s", run_id=number, next_at=soon)]
    if case.dice.random() < 0.3:
        return [e.JourneysPolled(at=case.now, **where, next_at=soon, waiting="it runs")]
    lost = "the run was cancelled"
    return [e.JourneysPolled(at=case.now, **where, next_at=soon, lost=lost)] if case.bad(0.3) else None


def _verdicts(case: Case, run: Run) -> dict[str, Verdict]:
    """What the judge says of each task of a run that only certifies."""
    plan = journey_rounds.subject(run)
    if run.kind != "certify" or plan is None:
        return {}
    return {key: Verdict(items=()) for key in plan.keys if not case.bad(0.1)}


def triage(case: Case) -> Steps[list[RunEvent]]:
    """Why each failing journey fails."""
    one = _current(case)
    if one is None or one.state is not RoundState.TESTED:
        return []
    if not (yield from case.paid()):
        return [case.broke()]
    return [e.JourneysTriaged(at=case.now, round=one.number, findings=findings(case.dice, one.report.failing))]


def post_journeys(case: Case) -> Steps[list[RunEvent]]:
    """From here on what the round decided may count."""
    run, one, begun = case.run, _current(case), case.now
    if one is None or one.state is not RoundState.DECIDED:
        return []
    name, where = f"journeys/n{one.number}", run.pull_request or ISSUE
    says: dict[str, object] = {"revision": one.revision, "text": case.world.words(run, name)}
    number = yield from case.write(lambda: case.github.upsert(f"{run.id}/{name}", where, says))
    posted = e.JourneysPosted(at=case.now, round=one.number, revision=one.revision, comment_id=number, begun_at=begun)
    after = reduce(run, posted) or run
    digest = round_digest(after, next(each for each in after.journeys if each.number == one.number))
    return [posted, e.Published(at=case.now, surface=name, digest=digest, github_id=number)]


def apply_journeys(case: Case) -> Steps[list[RunEvent]]:
    """Grace passed or someone said yes; the state machine checks it again."""
    one = _current(case)
    yield 0.1
    if one is None or one.state not in (RoundState.POSTED, RoundState.APPROVED):
        return []
    return [e.JourneysApplied(at=case.now, round=one.number, revision=one.revision)]


def post_review(case: Case) -> Steps[list[RunEvent]]:
    """The comment stands that says what the review becomes."""
    run, number = case.run, case.effect.number
    review = next((one for one in run.reviews if one.id == number), None)
    if review is None or run.pull_request is None or review.state != "given":
        return []
    where, says = run.pull_request, {"review": number}
    comment = yield from case.write(lambda: case.github.upsert(f"{run.id}/review/{number}", where, dict(says)))
    return [e.ReviewPosted(at=case.now, review=number, comment_id=comment)]


def answer_review(case: Case) -> Steps[list[RunEvent]]:
    """Each of its threads has an answer."""
    run, number = case.run, case.effect.number
    review = next((one for one in run.reviews if one.id == number), None)
    if review is None or review.state == "answered":
        return []
    where = review.pull_request or run.pull_request
    marker = f"{run.id}/review/{number}/answer"
    if where is not None:
        yield from case.write(lambda: case.github.upsert(marker, where, {"answers": review.answers + 1}))
    return [e.ReviewAnswered(at=case.now, review=number)]
