"""How a run goes through its journeys: tested, explained, posted, and only then mended, planned anew or asked about."""

from __future__ import annotations

from datetime import datetime, timedelta

from otto_bot.core import events as e
from otto_bot.core.additions import add_tasks, next_keys
from otto_bot.core.journey_fix import fix_task
from otto_bot.core.journeys import (
    MOST_REPLANS,
    MOST_ROUNDS,
    Finding,
    FindingKind,
    JourneyRound,
    Next,
    RoundState,
    better,
    finding_problems,
    journeys_of,
    report_problems,
)
from otto_bot.core.plan import Plan
from otto_bot.core.plan_scope import outside_scope
from otto_bot.core.reviewing import goes_on
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.verdict import assess

NOT_BETTER = "as many journeys fail as in the round before: another try of the same kind would not help"
NO_ROUND_LEFT = f"the journeys were tested {MOST_ROUNDS} times, and what a further change does could not be tested"
REPLANNED = "the plan was made anew once already"
OUT_OF_SCOPE = "whether this belongs to the product is yours to say"


def subject(run: Run) -> Plan | None:
    """The plan whose journeys are tested: the run's own, or the one that it only certifies."""
    return run.subject if run.kind == "certify" else run.plan


def current(run: Run) -> JourneyRound | None:
    """The newest round, while the run is at it."""
    open_round = run.journeys[-1] if run.journeys else None
    return open_round if open_round is not None and open_round.state is not RoundState.APPLIED else None


def wanted(run: Run) -> bool:
    """Whether the finished product is to be tested now: it has journeys, and this head was not tested yet."""
    if not run.config.journeys.enabled or not journeys_of(subject(run)) or run.landed or run.kind == "improve":
        return False
    if len(run.journeys) >= rounds_allowed(run):
        return False
    return not run.journeys or run.journeys[-1].head != run.head


def rounds_allowed(run: Run) -> int:
    """How many rounds there may be: each word of a person allows one more."""
    return MOST_ROUNDS + run.journey_grants


def begin(run: Run) -> Run:
    """A new round on the run branch's head."""
    head = run.base_sha if run.kind == "certify" else run.head
    waived = run.journeys[-1].waived if run.journeys else ()
    fresh = JourneyRound(number=len(run.journeys) + 1, head=head, waived=waived)
    return run.model_copy(update={"phase": RunPhase.JOURNEYS, "journeys": (*run.journeys, fresh)})


def moved(run: Run, head: str) -> Run:
    """Somebody pushed while the journeys are tested: they are tested on what is there now."""
    one = _at(run, run.journeys[-1].number, RoundState.TESTING) if run.journeys else None
    if one is None or run.kind == "certify":
        return run
    anew = {"head": head, "dispatched": None, "dispatches": 0, "next_at": None, "waiting": ""}
    return run.with_round(one.model_copy(update=anew))


def testing(run: Run, number: int, head: str) -> JourneyRound | None:
    """The round that is being walked, if it is this one and on this head."""
    one = _at(run, number, RoundState.TESTING)
    return one if one is not None and one.head == head else None


def _at(run: Run, number: int, *states: RoundState) -> JourneyRound | None:
    found = current(run)
    if found is None or run.phase is not RunPhase.JOURNEYS or found.number != number or found.state not in states:
        return None
    return found


def journeys_tested(run: Run, event: e.JourneysTested) -> Run:
    """Every journey was walked. A report that does not fit the plan changes nothing."""
    one, plan = testing(run, event.round, event.head), subject(run)
    if one is None or plan is None:
        return run
    if report_problems(journeys_of(plan), event.report):
        return run
    told: dict[str, object] = {
        "via": event.via,
        "report": event.report,
        "verdicts": event.verdicts,
        "proofs": event.proofs,
    }
    paid = {"calls": one.calls + event.calls, "usd": one.usd + event.usd, "model": event.model or one.model}
    told |= {"dispatched": None, "waiting": ""}
    waived = set(event.report.failing) <= set(one.waived)
    if not waived and run.kind != "certify":
        return run.with_round(one.model_copy(update={**told, **paid, "state": RoundState.TESTED}))
    why = "every journey passed" if not event.report.failing else "what fails was taken as it is before"
    if event.report.failing and run.kind == "certify":
        why = "certified as it is; nothing is changed"
    settled = {"state": RoundState.DECIDED, "decided_by": "rules", "why": why, "revision": 0}
    return run.with_round(one.model_copy(update={**told, **paid, **settled}))


def journeys_skipped(run: Run, event: e.JourneysSkipped) -> Run:
    """Nothing could run them: the run ends without, and says so."""
    one = _at(run, event.round, RoundState.TESTING)
    return run if one is None else without_testing(run, one, event.reason)


def without_testing(run: Run, one: JourneyRound, reason: str) -> Run:
    """The run goes to its end with journeys that nobody tested, and says why."""
    return _over(run.with_round(one.model_copy(update={"state": RoundState.APPLIED, "skipped": reason[:1000]})))


def journeys_triaged(run: Run, event: e.JourneysTriaged) -> Run:
    """Why they fail is said; what follows is decided here."""
    one = _at(run, event.round, RoundState.TESTED)
    if one is None or run.plan is None or finding_problems(one.report, event.findings):
        return run
    plan = run.plan
    findings = tuple(_within_scope(plan, f) for f in event.findings if f.journey not in one.waived)
    following, why = decide(run, one, findings)
    fixing = tuple(f.journey for f in findings if f.kind is FindingKind.IMPLEMENTATION)
    return _decided(
        run,
        one,
        findings=findings,
        decided_by=event.decided_by,
        next=following,
        why=why,
        fixing=fixing if following is Next.FIX else (),
        model=event.model or one.model,
        calls=one.calls + event.calls,
        usd=one.usd + event.usd,
    )


def decide(run: Run, one: JourneyRound, findings: tuple[Finding, ...]) -> tuple[Next, str]:
    """What follows from the findings of a round, and why. Limits first: they hold whatever anyone found."""
    earlier = tuple(old for old in run.journeys if old.number < one.number)
    if not better(earlier, one.open_failing):
        return Next.ASK, NOT_BETTER
    if one.number >= rounds_allowed(run):
        return Next.ASK, NO_ROUND_LEFT
    kinds = {finding.kind for finding in findings}
    if FindingKind.PLANNING in kinds:
        if run.journey_replans >= MOST_REPLANS:
            return Next.ASK, REPLANNED
        return Next.REPLAN, "the plan lacks what these journeys need: it is made anew, what is merged stays"
    if FindingKind.IMPLEMENTATION in kinds:
        return Next.FIX, "one task mends it, with the failed steps as its criteria"
    return Next.ASK, OUT_OF_SCOPE


def _within_scope(plan: Plan, finding: Finding) -> Finding:
    """A finding that would bring what the plan excludes is no bug: a person says whether it belongs to the product."""
    if finding.kind is FindingKind.SCOPE:
        return finding
    excluded = outside_scope(f"{finding.summary} {finding.guidance}", plan.non_goals)
    if excluded is None:
        return finding
    question = f"The plan leaves out “{excluded[:200]}”, and this journey seems to need it. Should it be built?"
    return finding.model_copy(update={"kind": FindingKind.SCOPE, "question": question[:500], "guidance": ""})


def _decided(run: Run, one: JourneyRound, **changes: object) -> Run:
    """A decision gets the next revision; it counts when its comment stands."""
    fresh = {"state": RoundState.DECIDED, "revision": run.revision + 1, "deadline": None, "approved_by": ""}
    run = run.with_round(one.model_copy(update={**fresh, **changes}))
    return run.model_copy(update={"revision": run.revision + 1})


def journeys_posted(run: Run, event: e.JourneysPosted) -> Run:
    """The comment stands: grace begins, or a person is waited for."""
    one = current(run)
    if one is None or one.number != event.round or one.posted_revision >= event.revision:
        return run
    posted = {
        "comment_id": event.comment_id,
        "comment_url": event.url,
        "posted_revision": event.revision,
        "posted_at": event.begun_at or event.at,
    }
    if one.state is not RoundState.DECIDED or event.revision != one.revision:
        return run.with_round(one.model_copy(update=posted))
    changes = {**posted, "state": RoundState.POSTED, "deadline": deadline(run, one, event.at)}
    return run.with_round(one.model_copy(update=changes))


def deadline(run: Run, one: JourneyRound, at: datetime) -> datetime | None:
    """When a round posted at this moment is applied; None = when a person says so."""
    if one.next is Next.NOTHING or one.decided_by == "human":
        return at
    asked = any(finding.question and finding.journey not in one.waived for finding in one.findings)
    if one.next is Next.ASK or asked or run.config.pilot.approval == "always":
        return None
    return at + timedelta(minutes=run.config.pilot.grace_minutes)


def renewed(before: Run, after: Run, at: datetime) -> Run:
    """A run that rested goes on: what is announced can be objected to for as long again as at the beginning."""
    one = current(after)
    if not goes_on(before, after) or one is None or one.deadline is None:
        return after
    if one.state is not RoundState.POSTED:
        return after  # a person said yes
    return after.with_round(one.model_copy(update={"deadline": deadline(after, one, at)}))


def journeys_applied(run: Run, event: e.JourneysApplied) -> Run:
    """What the round decided happens: all at once, and only if its comment stands and its time has come."""
    one = _at(run, event.round, RoundState.POSTED, RoundState.APPROVED)
    if one is None or one.revision != event.revision or one.posted_revision != one.revision or run.hold is not None:
        return run
    if one.state is RoundState.POSTED and (one.deadline is None or one.deadline > event.at):
        return run
    applied = one.model_copy(update={"state": RoundState.APPLIED})
    if one.next is Next.FIX and run.plan is not None:
        return _fix(run, applied, run.plan)
    if one.next is Next.REPLAN:
        return _replan(run.with_round(applied), one)
    return _over(run.with_round(applied))


def _over(run: Run) -> Run:
    """Nothing more to do about the journeys: the run goes to its end."""
    if run.kind == "certify":
        return run.model_copy(update={"phase": RunPhase.DONE, "outcome": certified(run), "hold": None})
    return run.model_copy(update={"phase": RunPhase.EXECUTING, "order": ()})


def certified(run: Run) -> Outcome:
    """How a run that only certifies ends: done = every journey passes and every task's [must] criteria are met."""
    one, plan = run.journeys[-1], run.subject
    if plan is None or one.skipped or one.report.failing or set(one.verdicts) != set(plan.keys):
        return Outcome.FAILED
    holds = all(assess(plan.task(key), verdict).passed for key, verdict in one.verdicts.items())
    return Outcome.DONE if holds else Outcome.FAILED


def _fix(run: Run, one: JourneyRound, plan: Plan) -> Run:
    (key,) = next_keys(run, 1)
    run = run.with_round(one.model_copy(update={"tasks": (key,)}))
    return add_tasks(run, [fix_task(plan, one, key)], "journeys")


def _replan(run: Run, one: JourneyRound) -> Run:
    told = [f"Journey {finding.journey} fails: {finding.summary} {finding.guidance}" for finding in one.findings]
    words = "\n".join(part for part in (*told, one.guidance) if part.strip())
    return run.model_copy(
        update={
            "phase": RunPhase.PLANNING,
            "plan_number": run.plan_number + 1,
            "plan_guidance": words[:4000],
            "plan_guided_by": "",
            "plan_approved_by": "",
            "journey_replans": run.journey_replans + 1,
        }
    )
