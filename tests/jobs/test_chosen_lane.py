"""The lane of a run: the repository's name and configuration reach the choice."""

from typing import Any

from otto_bot.core.config import Config
from otto_bot.core.lanes import LaneKind, Workflow
from otto_bot.core.values import Repo
from otto_bot.jobs.prepare import chosen_lane

REPO = Repo(id=1, installation_id=1, owner="acme", name="widgets", default_branch="trunk")


def kind(job: dict[str, Any], on: Any = "push", prefix: str = "otto", **verify: Any) -> LaneKind:
    files = [Workflow(path=".github/workflows/ci.yml", data={"on": on, "jobs": {"test": job}})]
    return chosen_lane(Config.model_validate({"verify": verify}), files, prefix, REPO).kind


def test_a_guard_sees_the_name_of_the_repository() -> None:
    assert kind({"if": "github.repository == 'acme/widgets'"}) is LaneKind.PUSH
    assert kind({"if": "github.repository == 'upstream/widgets'"}) is LaneKind.NONE


def test_the_prefix_and_the_default_branch_are_those_of_the_run() -> None:
    assert kind({}, {"push": {"branches": ["robot/**"]}}, "robot") is LaneKind.PUSH
    assert kind({}, {"push": {"branches": ["robot/**"]}}) is LaneKind.NONE
    assert kind({}, {"pull_request": {"branches": ["trunk"]}}) is LaneKind.PULL_REQUEST


def test_who_allows_only_a_dispatch_gets_no_other_lane() -> None:
    assert kind({}, exposure="dispatch-only") is LaneKind.NONE
