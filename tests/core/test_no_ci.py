"""Why nothing verified a commit, one row a reason."""

from typing import Any

import pytest

from otto_bot.core.lanes import Lane, LaneKind, Workflow
from otto_bot.core.no_ci import WORDS, unwatched, why_no_ci

PATH = ".github/workflows/ci.yml"


def workflow(on: Any, **jobs: Any) -> Workflow:
    return Workflow(path=PATH, data={"on": on, "jobs": jobs or {"test": {}}})


PULL: dict[str, Any] = {"pull_request": {}}


@pytest.mark.parametrize(
    ("reason", "found", "more"),
    [
        ("workflow_disabled", workflow(PULL), {"states": {PATH: "disabled_manually"}}),
        ("workflow_disabled", workflow(PULL), {"states": {PATH: "disabled_inactivity"}, "ran": True}),
        ("workflow_gone", None, {}),
        ("workflow_broken", Workflow(path=PATH, problem="bad"), {}),
        ("draft_guard", workflow(PULL, test={"if": "!github.event.pull_request.draft"}), {"draft": True, "ran": True}),
        ("branch_filter", workflow({"pull_request": {"branches": ["release"]}}), {}),
        ("path_filter", workflow({"pull_request": {"paths": ["src/**"]}}), {}),
        ("path_filter", workflow({"pull_request": {"paths-ignore": ["docs/**"]}}), {}),
        ("skipped", workflow(PULL, test={"if": "false"}), {"ran": True}),
        ("unknown", workflow(PULL), {}),
        ("unknown", workflow(PULL, test={"if": "!github.event.pull_request.draft"}), {"draft": False}),
    ],
)
def test_the_first_reason_that_holds(reason: str, found: Workflow | None, more: dict[str, Any]) -> None:
    given: dict[str, Any] = {"states": {}, "draft": False, "ran": False, **more}
    states = given.pop("states")
    lane = Lane(kind=LaneKind.PULL_REQUEST, workflows=(PATH,))
    said, path = why_no_ci(lane, [found] if found else [], states, branch="main", **given)
    assert (said, path) == (reason, PATH)
    assert WORDS[said]


def test_a_lane_that_knows_of_a_guard_says_so_wherever_it_stands() -> None:
    """The guard of a called workflow does not stand in the file that starts."""
    lane = Lane(kind=LaneKind.PULL_REQUEST, workflows=(PATH,), skips_drafts=("checks",))
    caller = [workflow(PULL, checks={"uses": "./.github/workflows/checks.yml"})]
    said = [why_no_ci(lane, caller, {}, branch="main", draft=draft, ran=True)[0] for draft in (True, False)]
    assert said == ["draft_guard", "skipped"]


def test_a_lane_without_workflows_is_not_known() -> None:
    lane = Lane(kind=LaneKind.NONE)
    assert why_no_ci(lane, [], {}, branch="main", draft=False, ran=False) == ("unknown", "")


PULLED, PUSHED = Lane(kind=LaneKind.PULL_REQUEST, workflows=(PATH,)), Lane(kind=LaneKind.PUSH, workflows=(PATH,))
IGNORES = {"pull_request": {"paths-ignore": ["docs/**", "**.md"]}}


@pytest.mark.parametrize(
    ("lane", "on", "states", "paths", "alone"),
    [
        (PULLED, IGNORES, {}, ["README.md", "docs/a.txt"], True),
        (PULLED, {"pull_request": {"paths": ["src/**"]}}, {}, ["README.md"], True),
        (PUSHED, {"push": {"paths-ignore": ["**.md"]}}, {}, ["README.md"], True),
        (PULLED, IGNORES, {}, ["README.md", "src/a.py"], False),
        (PULLED, IGNORES, {}, [], False),
        (PULLED, IGNORES, {}, ["README.md", ".github/README.md"], False),
        (PULLED, IGNORES, {PATH: "disabled_manually"}, ["README.md"], False),
        (PULLED, {"pull_request": None}, {}, ["README.md"], False),
        (PUSHED, IGNORES, {}, ["README.md"], False),
        (Lane(kind=LaneKind.DISPATCH, workflows=(PATH,)), IGNORES, {}, ["README.md"], False),
        (Lane(kind=LaneKind.PULL_REQUEST), IGNORES, {}, ["README.md"], False),
        (PULLED.model_copy(update={"workflows": (PATH, "other.yml")}), IGNORES, {}, ["README.md"], False),
    ],
)
def test_whether_path_filters_are_the_one_reason(
    lane: Lane, on: dict[str, Any], states: dict[str, str], paths: list[str], alone: bool
) -> None:
    assert unwatched(lane, [workflow(on)], states, paths) is alone


def test_a_file_that_cannot_be_read_or_is_gone_tells_nothing() -> None:
    broken = Workflow(path=PATH, problem="no mapping")
    assert not unwatched(PULLED, [broken], {}, ["README.md"])
    assert not unwatched(PULLED, [], {}, ["README.md"])
