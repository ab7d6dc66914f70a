"""A yes to what CI gives away: for these files, in every later run of the repository, until they are others."""

from datetime import timedelta
from typing import Any

import pytest
from core_builders import ANNA, T0, at, config, fold, plan, prepared, run_started, said

from otto_bot.core import events as e
from otto_bot.core.allowing import MOST_ALLOWED, acts_of, allowed_before, allowed_to_start, changed, passed_on, with_yes
from otto_bot.core.exposure import Allowed, Exposure, exposure
from otto_bot.core.lanes import Workflow
from otto_bot.core.policy import plan_wait
from otto_bot.core.run import Run
from otto_bot.core.slim import slimmed

CI = ".github/workflows/ci.yml"


def workflow(run: str = "${{ secrets.KEY }}", path: str = CI, on: Any = "push", **more: Any) -> Workflow:
    jobs = {"a": {"runs-on": "ubuntu-latest", "steps": [{"run": run}]}}
    return Workflow(path=path, data={"on": on, "permissions": {}, "jobs": jobs, **more})


def seen(*files: Workflow, rights: tuple[str, ...] | None = None) -> Exposure:
    acts = acts_of(fold(None, run_started(), prepared())).model_copy(update={"default_rights": rights})
    return exposure(files, acts)


def begun(told: Exposure, *before: Allowed, number: int = 1, **settings: Any) -> Run:
    """A run whose plan waits to be posted."""
    start = run_started(run_id=number, issue=3 + number, exposure_allowed=before)
    return fold(None, start, prepared(config(**settings), told), e.PlanMade(at=T0, number=0, plan=plan("t1")))


def approved(run: Run, seconds: float = 9) -> Run:
    said_yes = said("/otto approve").model_copy(update={"at": at(seconds)})
    return fold(run, e.PlanPosted(at=at(1), revision=1, comment_id=5), said_yes)


def test_one_yes_is_for_all_runs_of_the_repository() -> None:
    told = seen(workflow())
    first = approved(begun(told))
    (yes,) = first.exposure_allowed
    assert (yes.files_hash, yes.by, yes.run, yes.issue, yes.at) == (told.files_hash, ANNA.login, 1, 4, at(9))
    second = begun(told, *first.exposure_allowed, number=2)
    assert plan_wait(begun(told)) is not None
    assert plan_wait(second) is None
    assert allowed_before(second) == yes
    posted = fold(second, e.PlanPosted(at=at(1), revision=1, comment_id=5))
    assert posted.plan_approved_by == "rule"
    assert allowed_to_start(posted, [workflow()], [workflow()]) is None


def test_other_files_are_asked_about_again() -> None:
    yes = approved(begun(seen(workflow()))).exposure_allowed
    other = seen(workflow("steal ${{ secrets.KEY }}"))
    waits = plan_wait(begun(other, *yes))
    assert waits is not None
    assert "can use what your CI has" in waits.reasons[0]
    unread = workflow(path=".github/workflows/release.yml", on="release")
    assert plan_wait(begun(seen(workflow(), unread), *yes)) is None


@pytest.mark.parametrize(
    ("then", "now", "asks"),
    [
        (None, None, False),
        (None, ("contents: write",), False),
        (("contents: write",), ("contents: write",), False),
        (("contents: write",), (), False),
        ((), ("contents: write",), True),
        ((), None, True),
    ],
)
def test_more_rights_by_default_are_asked_about_again(
    then: tuple[str, ...] | None, now: tuple[str, ...] | None, asks: bool
) -> None:
    yes = approved(begun(seen(workflow(), rights=then))).exposure_allowed
    run = begun(seen(workflow(), rights=now), *yes)
    assert (plan_wait(run) is not None) is asks
    posted = fold(run, e.PlanPosted(at=at(1), revision=1, comment_id=5))
    assert (allowed_to_start(posted, [workflow()], [workflow()]) is not None) is asks


def test_a_plan_without_a_question_is_no_yes() -> None:
    assert approved(begun(seen(Workflow(path=CI, data={"on": "push", "permissions": {}, "jobs": {}})))).plan_approved_by
    nothing = seen(Workflow(path=CI, data={"on": "release"}))
    assert approved(begun(nothing, plan={"approval": "always"})).exposure_allowed == ()


def test_going_on_after_the_question_is_a_yes_for_later_runs_too() -> None:
    run = approved(begun(seen(workflow())))
    changed_files = [workflow("other ${{ secrets.KEY }}")]
    found = allowed_to_start(run, changed_files, changed_files)
    assert found is not None
    held = e.WorkflowsHeld(at=at(20), reason="other files", exposure=found.files_hash)
    run = fold(run, held, said("/otto resume", key="on").model_copy(update={"at": at(21)}))
    assert run.exposure_accepted == found.files_hash
    assert allowed_to_start(run, changed_files, changed_files) is None
    assert [one.at for one in run.exposure_allowed] == [at(21), at(9)]
    assert plan_wait(begun(seen(*changed_files), *run.exposure_allowed, number=2)) is None
    # An earlier yes to the same files stays whose it is, and the run goes on with it.
    again = fold(run, held, said("/otto resume", key="again").model_copy(update={"at": at(30)}))
    assert (again.exposure_accepted, again.exposure_allowed) == (found.files_hash, run.exposure_allowed)


def test_a_yes_to_all_that_is_started_is_one_to_a_part_of_it() -> None:
    """A push starts both files, a dispatch only one; the branch's are others than the default branch's."""
    dispatched = workflow(path=".github/workflows/otto-verify.yml", on=["push", "workflow_dispatch"])
    ours, theirs = [workflow(), dispatched], [workflow("x ${{ secrets.KEY }}", on=["push", "pull_request"]), dispatched]
    run = begun(seen(workflow()))
    both = allowed_to_start(run, theirs, ours)
    assert both is not None
    run = with_yes(run, both.files_hash, "anna", at(2))
    calls = acts_of(run).model_copy(update={"dispatched": ("otto-verify.yml",), "only_dispatch": True})
    assert allowed_to_start(run, theirs, ours) is None
    assert allowed_to_start(run, theirs, ours, acts=calls) is None
    assert allowed_to_start(run, ours, ours, acts=calls) is not None
    each = run.model_copy(update={"exposure_allowed": ()})
    for files in (ours, theirs):
        each = with_yes(each, seen(*files).files_hash, "anna", at(2))
    assert allowed_to_start(each, theirs, ours) is None


def test_what_is_passed_on_is_bounded_and_names_who_said_it_first() -> None:
    def yes(number: int, when: float, by: str = "anna") -> Allowed:
        return Allowed(files_hash=f"h{number}", by=by, at=T0 + timedelta(hours=when), run=number, issue=4)

    many = [yes(number, number) for number in range(MOST_ALLOWED + 5)]
    assert passed_on(many) == tuple(reversed(many))[:MOST_ALLOWED]
    assert passed_on([yes(1, 5, "bob"), yes(1, 1), yes(2, 3)]) == (yes(2, 3), yes(1, 1))


def test_files_that_changed_are_named() -> None:
    def other(text: str) -> Workflow:
        return workflow(text, path=".github/workflows/other.yml")

    before = seen(workflow(), other("a"))
    assert changed(before, seen(workflow(), other("b"))) == (".github/workflows/other.yml",)
    assert changed(before, seen(workflow("x"))) == (CI, ".github/workflows/other.yml")
    assert changed(before, before) == ()
    assert changed(Exposure(items=(), files_hash="of an earlier release"), before) == ()
    assert changed(None, before) == ()


def test_what_was_allowed_stays_when_a_run_is_made_slim() -> None:
    run = fold(approved(begun(seen(workflow()))), said("/otto stop"))
    assert slimmed(run).exposure_allowed == run.exposure_allowed != ()
