"""Required checks as GitHub shows them: rules, checks of several Apps, statuses; and heads that meet red ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from otto_bot.core.attempt import BASELINE, Attempt, Task, Verification
from otto_bot.core.budget import Money
from otto_bot.core.config import Config
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import VerificationEnded, VerificationPolled
from otto_bot.core.evidence import Cause
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.required import Required
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.jobs.reported import ReportedOn
from otto_bot.jobs.required_checks import required_checks
from otto_bot.jobs.verify_head import verify_head
from otto_bot.playground.github.changes import checks as changes
from otto_bot.playground.github.config import OtherAppConfig, RuleConfig
from otto_bot.playground.github.state import CheckRun
from otto_bot.store.effect_rows import Ticket

STEPS = "    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n"
GREEN = {".github/workflows/ci.yml": "name: CI\non: push\npermissions: {}\njobs:\n  test:\n" + STEPS}
CODECOV, OTHER = 254, 300


class House:
    """A repository with rules, and others that report on one of its commits."""

    def __init__(self, bench: Any, sha: str) -> None:
        self.bench = bench
        self.world = bench.stand_in.hub.world
        self.sha = sha

    def requires(self, *names: str, app: int | None = None) -> None:
        listed = [{"context": name, **({"integration_id": app} if app else {})} for name in names]
        rule = {"type": "required_status_checks", "parameters": {"required_status_checks": listed}}
        self.world.config.rules.append(RuleConfig.model_validate(rule))

    def status(self, name: str, state: str, words: str = "") -> None:
        changes.add_status(self.world, "dev", self.sha, state, name, words or None, None)

    def check(self, name: str, app: int, conclusion: str | None, title: str = "") -> None:
        suite = self.world.ensure_suite(app, self.sha)
        status = "completed" if conclusion else "in_progress"
        row = CheckRun(self.world.next_id(), suite.id, app, name, self.sha, status=status, conclusion=conclusion)
        row.output = {"title": title, "summary": ""}
        changes.add_check(self.world, row)

    def run(self, target: str = "t1/a1", base: Verification | None = None, **settings: Any) -> Run:
        long_ago = self.bench.context.now() - timedelta(minutes=4)
        head = Verification(target=target, branch="main", sha=self.sha, tree="t", started_at=long_ago, next_at=long_ago)
        known = {target: head} if base is None else {BASELINE: base, target: head}
        config = Config.model_validate({"verify": {"settle_seconds": 0.2, **settings}})
        return Run(
            id=1, repo=self.bench.repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"),
            started_at=long_ago, money=Money(cap=1), lane=Lane(kind=LaneKind.PUSH, why="w"), config=config,
            tasks={"t1": Task(key="t1", attempts=(Attempt(number=1, branch="main", base_sha="s"),))},
            verifications=known,
        )  # fmt: skip

    async def stands(self, **settings: Any) -> dict[str, tuple[str, str]]:
        run = self.run(**settings)
        reported = ReportedOn(self.bench.context.repository(run), self.sha)
        found = await required_checks(self.bench.context, run, reported)
        return {one.name: (one.state, one.words) for one in found}

    async def looked_at(self, run: Run, target: str = "t1/a1") -> VerificationEnded | VerificationPolled:
        task = "" if target == BASELINE else "t1"
        effect = Effect(run=1, lane="l", key="k", kind=EffectKind.VERIFY, target=target, task=task, attempt=1)
        (event,) = await verify_head(self.bench.context, run, effect, Ticket(key="k", generation=1))
        assert isinstance(event, VerificationEnded | VerificationPolled)
        return event

    async def ended(self, run: Run, target: str = "t1/a1") -> VerificationEnded:
        """After as many looks as it takes."""
        for _ in range(100):
            event = await self.looked_at(run, target)
            if isinstance(event, VerificationEnded):
                return event
            assert event.waiting
        raise AssertionError(event)


async def test_each_required_check_stands_as_whoever_must_report_it_says(open_bench: Any) -> None:
    async with open_bench(GREEN) as bench:
        house = House(bench, (await bench.push(value__txt="x")).head_sha)
        house.requires("test", "dco", "quiet", "patch")
        house.requires("license/cla", app=CODECOV)
        house.status("dco", "success")
        house.status("dco", "failure", "no sign-off")
        house.status("license/cla", "pending", "sign it")
        house.check("patch", OTHER, None)
        house.check("patch", CODECOV, "neutral", "fine")
        house.check("unasked", OTHER, "failure")
        house.check("quiet", bench.context.github.app_id, "success")
        assert await house.stands() == {
            "dco": ("red", "no sign-off"), "license/cla": ("pending", "sign it"), "patch": ("pending", ""),
            "quiet": ("missing", ""), "test": ("green", "success"),
        }  # fmt: skip
        house.check("license/cla", OTHER, "success")
        house.check("license/cla", CODECOV, "action_required", "")
        found = await house.stands(ignore=["dco", "patch", "quiet"], required=["unasked"])
        assert found == {
            "license/cla": ("red", "action required"), "test": ("green", "success"), "unasked": ("red", "failure")
        }  # fmt: skip


async def test_a_red_one_is_the_attempts_unless_it_was_red_on_the_base(open_bench: Any) -> None:
    async with open_bench(GREEN) as bench:
        house = House(bench, (await bench.push(value__txt="x")).head_sha)
        house.requires("codecov/patch")
        bench.context.redactor.register("hunter2hunter2")
        house.status("codecov/patch", "failure", "12 % of the diff, token hunter2hunter2")
        at = bench.context.now()
        base = Verification(
            target=BASELINE, branch="b", sha="s", tree="t", started_at=at, next_at=at, ending="green"
        )  # fmt: skip
        event = await house.ended(house.run(base=base))
        failure = event.failure
        assert failure is not None
        assert (event.ending, event.left, failure.cause, failure.pre_existing) == ("red", (), Cause.UNKNOWN, False)
        assert failure.detail.startswith("codecov/patch failed: 12 % of the diff")
        assert "hunter2" not in failure.model_dump_json()

        left = base.model_copy(update={"left": ("codecov/patch",)})
        event = await house.ended(house.run(base=left))
        assert (event.ending, event.left, event.failure) == ("green", ("codecov/patch",), None)

        event = await house.ended(house.run(BASELINE), BASELINE)
        assert (event.ending, event.left) == ("green", ("codecov/patch",))


async def test_what_others_report_beside_it_is_only_shown(open_bench: Any) -> None:
    """Neither Otto's own checks nor those of Actions, nor what is required or to be ignored."""
    async with open_bench(GREEN) as bench:
        house = House(bench, (await bench.push(value__txt="x")).head_sha)
        house.world.config.other_apps.append(OtherAppConfig(slug="codecov"))
        house.world.ensure_suite(OTHER, house.sha)
        house.requires("license/cla")
        bench.context.redactor.register("hunter2hunter2")
        for name in ("codecov/patch", "hidden"):
            house.check(name, CODECOV, "failure")
        house.check("scan hunter2hunter2", CODECOV, None)
        house.check("Otto / t1", bench.context.github.app_id, "failure")
        for name in ("license/cla", "netlify"):
            house.status(name, "pending")
        run = house.run(ignore=["hidden"])
        at = bench.context.now()
        base = Verification(
            target=BASELINE, branch="b", sha="s", tree="t", started_at=at, next_at=at, ending="green",
            left=("license/cla",),
        )  # fmt: skip
        run = run.model_copy(update={"verifications": {**run.verifications, BASELINE: base}})
        event = await house.ended(run)
        assert (event.ending, event.left, event.failure) == ("green", ("license/cla",), None)
        assert [one.state for one in event.also] == ["failure", "pending", "in_progress"]
        assert [one.name for one in event.also][:2] == ["codecov/patch", "netlify"]
        assert "hunter2" not in event.model_dump_json()
        assert bench.context.links(run).ours(event.also[0].url)


@pytest.mark.parametrize("asked", [True, False])
async def test_one_that_never_reports_holds_up_only_where_the_repository_asks_for_it(
    open_bench: Any, asked: bool
) -> None:
    async with open_bench(GREEN) as bench:
        house = House(bench, (await bench.push(value__txt="x")).head_sha)
        house.requires("merge-queue")
        run = house.run(required=["merge-queue"] if asked else [])
        if not asked:
            event = await house.ended(run)
            assert (event.ending, event.left) == ("green", ("merge-queue",))
            return
        polled = await house.looked_at(run)
        assert isinstance(polled, VerificationPolled)
        assert polled.waiting == "waits for merge-queue"


def test_a_required_check_says_who_may_be_waited_for() -> None:
    assert not Required(name="x", state="missing", actions=True).strict
    assert Required(name="x", state="pending", actions=True).strict
