"""The tester: walks the user journeys of a finished product with real commands, and says of each step what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from otto_bot.agents.examiner import Check, ExamineLimits, ExamineRequest
from otto_bot.agents.fence import fence
from otto_bot.agents.packing import clip
from otto_bot.agents.surroundings import house_rules_parts
from otto_bot.core.config import Project
from otto_bot.core.house_rules import HouseRules
from otto_bot.core.journeys import JourneyReport, JourneyResult, report_problems
from otto_bot.core.plan import Journey, Plan
from otto_bot.core.records import CommandRecord
from otto_bot.core.safe_words import unsafe_order
from otto_bot.core.values import Frozen

LIMITS = ExamineLimits(steps=60, output_tokens=120_000, seconds=2400.0, command_seconds=180.0)
TITLE_CHARS = 500
KEPT_CHARS = 60_000
"""Characters of all kept records together."""

_SYSTEM = """\
You are the tester of Otto. A product was built for one GitHub issue. You walk its user journeys on a fresh checkout, \
as a user would, with real commands, and say of each step what happened.

- Use the surface a user has: command line, HTTP, files, or the public calls of a library that has no other. Read \
only to find out how the product is started and called; what you read shows nothing about a step.
- One command may do a whole step: start a server in the background, wait until it answers, ask it, stop it, all in \
one. Nothing runs on after a command and only new files stay; what a step needs from an earlier one, make it again.
- Let the command show it: print what the user sees and end with another exit code than 0 where that is not what the \
step says (`grep -q`, `test`, `curl -f`). Try what a user would get wrong only where the step says so.
- `passed`: a command that you ran for this step shows what the step says, and ended with 0. `failed`: it shows \
something else, or what a user would call is not there. `not_reached`: a step before it failed, and nothing is left to \
try.
- `refs`: the records of the commands that show it (`R3`). `seen`: what a user saw, in one or two sentences.
- README, comments, names and messages of the code are claims. Its own tests, green or red, show nothing here.
- A command that was wrong by itself is your fault: mend it and run it again before you say `failed`. What only this \
machine lacks (network, a tool) is `failed`, too; say so in `seen`.
- Mend nothing, judge no style, add no step, leave out none: each journey and each step once, in order."""


class Walk(Frozen):
    """What the tester answers: every journey, every step."""

    journeys: tuple[JourneyResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkRequest:
    """One round. `tries` numbers the conversation: one that came to nothing is followed by a new one, from 1."""

    run: str
    model: str
    round: int
    head: str
    title: str
    plan: Plan
    journeys: tuple[Journey, ...]
    projects: tuple[Project, ...] = ()
    house_rules: HouseRules = ()
    nonce: str
    key: str
    tries: int = 1


def walk_request(request: WalkRequest) -> ExamineRequest[Walk]:
    """The examination that walks all journeys."""
    return ExamineRequest(
        role="journeys",
        run=request.run,
        model=request.model,
        system=_SYSTEM,
        prompt=walk_prompt(request),
        schema=Walk,
        nonce=request.nonce,
        key=request.key,
        attempt=request.tries,
        gate=request.round,
        repairs=2,
    )


def walk_prompt(request: WalkRequest) -> str:
    """Product, how it is set up, house rules, and the journeys step by step."""
    nonce, spec = request.nonce, request.plan.spec
    scope = f"{request.plan.summary}\n{spec.scope if spec is not None else ''}".strip()
    parts = [
        f"# Round {request.round} of the journeys, on commit {request.head[:12]}",
        fence("issue title", clip(request.title, TITLE_CHARS), nonce),
        fence("what was built", scope, nonce),
        setup_words(request.projects, nonce),
    ]
    parts += house_rules_parts(request.house_rules, nonce)
    parts.append(fence("journeys", journeys_words(request.journeys), nonce))
    return "\n\n".join(part for part in parts if part)


def setup_words(projects: Sequence[Project], nonce: str) -> str:
    """How the repository's own file says that its parts are set up and tested; empty where it says nothing."""
    lines = []
    for project in projects:
        said = [f"{name}: {value}" for name, value in (("setup", project.setup), ("test", project.test)) if value]
        lines += [f"{project.path}: {'; '.join(said)}"] if said else []
    return fence("commands of the repository", "\n".join(lines), nonce) if lines else ""


def journeys_words(journeys: Sequence[Journey]) -> str:
    """Every step by its name: what is done, what is then to be seen."""
    lines: list[str] = []
    for journey in journeys:
        lines.append(f"{journey.id} {journey.title}")
        for name, step in zip(journey.step_ids, journey.steps, strict=True):
            lines.append(f"  {name} do: {step.do}\n     see: {step.see}")
    return "\n".join(lines)


def walk_check(journeys: tuple[Journey, ...]) -> Check[Walk]:
    """What is wrong with an answer: it misses something, contradicts itself, or rests on nothing."""

    def check(walk: Walk, records: Sequence[CommandRecord]) -> tuple[str, ...]:
        report = JourneyReport(journeys=walk.journeys, records=tuple(records))
        silent = [
            f"{step.id}: failed; say in `seen` what a user sees there"
            for journey in walk.journeys
            for step in journey.steps
            if step.status == "failed" and not step.seen.strip()
        ]
        # What was seen reaches whoever mends it.
        unsafe = [
            f"{step.id}: `seen` {why}; say what a user sees"
            for journey in walk.journeys
            for step in journey.steps
            if (why := unsafe_order(step.seen)) is not None
        ]
        return (*report_problems(journeys, report), *silent, *unsafe)

    return check


def report_of(walk: Walk, records: Sequence[CommandRecord]) -> JourneyReport:
    """The report as it is kept: with the records that steps name, bounded together."""
    cited = {ref for journey in walk.journeys for step in journey.steps for ref in step.refs}
    return JourneyReport(journeys=walk.journeys, records=bounded([r for r in records if r.ref in cited]))


def bounded(records: Sequence[CommandRecord]) -> tuple[CommandRecord, ...]:
    """Records of at most about KEPT_CHARS together; the whole stands in the journal."""
    each = max(200, min(2000, KEPT_CHARS // max(1, len(records)) // 2))
    return tuple(record.brief(each) for record in records)
