"""The triage: says of each failing journey whether code, plan or scope is at fault, with a quote from what was seen."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from otto_bot.agents.fence import fence, rule
from otto_bot.agents.journeys import TITLE_CHARS, journeys_words
from otto_bot.agents.packing import bullets, clip, clip_all
from otto_bot.agents.structured import Asks, Keep, Record, ask_checked, keep_nothing
from otto_bot.core.journeys import Finding, FindingKind, JourneyReport, JourneyResult, StepResult, finding_problems
from otto_bot.core.plan import Journey, Plan
from otto_bot.core.records import CommandRecord
from otto_bot.core.safe_words import unsafe_order, unsafe_words
from otto_bot.core.values import Frozen
from otto_bot.model.calls import ModelCall
from otto_bot.model.errors import BudgetSpent, ModelError, ProviderError

RECORDS_CHARS = 60_000
TASKS_CHARS = 16_000
_QUOTE = 300

_SYSTEM = """\
You are the triage of Otto. A finished product was tested by its user journeys; some fail. You say of each failing \
journey why, so that exactly the right thing follows.

- `implementation`: what was planned should do this, and the code does not. One task will mend it.
- `planning`: no task was ever asked to bring what the journey needs; mending one place would not do. The plan is made \
anew, once; what is merged stays.
- `scope`: the journey needs what the plan leaves out, contradicts itself or the issue, or fails only because this \
machine lacks something (network, a tool). A person decides; ask the one `question` they should answer.
- When in doubt between implementation and planning: implementation.
- `summary`: what goes wrong and where, for a person who has not seen the run; one or two sentences.
- `ref` and `quote`: the record that shows it, and words that stand in it exactly.
- `guidance`: for whoever mends or plans it: what is missing or wrong, no more than the journey asks for. Never ask to \
change or skip tests and checks, to touch protected files, or to build what the plan leaves out.
One finding for each failing journey, none for the others."""


class Triage(Frozen):
    """What the triage answers."""

    findings: tuple[Finding, ...]


class TriageRequest(Frozen):
    """One round's failures. `tasks` are (key, what it was to do, what its coder says it did)."""

    run: str
    model: str
    round: int
    title: str
    plan: Plan
    journeys: tuple[Journey, ...]
    report: JourneyReport
    tasks: tuple[tuple[str, str, str], ...] = ()
    protected: tuple[str, ...] = ()
    nonce: str
    max_tokens: int = Field(default=12_000, gt=0)
    timeout: float = Field(default=240.0, gt=0)


class TriageResult(Frozen):
    """Findings that may stand, who made them, and why not someone before."""

    findings: tuple[Finding, ...]
    decided_by: Literal["triage", "rules"]
    rejections: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()


async def triage(model: Asks, request: TriageRequest, keep: Keep = keep_nothing) -> TriageResult:
    """One call, one repair, then the rules: always findings that may stand.

    Raises BudgetSpent where the money ends, and ProviderError where asking again later may help.
    """
    records: list[Record] = []

    async def note(record: Record) -> None:
        records.append(record)
        await keep(record)

    def check(answer: Triage) -> tuple[str, ...]:
        return triage_problems(request, answer.findings)

    try:
        asked = await ask_checked(model, _call(request), Triage, request.nonce, check, note)
    except ModelError as error:
        if isinstance(error, BudgetSpent) or (isinstance(error, ProviderError) and error.retryable):
            raise
        problems: tuple[str, ...] = (f"the triage's call failed: {error}"[:300],)
    else:
        if asked.value is not None:
            return TriageResult(findings=asked.value.findings, decided_by="triage", records=tuple(records))
        problems = asked.problems
    findings = rules_findings(request.report)
    return TriageResult(findings=findings, decided_by="rules", rejections=problems, records=tuple(records))


def triage_problems(request: TriageRequest, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Why findings cannot stand: what the report does not bear out, or words that must reach no coder."""
    found = list(finding_problems(request.report, findings))
    for finding in findings:
        if (why := unsafe_words(finding.guidance, request.protected)) is not None:
            found.append(f"{finding.journey}: `guidance` {why}")
        # A summary reaches the coder as well, as what a task's goal tells.
        for name, text in (("summary", finding.summary), ("question", finding.question)):
            if (why := unsafe_order(text)) is not None:
                found.append(f"{finding.journey}: `{name}` {why}")
    return tuple(found)


def rules_findings(report: JourneyReport) -> tuple[Finding, ...]:
    """Without a triage: the code is at fault, as the record of the failing step shows."""
    found = []
    for journey in report.journeys:
        if journey.passed:
            continue
        step = _shown_step(journey)
        record = next((r for ref in reversed(step.refs) if (r := report.record(ref)) is not None), None)
        record = record or (report.records[0] if report.records else None)
        seen = step.seen if unsafe_order(step.seen) is None else ""
        found.append(
            Finding(
                journey=journey.id,
                kind=FindingKind.IMPLEMENTATION,
                summary=f"Step {step.id} does not show what it should{f': {seen}' if seen else ''}"[:600],
                ref=record.ref if record is not None else "",
                quote=_telling(record) if record is not None else "",
            )
        )
    return tuple(found)


def _shown_step(journey: JourneyResult) -> StepResult:
    failed = next((step for step in journey.steps if step.status == "failed"), None)
    broken = failed or journey.broken
    assert broken is not None
    return broken


def _telling(record: CommandRecord) -> str:
    """The last line of the output that says something, else the command."""
    lines = [line.strip() for line in record.output.splitlines() if line.strip()]
    words = lines[-1] if lines else record.what.strip()
    return words[:_QUOTE].strip()


def _call(request: TriageRequest) -> ModelCall:
    return ModelCall(
        role="triage",
        run=request.run,
        gate=request.round,
        model=request.model,
        system=f"{_SYSTEM}\n\n{rule(request.nonce)}",
        messages=[{"role": "user", "content": triage_prompt(request)}],
        max_tokens=request.max_tokens,
        timeout=request.timeout,
        schema=Triage,
    )


def triage_prompt(request: TriageRequest) -> str:
    """What was to be built, what each task did, and the failing journeys with their records."""
    nonce, plan = request.nonce, request.plan
    failing = [journey for journey in request.journeys if journey.id in request.report.failing]
    others = [journey.id for journey in request.journeys if journey.id not in request.report.failing]
    built = f"{plan.summary}\n{plan.spec.scope if plan.spec is not None else ''}".strip()
    parts = [
        f"# Round {request.round}: {', '.join(request.report.failing)} of {len(request.journeys)} journeys fail",
        fence("issue title", clip(request.title, TITLE_CHARS), nonce),
        fence("the plan", built, nonce),
        fence("left out on purpose", bullets(plan.non_goals, 4000), nonce),
        fence("assumptions", bullets(plan.assumptions, 4000), nonce),
        fence("tasks", _tasks(request), nonce),
        fence("failing journeys", journeys_words(failing), nonce),
        f"Passing: {', '.join(others) or 'none'}. What the tester says of the failing ones:",
        fence("steps", _steps(request), nonce),
        *_records(request),
    ]
    return "\n\n".join(parts)


def _tasks(request: TriageRequest) -> str:
    told = [(key, f"{key} was to: {asked}\n{key} says it did: {did or 'nothing'}") for key, asked, did in request.tasks]
    return "\n".join(text for _, text in clip_all(told, TASKS_CHARS)) or "none"


def _steps(request: TriageRequest) -> str:
    lines = []
    for journey in request.report.journeys:
        if not journey.passed:
            for step in journey.steps:
                refs = f" ({', '.join(step.refs)})" if step.refs else ""
                lines.append(f"{step.id} {step.status}{refs}: {step.seen}")
    return clip("\n".join(lines), 20_000)


def _records(request: TriageRequest) -> list[str]:
    """The records that failing journeys name, those of failed steps first; never cut within its share."""
    order: dict[str, None] = {}
    failing = [journey for journey in request.report.journeys if not journey.passed]
    for failed in (True, False):
        for journey in failing:
            for step in journey.steps:
                if (step.status == "failed") is failed:
                    order.update(dict.fromkeys(step.refs))
    shown: list[str] = []
    used = 0
    for ref in order:
        record = request.report.record(ref)
        if record is None or used > RECORDS_CHARS:
            continue
        used += len(record.output) + len(record.what)
        head = f"{record.ref} · {record.tool}" + (f" · {record.ending}" if record.ending else "")
        body = f"$ {record.what}\n{record.output}"
        shown.append(f"{head}\n{fence(record.ref, body, request.nonce)}")
    return shown
