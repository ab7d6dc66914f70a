"""What an attempt changes outside of its task's projects: shown, asked about or refused, as the repository says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jobs_life
import pytest
from core_builders import plan
from jobs_life import CI, Life

from otto_bot.core import events as e
from otto_bot.core.acceptance import acceptable
from otto_bot.core.drift import Drift
from otto_bot.core.effects import EffectKind
from otto_bot.core.evidence import Cause
from otto_bot.core.plan import Plan
from otto_bot.jobs.drifting import drift_of, not_let
from otto_bot.jobs.gate_request import request_for
from otto_bot.text.check import attempt_check
from otto_bot.text.status import status_comment

FILES = {".github/workflows/ci.yml": CI, "web/a.txt": "a\n", "api/b.txt": "b\n"}
PROJECTS = [{"path": "web"}, {"path": "api"}]


def scoped() -> Plan:
    """One task about one of two projects."""
    made = plan("t1")
    return made.model_copy(update={"tasks": tuple(one.model_copy(update={"projects": ("web",)}) for one in made.tasks)})


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What the repository's file says of drift."""
    return lambda drift: monkeypatch.setitem(jobs_life.CONFIG, "paths", {"projects": PROJECTS, "drift": drift})


async def test_it_is_reported_over_all_attempts_and_nothing_stops(open_bench: Any, says: Callable[[str], None]) -> None:
    says("report")
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench, scoped())
        await life.code("t1", **{"web/a.txt": "x\n", "api/b.txt": "y\n"})
        (pushed,) = await life.do(EffectKind.PUSH, "t1")
        assert isinstance(pushed, e.AttemptPushed)
        assert pushed.drift == Drift(files=("api/b.txt",), count=1)
        links = life.context.links(life.run)
        assert "**Outside of their scope:** t1 changed 1 file (`api/b.txt`)" in status_comment(
            life.run, links, life.context.now()
        )
        assert "**Changed outside of the task's scope** (`web`):" in attempt_check(life.run, "t1", 1, links).text
        await life.ends("t1/a1", "red")
        await life.tell(e.GateOpened(at=life.context.now(), gate=1))
        shown = request_for(life.run, life.run.gates[-1], "0123456789abcdef").facts.evidence.values()
        assert any("Changed outside of it (1 file):\napi/b.txt" in one.excerpt.text for one in shown)


async def test_it_is_asked_about_for_exactly_that_or_refused_for_good(
    open_bench: Any, says: Callable[[str], None]
) -> None:
    says("ask")
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench, scoped())
        before = await life.remote_head()
        await life.code("t1", **{"api/b.txt": "y\n", "web/a.txt": "x\n"})
        sha = life.run.task("t1").attempts[-1].sha
        (failed,) = await life.do(EffectKind.PUSH, "t1")
        assert isinstance(failed, e.AttemptFailed)
        assert failed.failure.suspected_files == ("api/b.txt",)
        assert len(failed.failure.hits) == 1
        assert "outside of the task's projects" in failed.failure.excerpts[0].text
        assert await life.remote_head() == before

        paths = life.run.config.paths.model_copy(update={"drift": "refuse"})
        stern = life.run.model_copy(update={"config": life.run.config.model_copy(update={"paths": paths})})
        mirror = await life.context.mirror(stern)
        found = await drift_of(life.context, stern, mirror, "t1", str(sha))
        (refused,) = not_let(life.context, stern, "t1", 1, str(sha), found)
        assert isinstance(refused, e.AttemptFailed)
        # Nobody accepts it: there is nothing to say yes to.
        assert (refused.failure.cause, refused.failure.hits) == (Cause.HELD_BY_DIFF_GATE, ())
        assert not acceptable(refused.failure)
        assert "api/b.txt" in refused.failure.detail
