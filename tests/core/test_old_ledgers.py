"""Ledgers of the release before gates kept accounts: they are read, give a sound run, and the run goes on.

Each file holds the events of one simulated life as that release wrote them, a line each, and last its snapshot.
"""

from pathlib import Path

import pytest
from core_builders import fold
from core_lives import adopted, run_of

from otto_bot.core.events import RunEvent, read_event
from otto_bot.core.invariants import broken
from otto_bot.core.run import Outcome, Run

FILES = sorted(Path(__file__).with_name("ledgers").glob("*.jsonl"))


def read(file: Path) -> tuple[list[RunEvent], Run]:
    *events, snapshot = file.read_text().splitlines()
    return [read_event(line) for line in events], Run.model_validate_json(snapshot)


def test_there_are_old_ledgers() -> None:
    assert len(FILES) == 5


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_old_words_give_a_sound_run(file: Path) -> None:
    """Every event is still understood. A rule that is stricter now may lead a replay elsewhere: a skip that a
    machine proposed waits for a yes, also after a person changed something else. No step breaks a rule of the house.
    """
    events, stored = read(file)
    run = fold(None, *events)
    assert broken(run) == broken(stored) == ()
    assert (run.plan, run.pull_request) == (stored.plan, stored.pull_request)
    assert run.gates[0].failures == stored.gates[0].failures
    assert run.gates[0].decision is not None


@pytest.mark.parametrize("replayed", [False, True], ids=["snapshot", "replayed"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_old_run_goes_on_from_where_it_was(file: Path, replayed: bool) -> None:
    """Whoever upgrades in the middle of a run: it comes home in a kind world, every rule of the house watched."""
    events, run = read(file)
    if replayed:
        run = fold(None, *events)
    world = adopted(run, events[-1].at)
    world.go_on()
    assert run_of(world).outcome in (Outcome.DONE, Outcome.DONE_PARTIAL), world.story()
