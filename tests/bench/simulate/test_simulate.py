"""The simulator: lives hold, planted bugs are found, what broke once is played again, a seed is one life."""

import importlib
from collections.abc import Callable

import pytest

from otto_bot.bench.simulate.bends import life_of
from otto_bot.bench.simulate.bugs import BUGS, HEART, Bug, changed, planted
from otto_bot.bench.simulate.coverage import Sum
from otto_bot.bench.simulate.play import play
from otto_bot.bench.simulate.world import World
from otto_bot.cli import main

QUICK, BLOCKS = 240, 6
"""Issues of the quick tests; an issue has 1.3 runs on average."""
ALL_RUNS, PARTS = 3000, 12
MOST = 10_000
"""A planted bug is found within so many issues."""

FOUND: dict[str, int] = {}
"""At which seed each planted bug was found last: played first, to save time."""


def held(seeds: range) -> Sum:
    """Plays them all; everything must hold."""
    total = Sum()
    for seed in seeds:
        played = play(seed)
        assert played.rule is None, f"seed {seed}: {played.broken}: {played.words}\n{played.story}"
        total.add(played)
    return total


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_rule_holds_in_every_life(block: int) -> None:
    """Whatever GitHub, Actions, the model, people, machines and the clock do."""
    size = QUICK // BLOCKS
    assert held(range(block * size, (block + 1) * size)).runs >= size


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_rule_holds_in_three_thousand_runs(part: int) -> None:
    """And the world is no calm one: each part meets crashes, losses, deploys, gates and every kind of run."""
    total, seed = Sum(), 1000 * (part + 1)
    while total.runs < ALL_RUNS // PARTS:
        more = held(range(seed, seed + 10))
        seed += 10
        for name in ("lives", "runs", "events"):
            setattr(total, name, getattr(total, name) + getattr(more, name))
        total.seen.update(more.seen)
    for name in ("deploy", "delivery lost", "clock jump", "decision applied by grace", "outcome done", "parked",
                 "run kind improve", "run kind certify", "crash in the middle of a job", "phase journeys",
                 "GitHub: the answer was lost after the write", "worker hangs beyond its lease"):  # fmt: skip
        assert total.seen[name] > 0, f"no life met: {name}"


def test_a_seed_is_one_life() -> None:
    """Twice the same seed is twice the same ledger, to the last event."""
    once, again = World(life_of(11)), World(life_of(11))
    once.live()
    again.live()
    assert [kept.events for kept in once.ledger.runs.values()] == [kept.events for kept in again.ledger.runs.values()]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_in_the_heart_and_gone_again(bug: Bug) -> None:
    module = importlib.import_module(f"{HEART}.{bug.module}")
    owner, _, name = bug.function.rpartition(".")
    place = getattr(module, owner) if owner else module
    right = getattr(place, name)
    with planted(bug):
        assert getattr(place, name) is not right
    assert getattr(place, name) is right
    with pytest.raises(ValueError, match="write the bug anew"):
        changed(Bug(bug.name, bug.module, bug.function, "no such words", "", ""), module, right)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_every_planted_bug_is_found(bug: Bug, record_property: Callable[[str, object], None]) -> None:
    """With the right heart the seed holds; with the bug in it a rule does not."""
    with planted(bug):
        first = FOUND.get(bug.name, 0)
        found = next((seed for seed in (first, *range(MOST)) if play(seed).rule is not None), None)
    assert found is not None, f"{bug.name} ({bug.what}) was not found in {MOST} issues"
    record_property("found at seed", found)
    assert play(found).rule is None


def test_what_broke_is_told_with_its_story_and_how_to_play_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["bench", "simulate", "--only", "2", "--bug", "command-twice"])
    told = capsys.readouterr().out
    assert code == 1
    assert "Play it again: otto-bot bench simulate --only 2 --bug command-twice" in told
    assert "seed 2: rule 7" in told
    assert "CommandGiven" in told


def test_the_command_says_what_was_covered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "simulate", "--runs", "3", "--seed", "40", "--jobs", "1"]) == 0
    told = capsys.readouterr().out
    assert "how runs ended:" in told
    assert "0 broken" in told


def test_bugs_are_named_and_a_strange_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "simulate", "--bug", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(BUGS) >= 20
    assert main(["bench", "simulate", "--bug", "none-such"]) == 2
    assert "--bug list" in capsys.readouterr().err
