"""The simulator: lives hold, planted bugs are found, a seed is one life, what broke is told."""

import importlib
import re
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from otto_bot.bench.simulate.bends import life_of
from otto_bot.bench.simulate.bugs import BUGS, HEART, Bug, planted
from otto_bot.bench.simulate.coverage import Sum
from otto_bot.bench.simulate.planting import Change, changed
from otto_bot.bench.simulate.play import hunt, play
from otto_bot.bench.simulate.world import World
from otto_bot.cli import main
from scripts.docs_pages import states

DOCS = Path(__file__).parents[3] / "docs" / "simulator.md"
HOW = DOCS.with_name("how-it-works.md")
RUNS, PARTS = 3000, 3
"""Of all tests; the first part is played in the quick ones. An issue has 1.5 runs on average."""
REGRESSIONS = {
    1793: "a run that began by a clock that was ahead heard nobody until then, where only looking finds what is said",
    2467: "jobs that ran again beside work of others dropped what depends on that work: the merge was refused for ever",
    5796: "a run was stopped and its push refused: a person's word cleared that, and the work was pushed by nobody",
    6730: "a gate that is read again showed its old plan with another reply, until the new one was posted",
    16620: "a worker that had hung wrote how things had been over what another had written, and died before it told",
    17720: "a check was written, its worker died, and the run came back to what it had shown before: nobody wrote it",
    18290: "a status that told of a limit was written and never told; and believed not to be when the limit was over",
    8252: "a clock that was set back made the second run hear a grant of money that the first one had heard",
}
"""Seeds that broke once, and what was wrong."""
MOST = 10_000
"""A planted bug is found within so many runs."""
MET = (
    "deploy", "delivery lost", "delivery doubled", "clock jump", "decision applied by grace", "outcome done", "parked",
    "shut out",
    "run kind improve", "run kind certify", "crash in the middle of a job", "phase journeys", "command stop",
    "GitHub: the answer was lost after the write", "worker hangs beyond its lease", "job: told twice", "job: told late",
    "jobs ran again", "database: away at the commit", "came home",
)  # fmt: skip


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, PARTS))])
def test_every_rule_holds_in_three_thousand_runs(part: int) -> None:
    """Whatever GitHub, Actions, the model, people, machines and the clock do; and the world is no calm one."""
    total, told = Sum(), states.told(HOW.read_text("utf-8"))
    for seed in count(part * 100_000):
        played = play(seed)
        assert played.rule is None, f"seed {seed}: {played.broken}: {played.words}\n{played.story}"
        lost = states.steps_in(played.seen) - told
        assert not lost, f'docs/how-it-works.md lacks {sorted(lost)}: run `make docs ARGS="--seed {seed}"`'
        total.add(played)
        if total.runs >= RUNS // PARTS:
            break
    assert not [name for name in MET if not total.seen[name]], "what no life met"


@pytest.mark.parametrize("seed", sorted(REGRESSIONS))
def test_what_broke_once_holds(seed: int) -> None:
    played = play(seed)
    assert played.rule is None, f"{REGRESSIONS[seed]}: {played.words}\n{played.story}"


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
    with pytest.raises(ValueError, match="write the change anew"):
        changed(Change(module.__name__, bug.function, "no such words", ""), module, right)


def found_at(bug: Bug) -> int:
    """The seed that docs/simulator.md names for it."""
    row = re.search(rf"^\| `{bug.name}` \|.*\| ([0-9]+) \| [0-9]+ \|$", DOCS.read_text(), re.MULTILINE)
    assert row is not None, f"{bug.name} does not stand in {DOCS.name}"
    return int(row[1])


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_every_planted_bug_is_found(bug: Bug, record_property: Callable[[str, object], None]) -> None:
    """Where it was found before, or else from seed 0 on; the same life holds with the right heart."""
    found = hunt(bug.name, found_at(bug), 1)
    if found.seed is None:
        found = hunt(bug.name, 0, MOST)
    sys.stdout.write(f"{bug.name}: {found.told}\n")
    record_property("found", found.told)
    assert found.seed is not None, f"{bug.name} ({bug.what}): {found.told}"
    assert play(found.seed).rule is None


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
