"""The planner in mid-run: journeys of the merged work fail for what was never planned, so it names what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from otto_bot.agents.fence import fence, rule
from otto_bot.agents.journeys import journeys_words
from otto_bot.agents.packing import bullets, clip
from otto_bot.agents.plan_answer import MoreAnswer
from otto_bot.agents.scope_part import projects_part
from otto_bot.agents.structured import Asks, Keep, Record, ask_checked, keep_nothing
from otto_bot.core.authors import Author
from otto_bot.core.plan import Plan
from otto_bot.core.plan_growth import MOST_MORE, MorePlan, grown, growth_problems
from otto_bot.core.plan_projects import with_known
from otto_bot.core.values import Frozen
from otto_bot.model.calls import ModelCall

_SYSTEM = f"""\
You are the planner of Otto. The tasks of a plan are built and merged; walked by its user journeys, the product fails \
for what the plan lacks. You plan what is missing, and only that.

- The tasks that are there stay as they are; you never repeat, change or undo one. You name additional tasks, the \
fewest: usually one, at most {MOST_MORE}.
- Each is one vertical slice after which the failing journeys go further; its `goal` says what to do and where the \
project shows how, its criteria are things that someone can see, at least one `must`. Its coder sees only its own \
task and the plan's summary. Never a task that only tests, documents or cleans up.
- Nothing the plan leaves out on purpose, nothing that no journey and no word of the issue asks for.
- `depends_on` and `relations` only among your own tasks; what is merged is there. Keys t1, t2, … and c1, c2, … are \
your own and are renumbered.
- `features` and `journeys` stay empty, unless the issue asks for something that no feature of the plan names; then \
name it in the issue's own words, and a way of a user through it."""


class MoreRequest(Frozen):
    """What is missing is planned from this. `built` are the merged tasks, `failing` what fails and why."""

    run: str
    model: str
    title: str
    body: str
    plan: Plan
    keys: tuple[str, ...]
    number: int
    built: tuple[str, ...]
    failing: tuple[str, ...]
    guidance: str = ""
    author: Author | None = None
    """Who wrote the issue."""
    guided_by: Author | None = None
    paths: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    """Paths of the repository's projects; empty where it has no parts."""
    nonce: str
    max_tokens: int = Field(default=12_000, gt=0)
    timeout: float = Field(default=300.0, gt=0)


@dataclass(frozen=True, slots=True)
class More:
    """The grown plan, or why no answer could be used; every call on the way."""

    plan: Plan | None
    problems: tuple[str, ...]
    records: tuple[Record, ...]


async def plan_more(model: Asks, request: MoreRequest, keep: Keep = keep_nothing) -> More:
    """One call, at most one repair. `keys` are MOST_MORE free ones. Raises ModelError where no reply comes."""
    call = ModelCall(
        role="planner",
        run=request.run,
        attempt=request.number,
        model=request.model,
        system=f"{_SYSTEM}\n\n{rule(request.nonce)}",
        messages=[{"role": "user", "content": more_prompt(request)}],
        max_tokens=request.max_tokens,
        timeout=request.timeout,
        schema=MorePlan if request.projects else MoreAnswer,
    )
    asked = await ask_checked(model, call, MorePlan, request.nonce, lambda more: _held(request, more)[0], keep)
    plan = _held(request, asked.value)[1] if asked.value is not None else None
    return More(plan, asked.problems, asked.records)


def _held(request: MoreRequest, more: MorePlan) -> tuple[tuple[str, ...], Plan | None]:
    keys = request.keys[: len(more.tasks)]
    if len(more.tasks) > len(request.keys):
        return (f"{len(more.tasks)} tasks; at most {len(request.keys)} may be added",), None
    problems = growth_problems(request.plan, more, keys, request.protected, request.projects)
    return (problems, None) if problems else ((), with_known(grown(request.plan, more, keys), request.projects))


def more_prompt(request: MoreRequest) -> str:
    """Issue, what is built, what fails, the journeys, and the files as they are now."""
    nonce, plan = request.nonce, request.plan
    spec = plan.spec
    features = [f"{feature.id} {feature.name}" for feature in spec.features] if spec is not None else []
    parts = [
        fence("issue title", clip(request.title, 500), nonce, request.author),
        fence("issue body", clip(request.body, 30_000), nonce, request.author),
        fence("the plan", clip(plan.summary, 2000), nonce),
        fence("tasks that are built", bullets(request.built, 20_000), nonce),
        fence("left out on purpose", bullets(plan.non_goals, 4000), nonce),
        fence("features", bullets(features, 4000), nonce),
        fence("journeys", journeys_words(spec.journeys) if spec is not None else "none", nonce),
        fence("what fails", bullets(request.failing, 20_000), nonce),
    ]
    if request.guidance:
        words = fence("the maintainer's addition", clip(request.guidance, 4000), nonce, request.guided_by)
        parts.append(f"A maintainer adds:\n{words}")
    parts += projects_part(request.projects, nonce)
    parts.append(fence("files of the repository", bullets(request.paths, 30_000), nonce))
    return "\n\n".join(parts)
