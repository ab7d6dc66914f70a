"""The finished product, tested by its user journeys: what was seen, why it failed, and what follows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from otto_bot.core.plan import Journey, Plan
from otto_bot.core.records import RUN, CommandRecord
from otto_bot.core.values import Frozen
from otto_bot.core.verdict import Proof, Verdict

MOST_ROUNDS = 3
"""How often the journeys of one run are tested without a person asking for more."""
MOST_REPLANS = 1
"""How often failing journeys may lead to a new plan."""

Via = Literal["sandbox", "actions"]


class StepResult(Frozen):
    """What became of one step; `refs` name records (`R3`) that show it."""

    id: Annotated[str, Field(pattern=r"^j[1-9]\.s[1-9][0-9]?$")]
    status: Literal["passed", "failed", "not_reached"]
    seen: Annotated[str, Field(max_length=600)] = ""
    refs: Annotated[tuple[str, ...], Field(max_length=20)] = ()


class JourneyResult(Frozen):
    """One journey: passed only if every step was."""

    id: Annotated[str, Field(pattern=r"^j[1-9]$")]
    steps: tuple[StepResult, ...]

    @property
    def passed(self) -> bool:
        """Whether every step passed."""
        return bool(self.steps) and all(step.status == "passed" for step in self.steps)

    @property
    def broken(self) -> StepResult | None:
        """The first step that did not pass."""
        return next((step for step in self.steps if step.status != "passed"), None)


class JourneyReport(Frozen):
    """All journeys of one round. `records` are those that steps name, numbered as the tester saw them."""

    journeys: tuple[JourneyResult, ...] = ()
    records: tuple[CommandRecord, ...] = ()

    @property
    def failing(self) -> tuple[str, ...]:
        """Ids of journeys that did not pass."""
        return tuple(journey.id for journey in self.journeys if not journey.passed)

    def record(self, ref: str) -> CommandRecord | None:
        """The record a step names."""
        return next((record for record in self.records if record.ref == ref), None)


class FindingKind(StrEnum):
    """Why a journey fails."""

    IMPLEMENTATION = "implementation"
    """The plan is right, the code is not: one task mends it."""
    PLANNING = "planning"
    """What the journey needs was never planned: the plan is made anew, once."""
    SCOPE = "scope"
    """Whether this belongs to the product at all is a person's to say."""


class Finding(Frozen):
    """Why one journey fails. `quote` stands in the record `ref`; it is checked."""

    journey: Annotated[str, Field(pattern=r"^j[1-9]$")]
    kind: FindingKind
    summary: Annotated[str, Field(min_length=1, max_length=600)]
    ref: Annotated[str, Field(max_length=8)] = ""
    quote: Annotated[str, Field(max_length=600)] = ""
    guidance: Annotated[str, Field(max_length=1000)] = ""
    question: Annotated[str, Field(max_length=500)] = ""


class Next(StrEnum):
    """What follows a round."""

    NOTHING = "nothing"
    """Everything passed, or a person takes it as it is."""
    FIX = "fix"
    REPLAN = "replan"
    ASK = "ask"


class RoundState(StrEnum):
    """Where a round stands."""

    TESTING = "testing"
    TESTED = "tested"
    """Something failed; nobody has said yet why."""
    DECIDED = "decided"
    POSTED = "posted"
    APPROVED = "approved"
    APPLIED = "applied"


class Dispatched(Frozen):
    """The journeys on their way through Actions. `script` names the stored commands, `run_id` the workflow run."""

    script: str
    at: datetime
    run_id: int | None = None
    url: str = ""


class JourneyRound(Frozen):
    """The journeys tested once, on one head. `next` counts only when its comment stands."""

    number: int
    head: str
    state: RoundState = RoundState.TESTING
    via: Via | None = None
    dispatched: Dispatched | None = None
    """The workflow run that is followed now."""
    dispatches: int = 0
    """How often Actions was asked, those that brought nothing included."""
    polls: int = 0
    next_at: datetime | None = None
    """When Actions is looked at again."""
    reported: tuple[str, ...] = ()
    """Ends of its workflow run that webhooks told, as `id/attempt`."""
    waiting: str = ""
    report: JourneyReport = JourneyReport()
    verdicts: dict[str, Verdict] = {}
    """Of a run that only certifies: what the judge says of each task's criteria."""
    proofs: dict[str, Proof] = {}
    """What those verdicts stand on."""
    findings: tuple[Finding, ...] = ()
    decided_by: Literal["", "triage", "rules", "human"] = ""
    next: Next = Next.NOTHING
    why: str = ""
    guidance: str = ""
    fixing: tuple[str, ...] = ()
    """Failing journeys that the next task mends."""
    waived: tuple[str, ...] = ()
    """Journeys that a person takes as they are."""
    model: str = ""
    calls: int = 0
    usd: float = 0.0
    revision: int = 0
    posted_revision: int = -1
    comment_id: int | None = None
    comment_url: str = ""
    posted_at: datetime | None = None
    deadline: datetime | None = None
    approved_by: str = ""
    tasks: tuple[str, ...] = ()
    """The tasks that mend what failed."""
    skipped: str = ""
    """Why nothing could be tested."""

    @property
    def open_failing(self) -> tuple[str, ...]:
        """Journeys that fail and that nobody has taken as they are."""
        return tuple(key for key in self.report.failing if key not in self.waived)


def report_problems(journeys: tuple[Journey, ...], report: JourneyReport) -> tuple[str, ...]:
    """Why a report cannot be believed, in words for its author; empty = it can.

    Every journey and step once, each passed or failed step with a record that the harness made, a passed step not
    resting on commands that all failed, and nothing passed after a step of the same journey that was not reached.
    """
    found: list[str] = []
    known = {journey.id: journey for journey in journeys}
    said = [journey.id for journey in report.journeys]
    found += [f"{key}: no result" for key in known if key not in said]
    found += [f"{key}: there is no such journey" for key in said if key not in known]
    found += [f"{key}: it has two results" for key in sorted({k for k in said if said.count(k) > 1})]
    for result in report.journeys:
        if result.id in known:
            found += _step_problems(known[result.id], result, report)
    return tuple(found)


def _step_problems(journey: Journey, result: JourneyResult, report: JourneyReport) -> list[str]:
    said = tuple(step.id for step in result.steps)
    if said != journey.step_ids:
        return [f"{journey.id}: its steps are {', '.join(journey.step_ids)}, each once and in this order"]
    found: list[str] = []
    stopped = broken = False
    for step in result.steps:
        found += _evidence_problems(step, report)
        if stopped and step.status == "passed":
            found.append(f"{step.id}: passed, although a step before it was not reached")
        if step.status == "not_reached" and not broken and step is not result.steps[0]:
            found.append(f"{step.id}: not reached, although no step before it failed")
        stopped = stopped or step.status == "not_reached"
        broken = broken or step.status != "passed"
    if result.steps and result.steps[0].status == "not_reached":
        found.append(f"{result.steps[0].id}: the first step can always be tried; say passed or failed")
    return found


def _evidence_problems(step: StepResult, report: JourneyReport) -> list[str]:
    if step.status == "not_reached":
        return []
    records = [report.record(ref) for ref in step.refs]
    unknown = [ref for ref, record in zip(step.refs, records, strict=True) if record is None]
    if unknown:
        return [f"{step.id}: there is no record {unknown[0][:20]}"]
    ran = [r for r in records if r is not None and not r.error and (r.tool == RUN or r.exit_code is not None)]
    if not ran:
        return [f"{step.id}: {step.status} needs the record of a command that was run for it, in `refs`"]
    if step.status == "passed" and all(record.failed for record in ran):
        return [f"{step.id}: passed, but every command it names failed ({', '.join(step.refs)})"]
    return []


def finding_problems(report: JourneyReport, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Why a triage cannot stand: each failing journey once, its quote in the record it names, a question for scope."""
    found: list[str] = []
    said = [finding.journey for finding in findings]
    found += [f"{key}: it fails, and nothing is said about it" for key in report.failing if key not in said]
    found += [f"{key}: it does not fail" for key in sorted(set(said) - set(report.failing))]
    found += [f"{key}: it is explained twice" for key in sorted({k for k in said if said.count(k) > 1})]
    for finding in findings:
        if finding.journey not in report.failing:
            continue
        record = report.record(finding.ref)
        quote = " ".join(finding.quote.split())
        if record is None:
            found.append(f"{finding.journey}: `ref` must name a record, as {_some(report)}")
        elif not quote or quote not in " ".join(f"{record.what}\n{record.output}".split()):
            found.append(f"{finding.journey}: `quote` does not stand in {finding.ref}")
        if finding.kind is FindingKind.SCOPE and not finding.question.strip():
            found.append(f"{finding.journey}: a scope finding needs the question a person should answer")
    return tuple(found)


def _some(report: JourneyReport) -> str:
    return report.records[0].ref if report.records else "R1"


def better(earlier: tuple[JourneyRound, ...], failing: tuple[str, ...]) -> bool:
    """Whether failing journeys strictly decreased since the round before; the first round is always a beginning.

    What a person has taken as it is counts as failing nowhere.
    """
    before = next((one for one in reversed(earlier) if one.report.journeys), None)
    return before is None or len(failing) < len(before.open_failing)


def fix_title(number: int, failing: tuple[str, ...]) -> str:
    """Title of the task that mends what a round found."""
    return f"Mend what journey {' and '.join(failing)} found in round {number}"[:120]


def journeys_of(plan: Plan | None) -> tuple[Journey, ...]:
    """The journeys of a plan."""
    return plan.spec.journeys if plan is not None and plan.spec is not None else ()


def step_of(plan: Plan, step: str) -> tuple[str, str]:
    """What a step does, and what is to be seen then."""
    for journey in journeys_of(plan):
        if step in journey.step_ids:
            found = journey.steps[journey.step_ids.index(step)]
            return found.do, found.see
    return "", ""
