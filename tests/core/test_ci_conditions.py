"""What an `if:` says before the event: against the stand-in's own reading of the language, and where nobody knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.ci_conditions import LONGEST, Scope, says
from otto_bot.core.ci_jobs import Happening, Jobs, Worth, contexts
from otto_bot.core.ci_steps import Scripts
from otto_bot.core.ci_values import Open, Unknown
from otto_bot.playground.actions.expressions import Scope as TheirScope
from otto_bot.playground.actions.expressions import condition
from otto_bot.playground.actions.values import ExpressionError

KNOWN = {
    "github": {
        "event_name": "pull_request", "ref": "refs/heads/otto/1", "head_ref": "otto/1", "none": None, "yes": True,
        "no": False, "number": 3.0, "empty": "", "event": {"pull_request": {"draft": False, "labels": []}},
        "many": ["Alpha", "beta"],
    }
}  # fmt: skip
PLACES = (
    "github.event_name", "github.ref", "github.head_ref", "github.none", "github.yes", "github.no", "github.number",
    "github.empty", "github.missing", "github.event.pull_request.draft", "github.event.label.name", "github['ref']",
    "'pull_request'", "'OTTO/1'", "'0'", "'false'", "''", "true", "false", "null", "0", "3", "1.5",
    "contains(github.event.pull_request.labels.*.name, 'x')", "contains(github.many, 'ALPHA')",
    "contains(github.ref, '/otto')", "startsWith(github.ref, 'refs/')", "endsWith(github.head_ref, '1')",
    "format('refs/heads/{0}', github.head_ref)", "join(github.many, '-')", "contains(fromJSON('[\"a\"]'), 'a')",
    "success()", "failure()", "always()", "cancelled()",
)  # fmt: skip


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions of one level more."""
    pairs = st.tuples(inner, st.sampled_from(["&&", "||", "==", "!=", "<", ">=", ">", "<="]), inner)
    return st.one_of(inner.map("!{}".format), inner.map("({})".format), pairs.map(" ".join))


EXPRESSIONS = st.recursive(st.sampled_from(PLACES), compound, max_leaves=6)


@given(EXPRESSIONS, st.booleans(), st.booleans())
def test_what_is_known_is_read_as_the_stand_in_reads_it(text: str, braces: bool, success: bool) -> None:
    """Two readings of one language, written apart: where everything is known both say the same."""
    text = f"${{{{ {text} }}}}" if braces else text
    status = {"success": success, "failure": False, "always": True, "cancelled": False}
    assert says(text, Scope(KNOWN, success)) is condition(text, TheirScope(KNOWN, status)), text


@given(EXPRESSIONS, st.sampled_from([None, True, False, "", "otto/1", 3.0]))
def test_what_is_said_of_the_unknown_holds_for_each_of_its_values(text: str, value: object) -> None:
    """An answer that was given without a value may not change once the value is there."""
    github = {**KNOWN["github"], "head_ref": Unknown.MAYBE, "none": Unknown.MAYBE}
    said = says(text, Scope({"github": github}))
    filled = {"github": {**KNOWN["github"], "head_ref": value, "none": value}}
    assert said in (None, says(text, Scope(filled))), text


JUNK = st.lists(st.sampled_from([*PLACES, "(", ")", "!", "&&", ",", ".*", "[0]"])).map("".join)


@given(st.text(max_size=60) | JUNK)
def test_no_text_stops_the_reading(text: str) -> None:
    """What the stand-in refuses may be anything here, and is no error."""
    said = says(text, Scope(KNOWN))
    try:
        status = {"success": True, "failure": False, "always": True, "cancelled": False}
        theirs = condition(text, TheirScope(KNOWN, status))
    except ExpressionError:
        return
    assert said in (None, theirs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, True), ("", True), (False, False), (True, True), (0, False),
        ("vars.RUN == 'yes'", None), ("vars.RUN == 'yes' && false", False), ("vars.RUN || true", True),
        ("!vars.RUN", None), ("(vars.RUN || true) == 'x'", None), ("needs.a.outputs.x == 'true'", None),
        ("hashFiles('x') != ''", None), ("github.open.what", None), ("github.open.labels", False),
        ("true && ${{ false }}", True), ("${{ false }}\n", True), ("${{ false }}", False),
        ("a b", None), ("(", None), ("'open", None), ("false || " * 300 + "false", None),
        ("(" * 40 + "1" + ")" * 40, None), ("!" * 500 + "true", True),
    ],
)  # fmt: skip
def test_what_the_files_do_not_tell(text: object, said: bool | None) -> None:
    scope = Scope({"github": {"open": Open(labels="")}, "needs": {"a": {"outputs": Open()}}})
    assert says(text, scope) is said


def test_a_condition_is_read_up_to_a_length() -> None:
    assert says("false".ljust(LONGEST), Scope()) is False
    assert says("false".ljust(LONGEST + 1), Scope()) is None


def happening(name: str, **more: object) -> Happening:
    given = {"name": name, "branch": "otto/1-1/a", "default_branch": "main", "repository": "acme/widgets"}
    return Happening.model_validate(given | {"action": "opened" if name == "pull_request" else ""} | more)


@pytest.mark.parametrize(
    ("text", "push", "pull"),
    [
        ("github.event_name == 'push'", True, False),
        ("github.ref == 'refs/heads/main'", False, False),
        ("startsWith(github.ref, 'refs/pull/')", False, True),
        ("github.ref_name == 'otto/1-1/a'", True, False),
        ("github.head_ref == 'otto/1-1/a'", False, True),
        ("github.base_ref == github.event.repository.default_branch", False, True),
        ("github.event.pull_request.draft == false", True, True),
        ("github.event.pull_request.head.repo.full_name == github.repository", False, True),
        ("github.event.pull_request.head.repo.fork", False, None),
        ("github.event.pull_request == null", True, False),
        ("github.event.pull_request", False, True),
        ("contains(github.event.pull_request.labels.*.name, 'x')", False, False),
        ("contains(toJSON(github.event.pull_request.labels), 'x')", None, False),
        ("github.event.label.name == 'x'", False, False),
        ("github.event.pull_request.title == 'x'", False, None),
        ("contains(github.event.head_commit.message, '[skip]')", None, False),
        ("endsWith(github.actor, '[bot]') && github.event.sender.type == 'Bot'", True, True),
        ("github.repository_owner == 'acme' && github.repository == 'acme/widgets'", True, True),
        ("inputs.run == true", False, False),
        ("github.event.deleted", False, False),
    ],
)
def test_what_is_known_of_the_events_of_ours(text: str, push: bool | None, pull: bool | None) -> None:
    assert says(text, Scope(contexts(happening("push")))) is push
    assert says(text, Scope(contexts(happening("pull_request")))) is pull


def test_a_repository_that_is_not_known_may_be_the_one_that_is_asked_for() -> None:
    unknown = contexts(happening("push", repository=""))
    assert says("github.repository == 'acme/widgets'", Scope(unknown)) is None
    assert says("github.repository_owner == 'acme'", Scope(unknown)) is None


def running(jobs: dict[str, object], **files: dict[str, object]) -> dict[str, Worth]:
    paths = {f".github/workflows/{name}.yml": data for name, data in files.items()}
    return Jobs(happening("push"), paths, Scripts()).running({"jobs": jobs})


def test_what_needs_a_skipped_job_is_skipped_unless_its_condition_says_otherwise() -> None:
    jobs: dict[str, object] = {
        "last": {"needs": ["always"]},
        "off": {"if": False},
        "follows": {"needs": "off", "if": "true"},
        "always": {"needs": "off", "if": "${{ always() }}"},
        "asks": {"needs": "off", "if": "always() && needs.off.result == 'success'"},
        "on": {"if": "needs.off == null"},
    }
    assert list(running(jobs)) == ["always", "on"]


@pytest.mark.parametrize(
    "jobs",
    [
        None,
        [],
        {},
        {"a": {"needs": "b"}},
        {"a": {"needs": "a"}},
        {"a": {"needs": "b"}, "b": {"needs": ["a"]}},
        {"a": 7},
    ],
)  # fmt: skip
def test_a_workflow_that_github_refuses_runs_no_job(jobs: object) -> None:
    assert Jobs(happening("push"), {}, Scripts()).running({"jobs": jobs}) == {}


CODE = {"uses": "actions/checkout@v4"}


@pytest.mark.parametrize(
    ("job", "worth"),
    [
        ({"steps": [CODE, {"run": "go test ./..."}]}, Worth.TESTS),
        ({"steps": [CODE, {"run": "pip install -e .[test]\nruff check ."}]}, Worth.CHECKS),
        ({"steps": [CODE, {"run": "npm ci && npm run test:unit"}]}, Worth.TESTS),
        ({"steps": [CODE, {"run": "./mvnw -B verify"}]}, Worth.TESTS),
        ({"steps": [CODE, {"run": "test -f x || exit 1"}]}, Worth.CHECKS),
        ({"steps": [CODE, {"run": "echo ${{ needs.test.result }}"}]}, Worth.CHECKS),
        ({"steps": [CODE, {"uses": "./.github/actions/test"}]}, Worth.TESTS),
        ({"name": "Unit tests", "steps": [CODE, {"run": "make"}]}, Worth.TESTS),
        ({"name": "Unit tests", "steps": [CODE, {"run": "pytest", "if": False}]}, Worth.CHECKS),
        ({"steps": [{"uses": "actions/labeler@v5"}]}, Worth.NOTHING),
        ({"steps": [{"run": "gh pr edit --add-label x"}]}, Worth.NOTHING),
        ({"steps": [{"run": '# why\n[ -n "$X" ] && curl \\\n  -d x $URL || echo no'}]}, Worth.NOTHING),
        ({"steps": [{"run": 'A=1\nB=$(gh pr view)\nC="$A"'}]}, Worth.NOTHING),
        ({"steps": [{"run": "A=1 make"}]}, Worth.CHECKS),
        ({"steps": [{"run": "git clone $URL . && make lint"}]}, Worth.CHECKS),
        ({"steps": [{"run": "./lint.sh"}]}, Worth.CHECKS),
        ({"name": "test", "steps": [{"run": "exit 1"}]}, Worth.TESTS),
        ({"steps": [{"uses": "actions/download-artifact@v4"}, {"run": "./run-tests.sh"}]}, Worth.TESTS),
        ({"uses": "acme/ci/.github/workflows/lint.yml@v1"}, Worth.CHECKS),
        ({"uses": "acme/ci/.github/workflows/tests.yml@v1"}, Worth.TESTS),
        ({"uses": "acme/ci/.github/workflows/labeler.yml@v1"}, Worth.NOTHING),
        ({"uses": "./.github/workflows/called.yml"}, Worth.TESTS),
        ({"uses": "./.github/workflows/itself.yml"}, Worth.NOTHING),
        ({"uses": "./.github/workflows/gone.yml"}, Worth.CHECKS),
        ({"uses": 7}, Worth.CHECKS),
        ({}, Worth.CHECKS),
        ({"name": "test"}, Worth.TESTS),
    ],
)
def test_how_much_a_green_job_says(job: dict[str, object], worth: Worth) -> None:
    called: dict[str, object] = {"jobs": {"a": {"steps": [CODE]}, "b": {"steps": [CODE, {"run": "cargo test"}]}}}
    itself: dict[str, object] = {"jobs": {"a": {"uses": "./.github/workflows/itself.yml"}}}
    assert running({"job": job}, called=called, itself=itself) == {"job": worth}
