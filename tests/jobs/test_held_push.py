"""What the gate holds is not on GitHub before a person says yes, and then it is exactly that and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from core_builders import said
from jobs_life import CI, Life

from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.decision import Action, Decider, Decision
from otto_bot.core.effects import EffectKind
from otto_bot.core.evidence import Cause

FILES = {".github/workflows/ci.yml": CI, "a.txt": "a\n"}
OWNERS = "* @otto\n"


async def _asked(life: Life, task: str) -> None:
    """The rules ask about a task at a gate, and the question is posted."""
    now, number = life.context.now(), len(life.run.gates) + 1
    failed = life.run.task(task)
    assert failed.failure is not None
    move = policy.fixed_move(failed, failed.failure)
    assert move is not None
    assert move.action is Action.ASK
    made = Decision(decided_by=Decider.RULES, moves=(move,))
    await life.tell(e.GateOpened(at=now, gate=number), e.DecisionMade(at=now, gate=number, decision=made))
    at, gate = life.context.now(), life.run.gates[-1]
    await life.tell(e.DecisionPosted(at=at, gate=gate.number, revision=gate.revision, comment_id=90))


async def _accept(life: Life, task: str) -> None:
    line = f"/otto accept {task}"
    key = f"{line}{len(life.run.gates)}{life.run.revision}"
    await life.tell(said(line, key=key).model_copy(update={"at": life.context.now()}))
    await life.apply()


async def _held(life: Life, task: str) -> e.AttemptFailed:
    (event,) = await life.do(EffectKind.PUSH, task)
    assert isinstance(event, e.AttemptFailed), event
    assert event.failure.cause is Cause.HELD_BY_DIFF_GATE
    return event


async def test_held_work_is_pushed_after_a_yes_and_only_as_it_was_shown(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        before = await life.files(life.run.run_branch)
        await life.code("t1", CODEOWNERS=OWNERS, one__txt="1\n")
        failure = (await _held(life, "t1")).failure
        assert (failure.excerpts[0].source, failure.suspected_files) == ("CODEOWNERS", ("CODEOWNERS",))
        assert await life.files(life.run.run_branch) == before
        await _asked(life, "t1")
        await _accept(life, "t1")
        kept = life.run.task("t1").last
        (pushed,) = await life.do(EffectKind.PUSH, "t1")
        assert isinstance(pushed, e.AttemptPushed)
        assert kept is not None
        assert pushed.sha == kept.sha == failure.sha
        assert (await life.files(life.run.run_branch))["CODEOWNERS"] == OWNERS
        await life.ends("t1/a1", "red")
        await life.gate({"t1": "retry_different"})
        await life.code("t1", CODEOWNERS="* @somebody-else\n")
        await _held(life, "t1")
        assert (await life.files(life.run.run_branch))["CODEOWNERS"] == OWNERS


@pytest.mark.slow
async def test_without_a_yes_the_next_attempt_begins_without_it(open_bench: Any) -> None:
    """The held commit stays here: neither the branch nor its history ever has what it held."""
    async with open_bench(FILES) as bench:
        life = await Life.begin(bench)
        await life.code("t1", CODEOWNERS=OWNERS, one__txt="1\n")
        held = (await _held(life, "t1")).failure.sha
        await _asked(life, "t1")
        await life.retry("t1", words="leave that out")
        await life.code("t1", one__txt="1\n")
        assert life.request is not None
        assert "CODEOWNERS" in life.request.previous_diff
        await life.do(EffectKind.PUSH, "t1")
        sha = life.run.task("t1").attempts[-1].sha
        mirror = await life.context.mirror(life.run)
        assert held not in (await mirror.git("rev-list", str(sha))).text.split()
        assert "CODEOWNERS" not in await life.files(str(sha))
