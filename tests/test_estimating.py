"""The estimate of a plan over a real database: what earlier runs of the repository cost, and of the host."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from gate_runs import Stage, build, config

sys.path.pop(0)

from otto_bot.core.estimate_values import Estimate
from otto_bot.jobs.estimating import estimated
from otto_bot.store.database import open_database

GUESS = Estimate(low=0.1, high=1.2)
ONE = build.plan("t1")


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    engine = open_database(database_url)
    yield Stage(engine)
    engine.dispose()


async def test_the_first_run_has_a_guess_and_later_ones_have_history(stage: Stage) -> None:
    first = stage.start(config(), issue=90)
    assert await estimated(stage.context, first, ONE) == GUESS
    for number, cost in enumerate([0.3, 0.3, 0.4, 0.5, 0.5], start=1):
        stage.done(number, GUESS, cost)
    found = await estimated(stage.context, first, ONE)
    assert (found.low, found.high, found.samples, found.here, found.source) == (0.3, 0.5, 5, 5, "history")
    other = stage.start(config(models={"coder": "another"}), issue=91)
    assert await estimated(stage.context, other, ONE) == GUESS


async def test_other_repositories_fill_up_only_where_this_one_has_too_few(stage: Stage) -> None:
    away = build.REPO.model_copy(update={"id": 99, "name": "other"})
    for number in range(1, 6):
        stage.done(number, GUESS, 2.0, repo=away)
    run = stage.start(config(), issue=90)
    found = await estimated(stage.context, run, ONE)
    assert (found.low, found.high, found.samples, found.here) == (2, 2, 5, 0)
    for number in range(11, 16):
        stage.done(number, GUESS, 1.0)
    found = await estimated(stage.context, run, ONE)
    assert (found.low, found.high, found.samples, found.here) == (1, 1, 5, 5)
