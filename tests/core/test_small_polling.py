"""When Actions is looked at again, to the second: sooner costs GitHub's requests, later costs people's time."""

from __future__ import annotations

from datetime import timedelta

import core_builders as b
import core_journeys as j
import pytest

from otto_bot.core import events as e
from otto_bot.core.attempt import BASELINE
from otto_bot.core.journeys import Dispatched, JourneyRound, RoundState
from otto_bot.core.pauses import WAITS_FOR_BASE, hears, key_of, pause
from otto_bot.core.polling import base_known, is_news, reported
from otto_bot.core.run import Run

PLAN = b.plan("t1", "t2")


@pytest.mark.parametrize(("seconds", "heard"), [(0, True), (1800, True), (1801, False)])
def test_half_an_hour_after_a_delivery_the_next_ones_are_counted_upon(seconds: int, heard: bool) -> None:
    assert hears(b.T0, b.T0 + timedelta(seconds=seconds)) is heard


@pytest.mark.parametrize(
    ("polls", "seconds"), [(0, 2), (1, 3), (2, 4.5), (3, 6.75), (8, 51.2578125), (9, 60), (10**9, 60)]
)
def test_who_hears_nothing_looks_soon_and_ever_more_seldom_and_once_a_minute_in_the_end(
    polls: int, seconds: float
) -> None:
    assert pause(polls, hearing=False) == seconds


@pytest.mark.parametrize("polls", [0, 1, 99])
def test_who_hears_looks_once_a_minute_and_after_a_report_that_github_does_not_show_yet_in_three_seconds(
    polls: int,
) -> None:
    assert pause(polls, hearing=True) == 60
    assert pause(polls, hearing=True, behind=True) == pause(polls, hearing=False, behind=True) == 3


def test_jobs_that_run_again_are_another_end_of_the_same_workflow_run() -> None:
    assert (key_of(7, 1), key_of(7, 2)) == ("7/1", "7/2")


def _baseline() -> Run:
    return b.executing(PLAN, baseline="")


def _report(run: Run, second: float, key: str) -> Run:
    return b.fold(run, e.Reported(at=b.at(second), sha=run.verifications[BASELINE].sha, key=key))


def test_fifty_reports_are_known_by_their_key_and_the_oldest_is_forgotten_first() -> None:
    run = _baseline()
    for number in range(1, 52):
        run = _report(run, number, f"{number}/1")
    head = run.verifications[BASELINE].sha
    assert [is_news(run, head, f"{number}/1") for number in (1, 2, 51, 52)] == [True, False, False, True]


def test_a_report_without_a_key_is_always_news_and_never_remembered() -> None:
    run = _report(_report(_baseline(), 1, ""), 2, "")
    one = run.verifications[BASELINE]
    assert (one.reports, one.reported) == (2, ())
    assert is_news(run, one.sha, "")
    assert not is_news(run, "another", "")


def test_reports_within_a_second_after_a_look_wait_for_its_end_together() -> None:
    looked = e.VerificationPolled(at=b.at(10), target=BASELINE, next_at=b.at(70), knew=0)
    run = b.fold(_baseline(), looked)
    for second, look in [(10.5, 11), (11, 11), (11.5, 11)]:
        run = _report(run, second, f"{second}/1")
        assert run.verifications[BASELINE].next_at == b.at(look)
    assert _report(b.fold(_baseline(), looked), 11.5, "1/1").verifications[BASELINE].next_at == b.at(11.5)


def _walking(**changes: object) -> Run:
    """Journeys on their way through Actions: workflow run 7, on the round's head."""
    run = j.built()
    given: dict[str, object] = {"dispatched": Dispatched(script="s", at=b.T0, run_id=7), "next_at": b.at(500)}
    return run.with_round(run.journeys[-1].model_copy(update=given | changes))


WAY = Dispatched(script="s", at=b.T0)


@pytest.mark.parametrize(
    ("changes", "sha", "key", "told"),
    [
        pytest.param({}, "x", "7/1", True, id="its workflow run, whatever its commit"),
        pytest.param({}, "m-1-1", "8/1", False, id="another workflow run of the same commit"),
        pytest.param({}, "x", "1/7", False, id="the number of an attempt is no number of a run"),
        pytest.param({}, "m-1-1", "", False, id="a report of no workflow run"),
        pytest.param({"dispatched": WAY}, "m-1-1", "8/1", True, id="any run of its head while its own is not known"),
        pytest.param({"dispatched": WAY}, "x", "8/1", False, id="not a run of another commit"),
        pytest.param({"dispatched": WAY}, "m-1-1", "", False, id="not a report of no workflow run"),
        pytest.param({"dispatched": None}, "m-1-1", "7/1", False, id="walked in the sandbox"),
        pytest.param({"state": RoundState.TESTED}, "x", "7/1", False, id="over"),
        pytest.param({"reported": ("7/1",)}, "x", "7/1", False, id="told before"),
        pytest.param({"reported": ("7/1",)}, "x", "7/2", True, id="its jobs ran again"),
    ],
)
def test_the_end_of_the_workflow_run_that_walks_the_journeys_brings_the_look_forward(
    changes: dict[str, object], sha: str, key: str, told: bool
) -> None:
    """Else a finished walk is noticed a minute late, or every other workflow of the repository costs a look."""
    run = _walking(**changes)
    assert run.journeys[-1].head == "m-1-1"
    after = reported(run, e.Reported(at=b.at(20), sha=sha, key=key))
    assert is_news(run, sha, key) is told
    one, old = after.journeys[-1], run.journeys[-1]
    if told:
        assert (one.next_at, one.reported, after.heard_at) == (b.at(20), (*old.reported, key), b.at(20))
    else:
        assert after == run


def test_only_the_newest_round_walks() -> None:
    run = _walking(state=RoundState.APPLIED)
    newer = JourneyRound(number=2, head="h", dispatched=Dispatched(script="s", at=b.T0, run_id=9), next_at=b.at(500))
    run = run.model_copy(update={"journeys": (*run.journeys, newer)})
    assert (is_news(run, "x", "7/1"), is_news(run, "x", "9/1")) == (False, True)
    (first, second) = reported(run, e.Reported(at=b.at(20), sha="x", key="9/1")).journeys
    assert (first.next_at, second.next_at) == (b.at(500), b.at(20))
    assert not is_news(b.executing(PLAN), "x", "7/1")


@pytest.mark.parametrize(
    ("changes", "then"),
    [
        pytest.param({}, 20, id="waits for the base"),
        pytest.param({"next_at": b.at(10)}, 10, id="due already"),
        pytest.param({"waiting": "approval"}, 500, id="waits for something else"),
        pytest.param({"ending": "red"}, 500, id="over"),
    ],
)
def test_the_verdict_on_the_base_hurries_only_what_waits_for_it(changes: dict[str, object], then: float) -> None:
    run = _baseline()
    given = {"target": "t1/a1", "waiting": WAITS_FOR_BASE, "next_at": b.at(500), **changes}
    run = run.with_verification(run.verifications[BASELINE].model_copy(update=given))
    assert base_known(run, b.at(20)).verifications["t1/a1"].next_at == b.at(then)
