"""The planner: one issue into the smallest plan that can be built and verified task by task."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from otto_bot.agents.fence import fence
from otto_bot.agents.packing import BYTES_PER_TOKEN, bullets, clip, clip_all
from otto_bot.agents.plan_answer import PlanAnswer, ScopedAnswer
from otto_bot.agents.plan_fallback import Fallback, settled, severity, single_task
from otto_bot.agents.planner_rules import PLANNER_SYSTEM
from otto_bot.agents.scope_part import PROJECTS_CHARS, projects_part
from otto_bot.agents.structured import Answer, Keep, Record, ask_for, keep_nothing, repair, total
from otto_bot.agents.surroundings import (
    PLANNER_MAP_TOKENS,
    RULES_BYTES,
    house_rules_parts,
    map_parts,
    notes_parts,
    system_parts,
)
from otto_bot.core.authors import Author
from otto_bot.core.house_rules import HouseRules
from otto_bot.core.notes import NOTES_BYTES
from otto_bot.core.plan import Plan
from otto_bot.core.plan_check import check
from otto_bot.core.plan_problem import Intent, PlanProblem
from otto_bot.core.plan_projects import with_known
from otto_bot.core.values import Frozen, Usage
from otto_bot.model.budgeted import BudgetedModel
from otto_bot.model.calls import Block, ModelCall
from otto_bot.model.errors import BudgetSpent

ISSUE_CHARS = 30_000
PATHS_CHARS = 30_000
FILES_CHARS = 32_000
LEARNING_CHARS = 4_000
TITLE_CHARS, GUIDANCE_CHARS = 500, 4_000
MOST_KEY_FILES, AROUND = 40, 20_000
"""`AROUND`: bytes of fences, labels, words for what was cut."""
TREE_BYTES = max(PATHS_CHARS, PLANNER_MAP_TOKENS * BYTES_PER_TOKEN)
"""The repository's files: as a list, or as a map."""
_ALL = (
    TITLE_CHARS,
    ISSUE_CHARS,
    GUIDANCE_CHARS,
    LEARNING_CHARS,
    TREE_BYTES,
    FILES_CHARS,
    RULES_BYTES,
    NOTES_BYTES,
    PROJECTS_CHARS,
    AROUND,
)
PROMPT_TOKENS = sum(_ALL) // BYTES_PER_TOKEN
"""What the opening prompt holds at most, whatever the repository."""


class PlanRequest(Frozen):
    """What a plan is made from. Title and body are the issue as it was when it was labelled.

    `paths` are the repository's files, shown where there is no `repository_map`; `key_files` (path, text) are README,
    manifests and workflows; `notes` is what earlier runs of the issue found out.
    """

    run: str
    model: str
    title: str
    body: str
    paths: tuple[str, ...] = ()
    key_files: tuple[tuple[str, str], ...] = ()
    guidance: str = ""
    max_tasks: int = Field(default=8, ge=1)
    learnings: tuple[str, ...] = ()
    house_rules: HouseRules = ()
    repository_map: str = ""
    notes: str = ""
    author: Author | None = None
    """Who wrote the issue."""
    guided_by: Author | None = None
    projects: tuple[str, ...] = ()
    """Paths of the repository's projects; empty where it has no parts."""
    nonce: str
    max_tokens: int = Field(default=16_000, gt=0)
    timeout: float = Field(default=300.0, gt=0)


class PlanResult(Frozen):
    """A plan that can be run. `fallback` says what was done to the planner's answer, `problems` what it broke.

    Where either is there a person looks at the plan before anything is coded.
    """

    plan: Plan
    fallback: Fallback = "none"
    problems: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()

    @property
    def usage(self) -> Usage:
        """What the calls used together."""
        return total(self.records)

    @property
    def calls(self) -> int:
        """How often the model was asked."""
        return len(self.records)


@dataclass(frozen=True, slots=True)
class _Tried:
    """One answer: its plan and what is wrong with it; without a plan, why there is none."""

    plan: Plan | None
    found: tuple[PlanProblem, ...]
    why_not: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        return (*self.why_not, *(problem.line for problem in self.found))


async def make_plan(model: BudgetedModel, request: PlanRequest, keep: Keep = keep_nothing) -> PlanResult:
    """One call, at most one repair, then the best usable plan. Raises ModelError where a call brings no reply."""
    messages: list[Block] = [{"role": "user", "content": plan_prompt(request)}]
    answers = [await _ask(model, request, 1, messages)]
    await keep(answers[0].record)
    tried = [_check(answers[0], request)]
    spent: tuple[str, ...] = ()
    if tried[0].lines:
        again = repair(messages, answers[0].record.text, tried[0].lines)
        try:
            answers.append(await _ask(model, request, 2, again))
        except BudgetSpent as error:
            spent = (str(error),)
        else:
            await keep(answers[1].record)
            tried.append(_check(answers[1], request))
    return _result(tried, spent, request, tuple(answer.record for answer in answers))


def _result(
    tried: list[_Tried], spent: tuple[str, ...], request: PlanRequest, records: tuple[Record, ...]
) -> PlanResult:
    """The newer answer, unless the older one is less wrong."""
    plans = sorted((one for one in reversed(tried) if one.plan), key=lambda one: severity(one.found))
    if not plans or plans[0].plan is None:
        lines = (*tried[-1].lines, *spent)
        plan = single_task(request.title, request.body)
        return PlanResult(plan=plan, fallback="single", problems=lines, records=records)
    best = plans[0]
    if not best.found:
        return PlanResult(plan=with_known(plans[0].plan, request.projects), records=records)
    plan, fallback = settled(plans[0].plan, best.found, request.title, request.body)
    plan = with_known(plan, request.projects)
    return PlanResult(plan=plan, fallback=fallback, problems=(*best.lines, *spent), records=records)


async def _ask(model: BudgetedModel, request: PlanRequest, tries: int, messages: list[Block]) -> Answer[PlanAnswer]:
    call = ModelCall(
        role="planner",
        run=request.run,
        tries=tries,
        model=request.model,
        system=system_parts(PLANNER_SYSTEM, request.house_rules, request.nonce),
        messages=messages,
        max_tokens=request.max_tokens,
        timeout=request.timeout,
        schema=ScopedAnswer if request.projects else PlanAnswer,
    )
    return await ask_for(model, call, PlanAnswer, request.nonce)


def _check(answer: Answer[PlanAnswer], request: PlanRequest) -> _Tried:
    if answer.value is None:
        return _Tried(None, (), answer.problems)
    plan = answer.value.plan()
    return _Tried(plan, check(plan, intent_of(request), request.max_tasks), ())


def intent_of(request: PlanRequest) -> Intent:
    """What the plan is held against."""
    return Intent(
        title=request.title,
        body=request.body,
        guidance=request.guidance,
        paths=request.paths,
        manifests=request.key_files,
        projects=request.projects,
    )


def plan_prompt(request: PlanRequest) -> str:
    """Everything the planner decides on, bounded and fenced."""
    nonce = request.nonce
    parts = [
        f"At most {request.max_tasks} tasks.",
        fence("issue title", clip(request.title, TITLE_CHARS), nonce, request.author),
        fence("issue body", clip(request.body, ISSUE_CHARS), nonce, request.author),
    ]
    if request.guidance:
        words = fence("the maintainer's addition", clip(request.guidance, GUIDANCE_CHARS), nonce, request.guided_by)
        parts.append(f"A maintainer adds:\n{words}")
    if request.learnings:
        parts.append(fence("learnings: what earlier work found out", bullets(request.learnings, LEARNING_CHARS), nonce))
    parts += projects_part(request.projects, nonce)
    parts += house_rules_parts(request.house_rules, nonce)
    parts += notes_parts(request.notes, nonce)
    if request.repository_map:
        parts += map_parts(request.repository_map, nonce, PLANNER_MAP_TOKENS)
    else:
        parts.append(fence("files of the repository", bullets(request.paths, PATHS_CHARS), nonce))
    parts += [fence(path, text, nonce) for path, text in clip_all(request.key_files[:MOST_KEY_FILES], FILES_CHARS)]
    if (more := len(request.key_files) - MOST_KEY_FILES) > 0:
        parts.append(f"{more} more key files were left out for space.")
    return "\n\n".join(parts)
