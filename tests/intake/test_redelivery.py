"""Deliveries that did not arrive are found in GitHub's log and asked for again, each a few times, by one worker."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from otto_bot.github.ci_models import Delivery
from otto_bot.intake.redelivery import TRIES, Redelivery, missed, window
from otto_bot.intake.rhythm import Rhythm
from otto_bot.redeliver import Wanted, run, span
from otto_bot.store.database import open_database
from otto_bot.store.deliveries import Deliveries
from otto_bot.store.installations import APP, Installations

T0 = datetime(2026, 1, 5, 9, tzinfo=UTC)
MINUTES = Rhythm(unit=timedelta(minutes=1))


def attempt(id_: int, guid: str, code: int = 502, event: str = "issues", action: str | None = "labeled") -> Delivery:
    at = T0 + timedelta(seconds=id_)
    status = "OK" if code == 202 else "failed to connect to host"
    return Delivery(id=id_, guid=guid, event=event, action=action, status=status, status_code=code, delivered_at=at)


@pytest.mark.parametrize(
    ("attempts", "known", "expected"),
    [
        ([], (), []),
        ([attempt(1, "a")], (), ["a"]),
        ([attempt(1, "a", 202)], (), []),
        ([attempt(2, "a", 202), attempt(1, "a")], (), []),  # a later attempt was accepted
        ([attempt(2, "a"), attempt(1, "a")], (), ["a"]),
        ([attempt(1, "a")], ("a",), []),  # our own inbox has it
        ([attempt(1, "a", action="assigned")], (), []),  # concerns no run
        ([attempt(1, "a", event="star", action="created")], (), []),
        ([attempt(1, "a", event="push", action=None)], (), ["a"]),
        ([attempt(3, "c"), attempt(2, "b", 500), attempt(1, "a", 503)], (), ["a", "b", "c"]),
    ],
)
def test_what_is_missing(attempts: list[Delivery], known: tuple[str, ...], expected: list[str]) -> None:
    assert [one.guid for one in missed(attempts, known)] == expected


def test_the_newest_attempt_is_asked_for_again() -> None:
    (one,) = missed([attempt(2, "a"), attempt(9, "a"), attempt(1, "a")], ())
    assert (one.id, one.attempts, one.at) == (9, 3, T0 + timedelta(seconds=1))


def test_how_far_back_the_log_goes() -> None:
    assert window("https://api.github.com") == window("https://api.octo.ghe.com") == timedelta(days=3)
    assert window("https://github.example.com/api/v3") == timedelta(days=7)


def redelivery(bench: Any) -> Redelivery:
    deliveries = Deliveries(bench.engine)
    return Redelivery(bench.github, deliveries, bench.looks, MINUTES, bench.now, timedelta(days=3))


def asked(bench: Any) -> int:
    return sum(row.redelivery for row in bench.stand_in.hub.world.deliveries)


async def test_a_lost_label_comes_again_and_starts_the_run(bench: Any) -> None:
    bench.fault(kind="drop", event="issues", action="labeled")
    await bench.do(label={"name": "otto"})
    await bench.do(comment="nothing for Otto")  # accepted, and not kept
    assert bench.ledger.run_ids() == []

    look = redelivery(bench)
    assert await look() == 1
    await bench.work()
    assert len(bench.ledger.run_ids()) == 1

    bench.now.ahead += timedelta(minutes=6)
    assert (await look(), asked(bench)) == (0, 1)


async def test_what_is_in_the_inbox_or_concerns_no_run_is_not_asked_for(started: Any) -> None:
    started.stand_in.hub.courier.url += "/nowhere"  # answered 404
    await started.do(comment="/otto help")
    await started.do(unlabel={"name": "otto"})
    await started.do(edit_issue={"title": "Add another thing"})
    rows = started.stand_in.hub.world.deliveries
    comment = next(row for row in rows if row.event == "issue_comment")
    started.inbox.add(comment.guid, "issue_comment", "created", comment.body, started.now())

    assert await redelivery(started)() == 2
    assert {row.action for row in rows if row.redelivery} == {"unlabeled", "edited"}


async def test_one_that_never_arrives_is_asked_for_a_few_times(bench: Any, caplog: pytest.LogCaptureFixture) -> None:
    bench.drop("issues")
    await bench.do(label={"name": "otto"})
    look = redelivery(bench)
    for _ in range(TRIES + 2):
        await look()
        bench.now.ahead += timedelta(minutes=6)
    assert asked(bench) == TRIES
    assert "otto-bot redeliver" in caplog.text


async def test_between_two_looks_are_some_minutes_and_a_start_looks_at_once(bench: Any) -> None:
    look = redelivery(bench)
    await look()
    bench.fault(kind="drop", event="issues", action="labeled")
    await bench.do(label={"name": "otto"})
    bench.now.ahead += timedelta(minutes=2)
    assert await look() == 0
    assert await redelivery(bench)() == 1


@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_an_error_ends_nothing(bench: Any, caplog: pytest.LogCaptureFixture, status: int) -> None:
    bench.fault(kind="drop", event="issues", action="labeled")
    await bench.do(label={"name": "otto"})
    bench.fault(kind="status", status=status, match={"path": "/app/hook/deliveries", "count": 3})
    look = redelivery(bench)
    assert await look() == 0
    assert "log of deliveries" in caplog.text
    bench.now.ahead += timedelta(minutes=6)
    bench.stand_in.hub.faults.clear()
    assert await look() == 1


async def command(bench: Any, *guids: str, force: bool = False, dry_run: bool = False) -> int:
    wanted = Wanted(guids, None, force, dry_run)
    return await asyncio.to_thread(run, wanted, bench.settings)


async def test_the_command_lists_and_asks(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert await command(bench) == 0
    assert "nothing is missing" in capsys.readouterr().out
    bench.fault(kind="drop", event="issues", action="labeled")
    await bench.do(label={"name": "otto"})

    assert await command(bench, dry_run=True) == 0
    assert "issues.labeled" in capsys.readouterr().out
    assert asked(bench) == 0
    assert await command(bench) == 0
    assert "asked for again" in capsys.readouterr().out
    await bench.work()
    assert len(bench.ledger.run_ids()) == 1


async def test_the_command_works_in_again_what_is_done_or_dead(
    started: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    await started.do(comment="/otto pause")
    done = started.rows()[-1]
    assert (done.state, done.body) == ("done", b"")
    assert await command(started, done.guid) == 0
    assert "--force" in capsys.readouterr().out

    assert await command(started, done.guid, force=True) == 0
    row = started.rows()[-1]
    assert (row.state, row.attempts, row.guid) == ("received", 0, done.guid)
    await started.work()
    assert started.rows()[-1].state == "done"
    assert [e.given.key for e in started.told() if e.type == "CommandGiven"][:1] == [f"comment/{comment_id(started)}"]

    with started.engine.begin() as c:
        c.exec_driver_sql("UPDATE deliveries SET state = 'dead', body = '{}', error = 'boom', attempts = 8")
    capsys.readouterr()
    assert await command(started) == 0
    assert "boom" in capsys.readouterr().out
    assert await command(started, done.guid, force=True) == 0
    assert started.rows()[-1].state == "received"


def comment_id(bench: Any) -> int:
    return next(row.id for row in bench.stand_in.hub.world.comments if row.body == "/otto pause")


async def test_the_command_says_what_it_cannot_do(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert await command(bench, "no-such-guid") == 1
    assert await command(bench, "no-such-guid", force=True) == 1
    assert "not in GitHub's log" in capsys.readouterr().err
    bench.fault(kind="status", status=401, match={"path": "/app/hook/deliveries", "count": 10})
    assert await command(bench) == 1
    assert "OTTO_PRIVATE_KEY" in capsys.readouterr().err


async def test_the_command_keeps_to_a_limit_that_a_worker_met(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert await command(bench) == 0
    engine = open_database(bench.settings.database)
    Installations(engine).close(APP, bench.now() + timedelta(minutes=10), "GitHub's rate limit", bench.now())
    engine.dispose()
    before = len(bench.stand_in.hub.world.requests)
    assert await command(bench) == 1
    said = capsys.readouterr().err
    assert "GitHub's rate limit. Say it again after 20" in said
    assert "OTTO_PRIVATE_KEY" not in said
    assert len(bench.stand_in.hub.world.requests) == before


@pytest.mark.parametrize(("text", "hours"), [("30m", 0.5), ("2h", 2), ("3d", 72)])
def test_times(text: str, hours: float) -> None:
    assert span(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "2", "0h", "h", "-2h", "2w", "1.5h"])
def test_bad_times(text: str) -> None:
    with pytest.raises(ValueError, match="give one like"):
        span(text)
