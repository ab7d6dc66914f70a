"""Which lane verifies a branch: the first that holds, or the one that is demanded."""

from typing import Any

import pytest

from otto_bot.core.config import VerifyConfig
from otto_bot.core.lanes import LaneKind, Workflow, choose


def workflow(on: Any, path: str = ".github/workflows/ci.yml") -> Workflow:
    return Workflow(path=path, data={"on": on, "jobs": {"test": {"runs-on": "ubuntu-latest"}}})


DISPATCH = workflow("workflow_dispatch", ".github/workflows/otto-verify.yml")


@pytest.mark.parametrize(
    ("workflows", "via", "kind"),
    [
        ([DISPATCH, workflow("push")], "auto", LaneKind.DISPATCH),
        ([DISPATCH, workflow("push")], "push", LaneKind.PUSH),
        ([workflow(["push", "pull_request"])], "auto", LaneKind.PUSH),
        ([workflow({"push": {"branches": ["main"]}, "pull_request": None})], "auto", LaneKind.PULL_REQUEST),
        ([workflow({"push": {"branches": ["**"]}})], "auto", LaneKind.PUSH),
        ([workflow({"push": {"branches": ["*"]}})], "auto", LaneKind.NONE),
        ([workflow({"push": {"branches": ["**", "!otto/**"]}})], "auto", LaneKind.NONE),
        ([workflow({"push": {"branches-ignore": ["otto/**"]}})], "auto", LaneKind.NONE),
        ([workflow({"push": {"tags": ["v*"]}})], "auto", LaneKind.NONE),
        ([workflow({"pull_request": {"branches": ["main"]}})], "auto", LaneKind.PULL_REQUEST),
        ([workflow({"pull_request": {"branches": ["release/**"]}})], "auto", LaneKind.NONE),
        ([workflow({"pull_request": {"types": ["closed"]}})], "auto", LaneKind.NONE),
        ([workflow("workflow_dispatch")], "auto", LaneKind.NONE),
        ([workflow("schedule")], "auto", LaneKind.NONE),
        ([], "auto", LaneKind.NONE),
    ],
)
def test_the_lane(workflows: list[Workflow], via: str, kind: LaneKind) -> None:
    lane = choose(workflows, "otto/1-1/t1-task-a1", "main", VerifyConfig.model_validate({"via": via}))
    assert lane.kind is kind
    assert lane.why


def test_a_file_that_cannot_be_read_is_named() -> None:
    broken = Workflow(path=".github/workflows/x.yml", problem="it is no mapping")
    lane = choose([broken], "otto/1-1/t1-task-a1", "main", VerifyConfig())
    assert "x.yml" in lane.why
    assert "it is no mapping" in lane.why
