"""A review is announced once, its threads are answered once, whatever is lost on the way; and unmerged work goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import core_builders as b
import pytest

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.effects import Effect, EffectKind, scheduled
from otto_bot.core.reviews import Review
from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained, newest
from otto_bot.core.values import Person
from otto_bot.core.verdict import Verdict, VerdictItem
from otto_bot.github.errors import Unreachable
from otto_bot.intake.review_reading import review_of
from otto_bot.jobs.beginning import beginning
from otto_bot.jobs.context import Context
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.jobs.registry import JOBS
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_config import Do
from otto_bot.store.effect_rows import Ticket
from otto_bot.store.ledger import Trigger

WORK = "otto/1-1/run"
SHA = "c" * 40
LINES = [
    {"path": "a.py", "line": 1, "body": "Name it better."},
    {"path": "a.py", "line": 2, "body": "Test this."},
]


class House:
    """A done run with a real pull request, and a review of it."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.context: Context = bench.context
        self.world = bench.stand_in.hub.world
        self.repository = self.context.github.repository(bench.repo.installation_id, bench.repo.id)

    async def do(self, as_: str = "dev", **action: Any) -> None:
        await Hand(self.bench.stand_in.hub, as_).do(Do.model_validate(action))

    async def pull(self, text: str = "one\ntwo\nthree\n") -> None:
        base = await self.repository.branch_sha("main")
        self.world.repo.update_ref(f"refs/heads/{WORK}", base, "0" * 40)
        await self.do(push={"branch": WORK, "files": {"a.py": text}})
        await self.repository.open_pull_request(WORK, "main", "T", "B")

    async def reviewed(self, **changes: Any) -> Review:
        review = {"where": "pull/2", "state": "request_changes", "body": "All in all.", "comments": LINES, **changes}
        await self.do(review=review)
        (found,) = [row for row in await self.repository.reviews(2) if row.state == "CHANGES_REQUESTED"]
        return review_of(found, await self.repository.comments_of_review(2, found.id, 100), 2)

    def done(self, *events: e.RunEvent) -> Run:
        trigger = Trigger(key="label/1", repo=self.bench.repo, issue=1, title="T", body="", actor=b.ANNA)
        run = self.context.ledger.start(trigger, HostCaps(), self.context.now())
        assert run is not None
        run = self.tell(run, b.prepared(b.config(journeys={"enabled": False}, plan={"approval": "never"})))
        run = self.tell(run, e.PlanMade(at=b.T0, number=0, plan=b.plan("t1", "t2")))
        run = self.tell(run, e.PlanPosted(at=b.T0, revision=1, comment_id=5))
        opened = e.PullRequestOpened(at=b.T0, number=2, node_id="n", head_sha="head", head_tree="tree-head")
        green = e.VerificationEnded(at=b.T0, target="baseline", sha="head", ending="green")
        return self.merged(self.tell(run, opened, green), "t1", "t2")

    def merged(self, run: Run, *keys: str, items: tuple[VerdictItem, ...] = ()) -> Run:
        if any(effect.kind is EffectKind.TAKE_BASE for effect in scheduled(run)):
            same = {"base_sha": contained(run), "sha": run.head, "tree": run.head_tree}
            run = self.tell(run, e.BaseTaken(at=b.T0, asked=newest(run), **same))
        for key in keys:
            judged = e.JudgeEnded(at=b.T0, task=key, attempt=1, verdict=Verdict(items=items))
            run = self.tell(run, *b.to_verified(key)[:-1], judged)
        assert run.integration is not None
        where: dict[str, Any] = {"at": b.T0, "batch": run.integration.batch, "step": 1, "tasks": keys}
        where |= {"sha": SHA, "tree": f"tree-{keys[-1]}-1"}
        return self.tell(run, e.CandidateBuilt(**where), e.TasksMerged(**where))

    def tell(self, run: Run, *events: e.RunEvent) -> Run:
        return self.context.ledger.append(run.id, events, self.context.now())

    async def play(self, run: Run, kind: EffectKind) -> Run:
        """Do what is due of a kind, as the engine would."""
        effect = self.due(run, kind)
        ticket = Ticket(key=effect.key, generation=1)
        return self.tell(run, *await JOBS[kind](self.context, run, effect, ticket))

    def due(self, run: Run, kind: EffectKind) -> Effect:
        (effect,) = [effect for effect in scheduled(run) if effect.kind is kind]
        return effect

    def ours(self) -> list[str]:
        return [row.body.partition("\n")[2] for row in self.world.comments if row.by_app]

    def threads(self) -> list[tuple[int | None, str]]:
        rows = [row for row in self.world.review_comments if row.author == self.world.bot_login]
        return [(row.in_reply_to, row.body.partition("\n")[2]) for row in rows]


@pytest.fixture
async def house(open_bench: Any) -> AsyncIterator[House]:
    async with open_bench({"README.md": "# Demo\n"}) as bench:
        house = House(bench)
        await house.pull()
        yield house


MET = (VerdictItem(id="c1", status="met", evidence="it is called total"), VerdictItem(id="c2", status="met"),
       VerdictItem(id="c3", status="met", evidence="both are done"))  # fmt: skip


async def test_from_the_review_to_its_answers(house: House) -> None:
    review = await house.reviewed()
    run = house.tell(house.done(), e.ReviewGiven(at=b.T0, review=review))
    run = await house.play(run, EffectKind.POST_REVIEW)

    (said,) = house.ours()
    assert "It becomes one task: t3" in said
    people = [row for row in house.world.review_comments if row.author == "dev"]
    assert [[r.content for r in row.reactions] for row in people] == [["eyes"], ["eyes"]]

    run = house.merged(run, "t3", items=MET)
    run = await house.play(run, EffectKind.ANSWER_REVIEW)
    first, second = review.points
    (a, words), (c, _) = house.threads()
    assert (a, c) == (first.id, second.id)
    assert "Done in" in words
    assert SHA[:10] in words
    assert "criterion **met**: it is called total" in words
    assert "as a whole: Done in" in house.ours()[-1]
    assert house.world.pulls()[0].pull.reviewers == ["dev"]
    assert run.reviews[0].state == "answered"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lost_response", "status"])
async def test_a_lost_answer_makes_no_second_one(house: House, kind: str) -> None:
    review = await house.reviewed()
    run = house.tell(house.done(), e.ReviewGiven(at=b.T0, review=review))
    run = await house.play(run, EffectKind.POST_REVIEW)
    run = house.merged(run, "t3", items=MET)
    for nth in (1, 2, 3):
        match = {"method": "POST", "path": "/replies$", "nth": nth}
        house.bench.fault(kind=kind, status=502, match=match)
    for _ in range(6):
        try:
            await house.play(run, EffectKind.ANSWER_REVIEW)
            break
        except Unreachable:
            continue
    else:
        raise AssertionError("it never came through")

    assert [thread for thread, _ in house.threads()] == [point.id for point in review.points]
    assert len([text for text in house.ours() if "as a whole: Done" in text]) == 1


@pytest.mark.slow
async def test_a_thread_that_is_gone_holds_nothing_up(house: House) -> None:
    review = await house.reviewed()
    run = house.tell(house.done(), e.ReviewGiven(at=b.T0, review=review))
    house.world.review_comments.pop(0)
    run = await house.play(run, EffectKind.POST_REVIEW)
    run = await house.play(house.merged(run, "t3", items=MET), EffectKind.ANSWER_REVIEW)

    assert [thread for thread, _ in house.threads()] == [review.points[1].id]
    assert run.reviews[0].state == "answered"


@pytest.mark.slow
async def test_what_was_left_out_is_said_and_the_answer_changes_when_it_is_done_after_all(house: House) -> None:
    review = await house.reviewed(body="")
    run = house.tell(house.done(), e.ReviewGiven(at=b.T0, review=review))
    run = await house.play(run, EffectKind.POST_REVIEW)
    run = await house.play(house.tell(run, b.said("/otto skip t3")), EffectKind.ANSWER_REVIEW)

    assert all("t3 was left out" in words and "`/otto retry t3`" in words for _, words in house.threads())
    assert house.world.pulls()[0].pull.reviewers == []

    run = house.tell(run, b.said("/otto retry t3"))
    gate = run.gates[-1]
    run = house.tell(run, e.DecisionPosted(at=b.T0, gate=1, revision=gate.revision, comment_id=9))
    run = house.tell(run, e.DecisionApplied(at=b.at(3600), gate=1, revision=gate.revision))
    await house.play(house.merged(run, "t3", items=MET), EffectKind.ANSWER_REVIEW)
    assert [words[:7] for _, words in house.threads()] == ["Done in", "Done in"]


@pytest.mark.slow
async def test_a_run_that_is_stopped_answers_too(house: House) -> None:
    review = await house.reviewed()
    run = house.tell(house.done(), e.ReviewGiven(at=b.T0, review=review))
    run = await house.play(run, EffectKind.POST_REVIEW)
    await house.play(house.tell(run, b.said("/otto stop")), EffectKind.ANSWER_REVIEW)

    assert [words for _, words in house.threads()] == [
        "Not done: the run was ended first. `/otto improve` takes it up again."
    ] * 2


async def improving(house: House, head: str) -> Run:
    """A run that only improves, as it begins."""
    review = (await house.reviewed()).model_copy(update={"head": head})
    trigger = Trigger(
        key="comment/9/1", repo=house.bench.repo, issue=1, title="T", body="", actor=Person(id=1, login="dev"),
        kind="improve", review=review,
    )  # fmt: skip
    run = house.context.ledger.start(trigger, HostCaps(), house.context.now())
    assert run is not None
    base = await house.repository.branch_sha("main")
    return house.tell(run, b.prepared().model_copy(update={"base_sha": base}))


@pytest.mark.slow
async def test_unmerged_work_goes_on_with_the_default_branch_in_it(house: House) -> None:
    head = await house.repository.branch_sha(WORK)
    await house.do(push={"branch": "main", "files": {"b.py": "b\n"}})
    run = await improving(house, head or "")
    mirror = await house.context.mirror(run)
    start = await beginning(house.context, run, mirror)

    reading = house.context.reading(mirror)
    assert sorted(change.path for change in reading.diff(run.base_sha, start)) == ["a.py"]
    assert sorted(change.path for change in reading.diff(head or "", start)) == ["b.py"]
    assert await beginning(house.context, run, mirror) == start


@pytest.mark.slow
async def test_merged_work_begins_at_the_default_branch(house: House) -> None:
    run = await improving(house, "")
    assert await beginning(house.context, run, await house.context.mirror(run)) == run.base_sha


@pytest.mark.slow
async def test_work_that_does_not_fit_the_default_branch_needs_a_person_who_can_mend_it_there(house: House) -> None:
    head = await house.repository.branch_sha(WORK)
    await house.do(push={"branch": "main", "files": {"a.py": "other\n"}})
    run = await improving(house, head or "")
    mirror = await house.context.mirror(run)
    with pytest.raises(NeedsPerson, match=r"`a\.py`.*`/otto resume`"):
        await beginning(house.context, run, mirror)

    await house.do(push={"branch": WORK, "files": {"a.py": "other\n"}, "force_from": "main"})
    assert await beginning(house.context, run, mirror)
