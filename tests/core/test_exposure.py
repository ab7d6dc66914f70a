"""What a model's code could use in the repository's CI."""

from typing import Any

import pytest

from otto_bot.core.exposure import exposure
from otto_bot.core.lanes import Workflow


def workflow(job: Any = None, **data: Any) -> Workflow:
    return Workflow(
        path="ci.yml", data={"on": "push", "jobs": {"a": {"runs-on": "ubuntu-latest", **(job or {})}}, **data}
    )


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (workflow(), []),
        (workflow({"env": {"A": "${{ secrets.GITHUB_TOKEN }}"}}), []),
        (workflow({"steps": [{"run": "x ${{ secrets.KEY }} ${{ secrets['OTHER'] }}"}]}), ["KEY", "OTHER"]),
        (workflow({"secrets": "inherit"}), ["all (job a inherits them)"]),
        (workflow({"runs-on": ["self-hosted", "gpu"]}), ["job a: self-hosted", "job a: gpu"]),
        (workflow({"runs-on": "${{ matrix.os }}"}), []),
        (workflow({"permissions": {"id-token": "write", "contents": "read"}}), ["job a: id-token: write"]),
        (workflow(permissions="write-all"), ["workflow: write-all"]),
        (workflow(on={"pull_request_target": None}), ["pull_request_target"]),
        (workflow({"steps": [{"run": "${{ secrets.KEY }}"}]}, on="schedule"), []),
    ],
)
def test_what_is_exposed(given: Workflow, found: list[str]) -> None:
    assert [item.detail for item in exposure([given]).items] == found


def test_an_approval_is_bound_to_the_files() -> None:
    assert exposure([workflow()]).files_hash == exposure([workflow()]).files_hash
    assert exposure([workflow()]).files_hash != exposure([workflow({"env": {"A": "b"}})]).files_hash
