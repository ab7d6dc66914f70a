"""What webhooks lost is found by looking, and looking twice does nothing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from otto_bot.core import base
from otto_bot.core import events as e
from otto_bot.core.commands import Command, Given
from otto_bot.core.decision import Action, Decider, Decision, Move
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.run import Outcome


def lose_everything(bench: Any) -> None:
    for event in ("issues", "issue_comment", "pull_request", "pull_request_review_comment", "push"):
        bench.drop(event)


async def look(bench: Any) -> None:
    """Two rounds: the second finds nothing new."""
    await bench.catch_up()
    before = [bench.told(run) for run in bench.ledger.run_ids()]
    answers = bench.answers()
    await bench.catch_up()
    assert [bench.told(run) for run in bench.ledger.run_ids()] == before
    assert bench.answers() == answers


async def test_a_lost_label_starts_the_run(bench: Any) -> None:
    lose_everything(bench)
    await bench.do(label={"name": "otto"})
    assert bench.ledger.run_ids() == []

    await look(bench)

    assert (bench.run.issue, bench.run.title, bench.run.actor.login) == (1, "Add a thing", "dev")
    assert len(bench.ledger.run_ids()) == 1


async def test_a_lost_label_after_a_run_that_ended_starts_the_next(started: Any) -> None:
    await started.do(unlabel={"name": "otto"})
    lose_everything(started)
    await started.do(label={"name": "otto"})
    await look(started)

    assert [started.ledger.load(run).ordinal for run in started.ledger.run_ids()] == [1, 2]


async def test_a_readers_label_starts_nothing(bench: Any) -> None:
    lose_everything(bench)
    await bench.do("reader", label={"name": "otto"})
    await look(bench)

    assert bench.ledger.run_ids() == []
    assert len(bench.answers()) == 1


async def test_a_webhook_that_comes_after_all_changes_nothing(bench: Any) -> None:
    bench.fault(kind="drop", event="issues", action="labeled")
    await bench.do(label={"name": "otto"})
    await bench.catch_up()
    lost = next(row for row in bench.stand_in.hub.world.deliveries if row.event == "issues")
    bench.stand_in.hub.courier.redeliver(lost)
    await bench.work()

    assert len(bench.rows()) == 1
    assert len(bench.ledger.run_ids()) == 1
    assert bench.told() == []


async def test_lost_commands_are_found_once(started: Any) -> None:
    run = await started.opened()
    await started.do(comment="/otto status")
    lose_everything(started)
    await started.do(comment="/otto help")
    await started.do(comment={"where": f"pull/{run.pull_request}", "body": "/otto explain t1"})
    await started.do(review_comment={"path": "README.md", "line": 1, "body": "/otto pause"})
    await started.do("reader", comment="/otto stop")
    await started.do(comment="nice work")

    await look(started)

    assert started.given() == ["status", "help", "explain", "pause"]
    assert "write permission" in started.answers()[-1]


async def test_a_run_that_began_by_a_clock_that_was_ahead_hears_people(bench: Any) -> None:
    """The host is set right again, and every webhook is lost."""
    bench.now.ahead += timedelta(hours=2)
    await bench.do(label={"name": "otto"})
    bench.now.ahead -= timedelta(hours=2)
    lose_everything(bench)
    await bench.do(comment="/otto pause")
    await look(bench)

    assert bench.given() == ["pause"]


async def test_the_command_that_started_the_run_is_not_given_to_it(bench: Any) -> None:
    await bench.do(comment="/otto plan")
    await look(bench)

    assert bench.run.plan_only
    assert bench.told() == []


async def test_an_edit_is_no_command_here_either(started: Any) -> None:
    lose_everything(started)
    await started.do(comment="please")
    world, later = started.stand_in.hub.world, started.now() + timedelta(seconds=2)
    world.clock = lambda: later  # GitHub tells whole seconds
    await started.do(edit_comment={"contains": "please", "find": "please", "replace": "/otto stop"})
    await look(started)

    assert started.told() == []


async def test_a_lost_merge_ends_the_run(started: Any) -> None:
    run = await started.opened()
    lose_everything(started)
    await started.do(merge={"where": f"pull/{run.pull_request}"})
    await started.do(close={})
    await look(started)

    assert started.run.outcome is Outcome.DONE_PARTIAL
    assert [event.merged for event in started.told() if isinstance(event, e.PullRequestClosed)] == [True]


async def test_a_lost_close_of_the_pull_request_pauses(started: Any) -> None:
    run = await started.opened()
    lose_everything(started)
    await started.do(close={"where": f"pull/{run.pull_request}"})
    await look(started)

    assert started.run.hold is not None


async def test_a_lost_push_to_the_run_branch_is_the_new_base(started: Any) -> None:
    run = await started.opened()
    lose_everything(started)
    await started.do(push={"branch": run.run_branch, "files": {"a": "1"}})
    await look(started)

    assert started.run.head == await started.repository.branch_sha(run.run_branch) != run.head
    assert len([event for event in started.told() if isinstance(event, e.RunBranchMoved)]) == 1


async def test_our_own_push_that_is_not_recorded_yet_is_no_move(started: Any) -> None:
    run = await started.opened()
    await started.do("bot", push={"branch": run.run_branch, "files": {"a": "1"}})
    await look(started)

    assert started.run.head == run.head


async def test_a_lost_close_of_the_issue_counts_only_from_a_writer(started: Any) -> None:
    lose_everything(started)
    await started.do("reader", close={})
    await look(started)
    assert started.run.outcome is None

    await started.do(reopen={})
    await started.do(close={})
    await look(started)
    assert started.run.outcome is Outcome.CANCELLED


async def test_a_label_whose_removal_was_lost_ends_the_run(started: Any) -> None:
    await started.planned()
    lose_everything(started)
    await started.do(unlabel={"name": "otto"})
    await look(started)

    assert started.run.outcome is Outcome.CANCELLED
    assert started.told()[-1].by == "dev"


async def test_a_run_that_cannot_be_read_is_left_for_the_next_round(started: Any) -> None:
    lose_everything(started)
    await started.do(comment="/otto pause")
    started.fault(kind="status", status=500, match={"path": "/issues/1/comments", "count": 3})
    await started.catch_up()
    assert started.given() == []

    await look(started)
    assert started.given() == ["pause"]


async def test_a_default_branch_that_moved_unseen_is_found_once(started: Any) -> None:
    """The next batch starts on it."""
    await started.opened()
    started.drop("push")
    await started.do(push={"branch": "main", "files": {"a": "1"}})
    await started.catch_up()
    await started.catch_up()
    (moved,) = [event for event in started.told() if isinstance(event, e.BaseMoved)]
    assert moved.sha == await started.repository.branch_sha("main")


async def test_nobody_asks_where_a_default_branch_stands_that_does_not_matter(started: Any) -> None:
    """Before the plan is approved, and while people hold the run."""
    await started.planned()
    started.drop("push")
    await started.do(push={"branch": "main", "files": {"a": "1"}})
    await started.catch_up()
    assert not [event for event in started.told() if isinstance(event, e.BaseMoved)]


async def test_a_default_branch_that_moved_unseen_is_found_where_tasks_wait_for_it(started: Any) -> None:
    run = await started.opened()
    started.drop("push")
    await started.do(push={"branch": "main", "files": {"a": "1"}})

    failure = Failure(task="t1", attempt=1, phase=Phase.CODING, cause=Cause.BASE_RED)
    moves = (Move(task="t1", action=Action.HOLD, reason="the base is red"),)
    at = started.now()
    told: list[e.RunEvent] = [
        e.VerificationEnded(at=at, target="baseline", sha=run.head, ending="red"),
        e.CommandGiven(at=at, given=Given(key="s", command=Command(verb="skip", tasks=("t2",)), by=run.actor)),
        e.AttemptStarted(at=at, task="t1", attempt=1, base_sha=run.head, branch="b"),
        e.AttemptFailed(at=at, task="t1", attempt=1, failure=failure),
        e.GateOpened(at=at, gate=1),
        e.DecisionMade(at=at, gate=1, decision=Decision(decided_by=Decider.RULES, moves=moves)),
        e.DecisionPosted(at=at, gate=1, revision=run.revision + 1, comment_id=9),
        e.CommandGiven(at=at, given=Given(key="a", command=Command(verb="approve"), by=run.actor)),
        e.DecisionApplied(at=at, gate=1, revision=run.revision + 1),
    ]
    run = started.ledger.append(run.id, told, at)
    assert base.waiting(run), run
    await started.catch_up()
    await started.catch_up()

    (moved,) = [event for event in started.told() if isinstance(event, e.BaseMoved)]
    assert moved.sha == await started.repository.branch_sha("main")


async def tick(bench: Any, as_: str = "dev") -> None:
    body = next(row.body for row in bench.stand_in.hub.world.comments if "- [ ]" in row.body)
    line = next(line for line in body.splitlines() if "- [ ]" in line)
    later = bench.now() + timedelta(seconds=2)
    bench.stand_in.hub.world.clock = lambda: later  # GitHub tells whole seconds
    await bench.do(as_, edit_comment={"contains": line, "find": line, "replace": line.replace("[ ]", "[x]")})


async def test_a_lost_tick_is_found_once_and_by_name(started: Any) -> None:
    await started.planned(plan={"approval": "always"})
    lose_everything(started)
    await tick(started)
    await look(started)

    (given,) = [event.given for event in started.told() if isinstance(event, e.CommandGiven)]
    assert (given.command.verb, given.by.login) == ("approve", "dev")


async def test_a_tick_that_is_found_and_told_is_one(started: Any) -> None:
    await started.planned(plan={"approval": "always"})
    started.fault(kind="drop", event="issue_comment", action="edited")
    await tick(started)
    await started.catch_up()
    lost = started.stand_in.hub.world.deliveries[-1]
    assert (lost.event, lost.action) == ("issue_comment", "edited")
    started.stand_in.hub.courier.redeliver(lost)
    await started.work()

    keys = {event.given.key for event in started.told() if isinstance(event, e.CommandGiven)}
    assert len(keys) == 1


async def test_a_strangers_lost_tick_does_nothing(started: Any) -> None:
    await started.planned(plan={"approval": "always"})
    lose_everything(started)
    await tick(started, "reader")
    await look(started)
    assert started.given() == []
