"""People push to every branch of a run, at any moment: nothing of theirs is ever lost, and the run gets to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from core_builders import plan
from interleavings import Near, Play, merged, near
from shared_remote import OTTO, lost

from otto_bot.core.attempt import TaskState
from otto_bot.core.policy import attempts_left
from otto_bot.core.waits import waits_for
from otto_bot.store.database import open_database
from otto_bot.text.trouble import Trouble, of_wait

TOGETHER = 5
"""Interleavings of one test: they share a repository, as the runs of one do."""
STEPS = 120
SOME = [0]
"""Those of the quick tests; all hundred are played with the slow ones."""
LATER = [pytest.param(one, marks=pytest.mark.slow) for one in range(len(SOME) * TOGETHER, 100, TOGETHER)]
NO_WORKFLOWS = (
    "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` "
    "without `workflows` permission\n"
)


@pytest.fixture
def context(tmp_path: Path, make_database: Callable[..., str], backend: str) -> Iterator[Near]:
    """What jobs are given, over a remote that nobody has pushed to yet."""
    engine = open_database(make_database(backend))
    yield near(tmp_path, engine)
    engine.dispose()


@pytest.mark.parametrize("first", [*SOME, *LATER])
async def test_no_commit_of_anyone_else_is_lost(first: int, context: Near) -> None:
    remote = context.remote
    for number in range(first, first + TOGETHER):
        play = Play(context, number + 1)
        await play.begin()
        for _ in range(STEPS):
            if not await play.step():
                break
        assert not lost(remote), "\n".join([*lost(remote), play.told()])
        run, heads = play.run, remote.heads()
        assert merged(run), play.told()
        assert run.head == heads[run.run_branch], play.told()
        kept = {name for name in play.git.onto_run if name.startswith("rita-")}
        assert kept <= remote.files(run.run_branch), play.told()
    assert sum(who != OTTO for who in remote.authors().values()) >= TOGETHER


async def test_a_push_refused_for_its_workflows_gets_a_fresh_branch_once_and_then_a_person(context: Near) -> None:
    context.remote.refuse(NO_WORKFLOWS)
    play = Play(context, 1)
    await play.begin(plan("t1", "t2"), people=False)
    for _ in range(STEPS):
        wait = waits_for(play.run)
        if wait is not None or not await play.step():
            break
    run = play.run
    assert wait is not None, play.told()
    assert "workflow files" in wait.question
    assert of_wait(run, wait) is Trouble.BASE_WORKFLOW_MOVED
    task = run.task("t1")
    assert (len(task.attempts), len({attempt.branch for attempt in task.attempts})) == (2, 2)
    assert attempts_left(run, task) == run.config.attempts.per_task
    assert run.task("t2").state is TaskState.MERGED
