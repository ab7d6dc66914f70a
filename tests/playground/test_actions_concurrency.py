"""Groups, expressions and matrices: tables."""

from typing import Any

import pytest

from otto_bot.playground.actions.concurrency import Admission, Group, Member, admit, group_of, next_pending
from otto_bot.playground.actions.contexts import job_scope
from otto_bot.playground.actions.expressions import Scope, condition, evaluate, interpolate
from otto_bot.playground.actions.legs import expand
from otto_bot.playground.actions.values import ExpressionError

GITHUB = {
    "ref": "refs/heads/topic",
    "workflow": "CI",
    "head_ref": "",
    "run_id": "7",
    "event_name": "push",
    "event": {"pull_request": {"draft": True, "labels": [{"name": "a"}, {"name": "b"}]}},
}
SCOPE = Scope({"github": GITHUB, "inputs": {}, "vars": {}})


@pytest.mark.parametrize(
    ("raw", "group"),
    [
        (None, None),
        ("deploy", Group("deploy")),
        ("${{ github.workflow }}-${{ github.ref }}", Group("CI-refs/heads/topic")),
        ({"group": "${{ github.head_ref || github.run_id }}", "cancel-in-progress": True}, Group("7", True)),
        ({"group": "g", "cancel-in-progress": "${{ github.event_name != 'push' }}"}, Group("g")),
        ({"group": "g", "queue": "max"}, Group("g", queue_max=True)),
        ({"group": "g", "cancel-in-progress": "${{ startsWith(github.ref, 'refs/heads/') }}"}, Group("g", True)),
    ],
)
def test_the_group(raw: object, group: Group | None) -> None:
    assert group_of({} if raw is None else {"concurrency": raw}, SCOPE) == group


def test_group_names_have_no_case() -> None:
    assert Group("CI-Main").key == Group("ci-main").key


@pytest.mark.parametrize(
    "raw",
    [
        "${{ github.head_ref }}",
        "${{ nothing.here }}",
        {"cancel-in-progress": True},
        {"group": "g", "queue": "max", "cancel-in-progress": True},
    ],
)
def test_a_group_that_cannot_be_evaluated(raw: object) -> None:
    with pytest.raises(ExpressionError):
        group_of({"concurrency": raw}, SCOPE)


RUNS, WAITS = Member(1, "running"), Member(2, "pending")


@pytest.mark.parametrize(
    ("members", "cancel", "admission"),
    [
        ([], False, Admission(True)),
        ([], True, Admission(True)),
        ([RUNS], False, Admission(False)),
        ([RUNS], True, Admission(False, (1,))),
        ([RUNS, WAITS], False, Admission(False, (2,))),
        ([RUNS, WAITS], True, Admission(False, (1, 2))),
    ],
)
def test_who_waits_and_who_goes(members: list[Member], cancel: bool, admission: Admission) -> None:
    assert admit(members, cancel_in_progress=cancel) == admission


def test_with_queue_max_the_oldest_of_a_hundred_goes() -> None:
    assert admit([RUNS, WAITS], cancel_in_progress=False, queue_max=True) == Admission(False)
    many = [Member(number, "pending") for number in range(100)]
    assert admit(many, cancel_in_progress=False, queue_max=True).cancelled == (0,)


def test_the_pending_one_starts_only_when_none_runs() -> None:
    assert next_pending([RUNS, WAITS]) is None
    assert next_pending([WAITS]) == 2
    assert next_pending([]) is None


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 == 1.0 && 'a' == 'A'", True),
        ("'1' == 1", True),
        ("null == 0", True),
        ("github.nothing.at.all", None),
        ("github['REF']", "refs/heads/topic"),
        ("github.event.pull_request.labels.*.name", ["a", "b"]),
        ("contains(github.event.pull_request.labels.*.name, 'B')", True),
        ("github.event.pull_request.labels[1].name", "b"),
        ("!github.event.pull_request.draft || 'x'", "x"),
        ("format('{0}-{1}{{}}', 'a', true)", "a-true{}"),
        ("join(fromJSON('[1,2]'), '+')", "1+2"),
        ("(1 < 2) && (2 >= 2)", True),
        ("'it''s'", "it's"),
        ("endsWith('a.PY', '.py')", True),
        ("false && nothing || 'else'", ExpressionError),
        ("1 +", ExpressionError),
        ("format('{1}', 'a')", ExpressionError),
        ("unknown(1)", ExpressionError),
        ("fromJSON('{')", ExpressionError),
        ("(" * 100 + "1" + ")" * 100, ExpressionError),
        ("'open", ExpressionError),
    ],
)
def test_expressions(expression: str, value: Any) -> None:
    if value is ExpressionError:
        with pytest.raises(ExpressionError):
            evaluate(expression, SCOPE)
    else:
        assert evaluate(expression, SCOPE) == value


def test_interpolation_keeps_the_type_of_a_lone_expression() -> None:
    assert interpolate("${{ fromJSON('[1]') }}", SCOPE) == [1]
    assert interpolate("a ${{ '}}' }} ${{ true }} ${{ 3.0 }} ${{ null }}.", SCOPE) == "a }} true 3 ."


@pytest.mark.parametrize(
    ("raw", "ancestors", "runs"),
    [
        (None, ["success"], True),
        (None, ["skipped"], False),
        ("github.event_name == 'push'", ["failure"], False),
        ("always()", ["failure"], True),
        ("${{ failure() }}", ["success"], False),
        ("failure()", ["failure", "success"], True),
        ("${{ !cancelled() && needs.a.result == 'failure' }}", ["failure"], True),
        ("github.event.pull_request.draft == false", [], False),
        (False, [], False),
        ("always() && ${{ github.ref == 'x' }}", [], True),
    ],
)
def test_conditions_of_jobs(raw: object, ancestors: list[str], runs: bool) -> None:
    scope = job_scope(GITHUB, {}, {"a": {"result": "failure", "outputs": {}}}, ancestors)
    assert condition(raw, scope) is runs


@pytest.mark.parametrize(
    ("matrix", "legs"),
    [
        ({"a": [1, 2], "b": ["x"]}, [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]),
        ({"a": [1, 2], "exclude": [{"a": 1}]}, [{"a": 2}]),
        ({"include": [{"a": 1}, {"a": 2}]}, [{"a": 1}, {"a": 2}]),
        (
            {"a": [1, 2], "include": [{"a": 1, "b": "only"}, {"c": "all"}, {"a": 3}]},
            [{"a": 1, "b": "only", "c": "all"}, {"a": 2, "c": "all"}, {"a": 3}],
        ),
    ],
)
def test_matrices(matrix: dict[str, Any], legs: list[dict[str, Any]]) -> None:
    assert expand(matrix) == legs


@pytest.mark.parametrize("matrix", [[], {"a": []}, {"a": "x"}, {"include": "x"}, {"a": list(range(9000))}])
def test_matrices_that_are_refused(matrix: object) -> None:
    with pytest.raises(ExpressionError):
        expand(matrix)
