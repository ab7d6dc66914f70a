"""The same fact under another delivery id, or found by asking, is one fact; a new one of the same kind is another."""

from __future__ import annotations

import asyncio
import json
import shutil
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otto_bot.core import events as e
from otto_bot.core.values import Person
from otto_bot.intake import payloads as p
from otto_bot.intake.boxes import unticked
from otto_bot.intake.facts import box_key, button_key

Act = Callable[[Any], Awaitable[None]]


async def again(bench: Any, rows: list[Any]) -> None:
    """The same bodies under ids of their own."""
    for row in rows:
        bench.inbox.add(str(uuid.uuid4()), row.event, row.action or "", row.body, bench.now())
    await bench.work()


async def comment(bench: Any) -> None:
    await bench.do(comment="/otto explain t1")


async def refused(bench: Any) -> None:
    await bench.do("reader", comment="/otto stop")


async def not_understood(bench: Any) -> None:
    await bench.do(comment="/otto retrry t1")


async def line_comment(bench: Any) -> None:
    await bench.do(review_comment={"path": "README.md", "line": 1, "body": "/otto explain t2"})


async def review(bench: Any) -> None:
    await bench.do(review={"state": "request_changes", "body": "Please name it better."})


async def box(bench: Any) -> None:
    await bench.do(edit_comment={"contains": "approve", "find": "- [ ] Approve", "replace": "- [x] Approve"})


async def label_taken(bench: Any) -> None:
    await bench.do(unlabel={"name": "otto"})


async def issue_edited(bench: Any) -> None:
    await bench.do(edit_issue={"body": "Please, and soon."})


async def pull_closed(bench: Any) -> None:
    await bench.do(close={"where": f"pull/{bench.run.pull_request}"})


async def base_moved(bench: Any) -> None:
    await bench.do(push={"branch": "main", "files": {"a": "1"}})


FACTS: list[Act] = [
    comment, refused, not_understood, line_comment, review, label_taken, issue_edited, pull_closed, base_moved,
]  # fmt: skip


def seen(bench: Any) -> Any:
    """What people and the run can tell apart: its state, what was said, the reactions."""
    run = bench.run
    state = run.model_dump(exclude={"heard_at", "issue_seen", "idle_since", "hold"})
    said = [(row.number, row.body) for row in bench.stand_in.hub.world.comments if row.by_app]
    return state, said, bench.reactions(), len(bench.ledger.run_ids())


@pytest.mark.parametrize("act", FACTS, ids=lambda act: act.__name__)
async def test_a_fact_told_again_under_another_id(started: Any, act: Act) -> None:
    await started.opened()
    await started.catch_up()
    before = len(started.stand_in.hub.world.deliveries)
    await act(started)
    rows = started.stand_in.hub.world.deliveries[before:]
    once = seen(started)

    await again(started, rows)
    await started.catch_up()
    await again(started, rows)
    assert seen(started) == once


async def test_the_label_told_again_starts_nothing_new(started: Any) -> None:
    rows = [row for row in started.stand_in.hub.world.deliveries if row.event == "issues"]
    await again(started, rows)
    await started.catch_up()
    assert (len(started.ledger.run_ids()), started.told()) == (1, [])


async def test_a_label_that_was_taken_off_before_does_not_end_the_next_run(started: Any) -> None:
    """Its delivery comes when the label is on again."""
    await started.do(unlabel={"name": "otto"})
    late = started.stand_in.hub.world.deliveries[-1]
    assert late.action == "unlabeled"
    await started.do(label={"name": "otto"})
    await again(started, [late])
    assert [started.ledger.load(run).ordinal for run in started.ledger.run_ids()] == [1, 2]
    assert started.run.outcome is None


async def test_a_label_that_is_told_when_it_is_off_again_starts_nothing(bench: Any) -> None:
    bench.fault(kind="drop", event="issues", action="labeled")
    await bench.do(label={"name": "otto"})
    late = bench.stand_in.hub.world.deliveries[-1]
    await bench.do(unlabel={"name": "otto"})
    await again(bench, [late])
    assert bench.ledger.run_ids() == []
    assert {row.state for row in bench.rows()} <= {"done"}


async def test_a_label_that_github_does_not_list_yet_starts_one_run_a_moment_later(bench: Any) -> None:
    """Without the number of its event, asking would find the same label once more."""
    bench.fault(kind="drop", event="issues", action="labeled")
    await bench.do(label={"name": "otto"})
    told, world = bench.stand_in.hub.world.deliveries[-1], bench.stand_in.hub.world
    event = world.issue_events.pop()
    await again(bench, [told])
    assert bench.ledger.run_ids() == []

    world.issue_events.append(event)
    bench.now.ahead += timedelta(seconds=30)
    await bench.work()
    assert bench.ledger.knows(f"label/{bench.repo.id}/1/{event.id}")
    await bench.do(comment="/otto stop")
    await bench.catch_up()
    assert len(bench.ledger.run_ids()) == 1


EDIT = {"id": 7, "body": "- [x] yes", "updated_at": "2026-01-05T09:00:00Z"}
CHECK = {"id": 9, "name": "Otto", "head_sha": "a", "status": "completed", "conclusion": "failure",
         "completed_at": "2026-01-05T09:00:00Z", "output": {"title": "t1 failed"}}  # fmt: skip
DEV = Person(id=1, login="dev")


@pytest.mark.parametrize(
    ("changed", "before", "same"),
    [
        ({}, "- [ ] yes", True),
        ({"id": 8}, "- [ ] yes", False),
        ({"body": "- [x] no"}, "- [ ] yes", False),
        ({}, "- [ ] no", False),
        ({"updated_at": "2026-01-05T09:00:01Z"}, "- [ ] yes", False),  # redrawn meanwhile, and ticked once more
    ],
)
def test_ticks(changed: dict[str, Any], before: str, same: bool) -> None:
    one = box_key(p.Comment.model_validate(EDIT), "- [ ] yes")
    assert (box_key(p.Comment.model_validate({**EDIT, **changed}), before) == one) is same


def test_a_tick_that_a_browser_wrote_with_its_own_line_ends_is_found_as_the_same() -> None:
    """A webhook tells what stood there before; who looks takes it from what stands there now."""
    before = "Otto\r\n- [ ] `/otto pause` stop"
    edited = p.Comment.model_validate({**EDIT, "body": before.replace("[ ]", "[x]")})
    found = unticked(edited.body or "")
    assert found is not None
    assert box_key(edited, found) == box_key(edited, before)


@pytest.mark.parametrize(
    ("changed", "asked", "who", "same"),
    [
        ({}, "retry:t1", DEV, True),
        ({}, "retry:t2", DEV, False),
        ({}, "retry:t1", Person(id=2, login="other"), False),
        ({"id": 10}, "retry:t1", DEV, False),
        ({"conclusion": "success"}, "retry:t1", DEV, False),
        ({"head_sha": "b"}, "retry:t1", DEV, False),
        ({"completed_at": "2026-01-05T10:00:00Z"}, "retry:t1", DEV, False),
        ({"output": {"title": "t1 failed twice"}}, "retry:t1", DEV, False),
    ],
)
def test_presses(changed: dict[str, Any], asked: str, who: Person, same: bool) -> None:
    one = button_key(p.CheckRun.model_validate(CHECK), "retry:t1", DEV)
    assert (button_key(p.CheckRun.model_validate({**CHECK, **changed}), asked, who) == one) is same


async def test_a_workflow_run_tells_the_end_of_an_attempt_once(started: Any) -> None:
    run = await started.opened()
    (verification,) = run.verifications.values()
    at = started.now()
    later = e.VerificationPolled(at=at, target="baseline", next_at=at + timedelta(hours=1))
    started.ledger.append(run.id, [later], at)

    async def tell(attempt: int) -> Any:
        body = {"action": "completed", "repository": {"id": run.repo.id, "name": "demo", "full_name": "octo/demo"},
                "installation": {"id": run.repo.installation_id}, "sender": {"id": 1, "login": "dev"},
                "workflow_run": {"id": 5, "head_sha": verification.sha, "run_attempt": attempt}}  # fmt: skip
        started.inbox.add(str(uuid.uuid4()), "workflow_run", "completed", json.dumps(body).encode(), started.now())
        await started.work()
        return started.run.verifications["baseline"]

    assert (await tell(1)).reported == ("5/1",)
    told = len(started.told())
    assert (await tell(1)).reports == 1
    assert len(started.told()) == told
    assert (await tell(2)).reported == ("5/1", "5/2")
    started.ledger.append(
        run.id, [e.VerificationEnded(at=at, target="baseline", sha=verification.sha, ending="green")], at
    )
    told = len(started.told())
    await tell(3)
    assert len(started.told()) == told


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_number_of_tellings_comes_to_the_same(open_bench: Any, tmp_path: Any, data: Any) -> None:
    """Deliveries of these facts in any order, any of them several times, with looks in between, or only looks."""
    facts = [comment, refused, not_understood, line_comment, review]
    order = data.draw(st.lists(st.integers(0, len(facts) - 1), max_size=8))
    looks = data.draw(st.sets(st.integers(0, 8), max_size=2))

    async def play() -> None:
        async with open_bench() as bench:
            await bench.do(label={"name": "otto"})
            await bench.opened()
            world = bench.stand_in.hub.world
            for event in ("issue_comment", "pull_request_review_comment", "pull_request_review"):
                bench.drop(event)
            rows = []
            for fact in facts:
                before = len(world.deliveries)
                await fact(bench)
                rows.append([row for row in world.deliveries[before:] if row.event != "pull_request"])
            for place, number in enumerate(order):
                await again(bench, rows[number])
                if place in looks:
                    await bench.catch_up()
            await bench.catch_up()
            assert sorted(bench.given()) == ["explain", "explain"]
            assert len(bench.run.reviews) == 1
            answers = [row.body.partition("\n")[0] for row in world.comments if row.by_app]
            assert len(answers) == len(set(answers))
            keys = {event.given.key for event in bench.told() if isinstance(event, e.CommandGiven)}
            assert len(keys) == 2

    for path in tmp_path.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    asyncio.run(play())
