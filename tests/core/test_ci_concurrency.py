"""Whether two heads of ours meet in one concurrency group: tables over the ways in which groups are named."""

from typing import Any

import pytest

from otto_bot.core.ci_concurrency import shared_group
from otto_bot.core.ci_jobs import Happening
from otto_bot.core.config import VerifyConfig
from otto_bot.core.lanes import Workflow, choose

PATH = ".github/workflows/ci.yml"
PULL = Happening(name="pull_request", branch="otto/1-1/t1-a-a1", default_branch="main", repository="acme/app")
PUSH = PULL.model_copy(update={"name": "push"})
DISPATCH = PULL.model_copy(update={"name": "workflow_dispatch"})


def file(concurrency: Any = None, job: Any = None) -> dict[str, Any]:
    steps = {"runs-on": "ubuntu-latest", "steps": [{"run": "make test"}]}
    given = {"name": "CI", "on": ["push", "pull_request"], "jobs": {"test": {**steps, "concurrency": job}}}
    return {**given, "concurrency": concurrency}


@pytest.mark.parametrize(
    ("group", "event", "shared"),
    [
        (None, PULL, ""),
        ("ci", PULL, "ci"),
        ({"group": "ci"}, PULL, "ci"),
        ({"group": "ci", "cancel-in-progress": True}, PULL, "ci"),
        ({"group": "ci", "queue": "max"}, PULL, ""),
        ({"group": "ci", "queue": "max", "cancel-in-progress": "${{ github.event_name == 'push' }}"}, PULL, ""),
        ("${{ github.workflow }}", PULL, "CI"),
        ("${{ github.workflow }}-${{ github.ref }}", PULL, ""),
        ("${{ github.workflow }}-${{ github.ref }}", PUSH, ""),
        ("${{ github.workflow }}-${{ github.ref_name }}", DISPATCH, ""),
        ("${{ github.workflow }}-${{ github.head_ref }}", PULL, ""),
        ("${{ github.workflow }}-${{ github.head_ref }}", PUSH, "CI-"),
        ("${{ github.head_ref || github.run_id }}", PUSH, ""),
        ("${{ github.workflow }}-${{ github.event.pull_request.number || github.ref }}", PULL, ""),
        ("${{ github.workflow }}-${{ github.event.pull_request.number || github.ref }}", PUSH, ""),
        ("pr-${{ github.event.number }}", PULL, ""),
        ("${{ github.event.pull_request.head.sha }}", PULL, ""),
        ("${{ github.sha }}", PUSH, ""),
        ("ci-${{ github.base_ref }}", PULL, "ci-main"),
        ("ci-${{ github.event_name }}", PULL, "ci-pull_request"),
        ("ci-${{ github.ref == 'refs/heads/main' && 'main' || 'branches' }}", PUSH, "ci-branches"),
        ("ci-${{ github.ref == 'refs/heads/main' && 'main' || github.sha }}", PUSH, ""),
        ("ci-${{ vars.POOL }}", PULL, ""),
        (["ci"], PULL, ""),
    ],
)
def test_the_group_of_a_workflow(group: Any, event: Happening, shared: str) -> None:
    assert shared_group(PATH, {PATH: file(group)}, event) == shared


def test_a_group_of_one_job_is_enough() -> None:
    assert shared_group(PATH, {PATH: file(job={"group": "machine"})}, PULL) == "machine"
    assert shared_group(PATH, {PATH: file(job="machine-${{ matrix.os }}")}, PULL) == ""


def test_groups_of_called_files_count_and_circles_end() -> None:
    caller = {"on": "pull_request", "jobs": {"all": {"uses": "./.github/workflows/inner.yml"}}}
    files = {PATH: caller, ".github/workflows/inner.yml": file("one")}
    assert shared_group(PATH, files, PULL) == "one"
    circle = {"jobs": {"again": {"uses": f"./{PATH}"}}}
    assert shared_group(PATH, {PATH: circle}, PULL) == ""


def test_the_lane_says_it() -> None:
    workflow = Workflow(path=PATH, data=file("c`i"))
    lane = choose([workflow], "otto/1-1/t1-a-a1", "main", VerifyConfig())
    assert lane.shares == "c`i"
    assert lane.why.endswith("; all branches share the concurrency group `ci`: verified one at a time")
