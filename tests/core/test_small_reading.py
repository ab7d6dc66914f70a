"""Workflow files and what Actions says about a head: each filter, limit and word by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from core_builders import T0, at

from otto_bot.core.actions import RunSeen, Seen, read_runs
from otto_bot.core.ci_filters import branch_passes, matches
from otto_bot.core.config import VerifyConfig
from otto_bot.core.globs import filter_glob
from otto_bot.core.lanes import Lane, LaneKind, Workflow, choose
from otto_bot.core.required import Required

BRANCH = "otto/1-1/t1-task-a1"


def workflow(on: Any, name: str = "ci.yml", **data: Any) -> Workflow:
    return Workflow(path=f".github/workflows/{name}", data={"on": on, "jobs": {"test": {}}, **data})


def lane(*workflows: Workflow, via: str = "auto") -> Lane:
    return choose(workflows, BRANCH, "main", VerifyConfig.model_validate({"via": via}))


@pytest.mark.parametrize(
    ("data", "name"),
    [({"name": "CI"}, "CI"), ({"name": ""}, "p"), ({"name": 7}, "p"), ({"name": ["x"]}, "p"), ({}, "p"), (None, "p")],
)
def test_a_workflow_is_called_as_it_calls_itself_or_by_its_path(data: Any, name: str) -> None:
    assert Workflow(path="p", data=data).name == name


@pytest.mark.parametrize(
    ("data", "triggers"),
    [
        ({"on": "push"}, {"push": {}}),
        ({True: "push"}, {"push": {}}),
        ({"true": "push"}, {"push": {}}),
        ({"on": ["push", 7, "pull_request"]}, {"push": {}, "pull_request": {}}),
        (
            {"on": {"push": {"branches": ["a"]}, "pull_request": None}},
            {"push": {"branches": ["a"]}, "pull_request": {}},
        ),
        ({"on": 7}, {}),
        ({}, {}),
        (None, {}),
    ],
)
def test_what_starts_a_workflow(data: Any, triggers: Any) -> None:
    """YAML reads a bare `on` as true: a reading that missed it would say that a repository has no CI."""
    assert Workflow.model_construct(path="p", data=data, problem="").triggers == triggers


@pytest.mark.parametrize(
    ("jobs", "names"),
    [
        ({"a": {"name": "Unit"}, "b": {}, "c": None}, ("Unit", "b", "c")),
        ({"a": {"name": "Unit ${{ matrix.os }}"}, "b": {"name": 7}}, ("a", "b")),
        (["a"], None),
        (None, None),
    ],
)
def test_jobs_are_named_as_checks_show_them(jobs: Any, names: tuple[str, ...] | None) -> None:
    assert Workflow(path="p", data={"jobs": jobs}).jobs == (dict(zip(jobs, names, strict=True)) if names else {})
    assert Workflow(path="p").jobs == {}


GLOBS = [
    ("**/x", "x", True),
    ("**/x", "a/b/x", True),
    ("**/x", "ax", False),
    ("a/**/x", "a/x", True),
    ("a/**/x", "a/b/x", True),
    ("a**", "a/b/c", True),
    ("a**c", "a/b/c", True),
    ("a**c", "a/b/d", False),
    ("a*", "abc", True),
    ("a*", "a/b", False),
    ("a*c", "abbc", True),
    ("ab?", "a", True),
    ("ab?", "ab", True),
    ("ab?", "abb", False),
    ("ab+", "abbb", True),
    ("ab+", "a", False),
    ("?a", "?a", True),
    ("+a", "+a", True),
    ("?a", "a", False),
    ("[ab]c", "bc", True),
    ("[ab]c", "[ab]c", False),
    ("x[0-9]y", "x7y", True),
    ("x[0-9]y", "xy", False),
    ("[a][b]c", "abc", True),
    ("[a][b]c", "aac", False),
    ("a[b", "a[b", True),
    ("\\*a", "*a", True),
    ("\\*a", "ba", False),
    ("\\ab", "ab", True),
    ("a\\*", "a*", True),
    ("a\\", "a\\", True),
    ("a.b", "axb", False),
    ("a", "ab", False),
    ("a", "ba", False),
]


@pytest.mark.parametrize(("pattern", "name", "fits"), GLOBS)
def test_a_filter_reads_as_github_reads_it(pattern: str, name: str, fits: bool) -> None:
    assert filter_glob(pattern).matches(name) is fits


def test_a_filter_that_is_no_pattern_stands_for_itself() -> None:
    assert filter_glob("[z-a]").matches("[z-a]")
    assert not filter_glob("[z-a]").matches("b")


@pytest.mark.parametrize(
    ("patterns", "hit"),
    [
        ([], False),
        (["a"], True),
        (["b"], False),
        (["b", "a"], True),
        (["a", "b"], True),
        (["a", "!a"], False),
        (["!a", "a"], True),
        (["!b"], False),
        (["a", "!b"], True),
    ],
)
def test_of_several_filters_the_last_that_fits_decides(patterns: list[str], hit: bool) -> None:
    assert matches(patterns, "a") is hit


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        ({}, True),
        ({"paths": ["x"]}, True),
        ({"tags": ["v*"]}, False),
        ({"tags-ignore": ["v*"]}, False),
        ({"tags": ["v*"], "branches": ["main"]}, True),
        ({"branches": "main"}, True),
        ({"branches": "dev"}, False),
        ({"branches": 7}, True),
        ({"branches-ignore": ["main"]}, False),
        ({"branches-ignore": ["dev"]}, True),
        ({"branches-ignore": ["dev"], "tags": ["v*"]}, True),
        ({"branches": ["main"], "branches-ignore": ["main"]}, True),
        ({"branches": []}, False),
        ({"branches": ["7", 7]}, False),
    ],
)
def test_which_branches_a_trigger_lets_through(filters: Any, passes: bool) -> None:
    assert branch_passes(filters, "main") is passes


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        (None, LaneKind.PULL_REQUEST),
        (["opened", "synchronize"], LaneKind.PULL_REQUEST),
        (["synchronize", "closed", "opened"], LaneKind.PULL_REQUEST),
        (["opened"], LaneKind.NONE),
        (["synchronize", "reopened"], LaneKind.NONE),
        (["closed"], LaneKind.NONE),
        ("opened", LaneKind.NONE),
    ],
)
def test_a_pull_request_is_verified_where_opening_it_and_pushing_to_it_start_the_jobs(
    types: Any, kind: LaneKind
) -> None:
    filters = {"types": types} if types is not None else {}
    assert lane(workflow({"pull_request": filters})).kind is kind


def test_a_lane_names_all_its_workflows_and_jobs_and_why() -> None:
    """The first comment says how a head is verified; the names are what is waited for."""
    one, two = workflow("push", jobs={"a": {}, "b": {}}), workflow("push", "more.yml", jobs={"c": {}})
    made = lane(one, workflow("schedule", "night.yml"), two)
    assert (made.kind, made.workflows, made.jobs) == (LaneKind.PUSH, (one.path, two.path), ("a", "b", "c"))
    assert made.why == f"`ci.yml`, `more.yml`: its push filters match `{BRANCH}`"


@pytest.mark.parametrize(
    ("name", "on", "kind"),
    [
        ("otto-verify.yml", "workflow_dispatch", LaneKind.DISPATCH),
        ("otto-verify.yml", "schedule", LaneKind.NONE),
        ("other.yml", "workflow_dispatch", LaneKind.NONE),
    ],
)
def test_only_the_named_workflow_is_dispatched(name: str, on: str, kind: LaneKind) -> None:
    assert lane(workflow(on, name)).kind is kind


def test_why_nothing_verifies() -> None:
    none = "there is no workflow file in `.github/workflows` on the default branch"
    broken = Workflow(path="x.yml", problem="no mapping")
    elsewhere = f"no workflow starts for a branch like `{BRANCH}` or a pull request into `main` (looked for: "
    assert [lane().why, lane(workflow("schedule"), broken).why] == [
        none,
        "these workflow files cannot be read: `x.yml` (no mapping)",
    ]
    assert lane(workflow("schedule")).why == f"{elsewhere}dispatch, push, pull_request)"
    assert lane(workflow("push"), via="dispatch").why == f"{elsewhere}dispatch)"


def seen(*runs: RunSeen, seconds: float = 100, missing: tuple[str, ...] = (), polls: int = 0, **more: Any) -> Seen:
    verify = VerifyConfig.model_validate(more.pop("verify", {}))
    required = [Required(name=name, state="missing") for name in missing]
    return read_runs(runs, required, started_at=T0, now=at(seconds), polls=polls, verify=verify, **more)


def ran(status: str = "completed", conclusion: str | None = "success", **more: Any) -> RunSeen:
    given = {"id": 1, "name": "CI", "status": status, "conclusion": conclusion, "created_at": T0, "updated_at": at(10)}
    return RunSeen.model_validate({**given, **more})


@pytest.mark.parametrize(("seconds", "over"), [(3600, False), (3600.5, True)])
def test_a_verification_may_take_as_long_as_the_repository_says(seconds: float, over: bool) -> None:
    found = seen(ran("in_progress", None), seconds=seconds)
    assert (found.ending == "timed_out") is over
    assert (
        seen(ran("in_progress", None), seconds=seconds / 60, verify={"timeout_minutes": 1}).ending is not None
    ) is over


@pytest.mark.parametrize(("settle", "most"), [(30, 300.0), (1, 10.0), (0.1, 2.0), (0, 2.0)])
def test_a_head_without_any_run_has_no_ci_after_ten_times_the_time_to_settle(settle: float, most: float) -> None:
    """Two seconds at least: GitHub never answers at once, and no head shall be given up before it can."""
    verify = {"settle_seconds": settle}
    none = seen(seconds=most + 0.01, verify=verify)
    assert (none.ending, none.reason) == ("no_ci", "no_run")
    for seconds in (most - 0.01, most):
        early = seen(seconds=seconds, verify=verify, polls=50)
        assert (early.ending, early.reason) == (None, "")
        assert early.seconds == pytest.approx(most - seconds + 0.05), "the moment itself is looked at, not one before"
        assert early.waiting == "GitHub has not started a workflow for this commit yet"
    assert seen(seconds=0, verify={"settle_seconds": 30}).seconds == 2.0, "long before it, it is looked at as always"
    assert seen(ran(), seconds=most + 100, verify=verify).ending == "green"


@pytest.mark.parametrize(("minutes", "blocked"), [(14.9, False), (15, False), (15.1, True)])
def test_a_quarter_of_an_hour_in_the_queue_is_told_to_people(minutes: float, blocked: bool) -> None:
    now = minutes * 60
    found = seen(ran("queued", None), seconds=now)
    assert (found.reason == "queued") is blocked
    assert found.ending == ("blocked" if blocked else None)
    assert seen(ran("queued", None, created_at=None), seconds=now).ending is None
    assert seen(ran("in_progress", None), seconds=now).ending is None
    assert seen(ran("queued", None, created_at=at(now) - timedelta(minutes=1)), seconds=now).ending is None


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (ran("completed", "action_required"), "approval"),
        (ran("action_required", None), "approval"),
        (ran("waiting", None), "environment"),
        (ran("in_progress", None), ""),
    ],
)
def test_what_waits_for_a_person_is_told_with_its_name(run: RunSeen, reason: str) -> None:
    for runs in ([run, ran(name="other", id=2)], [ran(name="other", id=2), run]):
        found = seen(*runs)
        assert (found.reason, found.ending) == (reason, "blocked" if reason else None)
        assert "CI" in found.waiting


def test_what_is_waited_for_is_named_in_short() -> None:
    running = ran("in_progress", None)
    assert seen(running, ran(id=2, name="done"), missing=("cla", "dco")).waiting == "waits for CI"
    assert seen(ran(), ran(id=2, name="done"), missing=("cla", "dco")).waiting == "waits for cla, dco"
    assert seen(ran(), missing=("cla",)).ending is None
    for length in (299, 300, 301):
        name = "n" * (length - len("waits for "))
        assert len(seen(ran("in_progress", None, name=name)).waiting) == min(length, 300)


@pytest.mark.parametrize(
    ("updated", "seconds", "left"),
    [
        (10, 40, None),
        (10, 39, 1.05),
        (10, 35, 5.05),
        (None, 29, 1.05),
        (None, 30, None),
        (-50, 29, 1.05),
        (-50, 30, None),
    ],
)
def test_half_a_minute_after_the_last_end_a_head_counts_as_done(
    updated: float | None, seconds: float, left: float | None
) -> None:
    """More workflows may start when one ends; a run of an earlier head says nothing about this one's time."""
    run = ran(updated_at=None if updated is None else at(updated))
    found = seen(run, ran(id=2, updated_at=run.updated_at), seconds=seconds)
    assert found.ending == ("green" if left is None else None)
    assert found.seconds == (0.0 if left is None else pytest.approx(left))


def test_the_last_of_several_ends_counts() -> None:
    assert seen(ran(), ran(id=2, updated_at=at(80))).ending is None
    assert seen(ran(updated_at=at(80)), ran(id=2), ran(id=3, updated_at=None)).ending is None


@pytest.mark.parametrize("conclusion", ["failure", "timed_out", "startup_failure", "stale"])
def test_one_bad_end_is_never_green(conclusion: str) -> None:
    found = {seen(ran(), ran(conclusion=conclusion, id=2), ran(conclusion="cancelled", id=3)).ending}
    assert found == {"timed_out" if conclusion == "timed_out" else "red"}
    assert seen(ran(conclusion=conclusion), ran(conclusion="failure", id=2)).ending == "red"


@pytest.mark.parametrize(("told", "seconds"), [((), 60.0), (("1/1",), 3.0), (("1/2",), 60.0), (("2/1",), 60.0)])
def test_an_end_that_a_webhook_told_and_the_list_does_not_show_is_looked_up_soon(
    told: tuple[str, ...], seconds: float
) -> None:
    """The first try of a run is number one, as webhooks count."""
    bare = RunSeen(id=1, name="CI", status="in_progress")
    assert seen(bare, hearing=True, reported=told).seconds == seconds
    assert seen(ran(), missing=("cla",), hearing=True, reported=told).seconds == 60.0
    assert seen(bare, polls=1).seconds == 3.0, "nobody is counted upon who was not heard"
