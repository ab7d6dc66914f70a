"""A limit of GitHub is no answer: whoever only looks waits for it, instead of going on with less."""

from __future__ import annotations

from typing import Any

import core_builders as build
import pytest

from otto_bot.core import events as e
from otto_bot.core.attempt import Verification
from otto_bot.core.run import Run
from otto_bot.github.errors import RetryLater
from otto_bot.jobs.evidence_ci import no_ci_reason
from otto_bot.jobs.gate_request import attempt_diffs


def at_gate(bench: Any) -> Run:
    """t1 has failed, with a commit that was pushed."""
    run = build.fold(build.executing(build.plan("t1", "t2"), repo=bench.repo), *build.to_failed("t1"))
    return build.fold(run, *build.to_failed("t2"), e.GateOpened(at=build.T0, gate=1))


def limited(bench: Any) -> None:
    bench.fault(kind="secondary_limit", retry_after=60, match={"path": "/", "count": 1})


async def test_why_nothing_ran_is_asked_again_after_a_limit(open_bench: Any) -> None:
    async with open_bench({"a.txt": "a\n"}) as bench:
        run = at_gate(bench)
        verification: Verification = run.verifications["t1/a1"]
        limited(bench)
        with pytest.raises(RetryLater):
            await no_ci_reason(bench.context, run, verification, ran=False)


async def test_a_gate_waits_for_the_diffs_that_a_limit_keeps_back(open_bench: Any) -> None:
    async with open_bench({"a.txt": "a\n"}) as bench:
        run = at_gate(bench)
        limited(bench)
        with pytest.raises(RetryLater):
            await attempt_diffs(bench.context, run, run.gates[0])
