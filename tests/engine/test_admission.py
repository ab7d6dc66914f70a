"""The leader's look: turns are given, what holds runs back is told once, and taken back when it is over."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.allowance import Allowance
from otto_bot.core.config import HostCaps
from otto_bot.core.limits import AtOnce, HostLimits
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo, Usage
from otto_bot.engine.admission import SAY_AGAIN_SECONDS, TELL_SECONDS, Admission
from otto_bot.store import tables as t
from otto_bot.store.allowance import DayUsedUp
from otto_bot.store.database import migrate, open_database
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.held_back import HeldBack
from otto_bot.store.installations import Closed
from otto_bot.store.ledger import Ledger, Trigger

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
ANNA = Person(id=1, login="anna")
REPO = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")


class Host:
    """One host with one place, its clock, and what GitHub closes."""

    def __init__(self, engine: sa.Engine, limits: HostLimits | None = None) -> None:
        one = AtOnce(runs=1, attempts=1, agents=1)
        limits = limits or HostLimits(installation=one, host=one)
        self.engine, self.ledger, self.now, self.leads = engine, Ledger(engine, limits), T0, True
        self.closed: Mapping[int, Closed] = {}
        self.admission = Admission(
            self.ledger, HeldBack(engine, limits), lambda _at: self.closed, lambda _at: self.leads, lambda: self.now
        )

    def start(self, issue: int) -> int:
        run = self.ledger.start(
            Trigger(key=f"l/{issue}", repo=REPO, issue=issue, title="T", body="B", actor=ANNA), HostCaps(), self.now
        )
        assert run is not None
        return run.id

    def after(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.admission.look()

    def end(self, run: int) -> None:
        self.ledger.append(run, [e.IssueChanged(at=self.now, what="closed")], self.now)

    def words(self, run: int) -> str | None:
        parked = self.ledger.load(run).parked
        return parked and parked.reason.partition("; ")[2]

    def told(self, run: int) -> list[str]:
        return [item.event.type for item in self.ledger.events(run) if item.event.type in ("Parked", "Unparked")]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    engine = open_database(f"sqlite:///{tmp_path / 'otto.sqlite'}")
    migrate(engine)
    yield Host(engine)
    engine.dispose()


def test_turns_come_one_after_the_other(host: Host) -> None:
    """Who gets its turn hears it at once; those behind are told of their new place, at most once a minute."""
    first, second, third, fourth = (host.start(issue) for issue in (1, 2, 3, 4))
    host.after(1)
    assert [host.words(run) for run in (second, third, fourth)] == [
        "this one is next", "1 is ahead of this one", "2 are ahead of this one",
    ]  # fmt: skip

    host.end(first)
    host.after(1)

    assert (host.words(second), host.words(third)) == (None, "1 is ahead of this one")
    host.after(SAY_AGAIN_SECONDS)
    assert (host.words(third), host.words(fourth)) == ("this one is next", "1 is ahead of this one")
    assert [host.told(run) for run in (first, second, third, fourth)] == [
        [], ["Parked", "Unparked"], ["Parked", "Parked"], ["Parked", "Parked"],
    ]  # fmt: skip


def test_what_does_not_change_is_told_once(host: Host) -> None:
    host.start(1)
    second = host.start(2)

    for _ in range(30):
        host.after(TELL_SECONDS + 1)

    assert host.told(second) == ["Parked"]


def test_a_limit_of_github_is_told_with_its_end_and_taken_back(host: Host) -> None:
    run = host.start(1)
    host.closed = {3: Closed(until=T0 + timedelta(seconds=300), why="GitHub asks to wait")}
    host.after(1)

    parked = host.ledger.load(run).parked
    assert parked is not None
    assert (parked.why, parked.until) == ("github_limit", T0 + timedelta(seconds=300))
    host.closed = {3: Closed(until=T0 + timedelta(seconds=310), why="GitHub asks to wait")}
    host.after(TELL_SECONDS + 1)
    assert host.told(run) == ["Parked"]
    host.closed = {}
    host.after(TELL_SECONDS + 1)
    assert host.told(run) == ["Parked", "Unparked"]
    assert host.ledger.load(run).idle_seconds == TELL_SECONDS * 2 + 2


def test_a_day_that_is_used_up_is_told_once_with_its_end_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'otto.sqlite'}")
    migrate(engine)
    host = Host(engine, HostLimits(day=Allowance(usd=5, usd_per_installation=None)))
    first, second = host.start(1), host.start(2)
    host.ledger.append(first, [e.MoneyReserved(at=host.now, call="a", usd=4)], host.now)
    for _ in range(20):
        with pytest.raises(DayUsedUp):
            host.ledger.append(second, [e.MoneyReserved(at=host.now, call="b", usd=3)], host.now)
        host.after(TELL_SECONDS + 1)

    parked = host.ledger.load(second).parked
    assert parked is not None
    assert (parked.why, parked.until) == ("day", datetime(2026, 11, 2, tzinfo=UTC))
    assert (host.told(second), host.told(first)) == (["Parked"], [])
    host.ledger.append(first, [e.MoneySettled(at=host.now, call="a", usage=Usage(usd=1))], host.now)
    host.after(1)
    assert host.told(second) == ["Parked", "Unparked"]
    engine.dispose()


def test_a_turn_whose_word_was_lost_is_told_later(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker died between giving the turn and telling it."""
    first, second = host.start(1), host.start(2)
    host.end(first)
    with monkeypatch.context() as patch:
        patch.setattr(host.ledger, "append", _dies)
        with pytest.raises(KeyboardInterrupt):
            host.after(1)

    host.after(TELL_SECONDS + 1)

    assert host.told(second) == ["Parked", "Unparked"]


def test_a_run_that_cannot_be_read_keeps_no_other_from_being_told(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    first, broken, third = host.start(1), host.start(2), host.start(3)
    with host.engine.begin() as c:
        c.execute(t.runs.update().where(t.runs.c.id == broken).values(state="{}", parked="agents"))
    host.after(SAY_AGAIN_SECONDS + 1)
    host.end(first)
    host.after(SAY_AGAIN_SECONDS + 1)

    assert host.told(third) == ["Parked", "Parked"]
    assert f"run {broken} cannot be read" in caplog.text


def _dies(*_words: object) -> Run:
    raise KeyboardInterrupt


def test_who_does_not_lead_does_nothing(host: Host) -> None:
    first, second = host.start(1), host.start(2)
    host.leads = False
    host.end(first)
    host.after(10)

    assert host.told(second) == ["Parked"]


def kinds_of(host: Host, run: int) -> set[str]:
    """What a worker takes of a run now."""
    taken = [ticket.key for ticket in EffectRows(host.engine).claim("w", host.now, 50)]
    return {key.split("/")[2] for key in taken if key.startswith(f"run/{run}/")}


def test_a_run_that_waits_for_its_turn_only_says_so(host: Host) -> None:
    """Its status comment is written at once; its work is taken when it has its turn."""
    first, second = host.start(1), host.start(2)
    host.after(1)

    assert kinds_of(host, second) == {"show"}
    assert "prepare" not in kinds_of(host, second)
    host.end(first)
    host.after(1)
    assert "prepare" in kinds_of(host, second)
