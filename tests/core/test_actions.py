"""What workflow runs amount to: every ending; and money, which is never promised twice."""

from typing import Any

import pytest
from core_builders import T0, at

from otto_bot.core.actions import RunSeen, read_runs
from otto_bot.core.budget import Money
from otto_bot.core.config import VerifyConfig
from otto_bot.core.required import Required
from otto_bot.core.values import Usage


def seen(*runs: tuple[str, str | None], missing: tuple[str, ...] = (), seconds: float = 100, polls: int = 0) -> Any:
    made = [
        RunSeen(id=n, name=f"w{n}", status=status, conclusion=conclusion, created_at=T0, updated_at=at(10))
        for n, (status, conclusion) in enumerate(runs)
    ]
    required = [Required(name=name, state="missing") for name in missing]
    return read_runs(made, required, started_at=T0, now=at(seconds), polls=polls, verify=VerifyConfig())


DONE = "completed"


@pytest.mark.parametrize(
    ("runs", "ending"),
    [
        (((DONE, "success"),), "green"),
        (((DONE, "success"), (DONE, "skipped")), "green"),
        (((DONE, "success"), (DONE, "failure")), "red"),
        (((DONE, "startup_failure"),), "red"),
        (((DONE, "timed_out"), (DONE, "success")), "timed_out"),
        (((DONE, "timed_out"), (DONE, "failure")), "red"),
        (((DONE, "cancelled"), (DONE, "success")), "cancelled"),
        (((DONE, "skipped"), (DONE, "neutral")), "neutral"),
        (((DONE, "action_required"),), "blocked"),
        ((("waiting", None),), "blocked"),
        ((("in_progress", None), (DONE, "failure")), None),
        ((("queued", None),), None),
    ],
)
def test_endings(runs: tuple[tuple[str, str | None], ...], ending: str | None) -> None:
    assert seen(*runs).ending == ending


def test_it_settles_before_it_believes() -> None:
    early = seen((DONE, "success"), seconds=25)
    assert early.ending is None
    assert early.seconds == pytest.approx(15.05)
    assert seen((DONE, "success"), seconds=40.1).ending == "green"


def test_time_limits() -> None:
    assert seen(seconds=299).ending is None
    assert (seen(seconds=301).ending, seen(seconds=301).reason) == ("no_ci", "no_run")
    assert seen(("in_progress", None), seconds=3601).ending == "timed_out"
    queued = seen(("queued", None), seconds=901)
    assert (queued.ending, queued.reason) == ("blocked", "queued")
    assert seen((DONE, "success"), missing=("cla",)).waiting == "waits for cla"


@pytest.mark.parametrize(
    ("polls", "hearing", "told", "seconds"),
    [(0, False, (), 2), (1, False, (), 3), (3, False, (), 6.75), (50, False, (), 60), (10**6, False, (), 60),
     (0, True, (), 60), (50, True, (), 60), (0, True, ("0/1",), 3), (7, True, ("0/2",), 60), (7, True, ("5/1",), 60)],
)  # fmt: skip
def test_pauses(polls: int, hearing: bool, told: tuple[str, ...], seconds: float) -> None:
    """Once a minute while webhooks arrive; what they told that GitHub's list does not show yet is looked up soon."""
    one = RunSeen(id=0, name="w", status="in_progress", created_at=T0, updated_at=T0)
    got = read_runs([one], (), started_at=T0, now=at(1), polls=polls, verify=VerifyConfig(), hearing=hearing,
                    reported=told)  # fmt: skip
    assert got.seconds == pytest.approx(seconds)


def test_the_moment_without_any_run_is_kept() -> None:
    """Also where looks are rare."""
    got = read_runs([], (), started_at=T0, now=at(290), polls=3, verify=VerifyConfig(), hearing=True)
    assert got.seconds == pytest.approx(10.05)


def test_money_is_reserved_within_the_cap_and_settled_once() -> None:
    money = Money(cap=1.0)
    one = money.reserve("a", 0.6)
    assert one is not None
    assert one.reserve("b", 0.5) is None
    settled = one.settle("a", Usage(usd=0.1))
    assert (settled.settled, settled.left, settled.calls) == (pytest.approx(0.1), pytest.approx(0.9), 1)
    assert settled.settle("a", Usage(usd=0.1)) == settled
    assert one.settle("a", None).settled == pytest.approx(0.6)


def test_a_call_reserved_again_after_a_crash_may_have_been_paid() -> None:
    one = Money(cap=1.0).reserve("a", 0.4)
    assert one is not None
    two = one.reserve("a", 0.4)
    assert two is not None
    assert (two.settled, two.committed) == (pytest.approx(0.4), pytest.approx(0.8))
    assert two.reserve("a", 0.4) is None
