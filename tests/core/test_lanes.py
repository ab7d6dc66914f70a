"""Which lane verifies a branch: the first that holds, or the one that is demanded."""

from typing import Any

import pytest

from otto_bot.core.config import VerifyConfig
from otto_bot.core.lanes import BARRED, Lane, LaneKind, Workflow, choose


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


def test_a_workflow_is_started_by_hand_only_where_that_was_granted() -> None:
    lane = choose([DISPATCH, workflow("push")], "otto/1-1/t1-task-a1", "main", VerifyConfig(), may_start=False)
    assert (lane.kind, BARRED in lane.why) == (LaneKind.PUSH, True)
    alone = choose([DISPATCH], "otto/1-1/t1-task-a1", "main", VerifyConfig(), may_start=False)
    assert (alone.kind, BARRED in alone.why) == (LaneKind.NONE, True)
    other = choose([workflow("push")], "otto/1-1/t1-task-a1", "main", VerifyConfig(), may_start=False)
    assert BARRED not in other.why


def test_a_file_that_cannot_be_read_is_named() -> None:
    broken = Workflow(path=".github/workflows/x.yml", problem="it is no mapping")
    lane = choose([broken], "otto/1-1/t1-task-a1", "main", VerifyConfig())
    assert "x.yml" in lane.why
    assert "it is no mapping" in lane.why


STEPS = [{"uses": "actions/checkout@v4"}, {"run": "make test"}]


def named(name: str, on: Any, job: dict[str, Any] | None = None) -> Workflow:
    return Workflow(
        path=f".github/workflows/{name}.yml", data={"on": on, "jobs": {name: {"steps": STEPS, **(job or {})}}}
    )


def chosen(*workflows: Workflow, via: str = "auto", repository: str = "acme/widgets") -> Lane:
    verify = VerifyConfig.model_validate({"via": via})
    return choose(workflows, "otto/1-1/t1-task-a1", "main", verify, repository)


ITSELF = {"paths": [".github/workflows/setup.yml"]}
LINT = {"steps": [STEPS[0], {"run": "ruff check"}]}


@pytest.mark.parametrize(
    ("workflows", "kind", "names"),
    [
        # What starts for changes of CI alone starts for none of ours.
        ([named("setup", {"push": ITSELF, "pull_request": ITSELF})], LaneKind.NONE, ()),
        ([named("setup", {"push": ITSELF}), named("ci", "pull_request")], LaneKind.PULL_REQUEST, ("ci",)),
        # As much is said by both, and one of them starts for a single folder only.
        ([named("api", {"push": {"paths": ["api/**"]}}), named("ci", "pull_request")], LaneKind.PULL_REQUEST, ("ci",)),
        ([named("api", {"push": {"paths": ["**.py"]}}), named("ci", "pull_request")], LaneKind.PUSH, ("api",)),
        ([named("api", {"push": {"paths": ["api/**"]}}), named("lint", "pull_request", LINT)], LaneKind.PUSH, ("api",)),
        # Housekeeping is no lane, and is not waited for.
        ([named("label", "push", {"steps": [{"uses": "actions/labeler@v5"}]})], LaneKind.NONE, ()),
        ([named("lint", "push", LINT)], LaneKind.PUSH, ("lint",)),
        # A dispatch is taken as it is, unless it cannot be called or runs nothing.
        ([named("otto-verify", "workflow_dispatch", {"steps": [{"run": "x"}]})], LaneKind.DISPATCH, ("otto-verify",)),
        ([named("otto-verify", "workflow_dispatch", {"if": False}), named("ci", "push")], LaneKind.PUSH, ("ci",)),
        # A pull request is opened, and pushed to.
        ([named("ci", "pull_request", {"if": "github.event.action == 'opened'"})], LaneKind.NONE, ()),
        ([named("ci", "pull_request", {"if": "github.event.action != 'closed'"})], LaneKind.PULL_REQUEST, ("ci",)),
    ],
)
def test_the_lane_is_the_one_in_which_the_jobs_run(
    workflows: list[Workflow], kind: LaneKind, names: tuple[str, ...]
) -> None:
    lane = chosen(*workflows)
    assert (lane.kind, lane.jobs) == (kind, names)
    assert lane.workflows == tuple(f".github/workflows/{name}.yml" for name in names)


def test_a_guard_that_names_a_repository_is_held_against_ours() -> None:
    guarded = named("ci", "push", {"if": "github.repository == 'acme/widgets'"})
    kinds = [chosen(guarded, repository=one).kind for one in ("acme/widgets", "other/widgets", "")]
    assert kinds == [LaneKind.PUSH, LaneKind.NONE, LaneKind.PUSH]


def test_a_lane_says_what_a_draft_and_a_change_of_documentation_leave_out() -> None:
    guard = {"if": "!github.event.pull_request.draft", "name": "Unit"}
    lane = chosen(named("ci", {"pull_request": {"paths": ["**.py"]}}, guard), named("lint", "pull_request"))
    assert (lane.skips_drafts, lane.skips_docs) == (("Unit",), (".github/workflows/ci.yml",))
    assert lane.why == (
        "`ci.yml`, `lint.yml`: it runs on pull requests into `main`; on a draft it leaves out `Unit`, "
        "so pull requests are opened as ready for review; "
        "a change of documentation alone starts not all of them"
    )
    alone = chosen(named("ci", {"push": {"paths-ignore": ["**.md"]}}))
    assert alone.why.endswith("; a change of documentation alone starts nothing")
    assert chosen(named("ci", "push"), via="push").skips_drafts == ()


@pytest.mark.parametrize(
    ("workflow", "said"),
    [
        (named("ci", {"pull_request": {"types": ["ready_for_review"]}}),
         "`ci.yml` starts only when a pull request is ready_for_review, and not both opened and synchronize"),
        (named("ci", "pull_request", {"if": False}),
         "`ci.yml` starts on pull requests, and its conditions leave out every job"),
        (named("ci", "pull_request", {"steps": [{"run": "gh pr edit"}]}), "`ci.yml` starts and works on no code"),
        (named("otto-verify", {"workflow_dispatch": {"inputs": {"x": {"required": True}}}}),
         "`otto-verify.yml` asks for inputs without a default: x"),
        (named("ci", {"pull_request": {"branches": ["dev"]}}),
         "no workflow starts for a branch like `otto/1-1/t1-task-a1` or a pull request into `main`"),
    ],
)  # fmt: skip
def test_why_there_is_none(workflow: Workflow, said: str) -> None:
    assert chosen(workflow).why == f"{said} (looked for: dispatch, push, pull_request)"
