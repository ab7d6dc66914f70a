"""Installations and repositories that change under a run: told by webhooks in any order, or found by looking."""

from __future__ import annotations

import json
from typing import Any

import pytest

from otto_bot.core import events as e
from otto_bot.core.barring import BarredBy
from otto_bot.core.effects import scheduled
from otto_bot.core.rights import hindering, lacking
from otto_bot.core.run import Outcome
from otto_bot.github.errors import Moved, Unreachable
from otto_bot.intake.comparing import Comparing
from otto_bot.intake.standing_looks import differ
from otto_bot.store.granted import Grants

SHUT = {"archived": ({"archive": True}, {"archive": False}), "suspended": ({"app": "suspend"}, {"app": "unsuspend"})}
EVENT = {"archived": "repository", "suspended": "installation"}


def kinds(bench: Any) -> list[str]:
    """Events of the newest run that are about how its repository stands."""
    about = ("Barred", "Unbarred", "RepositoryMoved", "RightsAccepted", "IssueChanged")
    return [event.type for event in bench.told() if event.type in about]


@pytest.mark.parametrize("by", sorted(SHUT))
async def test_a_run_is_barred_and_unbarred_by_webhooks(started: Any, by: BarredBy) -> None:
    shut, open_ = SHUT[by]
    await started.do("octo", **shut)
    assert [bar.by for bar in started.run.bars] == [by]
    assert not scheduled(started.run)
    await started.do("octo", **open_)
    assert started.run.bars == ()
    assert scheduled(started.run)
    assert kinds(started) == ["Barred", "Unbarred"]


@pytest.mark.parametrize("by", sorted(SHUT))
async def test_webhooks_that_are_lost_are_found_by_looking(started: Any, by: BarredBy) -> None:
    shut, open_ = SHUT[by]
    started.drop(EVENT[by])
    await started.do("octo", **shut)
    assert started.run.bars == ()
    await later(started)
    assert [bar.by for bar in started.run.bars] == [by]
    await started.do("octo", **open_)
    await later(started)
    assert started.run.bars == ()
    assert kinds(started) == ["Barred", "Unbarred"]


async def later(bench: Any) -> None:
    """A round of looking, when no list is good any more."""
    from datetime import timedelta

    bench.now.ahead += timedelta(minutes=20)
    await bench.catch_up()


@pytest.mark.parametrize("by", sorted(SHUT))
async def test_a_delivery_that_comes_late_or_twice_tells_how_it_is_now(started: Any, by: BarredBy) -> None:
    """What was told in the other order, and what comes again, changes nothing that is so."""
    shut, open_ = SHUT[by]
    started.fault(kind="reorder", event=EVENT[by], count=1)
    started.fault(kind="duplicate", event=EVENT[by], nth=2)
    await started.do("octo", **shut)
    await started.do("octo", **open_)
    assert started.run.bars == ()
    assert kinds(started).count("Barred") == kinds(started).count("Unbarred")


async def test_a_renamed_repository_is_followed(started: Any) -> None:
    await started.do("octo", rename={"name": "words", "default_branch": "trunk"})
    assert (started.run.repo.full_name, started.run.repo.default_branch) == ("octo/words", "trunk")
    assert started.run.moved_from == "octo/demo"
    await started.do(comment="/otto status")
    assert started.given() == ["status"]


async def test_a_rename_that_nobody_told_is_found_by_looking(started: Any) -> None:
    started.drop("repository")
    await started.do("octo", rename="words")
    assert started.run.repo.name == "demo"
    await later(started)
    assert started.run.repo.full_name == "octo/words"


async def another_default_branch(bench: Any) -> None:
    """From `main` to `next`; both are there."""
    world = bench.stand_in.hub.world
    await bench.branch("next")
    world.config = world.config.model_copy(update={"default_branch": "next"})
    world.announce("repository", "edited", "octo", {"changes": {"default_branch": {"from": "main"}}})
    await bench.work()


async def test_another_default_branch_is_no_new_name_of_the_old_one(started: Any) -> None:
    """The pull request stays on the branch that it was opened for."""
    await another_default_branch(started)
    assert started.run.repo.default_branch == "main"


async def test_of_two_default_branches_a_run_follows_the_one_it_was_begun_on(started: Any) -> None:
    """What is pushed to the new one is not its base; what is pushed to its own is found by looking."""
    await started.opened()
    await another_default_branch(started)
    await later(started)
    before = bases(started)
    assert before == [await started.repository.branch_sha("main")]
    await started.do(push={"branch": "next", "files": {"n": "1"}})
    await later(started)
    assert bases(started) == before
    await started.do(push={"branch": "main", "files": {"m": "1"}})
    await later(started)
    await later(started)
    assert bases(started) == [*before, await started.repository.branch_sha("main")]


def bases(bench: Any) -> list[str]:
    """Where the newest run was told that its base is."""
    return [event.sha for event in bench.told() if event.type == "BaseMoved"]


async def test_a_run_on_a_default_branch_of_before_is_not_looked_at_more_closely_for_it(
    started: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await another_default_branch(started)
    asked = closer(started, monkeypatch)
    await later(started)
    assert asked == []
    started.drop("repository")
    await started.do("octo", rename="words")
    await later(started)
    assert asked == [started.repo.id]


def closer(bench: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Repositories that are asked about from here on."""
    asked: list[int] = []
    whole = bench.desk.standing.repository

    async def counted(installation: int, repo: int) -> None:
        asked.append(repo)
        await whole(installation, repo)

    monkeypatch.setattr(bench.desk.standing, "repository", counted)
    return asked


@pytest.mark.parametrize(
    ("listed", "known", "look"),
    [
        (set(), set(), False), ({"archived"}, set(), True), ({"archived"}, {"archived"}, False),
        (set(), {"archived"}, True), ({"suspended"}, {"archived"}, True),
        ({"archived"}, {"archived", "suspended"}, True),
        ({"suspended"}, {"archived", "suspended"}, False), ({"removed"}, {"removed", "archived"}, False),
        ({"removed"}, {"suspended"}, True), ({"suspended"}, {"removed"}, True), (set(), {"removed"}, True),
    ],
)  # fmt: skip
def test_a_closer_look_is_taken_where_it_could_tell_more(listed: set[str], known: set[str], look: bool) -> None:
    assert differ(listed, known) is look


async def test_where_github_contradicts_itself_no_run_is_ended(started: Any) -> None:
    """It lists the repository, and says that there is none: that is asked again, not believed."""
    missing = {"path": f"^/repositories/{started.repo.id}$", "count": 3}
    started.fault(kind="status", status=404, match=missing)
    with pytest.raises(Unreachable):
        await started.desk.standing.repository(started.repo.installation_id, started.repo.id)
    await started.desk.standing.repository(started.repo.installation_id, started.repo.id)  # the second time it is there
    assert kinds(started) == []
    assert not started.run.ended


async def test_a_repository_that_is_taken_out_ends_its_runs_though_its_name_is_still_served(
    started: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an installation that may not use it any more GitHub may still say that it is the one."""
    monkeypatch.setattr("otto_bot.playground.github.rest.apps._installed_here", lambda _call: None)
    await started.do("octo", app="take_repository_out")
    assert kinds(started) == ["Barred"]
    assert started.run.outcome is Outcome.CANCELLED


@pytest.mark.parametrize(("out", "back"), [("uninstall", "install"), ("take_repository_out", "add_repository")])
async def test_a_repository_that_is_taken_out_ends_its_runs(started: Any, out: str, back: str) -> None:
    """Once the App is back the run may say so; a new label starts a new run."""
    await started.do("octo", app=out)
    first = started.run
    assert first.outcome is Outcome.CANCELLED
    assert [bar.by for bar in first.bars] == ["removed"]
    assert not scheduled(first)
    await started.do("octo", app=back)
    assert started.run.bars == ()
    assert scheduled(started.run)
    await started.do(unlabel={"name": "otto"})
    await started.do(label={"name": "otto"})
    assert started.run.id != first.id
    assert not started.run.ended


@pytest.mark.parametrize("out", ["uninstall", "take_repository_out"])
async def test_an_end_that_nobody_told_is_found_by_looking(started: Any, out: str) -> None:
    for event in ("installation", "installation_repositories"):
        started.drop(event)
    await started.do("octo", app=out)
    await later(started)
    assert started.run.outcome is Outcome.CANCELLED
    await later(started)
    assert kinds(started) == ["Barred"]


@pytest.mark.parametrize("back", ["install", "add_repository"])
async def test_labels_are_there_from_the_start(bench: Any, back: str) -> None:
    await bench.do("octo", app=back)
    names = {label.name for label in bench.stand_in.hub.world.labels}
    assert {"otto", "otto:needs-human", "otto:done"} <= names
    made = len(bench.stand_in.hub.world.labels)
    await bench.do("octo", app=back)
    assert len(bench.stand_in.hub.world.labels) == made


async def test_the_label_that_starts_is_the_repositorys_own(open_bench: Any) -> None:
    async with open_bench({".github/otto.yml": "label: robot\n"}) as bench:
        await bench.do("octo", app="install")
        names = {label.name for label in bench.stand_in.hub.world.labels}
        assert "robot" in names
        assert "otto" not in names


async def test_rights_that_are_accepted_are_told(started: Any) -> None:
    await started.do("octo", app="accept_rights")
    assert kinds(started) == ["RightsAccepted"]


async def test_what_is_granted_is_kept_as_github_tells_it(started: Any) -> None:
    """By the webhooks of the installation, and by the list that catching up reads anyway."""
    grants, world = Grants(started.engine), started.stand_in.hub.world
    world.accepted = {"issues": "read"}
    await started.catch_up()
    (listed,) = grants.all()
    await started.do("octo", app="accept_rights")
    (accepted,) = grants.all()
    await started.do("octo", app="uninstall")

    assert (listed.account, hindering(listed.permissions)["issues"]) == ("octo", "write")
    assert listed.page.endswith("/settings/installations/800001")
    assert not lacking(accepted.permissions)
    assert grants.all() == ()


async def test_a_run_that_rests_for_want_of_a_right_goes_on_once_it_is_accepted(started: Any) -> None:
    for trouble, rests in (("missing-permission", False), ("branch-pattern", True)):
        refused = e.Refused(at=started.now(), reason="r", trouble=trouble)
        started.ledger.append(started.run.id, [refused], started.now())
        assert started.run.hold is not None
        await started.do("octo", app="accept_rights")
        assert (started.run.hold is not None) is rests, trouble


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize(
    ("action", "what", "to"),
    [
        ({"transfer_issue": {"to": "octo/other"}}, "transferred", "octo/other#1"),
        ({"transfer_issue": {"to": "octo/other", "seen": False}}, "transferred", "octo/other#1"),
        ({"delete_issue": "issue/1"}, "deleted", ""),
    ],
)
async def test_an_issue_that_is_gone_ends_its_run(started: Any, action: Any, what: str, to: str, lost: bool) -> None:
    if lost:
        started.drop("issues")
    await started.do(**action)
    if lost:
        await later(started)
    run = started.run
    assert run.outcome is Outcome.CANCELLED
    assert run.issue_gone is not None
    assert (run.issue_gone.what, run.issue_gone.to) == (what, "" if lost else to)
    assert kinds(started) == ["IssueChanged"]


async def test_an_issue_that_is_gone_is_not_asked_for_again(started: Any) -> None:
    """A run that a review made go on, after its issue went, is compared all the same."""
    run = started.run
    await started.do(transfer_issue={"to": "octo/other"})
    compare = Comparing(started.desk, started.ledger, started.archive)
    with pytest.raises(Moved):
        await compare._issue(run)
    await compare._issue(run.model_copy(update={"issue_gone": started.run.issue_gone}))


async def test_an_edit_of_the_description_is_not_even_kept(started: Any) -> None:
    before = len(started.rows())
    started.stand_in.hub.world.announce("repository", "edited", "octo", {"changes": {"description": {"from": "x"}}})
    await started.work()
    assert len(started.rows()) == before


@pytest.mark.parametrize("event", ["installation", "installation_repositories", "repository"])
@pytest.mark.parametrize("body", [{}, {"installation": {"id": 800001}}, {"installation": 3, "action": "deleted"}])
async def test_bodies_without_their_heart_do_nothing(started: Any, event: str, body: Any) -> None:
    await started.put(event, "deleted", json.dumps(body).encode())
    assert kinds(started) == []
    assert started.rows()[-1].state == "done"
