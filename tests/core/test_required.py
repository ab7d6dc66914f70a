"""Required checks of others: when they are waited for, when they count, and when they are left to people."""

from __future__ import annotations

from typing import Any

import pytest
from core_builders import T0, at

from otto_bot.core.actions import RunSeen, Seen, read_runs
from otto_bot.core.config import VerifyConfig
from otto_bot.core.required import MOST_WORDS, Required, State, told, weigh

KNOWN: dict[str, tuple[str, ...] | None] = {"base": None, "head": (), "left on the base": ("cla",)}
"""What the base commit left, by what is looked at."""


def one(state: State, **more: Any) -> Required:
    return Required(name="cla", state=state, **more)


@pytest.mark.parametrize(
    ("where", "state", "more", "quiet", "goes"),
    [
        ("head", "green", {}, 0, ""),
        ("head", "red", {}, 0, "red"),
        ("head", "pending", {}, 299.9, "waits"),
        ("head", "pending", {}, 300, "left"),
        ("head", "missing", {}, 299.9, "waits"),
        ("head", "missing", {}, 300, "left"),
        ("base", "red", {}, 0, "left"),
        ("base", "missing", {}, 0, "waits"),
        ("base", "missing", {}, 300, "left"),
        ("left on the base", "red", {}, 0, "left"),
        ("left on the base", "pending", {}, 0, "left"),
        ("left on the base", "green", {}, 0, ""),
        # what the repository's own settings name, and what Actions itself reports, is as strict as the lane
        ("head", "missing", {"asked": True}, 3000, "waits"),
        ("base", "red", {"asked": True}, 0, "red"),
        ("left on the base", "red", {"asked": True}, 0, "red"),
        ("head", "pending", {"actions": True}, 3000, "waits"),
        ("base", "red", {"actions": True}, 0, "red"),
        # a workflow that never starts for such a branch, as one of a merge queue
        ("head", "missing", {"actions": True}, 300, "left"),
    ],
)
def test_where_a_required_check_goes(where: str, state: State, more: dict[str, Any], quiet: float, goes: str) -> None:
    found = weigh([one(state, **more)], quiet=quiet, settle=30, left_on_base=KNOWN[where])
    names = {"waits": found.waits, "red": tuple(r.name for r in found.red), "left": found.left}
    assert names == {"waits": (), "red": (), "left": ()} | ({goes: ("cla",)} if goes else {})


def test_others_have_two_seconds_at_least() -> None:
    assert weigh([one("missing")], quiet=1.9, settle=0, left_on_base=()).waits == ("cla",)
    assert weigh([one("missing")], quiet=2.0, settle=0, left_on_base=()).left == ("cla",)


def test_what_failed_is_told_in_one_sentence() -> None:
    rows = [one("red", words="not signed"), Required(name="lint", state="red")]
    assert told(rows) == "cla failed: not signed; lint failed"
    assert len(told([one("red", words="w" * 1000)])) == MOST_WORDS


def seen(*required: Required, conclusion: str = "success", seconds: float = 400, **more: Any) -> Seen:
    ran = RunSeen(id=1, name="CI", status="completed", conclusion=conclusion, created_at=T0, updated_at=at(10))
    return read_runs([ran], required, started_at=T0, now=at(seconds), polls=0, verify=VerifyConfig(), **more)


@pytest.mark.parametrize(
    ("conclusion", "ending", "reason"),
    [
        ("success", "red", "required"),
        ("skipped", "red", "required"),
        ("failure", "red", ""),
        ("cancelled", "cancelled", ""),
    ],
)
def test_a_red_one_is_red_where_the_workflows_are_not(conclusion: str, ending: str, reason: str) -> None:
    found = seen(one("red", words="not signed"), conclusion=conclusion)
    assert (found.ending, found.reason) == (ending, reason)
    assert found.waiting == ("cla failed: not signed" if reason else "")


def test_it_settles_first_and_waits_first() -> None:
    assert seen(one("red"), seconds=35).ending is None
    assert seen(one("red"), Required(name="other", state="pending"), seconds=50).waiting == "waits for other"


@pytest.mark.parametrize(("at_second", "next_look"), [(50, 60), (290, 20.05), (309, 1.05)])
def test_the_moment_in_which_others_are_waited_for_no_longer_is_looked_at(at_second: float, next_look: float) -> None:
    """Also where looks are rare."""
    assert seen(one("missing"), seconds=at_second, hearing=True).seconds == pytest.approx(next_look)
    strict = one("missing", asked=True)
    assert seen(strict, seconds=400, hearing=True).seconds == 60


def test_what_is_left_to_people_does_not_keep_it_from_being_green() -> None:
    found = seen(one("missing"))
    assert (found.ending, found.left) == ("green", ("cla",))
    assert seen(one("red"), seconds=41, left_on_base=None).left == ("cla",)


def test_what_must_report_and_does_not_ends_in_time() -> None:
    found = seen(one("missing", asked=True), seconds=3601)
    assert (found.ending, found.waiting) == ("timed_out", "no report in time from cla")
    assert seen(one("green", asked=True), seconds=3601).ending == "green"
