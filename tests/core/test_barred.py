"""A repository that is shut, opened, renamed or gone, and an issue that is gone: what a run makes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from core_builders import (
    REPO,
    at,
    coded,
    executing,
    fold,
    plan,
    planned,
    posted,
    pushed,
    run_started,
    said,
    started,
    to_failed,
)
from core_builders import gate as gate_of

from otto_bot.core import events as e
from otto_bot.core.barred import news_of
from otto_bot.core.barring import ISSUE_GONE, Bar, Barred, RepositoryMoved, RightsAccepted, Unbarred
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.machine import started as begun
from otto_bot.core.parked import at_work
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.surfaces import LABELS, PLAN, PULL, STATUS, surfaces
from otto_bot.text.trouble import Trouble

ONE = plan("t1")
ELSEWHERE = REPO.model_copy(update={"name": "tool", "default_branch": "trunk"})


def barred(by: str = "archived", seconds: float = 10) -> Barred:
    return Barred.model_validate({"at": at(seconds), "by": by})


def unbarred(by: str = "archived", seconds: float = 70) -> Unbarred:
    return Unbarred.model_validate({"at": at(seconds), "by": by})


def failed(key: str, *, kind: str = "permission", final: bool = True, seconds: float = 20) -> e.EffectFailed:
    later = None if final else at(seconds + 5)
    return e.EffectFailed(at=at(seconds), key=key, kind=kind, message="no", retry_at=later)


def gone(what: str = "transferred", to: str = "octo/other#3") -> e.IssueChanged:
    return e.IssueChanged.model_validate({"at": at(30), "what": what, "to": to})


def keys(run: Run) -> set[str]:
    return {effect.key for effect in scheduled(run)}


@pytest.mark.parametrize("by", ["archived", "suspended"])
def test_nothing_is_due_while_barred_and_the_same_afterwards(by: str) -> None:
    """No step, no surface, no call; then exactly what was due before, under the same keys."""
    run = fold(executing(ONE), started("t1"))
    shut = fold(run, barred(by))
    assert not scheduled(shut)
    assert not at_work(shut)
    assert (shut.phase, shut.outcome, shut.hold) == (run.phase, None, None)
    assert keys(fold(shut, unbarred(by))) == keys(run)


def test_time_barred_uses_up_none_of_its_minutes() -> None:
    run = executing(ONE)
    assert fold(run, barred(), unbarred()).over_at == run.over_at + timedelta(seconds=60)


def test_two_bars_are_lifted_one_by_one() -> None:
    shut = fold(executing(ONE), barred(), barred("suspended", 20), barred("suspended", 25))
    assert [bar.by for bar in shut.bars] == ["archived", "suspended"]
    half = fold(shut, unbarred("archived", 30))
    assert not scheduled(half)
    whole = fold(half, unbarred("suspended", 40))
    assert scheduled(whole)
    assert whole.barred_before == Bar(by="suspended", since=at(10), until=at(40))


def test_bars_beside_each_other_give_back_all_of_the_time() -> None:
    run = fold(executing(ONE), started("t1"), coded("t1"), pushed("t1"))
    shut = fold(run, barred("archived", 10), barred("suspended", 1000))
    after = fold(shut, unbarred("archived", 1010), unbarred("suspended", 1020)).verifications["t1/a1"]
    assert after.started_at == run.verifications["t1/a1"].started_at + timedelta(seconds=1010)


def test_what_fails_while_barred_is_no_trouble_and_calls_nobody() -> None:
    """Steps that were under way when it was shut fail for that reason."""
    shut = fold(executing(ONE), barred(), failed("run/1/show/status/3"))
    assert shut.trouble == {}
    assert shut.hold is None


def test_what_failed_for_good_before_is_tried_again_once_it_is_open() -> None:
    """A status or a call that GitHub refused just before anybody knew why."""
    key = "run/1/show/status/0"
    run = fold(begun(run_started()), failed(key))
    assert run.hold is not None
    assert key not in keys(run)
    again = fold(run, barred(), unbarred())
    assert f"run/1/call/hold/{run.hold.number}" in keys(again)
    assert key in keys(again)
    assert again.hold == run.hold  # a person was to look: that stays so


def test_unbarring_what_is_not_barred_changes_nothing() -> None:
    run = executing(ONE)
    assert fold(run, unbarred()) is run


def test_a_repository_taken_from_otto_ends_the_run_without_a_word() -> None:
    run = fold(executing(ONE), started("t1"), barred("removed"))
    assert (run.outcome, run.phase, run.ended) == (Outcome.CANCELLED, RunPhase.DONE, True)
    assert not scheduled(run)
    assert run.stopping


def test_it_says_its_last_word_once_it_may_again() -> None:
    """Work of coders is pushed, the status comment is brought up to date; nothing new starts."""
    run = fold(executing(ONE), started("t1"), barred("removed"), unbarred("removed"))
    kinds = {effect.kind for effect in scheduled(run)}
    assert run.outcome is Outcome.CANCELLED
    assert EffectKind.SHOW in kinds
    assert kinds <= {EffectKind.SHOW, EffectKind.CODE, EffectKind.TIDY, EffectKind.TIME_UP, EffectKind.LEARN}


def test_a_run_that_is_over_stays_what_it_was() -> None:
    over = fold(executing(ONE), e.PullRequestClosed(at=at(5), merged=True))
    after = fold(over, barred("removed"))
    assert (after.outcome, after.ended) == (over.outcome, True)


def test_another_name_is_followed_and_what_shows_links_is_written_anew() -> None:
    run = executing(ONE)
    moved = fold(run, RepositoryMoved(at=at(10), repo=ELSEWHERE))
    assert (moved.repo, moved.moved_from, moved.base_was) == (ELSEWHERE, "octo/app", "main")
    assert surfaces(moved)[STATUS] != surfaces(run)[STATUS]
    assert surfaces(moved)[PULL] != surfaces(run)[PULL]


def test_the_pull_request_names_a_default_branch_as_it_is_called_now() -> None:
    run = executing(ONE)
    moved = fold(run, RepositoryMoved(at=at(10), repo=run.repo.model_copy(update={"default_branch": "trunk"})))
    assert surfaces(moved)[PULL] != surfaces(run)[PULL]


def test_the_same_name_again_or_another_repository_changes_nothing() -> None:
    run = executing(ONE)
    other = ELSEWHERE.model_copy(update={"id": 8})
    assert fold(run, RepositoryMoved(at=at(1), repo=REPO), RepositoryMoved(at=at(2), repo=other)) is run


def test_two_renames_name_the_last_one() -> None:
    third = ELSEWHERE.model_copy(update={"name": "kit"})
    run = fold(executing(ONE), RepositoryMoved(at=at(1), repo=ELSEWHERE), RepositoryMoved(at=at(2), repo=third))
    assert (run.moved_from, run.base_was, run.repo.name) == ("octo/tool", "main", "kit")


@pytest.mark.parametrize("what", ["transferred", "deleted"])
def test_an_issue_that_is_gone_ends_the_run_and_is_told_once_on_the_pull_request(what: str) -> None:
    run = fold(executing(ONE), gone(what))
    assert run.outcome is Outcome.CANCELLED
    assert not {STATUS, PLAN, LABELS} & surfaces(run).keys()
    assert f"run/1/call/{ISSUE_GONE}" in keys(run)
    told = fold(run, e.PersonCalled(at=at(40), wait=ISSUE_GONE))
    assert f"run/1/call/{ISSUE_GONE}" not in keys(told)
    assert fold(told, gone(what)) is told


def test_a_pull_request_that_was_being_opened_when_the_issue_went_says_it() -> None:
    """GitHub has it, and people see it: it is not left as if work went on."""
    run = fold(planned(ONE), e.PlanPosted(at=at(1), revision=1, comment_id=5), gone())
    opened = e.PullRequestOpened(at=at(40), number=2, node_id="n", head_sha="head", head_tree="tree-head")
    after = fold(run, opened)
    assert (after.pull_request, after.phase, after.outcome) == (2, RunPhase.DONE, Outcome.CANCELLED)
    assert f"run/1/call/{ISSUE_GONE}" in keys(after)
    assert PULL in surfaces(after)


def test_coders_push_what_they_have_before_it_is_told() -> None:
    run = fold(executing(ONE), started("t1"), gone())
    assert run.stopping
    assert f"run/1/call/{ISSUE_GONE}" not in keys(run)


def test_without_a_pull_request_there_is_nowhere_to_say_it() -> None:
    run = fold(begun(run_started()), gone())
    assert run.outcome is Outcome.CANCELLED
    assert not {effect for effect in scheduled(run) if effect.kind in (EffectKind.CALL, EffectKind.SHOW)}


def test_of_a_run_that_was_over_nobody_is_told() -> None:
    run = fold(executing(ONE), said("/otto stop"), gone())
    assert run.issue_gone is not None
    assert f"run/1/call/{ISSUE_GONE}" not in keys(run)


def test_rights_that_are_accepted_let_what_lacked_them_be_tried_again() -> None:
    """Whatever found it out: a token that is not made, an answer of GitHub, or Actions that is not to be asked."""
    lacking, rerun, other = "run/1/show/status/0", "run/1/rerun/t1/a1/1", "run/1/show/labels/0"
    run = fold(
        begun(run_started()),
        failed(lacking),
        failed(rerun, kind=Trouble.NO_ACTIONS_WRITE),
        failed(other, kind="github"),
    )
    assert set(run.trouble) == {lacking, rerun, other}
    assert set(fold(run, RightsAccepted(at=at(60))).trouble) == {other}


@pytest.mark.parametrize(
    ("before", "archived", "named", "told"),
    [
        ((), False, REPO, []),
        ((), True, REPO, [("Barred", "archived")]),
        (("archived",), True, REPO, []),
        (("archived",), False, REPO, [("Unbarred", "archived")]),
        (("archived", "suspended"), True, REPO, [("Unbarred", "suspended")]),
        (("suspended", "removed"), False, REPO, [("Unbarred", "removed"), ("Unbarred", "suspended")]),
        ((), False, ELSEWHERE, [("RepositoryMoved", "")]),
        (("suspended",), True, ELSEWHERE, [("RepositoryMoved", ""), ("Barred", "archived"), ("Unbarred", "suspended")]),
    ],
)
def test_what_a_look_tells(before: tuple[str, ...], archived: bool, named: Any, told: list[tuple[str, str]]) -> None:
    """Only what the run does not know; told twice it is nothing."""
    run = fold(executing(ONE), *(barred(by) for by in before))
    news = news_of(run, named, archived=archived, at=at(99))
    assert [(one.type, getattr(one, "by", "")) for one in news] == told
    assert news_of(fold(run, *news), named, archived=archived, at=at(100)) == []


def test_actions_has_as_long_as_before_and_is_asked_at_once() -> None:
    """What was late only because nobody could look is not late."""
    run = fold(executing(ONE), started("t1"), coded("t1"), pushed("t1"))
    before = run.verifications["t1/a1"]
    after = fold(run, barred(seconds=10), unbarred(seconds=10_000)).verifications["t1/a1"]
    assert after.started_at == before.started_at + timedelta(seconds=9_990)
    assert after.next_at == at(10_000)


def test_a_retry_plan_can_be_objected_to_for_the_whole_grace_again() -> None:
    """People could not say a word either."""
    run = posted(gate_of(fold(executing(ONE), *to_failed("t1")), {"t1": "retry"}))
    gate = run.gate
    assert gate is not None
    assert gate.deadline is not None
    grace = gate.deadline - at(0)
    after = fold(run, barred(seconds=5), unbarred(seconds=1000)).gate
    assert after is not None
    assert after.deadline == at(1000) + grace


def test_a_person_can_still_stop_it() -> None:
    run = fold(executing(ONE), barred(), said("/otto stop"))
    assert run.outcome is Outcome.CANCELLED
    assert not scheduled(run)
