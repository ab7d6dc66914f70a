"""Changed files that CI executes: the pull request and the check say which, whatever they are called."""

from collections.abc import Callable

from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.ci_paths import Executed
from otto_bot.core.exposure import DEFAULT_RIGHTS, Allowed, Exposed, Exposure
from otto_bot.core.run import Run
from otto_bot.core.surfaces import PULL, surfaces
from otto_bot.text import refusals
from otto_bot.text.check import attempt_check
from otto_bot.text.in_ci import in_ci_part
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment
from otto_bot.text.pull import pull_body


def touching(run: Run, *files: Executed) -> tuple[Run, str]:
    key = next(key for key, task in run.tasks.items() if task.last is not None and task.last.pushed)
    task = run.task(key)
    last = task.attempts[-1].model_copy(update={"runs_in_ci": files})
    return run.with_task(task.model_copy(update={"attempts": (*task.attempts[:-1], last)})), key


def test_the_reviewer_is_told(moment: Callable[[str], Run], links: Links, snapshot: SnapshotAssertion) -> None:
    plain = moment("finished")
    many = tuple(Executed(path=f"scripts/s{n}.sh", by="named in ci.yml") for n in range(22))
    run, key = touching(plain, Executed(path="package.json", by="npm in ci.yml"), *many)
    assert in_ci_part(run).full == snapshot
    assert in_ci_part(run).full in pull_body(run, links, None)
    assert "`package.json`: npm in ci.yml" in attempt_check(run, key, run.task(key).attempts[-1].number, links).text
    assert surfaces(run)[PULL] != surfaces(plain)[PULL]


def test_nothing_is_said_where_nothing_of_the_kind_changed(moment: Callable[[str], Run]) -> None:
    assert in_ci_part(moment("finished")).full == ""


def test_a_files_name_is_only_text(moment: Callable[[str], Run]) -> None:
    run, _ = touching(moment("finished"), Executed(path="a`\n# x <img src=x>@octocat", by="![x](https://evil.example)"))
    kinds = {token.type for token in MarkdownIt().parse(in_ci_part(run).full)}
    assert not kinds & {"html_block", "heading_open"}
    assert "<img" not in MarkdownIt().render(in_ci_part(run).full)


def test_a_plan_says_how_to_be_asked_less(moment: Callable[[str], Run], links: Links) -> None:
    run = moment("planned")
    item = Exposed(workflow="ci.yml", what="token right", detail=f"{DEFAULT_RIGHTS} (job test)")
    unsaid = run.model_copy(update={"exposure": Exposure(items=(item,), files_hash="h")})
    words = "With `permissions: {contents: read}` in a workflow its token is not among them any more."
    assert words in plan_comment(unsaid, links)
    assert words not in plan_comment(run, links)


def test_what_is_asked_before_changed_workflows_start(snapshot: SnapshotAssertion) -> None:
    items = [Exposed(workflow=".github/workflows/ci.yml", what="secret", detail=f"KEY{n}") for n in range(7)]
    words = [
        refusals.workflows_changed(items, "main"),
        refusals.workflows_changed(items[:1], "main", [f".github/workflows/{name}.yml" for name in "abcd"]),
        refusals.not_pushed_any_more(items, "main"),
        refusals.workflows_unreadable("it is too large"), refusals.config_unreadable("it is too large"),
    ]  # fmt: skip
    assert words == snapshot
    hostile = Exposed(workflow="x" * 500, what="y" * 500, detail="z" * 5000)
    for said in (
        refusals.workflows_changed([hostile] * 9, "b" * 300, ["p" * 500] * 9),
        refusals.exposure_grew([hostile] * 9, "b" * 300),
    ):
        assert len(said) <= refusals.REASON_LIMIT
        assert said.endswith("/otto stop ends the run")


def test_a_plan_says_who_allowed_the_same_before(moment: Callable[[str], Run], links: Links) -> None:
    run = moment("planned")
    assert run.exposure is not None
    yes = Allowed(files_hash=run.exposure.files_hash, by="anna", at=run.started_at, run=7, issue=3)
    told = plan_comment(run.model_copy(update={"exposure_allowed": (yes,)}), links)
    words = "`anna` allowed it in run 7 (issue 3, "
    assert words in told
    asked = "code on its branches can use what your CI has"
    assert asked not in told
    assert asked in plan_comment(run, links)
    assert words not in plan_comment(run, links)
    own = run.model_copy(update={"exposure_allowed": (yes.model_copy(update={"run": run.id}),)})
    assert words not in plan_comment(own, links)
    hidden = run.model_copy(update={"exposure_allowed": (yes.model_copy(update={"by": "<b>@x"}),)})
    assert "`<b>@x`" in plan_comment(hidden, links)
