"""Two people at once: what was to be recorded is held to the run under the lock of its row, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.commands import Command, Given
from otto_bot.core.on_screen import moved, shown
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger

At = Callable[..., datetime]


class Late(Exception):
    """The run is not what was seen."""


def word(number: int, at: datetime) -> e.CommandGiven:
    command = Command(verb="budget", usd=1.0)
    return e.CommandGiven(
        at=at, given=Given(key=f"page/{number}", command=command, by=Person(id=number + 1, login=f"p{number}"))
    )


def held_to(carried: str, command: Command) -> Callable[[Run], None]:
    def fits(run: Run) -> None:
        if moved(run, command, carried):
            raise Late

    return fits


def test_of_many_at_once_one_wins_and_the_others_are_told(
    database_url: str, engine: sa.Engine, ledger: Ledger, run: Run, at: At
) -> None:
    """Each thread has its own connections, like a process of its own."""
    carried, barrier = shown(run, "budget"), threading.Barrier(6)
    won: list[int] = []
    late: list[int] = []

    def say(number: int) -> None:
        own, event = open_database(database_url), word(number, at(1))
        barrier.wait()
        try:
            Ledger(own).append(run.id, [event], at(1), fits=held_to(carried, event.given.command))
            won.append(number)
        except Late:
            late.append(number)
        own.dispose()

    threads = [threading.Thread(target=say, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(late) == 5
    told = [item.event for item in ledger.events(run.id) if isinstance(item.event, e.CommandGiven)]
    assert [event.given.key for event in told] == [f"page/{won[0]}"]
    assert ledger.load(run.id).money.granted == 1.0


def test_what_does_not_fit_leaves_no_trace(ledger: Ledger, run: Run, at: At) -> None:
    before = ledger.events(run.id)
    with pytest.raises(Late):
        ledger.append(run.id, [word(1, at(1))], at(1), fits=held_to("", Command(verb="budget")))
    assert ledger.events(run.id) == before
    assert ledger.load(run.id) == run
    assert ledger.append(run.id, [word(2, at(2))], at(2)).money.granted == 1.0
