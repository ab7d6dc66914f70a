"""Each check of a repository, in a good state and in bad ones, against a stand-in over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from otto_bot.doctor.repository_checks import REPOSITORY_CHECKS
from otto_bot.text.doctor_repository import REPOSITORY

PUSH_MAIN = "on: {push: {branches: [main]}}\njobs: {test: {runs-on: ubuntu-latest, steps: [{run: pytest}]}}\n"
TEST = "jobs: {test: {runs-on: ubuntu-latest, steps: [{run: pytest}]}}\n"
SECRETS = "on: {pull_request: {}}\npermissions: {contents: write}\n" + TEST
DEPLOYS = (
    "on: {pull_request: {}}\npermissions: {contents: read}\n"
    "jobs: {test: {runs-on: ubuntu-latest, environment: prod, steps: [{run: pytest}]}}\n"
)
NIGHTLY = "on: {schedule: [{cron: '0 0 * * *'}]}\njobs: {nightly: {runs-on: ubuntu-latest, steps: [{run: pytest}]}}\n"
GOOD = "on: {pull_request: {}}\npermissions: {contents: read}\n" + TEST
VERIFY = "on: workflow_dispatch\npermissions: {contents: read}\n" + TEST
CI = ".github/workflows/ci.yml"


def rule(kind: str, parameters: dict[str, Any] | None = None, include: str = "~ALL") -> dict[str, Any]:
    return {"type": kind, "parameters": parameters, "include": [include]}


def required(*names: str) -> dict[str, Any]:
    checks = [{"context": name} for name in names]
    return rule("required_status_checks", {"required_status_checks": checks}, "~DEFAULT_BRANCH")


NAMES = rule("branch_name_pattern", {"operator": "starts_with", "pattern": "feature/"})
ODD_FILES = {
    CI: PUSH_MAIN, ".github/otto.yml": "budgets: 1\n", ".gitattributes": "*.png filter=lfs\n",
    ".gitmodules": "[submodule \"x\"]\n",
}  # fmt: skip
ODD_RULES = [
    rule("creation"), rule("required_signatures"), rule("required_linear_history"), required("test", "cla"),
]  # fmt: skip
PLACES: dict[str, tuple[dict[str, str], dict[str, Any], dict[str, list[str]]]] = {
    "well": (
        {CI: GOOD, ".github/workflows/otto-verify.yml": VERIFY, ".github/otto.yml": "label: otto\n", "a.py": "x = 1\n"},
        {"rules": [required("test")], "issue": {"title": "T", "labels": ["otto"]}},
        {
            "installed": ["there"], "issues": ["on"], "permissions": ["granted"], "configuration": ["valid"],
            "verification": ["dispatch"], "exposure": ["nothing"], "required-checks": ["reported"],
            "branch-rules": ["free"], "labels": ["there"], "person": ["writes"], "files": ["plain"], "offers": ["none"],
        },
    ),
    "odd": (
        ODD_FILES,
        {"rules": ODD_RULES, "has_issues": False},
        {
            "installed": ["there"], "issues": ["off"], "permissions": ["granted"], "configuration": ["invalid"],
            "verification": ["none"], "exposure": ["nothing"], "required-checks": ["never", "others"],
            "branch-rules": ["closed", "signed", "linear"], "labels": ["missing"], "files": ["lfs", "submodules"],
            "offers": ["verify"],
        },
    ),
    "named": (
        {CI: SECRETS, ".github/workflows/nightly.yml": NIGHTLY, ".github/otto.yml": "models: {coder: nobody-1}\n"},
        {"rules": [NAMES, required("nightly")]},
        {
            "configuration": ["valid", "no_price"], "verification": ["pull_request"], "exposure": ["something"],
            "required-checks": ["never"], "branch-rules": ["named"], "offers": ["verify"],
        },
    ),
    "plain": (
        {CI: GOOD},
        {},
        {"configuration": ["none"], "required-checks": ["none"], "offers": ["verify", "config"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
async def test_each_check_says_how_it_stands(open_scene: Any, name: str) -> None:
    files, more, wanted = PLACES[name]
    async with open_scene(files, with_actions=name == "well", **more) as scene:
        if name == "well":
            await _labels(scene)
        found = await scene.found_of(*wanted, login="dev")

    said: dict[str, list[str]] = {}
    for one in found:
        said.setdefault(one.check, []).append(one.outcome)
    assert said == wanted, [one for one in found if wanted[one.check] != said[one.check]]


async def _labels(scene: Any) -> None:
    from otto_bot.playground.github.state import Label

    scene.world.labels.append(Label(scene.world.next_id(), "otto", "ededed"))


async def test_a_repository_that_cannot_be_reached_is_said_once_and_nothing_else_is_well(open_scene: Any) -> None:
    async with open_scene() as scene:
        gone = await scene.found_of(*REPOSITORY_CHECKS, repo="octo/other")
        reader = await scene.found_of("person", login="reader")
        scene.world.archived = True
        archived = await scene.found_of("installed")
        scene.world.archived, scene.world.suspended_at = False, scene.world.now()
        suspended = await scene.found_of("installed")
        scene.world.suspended_at, scene.world.accepted = None, {"issues": "write"}
        lacking = await scene.found_of("permissions")
        scene.world.accepted = {**scene.app.permissions, "actions": "read"}
        less = await scene.found_of("permissions")

    assert {one.outcome for one in gone} == {"not", "cannot"}
    assert not [one for one in gone if one.level == "ok"]
    assert [one.outcome for one in (*reader, *archived, *suspended)] == ["reads", "archived", "suspended"]
    assert [one.outcome for one in (*lacking, *less)] == ["lacking", "less"]
    assert "Checks: read and write" in lacking[0].words
    assert "/settings/installations/800001" in lacking[0].advice


async def test_actions_and_approvals(open_scene: Any) -> None:
    standing = {"environments": {"prod": ["dev"]}}
    async with open_scene({CI: DEPLOYS}, with_actions=True, actions={"runner": "shell", "standing": standing}) as scene:
        found = await scene.found_of("actions", "approvals")
        scene.world.accepted = {**scene.app.permissions, "administration": "read"}
        scene.stand_in.hub.actions.standing = type(scene.stand_in.hub.actions.standing)()
        free = await scene.found_of("approvals")

    assert [(one.check, one.outcome) for one in found] == [("actions", "seen"), ("approvals", "environment")]
    assert [one.outcome for one in free] == ["none"]


def test_each_check_has_words() -> None:
    assert list(REPOSITORY_CHECKS) == list(REPOSITORY)
