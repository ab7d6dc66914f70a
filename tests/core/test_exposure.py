"""What a model's code could use in the repository's CI. Whatever is not known counts as exposed."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.ci_filters import branch_passes
from otto_bot.core.ci_starts import Acts, branch_may_pass, started_by
from otto_bot.core.exposure import exposure
from otto_bot.core.lanes import Workflow

READ = {"contents": "read"}
ACTS = Acts(prefix="otto", default_branch="main", dispatched=("otto-verify.yml",))
ALL = "all (an expression takes the whole context)"
DEFAULT = "default rights: there is no `permissions:` for it (job a)"


def workflow(job: Any = None, path: str = ".github/workflows/ci.yml", **data: Any) -> Workflow:
    jobs = {"a": {"runs-on": "ubuntu-latest", **(job or {})}}
    return Workflow(path=path, data={"on": "push", "permissions": READ, "jobs": jobs, **data})


def found(*workflows: Workflow, acts: Acts = ACTS) -> list[str]:
    return [item.detail for item in exposure(workflows, acts).items]


def run(text: str) -> dict[str, Any]:
    return {"steps": [{"run": text}]}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("${{ secrets.GITHUB_TOKEN }} ${{ github.token }}", []),
        ("x ${{ secrets.KEY }} ${{ secrets['OTHER'] }}", ["KEY", "OTHER"]),
        ("${{ Secrets.key }} ${{ SECRETS . Key }}", ["KEY"]),
        ("${{ toJSON(secrets) }}", [ALL]),
        ("${{ secrets[matrix.name] }}", [ALL]),
        ("${{ secrets[format('{0}', 'A')] }}", [ALL]),
        ("${{ secrets.* }}", [ALL]),
        ("${{ secrets", [ALL]),
        ("${{ inputs.secrets.x || needs.a.outputs.secrets }} and secrets.KEY in words", []),
        ("${{ contains('secrets.KEY', 'it''s secrets') }}", []),
        ("${{\n  secrets\n  .KEY }}", ["KEY"]),
        ("""${{ format('{{"token":"{0}"}}', secrets.KEY) }} '${{ secrets.B }}'""", ["B", "KEY"]),
        ("${{ 'it''s }}' }} ${{ secrets.KEY }} it's", ["KEY"]),
    ],
)
def test_secrets_by_any_spelling(text: str, names: list[str]) -> None:
    assert found(workflow(run(text))) == [f"{name} (job a)" for name in names]


@pytest.mark.parametrize(
    ("runs_on", "labels"),
    [
        ("ubuntu-latest", []),
        ("Ubuntu-24.04-arm", []),
        ("ubuntu-gpu", ["ubuntu-gpu"]),
        ("ubuntu-20.04", ["ubuntu-20.04"]),
        (["self-hosted", "gpu"], ["self-hosted", "gpu"]),
        ({"group": "ours"}, ["group ours"]),
        ({"group": "ours", "labels": "ubuntu-latest"}, ["group ours"]),
        ({"labels": ["macos-15", "mine"]}, ["mine"]),
        ("${{ inputs.where }}", ["${{ inputs.where }}"]),
        ("${{ matrix.os }}", []),
        ("${{ matrix.extra.os }}", ["mine"]),
        ("${{ matrix.made }}", ["${{ matrix.made }}"]),
        ("${{ matrix.arch }}-latest", ["arm-latest"]),
        ("${{ matrix.os || 'mine' }}", ["${{ matrix.os || 'mine' }}"]),
        (None, ["none is named"]),
        (7, ["7"]),
    ],
)
def test_machines_that_are_not_known_to_be_githubs(runs_on: Any, labels: list[str]) -> None:
    matrix = {
        "os": ["ubuntu-latest", "windows-2025"], "made": "${{ fromJSON(x) }}", "arch": ["ubuntu", "arm"],
        "include": [{"extra": {"os": "ubuntu-22.04"}}, {"extra": {"os": "mine"}}],
    }  # fmt: skip
    job = {"runs-on": runs_on, "strategy": {"matrix": matrix}}
    assert found(workflow(job)) == [f"job a: {label}" for label in labels]


@pytest.mark.parametrize(
    ("job", "top", "rights"),
    [
        ({}, {"contents": "read", "issues": "none"}, []),
        ({}, {}, []),
        ({}, "read-all", []),
        ({}, "write-all", ["workflow: write-all"]),
        ({}, {"contents": "write"}, ["workflow: contents: write"]),
        ({"permissions": READ}, {"contents": "write"}, []),
        ({"permissions": {"id-token": "write"}}, READ, ["job a: id-token: write"]),
        ({}, {"contents": "admin"}, ["workflow: contents: admin"]),
        ({}, None, ["workflow: unknown: `permissions:` cannot be read"]),
    ],
)
def test_what_the_token_may_write(job: Any, top: Any, rights: list[str]) -> None:
    assert found(workflow(job, permissions=top)) == rights


def test_a_token_of_which_nothing_is_said_has_the_repositorys_default() -> None:
    silent = Workflow(path="ci.yml", data={"on": "push", "jobs": {"a": {"runs-on": "ubuntu-latest"}}})
    assert found(silent) == [DEFAULT]
    assert found(silent, acts=ACTS.model_copy(update={"default_rights": ()})) == []
    known = ACTS.model_copy(update={"default_rights": ("contents: write",)})
    assert found(silent, acts=known) == ["the repository's default: contents: write"]


@pytest.mark.parametrize(
    ("on", "started"),
    [
        ("push", True),
        ({"push": {"branches": ["main", "release/**"]}}, False),
        ({"push": {"branches": ["**"]}}, True),
        ({"push": {"branches": ["*"]}}, False),
        ({"push": {"branches": ["*/*"]}}, True),
        ({"push": {"branches": ["ot?to/1-*/**"]}}, True),
        ({"push": {"branches": ["**", "!otto/**"]}}, False),
        ({"push": {"branches": ["**", "!otto/1*"]}}, True),
        ({"push": {"branches-ignore": ["main"]}}, True),
        ({"push": {"branches-ignore": ["otto/**"]}}, False),
        ({"push": {"branches": ["*a" * 40]}}, True),
        ({"push": {"tags": ["v*"]}}, False),
        ("create", True),
        ({"pull_request": {"branches": ["main"]}}, True),
        ({"pull_request": {"branches": ["next"]}}, False),
        ({"pull_request": {"types": ["assigned"]}}, False),
        ({"pull_request": {"types": ["closed"]}}, True),
        ({"issues": {"types": ["opened"]}}, False),
        ({"issues": {"types": ["labeled"]}}, True),
        ("issues", True),
        ({"workflow_run": {"workflows": ["CI"], "branches": ["main"]}}, False),
        ("issue_comment", True),
        ("label", True),
        ("pull_request_review", True),
        ("pull_request_review_comment", True),
        ("check_run", True),
        ("check_suite", True),
        ("status", True),
        ("deployment", True),
        ("delete", True),
        ("something_new", True),
        ("merge_group", False),
        ("schedule", False),
        ("workflow_call", False),
        ("release", False),
        ("workflow_dispatch", False),
    ],
)
def test_what_ottos_own_acts_start(on: Any, started: bool) -> None:
    given = workflow(run("${{ secrets.KEY }}"), on=on)
    assert bool(started_by(given, ACTS)) is started
    assert any(detail.startswith("KEY (job a)") for detail in found(given)) is started


def test_only_the_workflows_that_otto_calls_are_dispatched() -> None:
    given = workflow(run("${{ secrets.KEY }}"), ".github/workflows/otto-verify.yml", on="workflow_dispatch")
    assert found(given) == ["KEY (job a)"]
    alone = ACTS.model_copy(update={"only_dispatch": True})
    assert found(given, workflow(run("${{ secrets.PUSHED }}")), acts=alone) == ["KEY (job a)"]


@pytest.mark.parametrize(
    ("on", "job", "detail"),
    [
        ("pull_request_target", {}, "pull_request_target"),
        ({"workflow_run": {"workflows": ["CI"]}}, {}, "workflow_run"),
        ("issue_comment", {"steps": [{"uses": "actions/checkout@v5", "with": {"ref": "x"}}]}, "issue_comment"),
        ("issue_comment", run("gh pr checkout 1"), "issue_comment"),
    ],
)
def test_workflows_with_the_default_branchs_rights_and_caches(on: Any, job: Any, detail: str) -> None:
    (said,) = found(workflow(job, on=on))
    assert said == f"{detail}: runs with the rights and the caches of the default branch"


def test_a_comment_that_starts_what_touches_no_other_code_gives_nothing() -> None:
    assert found(workflow({"steps": [{"uses": "actions/checkout@v5"}]}, on="issue_comment")) == []


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        (Workflow(path="x.yml", problem="it has 900000 bytes"), "it has 900000 bytes"),
        (Workflow(path="x.yml", data={"jobs": {}}), "what starts it cannot be read"),
        (workflow(jobs=[1]), "its jobs cannot be read"),
        (workflow(jobs={"a": "x"}), "job a cannot be read"),
        (workflow({"environment": {"name": "prod"}}), "job a: prod, with its secrets"),
        (workflow({"secrets": "inherit"}), "all (job a inherits them)"),
        (workflow({"uses": "o/r/.github/workflows/x.yml@v1", "secrets": {"A": "x"}}),
         "job a: o/r/.github/workflows/x.yml@v1 is given secrets; its runners and environments are not known"),
        (workflow({"uses": "o/r/.github/workflows/x.yml@v1"}),
         "job a: o/r/.github/workflows/x.yml@v1: its runners and environments are not known"),
        (workflow({"uses": "./${{ inputs.x }}"}), "job a calls ${{ inputs.x }}, which cannot be read"),
        (workflow({"uses": ["./x"]}), "job a: …: its runners and environments are not known"),
        (workflow({"uses": "./.github/workflows/none.yml"}),
         "job a calls .github/workflows/none.yml, which cannot be read"),
    ],
)  # fmt: skip
def test_what_else_is_exposed_or_cannot_be_known(given: Workflow, detail: str) -> None:
    assert found(given) == [detail]


def test_called_workflows_are_followed_and_each_is_read_once() -> None:
    call = {"uses": "./.github/workflows/inner.yml"}
    inner = workflow({"runs-on": "mine"}, ".github/workflows/inner.yml", on="workflow_call")
    assert found(workflow(call), inner) == ["job inner.yml a: mine"]
    circle = workflow(None, ".github/workflows/inner.yml", on="workflow_call", jobs={f"j{n}": call for n in range(50)})
    assert found(workflow(call), circle) == []


def test_each_thing_names_its_jobs_and_on_what_condition_they_run() -> None:
    step, long = run("${{ secrets.KEY }}"), "github.ref == 'refs/heads/main' && github.event_name == 'push'"
    jobs = {"a": {"runs-on": "mine", "if": "github.ref\n == 'x'", **step}, "b": {"runs-on": "mine", **step}}
    assert found(workflow(jobs=jobs)) == [
        "KEY (job a, only if: github.ref == 'x'; job b)", "job a, only if: github.ref == 'x': mine", "job b: mine",
    ]  # fmt: skip
    (cut,) = found(workflow({"if": long, "environment": "prod"}))
    assert cut == f"job a, only if: {long[:60]}…: prod, with its secrets"
    many = {f"j{n}": {"runs-on": "ubuntu-latest", **step} for n in range(7)}
    assert found(workflow(jobs=many)) == ["KEY (job j0; job j1; job j2; job j3; job j4 and 2 more)"]
    assert found(workflow(jobs=jobs, env={"A": "${{ secrets.KEY }}"}))[0] == "KEY"


def test_what_only_comments_or_labels_start_says_so() -> None:
    step = run("${{ secrets.KEY }}")
    assert found(workflow(step, on=["issue_comment", "issues"])) == ["KEY (job a); started by issue_comment, issues"]
    assert found(workflow(step, on=["issue_comment", "push"])) == ["KEY (job a)"]


def hashes(*files: Workflow, base: list[Workflow] | None = None, acts: Acts = ACTS) -> str:
    return exposure(files, acts, base).files_hash


def test_an_approval_is_bound_to_the_files() -> None:
    one, other = workflow(), workflow(env={"A": "b"})
    assert hashes(one) == hashes(workflow()) != hashes(other)
    bytes_of = [Workflow(path="x.yml", problem="it is too large", digest=digest) for digest in "ab"]
    assert hashes(bytes_of[0]) != hashes(bytes_of[1])
    assert hashes(one, base=[one]) == hashes(one)
    assert hashes(one, base=[other]) not in (hashes(one), hashes(other))


OTHER = ".github/workflows/other.yml"


@pytest.mark.parametrize(
    ("ci", "on", "counts"),
    [
        ({}, "release", False),
        ({}, "workflow_call", False),
        ({"uses": f"./{OTHER}"}, "workflow_call", True),
        ({"uses": f"us/app/{OTHER}@main"}, "workflow_call", True),
        ({"uses": "./.github/workflows/gone.yml"}, "release", True),
        ({"uses": "./.github/workflows/${{ inputs.x }}"}, "release", True),
        ({}, "issue_comment", True),
        ({}, None, True),
    ],
)
def test_only_files_within_reach_count_for_a_yes(ci: Any, on: Any, counts: bool) -> None:
    first = workflow(ci)
    before, after = (workflow(path=OTHER, on=on, env={"A": text}) for text in "bc")
    assert (hashes(first, before) != hashes(first, after)) is counts
    changed = exposure([first], ACTS, [first, after]).files
    assert (OTHER in changed) is counts


def test_what_starts_a_file_counts_for_a_yes() -> None:
    """The same file may be started by a branch of another name, or be called."""
    given = workflow(path=".github/workflows/otto-verify.yml", on=["workflow_dispatch", "push"])
    assert hashes(given) != hashes(given, acts=ACTS.model_copy(update={"only_dispatch": True}))


def test_pull_requests_are_verified_with_both_files_and_comments_start_those_of_the_default_branch() -> None:
    branch = workflow(run("${{ secrets.OURS }}"), on=["push", "issue_comment"])
    base = workflow(run("${{ secrets.THEIRS }}"), on=["pull_request", "issue_comment"])
    only_pushed = workflow(run("${{ secrets.THEIRS }}"), on="push")
    assert [i.detail for i in exposure([branch], ACTS, [base]).items] == ["OURS (job a)", "THEIRS (job a)"]
    assert [i.detail for i in exposure([branch], ACTS, [only_pushed]).items] == ["OURS (job a)"]


def test_values_that_stand_in_many_places_are_looked_at_once() -> None:
    shared: Any = ["${{ secrets.KEY }}"]
    for _ in range(60):
        shared = [shared, shared]
    assert found(workflow(env={"A": shared})) == ["KEY"]
    assert found(workflow({"if": shared, "uses": shared})) != []


PATTERN = st.text(alphabet="ot/a1*?+!-", min_size=1, max_size=8)


@settings(max_examples=50, deadline=None)
@given(st.lists(PATTERN, min_size=1, max_size=3), st.text(alphabet="ot/a1-", max_size=8))
def test_a_filter_that_lets_a_branch_of_ours_through_may_let_one_through(patterns: list[str], rest: str) -> None:
    for key in ("branches", "branches-ignore"):
        filters = {key: patterns}
        assert not branch_passes(filters, f"otto/{rest}") or branch_may_pass(filters, "otto")


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=12) | st.sampled_from(["${{ secrets.A }}", "push", "inherit", "./x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["on", "a", "runs-on", "steps", "uses", "secrets", "permissions", "strategy", "matrix"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(JSON)
def test_no_value_of_a_workflow_stops_the_look(value: Any) -> None:
    given = Workflow(path=".github/workflows/x.yml", data={"on": "push", "jobs": {"a": value}, "permissions": value})
    assert exposure([given], ACTS, [given]).files_hash
