"""What others do to a run's branches and to its pull request reaches the run, by a webhook or without one."""

from __future__ import annotations

from typing import Any

from otto_bot.core import events as e


def of(started: Any, kind: type) -> list[Any]:
    return [event for event in started.told() if isinstance(event, kind)]


async def test_to_open_it_again_lets_the_run_go_on(started: Any) -> None:
    run = await started.opened()
    await started.do(close=f"pull/{run.pull_request}")
    assert started.run.hold.closed
    await started.do(reopen=f"pull/{run.pull_request}")

    assert [(event.by, event.goes_on) for event in of(started, e.PullRequestReopened)] == [("dev", True)]
    assert (started.run.hold, started.run.pull_closed) == (None, False)


async def test_who_may_not_write_opens_it_and_the_run_waits_on(started: Any) -> None:
    run = await started.opened()
    await started.do(close=f"pull/{run.pull_request}")
    await started.do("reader", reopen=f"pull/{run.pull_request}")

    assert (started.run.hold.closed, started.run.pull_closed) == (True, False)


async def test_it_is_found_without_a_webhook(started: Any) -> None:
    run = await started.opened()
    await started.do(close=f"pull/{run.pull_request}")
    started.drop("pull_request")
    await started.do(reopen=f"pull/{run.pull_request}")
    assert started.run.pull_closed
    await started.catch_up()

    assert (started.run.hold, started.run.pull_closed) == (None, False)


async def test_while_otto_opens_it_nobody_pauses_the_run_again(started: Any) -> None:
    run = await started.opened()
    await started.do(close=f"pull/{run.pull_request}")
    await started.do(comment={"where": "issue", "body": "/otto resume"})
    await started.catch_up()
    assert (started.run.hold, started.run.pull_closed) == (None, True)
    await started.repository.reopen_pull_request(run.pull_request)
    await started.work()
    assert of(started, e.PullRequestReopened) == []  # its own event tells of it


async def verifying(started: Any) -> str:
    """Task t1 is pushed to a branch of its own, and looked at by Actions. Returns the branch."""
    run = await started.opened()
    branch = f"{run.prefix}/t1-a1"
    sha = await started.branch(branch)
    where = {"at": started.now(), "task": "t1", "attempt": 1}
    told = [
        e.VerificationEnded(at=started.now(), target="baseline", sha=run.head, ending="green"),
        e.AttemptStarted.model_validate({**where, "base_sha": run.head, "branch": branch}),
        e.AttemptCoded.model_validate({**where, "sha": sha, "tree": "t"}),
        e.AttemptPushed.model_validate({**where, "sha": sha}),
    ]
    started.ledger.append(run.id, told, started.now())
    return branch


async def test_a_push_to_a_tasks_branch_is_found_without_a_webhook_once(started: Any) -> None:
    branch = await verifying(started)
    await started.catch_up()
    assert of(started, e.AttemptBranchMoved) == []
    started.drop("push")
    await started.do(push={"branch": branch, "files": {"a.md": "x"}})
    await started.catch_up()
    await started.catch_up()

    sha = await started.repository.branch_sha(branch)
    assert [(event.task, event.sha) for event in of(started, e.AttemptBranchMoved)] == [("t1", sha)]
    assert started.run.task("t1").last.taken_in == 1


async def test_a_push_to_a_tasks_branch_is_told_once_it_is_verified(started: Any) -> None:
    run = await started.opened()
    sha = await started.branch(f"{run.prefix}/t1-a1")
    where = {"at": started.now(), "task": "t1", "attempt": 1}
    begun = e.AttemptStarted.model_validate({**where, "base_sha": run.head, "branch": f"{run.prefix}/t1-a1"})
    ended = e.VerificationEnded(at=started.now(), target="baseline", sha=run.head, ending="green")
    coded = e.AttemptCoded.model_validate({**where, "sha": sha, "tree": "t"})
    started.ledger.append(run.id, [ended, begun, coded], started.now())
    await started.do(push={"branch": f"{run.prefix}/t1-a1", "files": {"early.md": "x"}})
    assert of(started, e.AttemptBranchMoved) == []  # its push takes that in
    pushed = e.AttemptPushed.model_validate({**where, "sha": sha})
    started.ledger.append(run.id, [pushed], started.now())
    await started.do(push={"branch": f"{run.prefix}/t1-a1", "files": {"a.md": "x"}})

    assert [(event.task, event.by) for event in of(started, e.AttemptBranchMoved)] == [("t1", "dev")]
    assert started.run.task("t1").last.taken_in == 1
