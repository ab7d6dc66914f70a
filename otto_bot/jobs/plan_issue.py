"""Ask the planner for a plan of the issue as it was when it was labelled."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.agents.mapping.ranking import Focus
from otto_bot.agents.planner import PlanRequest, make_plan
from otto_bot.agents.surroundings import PLANNER_MAP_TOKENS
from otto_bot.core.aside import Aside, told_to_models, touched_by
from otto_bot.core.authors import at_least_write
from otto_bot.core.context_notes import context_of
from otto_bot.core.effects import Effect
from otto_bot.core.events import PlanMade, RunEvent
from otto_bot.core.projects import project_names
from otto_bot.core.run import Run
from otto_bot.git.reading import Reading
from otto_bot.jobs.context import Context
from otto_bot.jobs.estimating import estimated
from otto_bot.jobs.learn import known_to
from otto_bot.jobs.money import budgeted, keeper, out_of_money
from otto_bot.jobs.plan_more import grows, more_tasks
from otto_bot.jobs.room import fits, within
from otto_bot.jobs.set_aside import set_aside
from otto_bot.jobs.surroundings import house_rules, map_of
from otto_bot.model.errors import BudgetSpent
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.plan_notes import planner_notes
from otto_bot.text.told import told

KEY_FILES = (
    "README.md", "README.rst", "README", "pyproject.toml", "setup.py", "package.json", "Cargo.toml", "go.mod",
    "pom.xml", "build.gradle", "Gemfile", "composer.json", "Makefile",
)  # fmt: skip
KEY_FILE_BYTES = 20_000


async def plan_issue(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """PlanMade; Refused where the budget does not even allow the plan."""
    if grows(run):
        return await more_tasks(context, run, effect)
    fits(context.disk, await context.repository(run).info_lately())
    mirror = await context.mirror(run)
    await mirror.fetch(run.base_sha)
    await within(context.disk, run, mirror)
    reading = context.reading(mirror)
    paths = reading.files(run.base_sha)
    kept = await set_aside(context, run, mirror, run.base_sha)
    issue = told(run)
    focus = Focus(text=f"{issue.title}\n{issue.body}\n{run.plan_guidance}")
    request = PlanRequest(
        run=str(run.id),
        model=run.config.models.planner,
        title=issue.title,
        body=issue.body,
        author=run.author,
        paths=tuple(paths),
        key_files=key_files(reading, run.base_sha, paths),
        guidance=run.plan_guidance,
        guided_by=at_least_write(run.plan_guided_by),
        learnings=await known_to(context, run),
        house_rules=await house_rules(reading, run.base_sha),
        repository_map=_with_kept(
            await map_of(mirror, run.base_sha, focus, PLANNER_MAP_TOKENS, context.enclose), kept.found
        ),
        notes=context_of(run),
        projects=project_names(run.config.paths.projects),
        max_tasks=run.config.plan.max_tasks,
        nonce=context.nonce(),
    )
    try:
        result = await make_plan(budgeted(context, run), request, keeper(context, run, effect.key))
    except BudgetSpent as error:
        return [await out_of_money(context, run, error)]
    notes = planner_notes(result.fallback, result.problems)
    made = PlanMade(
        at=context.now(), number=effect.number, plan=result.plan, notes=notes, unsound=bool(notes),
        estimate=await estimated(context, run, result.plan),
        aside=kept.found.model_copy(update={"touched": touched_by(result.plan, kept.read_only)}),
    )  # fmt: skip
    return [made]


def _with_kept(shown: str, found: Aside) -> str:
    """The map, with what nobody can change."""
    paths = told_to_models(found)
    return f"{shown}\n\nThese stay as they are, no task may change them: {', '.join(paths)}" if paths else shown


def key_files(reading: Reading, commit: str, paths: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Path and text of what tells most about a repository."""
    wanted = [path for path in paths if path in KEY_FILES or path.startswith(".github/workflows/")]
    found = []
    for path in wanted[:20]:
        body = reading.file_at(commit, path, max_bytes=KEY_FILE_BYTES)
        if body is not None:
            found.append((path, body.decode("utf-8", "replace")))
    return tuple(found)
