"""`on:` against events, and dispatch inputs: tables."""

from typing import Any

import pytest

from otto_bot.playground.actions.api import ActionsError, TriggerEvent
from otto_bot.playground.actions.globs import passes
from otto_bot.playground.actions.triggers import decide, dispatch_inputs, skipped_by_message
from otto_bot.playground.actions.workflow import WorkflowFile, parse

JOBS = "\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n"


def workflow(on: str) -> WorkflowFile:
    found = parse(".github/workflows/ci.yml", ("on: " + on + JOBS).encode())
    assert found.error is None, found.error
    return found


def push(branch: str | None = "topic", tag: str | None = None, **more: Any) -> TriggerEvent:
    ref = f"refs/tags/{tag}" if tag else f"refs/heads/{branch}"
    return TriggerEvent(name="push", ref=ref, branch=None if tag else branch, tag=tag, head_sha="a" * 40, **more)


def pull(action: str = "opened", base: str = "main", **more: Any) -> TriggerEvent:
    return TriggerEvent(
        name="pull_request",
        ref="refs/pull/1/merge",
        action=action,
        head_branch="topic",
        base_branch=base,
        head_sha="a" * 40,
        **more,
    )


@pytest.mark.parametrize(
    ("on", "event", "starts"),
    [
        ("push", push(), True),
        ("push", pull(), False),
        ("[push, pull_request]", pull(), True),
        ("{push: , pull_request: }", pull(), True),
        ("{push: {branches: [main]}}", push("main"), True),
        ("{push: {branches: [main]}}", push("topic"), False),
        ("{push: {branches: main}}", push("main"), True),
        ("{push: {branches: ['feature/*']}}", push("feature/a"), True),
        ("{push: {branches: ['feature/*']}}", push("feature/a/b"), False),
        ("{push: {branches: ['feature/**']}}", push("feature/a/b"), True),
        ("{push: {branches: ['*']}}", push("a/b"), False),
        ("{push: {branches: ['**']}}", push("a/b"), True),
        ("{push: {branches: ['**', '!otto/**']}}", push("otto/1"), False),
        ("{push: {branches: ['!otto/**', '**']}}", push("otto/1"), True),
        ("{push: {branches: ['**', '!otto/**', 'otto/keep']}}", push("otto/keep"), True),
        ("{push: {branches: ['!otto/**']}}", push("main"), False),
        ("{push: {branches-ignore: ['otto/**']}}", push("otto/1"), False),
        ("{push: {branches-ignore: ['otto/**']}}", push("main"), True),
        ("{push: {branches: [main]}}", push(tag="v1"), False),
        ("{push: {tags: ['v*']}}", push("main"), False),
        ("{push: {tags: ['v*']}}", push(tag="v1"), True),
        ("{push: {tags-ignore: ['v*']}}", push(tag="v1"), False),
        ("{push: {tags: ['v*'], branches: [main]}}", push("main"), True),
        ("{push: {paths: ['src/**']}}", push(changed_paths=("docs/a.md",)), False),
        ("{push: {paths: ['src/**']}}", push(changed_paths=("docs/a.md", "src/x/a.py")), True),
        ("{push: {paths: ['src/**']}}", push(changed_paths=None), True),
        ("{push: {paths: ['src/**']}}", push(changed_paths=()), False),
        ("{push: {paths: ['**.py', '!tests/**']}}", push(changed_paths=("tests/a.py",)), False),
        ("{push: {paths: ['src/**']}}", push(tag="v1", changed_paths=("a",)), True),
        ("{push: {paths-ignore: ['docs/**']}}", push(changed_paths=("docs/a.md",)), False),
        ("{push: {paths-ignore: ['docs/**']}}", push(changed_paths=("docs/a.md", "a.py")), True),
        ("{push: {branches: [main], paths: ['src/**']}}", push("topic", changed_paths=("src/a",)), False),
        ("push", push(commit_message="x\n\n[skip ci] please"), False),
        ("pull_request", pull(commit_message="[Actions Skip]"), False),
        ("issues", TriggerEvent("issues", "refs/heads/main", "a", action="opened", commit_message="[skip ci]"), True),
        ("pull_request", pull("opened"), True),
        ("pull_request", pull("synchronize"), True),
        ("pull_request", pull("reopened"), True),
        ("pull_request", pull("labeled"), False),
        ("pull_request", pull("ready_for_review"), False),
        ("pull_request", pull(draft=True), True),
        ("{pull_request: {types: [ready_for_review]}}", pull("ready_for_review"), True),
        ("{pull_request: {types: [ready_for_review]}}", pull("opened"), False),
        ("{pull_request: {types: labeled}}", pull("labeled"), True),
        ("{pull_request: {branches: [main]}}", pull(base="main"), True),
        ("{pull_request: {branches: [main]}}", pull(base="dev"), False),
        ("{pull_request: {branches-ignore: [main]}}", pull(base="main"), False),
        ("{pull_request: {paths: ['a/**']}}", pull(changed_paths=("b/c",)), False),
        ("{issues: {types: [opened]}}", TriggerEvent("issues", "refs/heads/main", "a", action="closed"), False),
        ("{schedule: [{cron: '0 0 * * *'}]}", push(), False),
    ],
)
def test_on(on: str, event: TriggerEvent, starts: bool) -> None:
    decision = decide(workflow(on), event)
    assert decision.starts is starts
    assert bool(decision.reason) is not starts


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("v1.10.1", "v[12].[0-9]+.[0-9]+", True),
        ("v3.1.1", "v[12].[0-9]+.[0-9]+", False),
        ("page.jsx", "*.jsx?", True),
        ("page.js", "*.jsx?", True),
        ("a/page.js", "*.js", False),
        ("a/b/docs/x", "**/docs/**", True),
        ("docs/x/y", "**/docs/**", True),
        ("README.md", "**/README.md", True),
        ("src/js/README.md", "**/README.md", True),
        ("a.b", "a?b", False),
        ("a+b", "a\\+b", True),
        ("x(1)", "x(1)", True),
    ],
)
def test_patterns(name: str, pattern: str, fits: bool) -> None:
    assert passes(name, [pattern]) is fits


@pytest.mark.parametrize("pattern", ["[z-a]", "a" * 2000, "a**?+"])
def test_a_pattern_that_is_none_is_said_to_be_so(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        passes("a", [pattern])


@pytest.mark.parametrize(
    ("message", "skips"),
    [
        ("fix", False),
        ("[ci skip] fix", True),
        ("fix [no ci]", True),
        ("fix [skip actions]", True),
        ("skip ci", False),
        ("fix\n\nbody\n\n\nskip-checks: true", True),
        ("fix\n\nskip-checks:true\n", True),
        ("skip-checks: true is a word here", False),
    ],
)
def test_skip_tokens(message: str, skips: bool) -> None:
    assert skipped_by_message(message) is skips


BOMB = (
    "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\non: push"
)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("on: push\njobs: [", "yaml syntax on line"),
        ("jobs: {a: {runs-on: x, steps: [{run: a}]}}", "No event triggers"),
        ("on: push", "jobs"),
        ("on: push\njobs: {a: {steps: [{run: a}]}}", "runs-on"),
        ("on: push\njobs: {a: {runs-on: x, steps: []}}", "at least one step"),
        ("on: push\njobs: {a: {runs-on: x, steps: [{run: a, uses: b}]}}", "exactly one"),
        ("on: push\njobs: {a: {runs-on: x, needs: b, steps: [{run: a}]}}", "unknown job 'b'"),
        ("on: push\njobs: {a: {runs-on: x, needs: a, steps: [{run: a}]}}", "cycle"),
        ("on: push\non: push\njobs: {}", "already defined"),
        ("on: {push: {branches: [a], branches-ignore: [b]}}\njobs: {}", "only define"),
        ("- a", "mapping"),
        ("\xff", "mapping"),
        (BOMB, "Maximum object size"),
    ],
)
def test_files_that_are_no_workflows(content: str, error: str) -> None:
    found = parse("ci.yml", content.encode())
    assert found.error is not None
    assert error in found.error


def test_yaml_words_stay_texts() -> None:
    found = parse("ci.yml", b"on: {push: {branches: [on, off, yes, 1.0]}}" + JOBS.encode())
    assert found.on["push"]["branches"][:3] == ["on", "off", "yes"]


DISPATCH = (
    "{workflow_dispatch: {inputs: {who: {required: true}, loud: {type: boolean}, "
    "where: {type: choice, options: [here, there], default: here}}}}"
)


def test_dispatch_inputs() -> None:
    assert dispatch_inputs(workflow(DISPATCH), {"who": "me"}) == {"who": "me", "loud": False, "where": "here"}
    given = {"who": "me", "loud": "true", "where": "there"}
    assert dispatch_inputs(workflow(DISPATCH), given) == {"who": "me", "loud": True, "where": "there"}
    assert dispatch_inputs(workflow("workflow_dispatch"), {}) == {}


@pytest.mark.parametrize(
    ("on", "given", "error"),
    [
        ("push", {}, "does not have 'workflow_dispatch' trigger"),
        (DISPATCH, {}, "Required input 'who' not provided"),
        (DISPATCH, {"who": "a", "x": "b"}, "Unexpected inputs provided"),
        (DISPATCH, {"who": "a", "loud": "maybe"}, "not a boolean"),
        (DISPATCH, {"who": "a", "where": "nowhere"}, "not in the list of allowed values"),
    ],
)
def test_dispatches_that_github_refuses(on: str, given: dict[str, str], error: str) -> None:
    with pytest.raises(ActionsError, match=error) as caught:
        dispatch_inputs(workflow(on), given)
    assert caught.value.status == 422
