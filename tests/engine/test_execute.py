"""One execution of one effect on a real ledger: success, each kind of error, a stale ticket, a database away."""

import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.run import Run
from otto_bot.core.trouble import TROUBLE_LIMIT
from otto_bot.core.values import Person, Repo
from otto_bot.engine.execute import FIRST_PAUSE, LONGEST_PAUSE, START_SECONDS, Executor
from otto_bot.jobs.outcomes import Later, NeedsPerson, Retry, ShutOut, Superseded
from otto_bot.store.database import open_database
from otto_bot.store.effect_rows import REPEAT_LIMIT, EffectRows, Ticket
from otto_bot.store.ledger import Ledger, Trigger

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


class House:
    """A run whose first effect does what a test says."""

    def __init__(self, url: str) -> None:
        self.engine = open_database(url)
        self.ledger, self.rows = Ledger(self.engine), EffectRows(self.engine)
        repo = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
        person = Person(id=1, login="anna")
        trigger = Trigger(key="k", repo=repo, issue=4, title="T", body="B", actor=person)
        run = self.ledger.start(trigger, HostCaps(), T0)
        assert run is not None
        self.run_id = run.id
        self.now = T0
        self.does: Exception | list[e.RunEvent] = []
        self.ran = 0
        self.executor = Executor(
            self.ledger, self.rows, dict.fromkeys(EffectKind, self.job), _translate, self.clock, ()
        )

    def clock(self) -> datetime:
        return self.now

    async def job(self, _run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[e.RunEvent]:
        self.ran += 1
        if isinstance(self.does, Exception):
            raise self.does
        return self.does

    def claim(self) -> list[Ticket]:
        return [one for one in self.rows.claim("w", self.now, 10) if "/prepare/" in one.key]

    async def turn(self) -> Run:
        """Claim and execute the first effect."""
        [ticket] = self.claim()
        await self.executor(ticket)
        return self.ledger.load(self.run_id)


def _translate(error: Exception) -> Later | Retry | NeedsPerson | ShutOut | None:
    return error if isinstance(error, Later | Retry | NeedsPerson | ShutOut) else None


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    made = House(database_url)
    yield made
    made.engine.dispose()


async def test_a_job_ends_with_its_events(house: House) -> None:
    house.does = [e.Refused(at=T0, reason="no")]
    run = await house.turn()

    assert run.hold is not None
    assert house.claim() == []
    assert house.executor.running == {}
    assert house.executor.progressed.is_set()


async def test_a_retry_waits_longer_each_time(house: House) -> None:
    house.does = Retry("GitHub is away")
    for n in range(3):
        run = await house.turn()
        [trouble] = run.trouble.values()
        assert (trouble.count, trouble.kind, trouble.message) == (n + 1, "outside", "GitHub is away")
        assert trouble.retry_at == house.now + timedelta(seconds=FIRST_PAUSE * 2**n)
        assert house.claim() == []
        # The row of an effect that is wanted again waits too: whichever is later.
        house.now += timedelta(seconds=LONGEST_PAUSE)
    house.does = [e.Refused(at=T0, reason="enough")]
    assert (await house.turn()).hold is not None


async def test_a_try_that_was_taken_over_tells_nothing(house: House) -> None:
    [ticket] = house.claim()
    house.does = Superseded(ticket.id)
    await house.executor(ticket)

    run = house.ledger.load(house.run_id)
    assert run.trouble == {}
    assert (house.executor.running, house.executor.claimed) == ({}, {})


async def test_an_outage_is_waited_for_before_a_person_is_called(house: House) -> None:
    house.does = Retry("the model's service is overloaded", "provider", outage=True)
    waits = []
    for _ in range(TROUBLE_LIMIT):
        assert house.ledger.load(house.run_id).hold is None
        run = await house.turn()
        [trouble] = run.trouble.values()
        assert trouble.retry_at is not None
        waits.append((trouble.retry_at - house.now).total_seconds())
        house.now = trouble.retry_at
    assert waits == [2, 8, 32, 128, 512, 900, 900, 900]
    assert sum(waits[:-1]) > 40 * 60
    assert run.hold is not None
    assert run.hold.reason.endswith("overloaded. 8 tries failed, so Otto waits for a word now; nothing is lost")
    assert run.hold.reply == "/otto resume"


async def test_a_limit_says_itself_when(house: House) -> None:
    house.does = Retry("secondary limit", "limit", after_seconds=77)
    run = await house.turn()

    assert next(iter(run.trouble.values())).retry_at == T0 + timedelta(seconds=77)


async def test_later_costs_nothing(house: House) -> None:
    until = T0 + timedelta(seconds=60)
    house.does = Later(until, "a limit")
    run = await house.turn()

    assert run.trouble == {}
    assert [one.event.type for one in house.ledger.events(house.run_id)] == ["RunStarted"]
    house.now = until
    [ticket] = house.claim()
    assert ticket.generation == 2


async def test_a_repository_that_is_shut_bars_the_run_and_the_step_comes_again_when_it_is_open(house: House) -> None:
    """Ten times over: it is no failure, counts nothing, and is not tried meanwhile."""
    house.does = ShutOut("archived", "it is archived")
    for number in range(1, 11):
        run = await house.turn()
        assert ([bar.by for bar in run.bars], run.trouble, run.hold) == (["archived"], {}, None)
        house.now += timedelta(hours=1)
        assert house.claim() == []
        run = house.ledger.append(house.run_id, [e.Unbarred(at=house.now, by="archived")], house.now)
        assert house.ran == number
    house.does = []
    await house.turn()
    assert house.ran == 11


async def test_what_only_a_person_can_mend_rests(house: House) -> None:
    house.does = NeedsPerson("grant the right to write checks", "permission")
    run = await house.turn()

    assert run.hold is not None
    assert run.hold.reason == "grant the right to write checks"


async def test_an_error_of_our_own_is_logged_and_tried_again(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.does = KeyError("secret detail")
    with caplog.at_level(logging.ERROR):
        run = await house.turn()

    [trouble] = run.trouble.values()
    assert trouble.kind == "bug"
    assert trouble.retry_at is not None
    assert "secret detail" not in trouble.message
    assert "secret detail" in caplog.text


async def test_a_stale_ticket_does_nothing(house: House) -> None:
    [ticket] = house.claim()
    house.rows.reap(T0, all_running=True)
    await house.executor(ticket)

    assert house.ran == 0


async def test_a_database_that_is_away_leaves_the_ticket_to_the_reaper(house: House) -> None:
    """The job ran, its end could not be written: the next generation does it again."""
    house.does = [e.Refused(at=T0, reason="no")]
    [ticket] = house.claim()

    def refuse(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO events"):
            raise sa.exc.OperationalError(statement, {}, Exception("disk full"))

    sa.event.listen(house.engine, "before_cursor_execute", refuse)
    await house.executor(ticket)
    sa.event.remove(house.engine, "before_cursor_execute", refuse)

    assert house.ran == 1
    assert house.ledger.load(house.run_id).hold is None
    assert ticket in house.rows.reap(T0 + timedelta(seconds=60))
    house.now = T0 + timedelta(seconds=61)
    assert (await house.turn()).hold is not None


async def test_a_cancelled_job_writes_nothing(house: House) -> None:
    entered = asyncio.Event()

    async def wait(_run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[e.RunEvent]:
        entered.set()
        await asyncio.Event().wait()
        return []

    executor = Executor(house.ledger, house.rows, dict.fromkeys(EffectKind, wait), _translate, house.clock)
    [ticket] = house.claim()
    task = asyncio.create_task(executor(ticket))
    await entered.wait()
    assert list(executor.running) == [ticket.key]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert executor.running == {}
    assert len(house.ledger.events(house.run_id)) == 1


async def test_a_job_nobody_wants_keeps_its_lane_until_it_ends(house: House) -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    async def slow(_run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[e.RunEvent]:
        entered.set()
        await go.wait()
        raise Later(None, "a pause")

    executor = Executor(house.ledger, house.rows, dict.fromkeys(EffectKind, slow), _translate, house.clock)
    [ticket] = house.claim()
    task = asyncio.create_task(executor(ticket))
    await entered.wait()
    with house.engine.begin() as c:
        c.execute(sa.text("UPDATE effects SET state = 'dropped' WHERE key = :key"), {"key": ticket.key})
        c.execute(
            sa.text(
                "INSERT INTO effects (key, run_id, kind, lane, body, generation, state, not_before, updated_at)"
                " SELECT 'run/1/prepare/next', run_id, kind, lane, body, 1, 'due', 0, 0 FROM effects WHERE key = :key"
            ),
            {"key": ticket.key},
        )

    assert house.claim() == []
    go.set()
    await task
    assert [one.key for one in house.claim()] == ["run/1/prepare/next"]


async def test_a_lane_that_cannot_be_freed_does_not_fail_the_worker(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    [ticket] = house.claim()
    house.executor.take([ticket])
    with house.engine.begin() as c:
        c.execute(sa.text("UPDATE effects SET state = 'dropped' WHERE key = :key"), {"key": ticket.key})

    def refuse(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "worker=" in statement:
            raise sa.exc.OperationalError(statement, {}, Exception("disk full"))

    sa.event.listen(house.engine, "before_cursor_execute", refuse)
    await house.executor(ticket)
    sa.event.remove(house.engine, "before_cursor_execute", refuse)

    assert "is free after its lease" in caplog.text
    assert house.executor.running == {}


async def test_a_step_that_kills_its_worker_every_time_is_a_persons_at_once(house: House) -> None:
    """No event of the run has to come first."""
    for n in range(REPEAT_LIMIT):
        assert house.ledger.load(house.run_id).hold is None
        house.now = T0 + timedelta(minutes=n)
        assert len(house.claim()) == 1
        await house.executor.lost(house.rows.reap(house.now, all_running=True))

    hold = house.ledger.load(house.run_id).hold
    assert hold is not None
    assert "8 times" in hold.reason
    assert house.claim() == []


async def test_a_lost_run_that_cannot_be_read_hides_no_other(house: House, caplog: pytest.LogCaptureFixture) -> None:
    [ticket] = house.claim()
    with house.engine.begin() as c:
        c.execute(sa.text("UPDATE runs SET state = '{}'"))
    broken = Ticket(key=f"run/{house.run_id}/prepare/0", generation=1)
    await house.executor.lost([broken, ticket])

    assert f"run {house.run_id} cannot be read" in caplog.text


async def test_what_is_let_go_stays_with_its_lease_and_what_is_given_back_is_due_at_once(house: House) -> None:
    entered = asyncio.Event()

    async def hang(_run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[e.RunEvent]:
        entered.set()
        await asyncio.Event().wait()
        return []

    executor = Executor(house.ledger, house.rows, dict.fromkeys(EffectKind, hang), _translate, house.clock)
    for given_back in (False, True):
        [ticket] = house.claim()
        executor.take([ticket])
        task = asyncio.create_task(executor(ticket))
        await entered.wait()
        entered.clear()
        if given_back:
            await executor.give_back(5)
        else:
            executor.let_go()
        await executor.ended()
        await task
        assert [one.generation for one in house.claim()] == ([ticket.generation + 1] if given_back else [])
        house.now += timedelta(seconds=60)
        house.rows.reap(house.now)


async def test_one_try_is_cancelled_and_no_other(house: House) -> None:
    entered = asyncio.Event()

    async def hang(_run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[e.RunEvent]:
        entered.set()
        await asyncio.Event().wait()
        return []

    executor = Executor(house.ledger, house.rows, dict.fromkeys(EffectKind, hang), _translate, house.clock)
    [ticket] = house.claim()
    task = asyncio.create_task(executor(ticket))
    await entered.wait()
    executor.cancel(Ticket(key=ticket.key, generation=9))
    executor.cancel(Ticket(key="run/1/other", generation=1))
    assert not executor.running[ticket.key].work.cancelling()  # type: ignore[attr-defined]
    executor.cancel(ticket)
    await task

    assert executor.running == {}
    assert len(house.ledger.events(house.run_id)) == 1


async def test_a_claim_that_never_began_is_given_back_too(house: House) -> None:
    [ticket] = house.claim()
    house.executor.take([ticket])
    assert house.executor.in_hand() == [ticket.key]
    await house.executor.give_back(1)

    assert [one.generation for one in house.claim()] == [2]


async def test_a_start_that_comes_late_leaves_the_later_try_alone(house: House) -> None:
    """Its lease goes on being kept, and its lane is its own until it ends."""
    entered, go = asyncio.Event(), asyncio.Event()

    async def slow(_run: Run, _effect: Effect, _ticket: Ticket) -> Sequence[e.RunEvent]:
        entered.set()
        await go.wait()
        return []

    executor = Executor(house.ledger, house.rows, dict.fromkeys(EffectKind, slow), _translate, house.clock)
    [lost] = house.claim()
    house.rows.reap(T0, all_running=True)
    [ticket] = house.claim()
    task = asyncio.create_task(executor(ticket))
    await entered.wait()
    with house.engine.begin() as c:
        c.execute(sa.text("UPDATE effects SET state = 'dropped' WHERE key = :key"), {"key": ticket.key})
    await executor(lost)

    assert executor.in_hand() == [ticket.key]
    with house.engine.connect() as c:
        held = c.execute(sa.text("SELECT worker FROM effects WHERE key = :key"), {"key": ticket.key}).scalar()
    assert held == "w"
    go.set()
    await task
    assert executor.running == {}


async def test_a_start_that_was_lost_takes_no_slot_and_may_still_come(house: House) -> None:
    """Another worker finds its lease over; this one must not count it for ever."""
    [ticket] = house.claim()
    house.executor.take([ticket])
    assert house.executor.in_hand() == [ticket.key]
    house.executor._since[ticket.id] -= START_SECONDS + 1
    assert house.executor.in_hand() == []
    assert house.executor.claimed == {}
    await house.executor(ticket)
    assert (house.ran, house.executor.claimed) == (1, {})


async def test_what_is_just_beginning_is_given_back_and_does_not_begin(house: House) -> None:
    """The worker ends in the very moment in which a job begins: the next worker may have it at once."""
    began, go = threading.Event(), threading.Event()

    def hold(_c: object) -> None:
        if not began.is_set():
            began.set()
            go.wait(10)

    [ticket] = house.claim()
    house.executor.take([ticket])
    sa.event.listen(house.engine, "commit", hold)
    task = asyncio.create_task(house.executor(ticket))
    await asyncio.to_thread(began.wait, 10)
    giving_back = asyncio.create_task(house.executor.give_back(1))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(giving_back, task)
    sa.event.remove(house.engine, "commit", hold)

    assert house.ran == 0
    assert [one.generation for one in house.claim()] == [2]


async def test_a_run_that_a_newer_worker_took_is_left_to_it(house: House) -> None:
    [ticket] = house.claim()
    with house.engine.begin() as c:
        c.execute(sa.text("UPDATE runs SET version = version + 1"))
    await house.executor(ticket)
    await house.executor.lost([ticket])

    assert house.ran == 0
    assert house.claim() == []
