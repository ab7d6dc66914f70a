"""A task's projects, and what was changed outside of them: said in plan, check and status, as text alone."""

from __future__ import annotations

from collections.abc import Callable

from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.drift import Drift
from otto_bot.core.run import Run
from otto_bot.core.surfaces import STATUS, surfaces
from otto_bot.text.check import attempt_check
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment
from otto_bot.text.room import too_large
from otto_bot.text.scope import drift_in_status, drift_lines, drift_text
from otto_bot.web.views.task import attempt_view

EVIL = "a`\n# x <img src=x>@octocat"


def drifting(run: Run, *files: str, count: int = 0) -> tuple[Run, str]:
    """The run in which a pushed task is about two projects and changed these files elsewhere."""
    key = next(key for key, task in run.tasks.items() if task.last is not None and task.last.pushed)
    assert run.plan is not None
    tasks = tuple(
        one.model_copy(update={"projects": ("web", "services/api")}) if one.key == key else one
        for one in run.plan.tasks
    )
    task = run.task(key)
    last = task.attempts[-1].model_copy(update={"drift": Drift(files=files, count=count or len(files))})
    run = run.model_copy(update={"plan": run.plan.model_copy(update={"tasks": tasks})})
    return run.with_task(task.model_copy(update={"attempts": (*task.attempts[:-1], last)})), key


def test_people_and_pilots_are_told(moment: Callable[[str], Run], links: Links, snapshot: SnapshotAssertion) -> None:
    plain = moment("finished")
    run, key = drifting(plain, "README.md", *(f"docs/{n}.md" for n in range(25)), count=60)
    last = run.task(key).attempts[-1]
    assert drift_lines(run, key, last) == snapshot
    assert drift_in_status(run) == snapshot
    assert drift_text(("web",), Drift(files=("a", "b"), count=3)) == snapshot
    assert "Scope: `web`, `services/api`" in plan_comment(run, links)
    assert drift_lines(run, key, last) in attempt_check(run, key, last.number, links).text
    assert surfaces(run)[STATUS] != surfaces(plain)[STATUS]
    spec = run.plan.task(key) if run.plan else None
    view = attempt_view(run, run.task(key), spec, last, links, 1000)
    assert (view.scope, len(view.drift), view.drift_more) == ("web, services/api", 20, 40)


def test_nothing_is_said_where_nothing_drifts(moment: Callable[[str], Run]) -> None:
    run = moment("finished")
    assert drift_in_status(run) == ""
    assert all(drift_lines(run, key, task.attempts[-1]) == "" for key, task in run.tasks.items() if task.attempts)


def test_a_files_name_is_only_text(moment: Callable[[str], Run]) -> None:
    run, key = drifting(moment("finished"), EVIL)
    for words in (drift_in_status(run), drift_lines(run, key, run.task(key).attempts[-1])):
        assert not {token.type for token in MarkdownIt().parse(words)} & {"html_block", "heading_open"}
        assert "<img" not in MarkdownIt().render(words)


def test_a_repository_that_is_too_large_is_said_with_what_it_needs(snapshot: SnapshotAssertion) -> None:
    assert too_large("octo/app", 31 * 1024**3, 20 * 1024**3) == snapshot
