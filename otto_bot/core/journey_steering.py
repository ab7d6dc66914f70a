"""What a command does while the run is at its journeys: a new decision of the round, posted like every other."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.commands import Given
from otto_bot.core.journey_rounds import current, subject, without_testing
from otto_bot.core.journeys import FindingKind, JourneyRound, Next, RoundState, journeys_of
from otto_bot.core.run import Run, RunPhase

Refusal = tuple[str, str]
"""Key and detail of a reply that says why a command was not carried out."""
ONLY_CERTIFIES: Refusal = ("only_certifies", "")


def at_journeys(run: Run) -> JourneyRound | None:
    """The round a command is about; None while the run is elsewhere."""
    return current(run) if run.phase is RunPhase.JOURNEYS else None


def approve(run: Run, given: Given, one: JourneyRound, at: datetime) -> Run | Refusal:
    """A yes to what the comment says; to a question without a change it means: take the product as it is."""
    wanted = given.command.revision
    if one.state in (RoundState.TESTING, RoundState.TESTED) or one.next is Next.NOTHING:
        return ("nothing_to_approve", "")
    if wanted not in (None, one.revision):
        return ("stale_revision", f"r{one.revision}")
    if one.state is RoundState.APPROVED:
        return ("nothing_to_approve", "")
    if one.state is not RoundState.POSTED or _unread(given, one.posted_at):
        return ("not_posted", f"r{one.revision}")
    changes: dict[str, object] = {"state": RoundState.APPROVED, "approved_by": given.by.login, "deadline": at}
    if one.next is Next.ASK:
        changes |= {"waived": one.report.failing, "why": f"@{given.by.login} takes it as it is"}
    return run.with_round(one.model_copy(update=changes))


def _unread(given: Given, posted_at: datetime | None) -> bool:
    """Whether a plain `approve` was written before what it would approve could be read. GitHub tells whole seconds."""
    if given.command.revision is not None or given.said_at is None or posted_at is None:
        return False
    return given.said_at < posted_at.replace(microsecond=0)


def mend(run: Run, given: Given, one: JourneyRound) -> Run | Refusal:
    """`/otto retry [j2 …] [-- guidance]`: one task mends these journeys, or all that fail."""
    if run.kind == "certify":
        return ONLY_CERTIFIES
    if one.state in (RoundState.TESTING, RoundState.TESTED):
        return ("still_deciding", "")
    if (refused := _unknown(one, given)) is not None:
        return refused
    chosen = tuple(key for key in one.open_failing if not given.command.tasks or key in given.command.tasks)
    if not chosen:
        return ("nothing_failed", "")
    who = given.by.login
    return _revised(
        run, one, who, next=Next.FIX, fixing=chosen, guidance=given.command.guidance or one.guidance, more_rounds=True
    )


def leave(run: Run, given: Given, one: JourneyRound) -> Run | Refusal:
    """`/otto skip j2`: this journey is taken as it is; what is planned for the others stays.

    Where the run rests because nobody can test or explain them, it goes on without.
    """
    if one.state in (RoundState.TESTING, RoundState.TESTED):
        return ("still_deciding", "") if run.hold is None else _without(run, given, one)
    if run.kind == "certify":
        return ONLY_CERTIFIES
    unknown = [key for key in given.command.tasks if key not in one.open_failing]
    if unknown:
        return ("cannot_skip", f"{unknown[0]} is no failing journey of round {one.number}")
    waived = (*one.waived, *given.command.tasks)
    left = tuple(key for key in one.report.failing if key not in waived)
    fixing = tuple(key for key in one.fixing if key not in waived)
    following = one.next if left else Next.NOTHING
    if following is Next.FIX and not fixing:
        following = Next.ASK
    return _revised(run, one, given.by.login, next=following, fixing=fixing, waived=waived, by_human=not left)


def _without(run: Run, given: Given, one: JourneyRound) -> Run | Refusal:
    unknown = [key for key in given.command.tasks if key not in {j.id for j in journeys_of(subject(run))}]
    if unknown:
        return ("cannot_skip", f"there is no journey {unknown[0]}")
    return without_testing(run, one, f"@{given.by.login} left them out")


def replan(run: Run, given: Given, one: JourneyRound) -> Run | Refusal:
    """`/otto replan [-- guidance]`: the plan is made anew; what is merged stays."""
    if run.kind == "certify":
        return ONLY_CERTIFIES
    if one.state in (RoundState.TESTING, RoundState.TESTED):
        return ("still_deciding", "")
    guidance = given.command.guidance or one.guidance
    return _revised(run, one, given.by.login, next=Next.REPLAN, guidance=guidance, fixing=(), more_rounds=True)


def _unknown(one: JourneyRound, given: Given) -> Refusal | None:
    unknown = [key for key in given.command.tasks if key not in one.open_failing]
    return ("cannot_retry", f"{unknown[0]} is no failing journey of round {one.number}") if unknown else None


def _revised(
    run: Run, one: JourneyRound, who: str, *, more_rounds: bool = False, by_human: bool = True, **changes: object
) -> Run:
    revision = run.revision + 1
    fresh: dict[str, object] = {
        "state": RoundState.DECIDED,
        "revision": revision,
        "deadline": None,
        "approved_by": "",
        "why": f"@{who} changed what follows; r{revision} replaces r{one.revision}",
    }
    if by_human:
        fresh["decided_by"] = "human"
    run = run.with_round(one.model_copy(update={**fresh, **changes}))
    grants = run.journey_grants + (1 if more_rounds else 0)
    return run.model_copy(update={"revision": revision, "journey_grants": grants})


def question_of(one: JourneyRound) -> str:
    """The one thing a person is asked about a round that waits."""
    asked = [f.question for f in one.findings if f.kind is FindingKind.SCOPE and f.journey not in one.waived]
    if asked:
        return asked[0]
    failing = " and ".join(one.open_failing)
    if one.next is Next.ASK:
        return f"Journey {failing} fails: {one.why}. What should happen?"
    return f"Journey {failing} fails. Is what is planned (r{one.revision}) right?"
