"""Plays lives, in as many processes as wanted, and says what came of each."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from otto_bot.bench.simulate.bends import life_of
from otto_bot.bench.simulate.bugs import bug_of, planted
from otto_bot.bench.simulate.rules import RULES
from otto_bot.bench.simulate.world import Broken, World

READS_EACH = 10
"""Every so many seeds everything that people read is compared with how things are: rendering is slow."""
REPLAYS_EACH = 4
"""Every so many seeds whole ledgers are written, read and reduced again at the end; at a deploy all runs are."""
AT_A_TIME = 10


@dataclass
class Played:
    """What came of one seed: `rule` None = everything held; -1 = the code failed in another way."""

    seed: int
    runs: int = 0
    events: int = 0
    steps: int = 0
    seconds: float = 0.0
    """Virtual."""
    rule: int | None = None
    words: str = ""
    story: str = ""
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def broken(self) -> str:
        """The rule that does not hold, in words."""
        if self.rule is None:
            return ""
        return f"rule {self.rule}, {RULES[self.rule]}" if self.rule in RULES else "the code failed"


def play(seed: int) -> Played:
    """One life. Nothing is raised: what broke is in the answer."""
    world = World(life_of(seed), reads=seed % READS_EACH == 0, replays=seed % REPLAYS_EACH == 0)
    played = Played(seed, seen=world.seen)
    try:
        world.live()
    except Broken as error:
        played.rule, played.words, played.story = error.rule, error.words, world.story()
    except Exception as error:  # noqa: BLE001 - whatever the heart raises is a finding, and is told with its seed
        played.rule, played.words, played.story = -1, f"{type(error).__name__}: {error}", world.story()
    played.runs, played.steps, played.seconds = len(world.ledger.runs), world.steps, world.clock.seconds
    played.events = sum(len(kept.events) for kept in world.ledger.runs.values())
    return played


def _some(bug: str, seeds: Sequence[int]) -> list[Played]:
    with planted(bug_of(bug) if bug else None):
        return [play(seed) for seed in seeds]


def play_all(seeds: Sequence[int], jobs: int, bug: str = "") -> Iterator[Played]:
    """All seeds, in their order. With a bug planted, each process plants it for itself."""
    parts = [seeds[start : start + AT_A_TIME] for start in range(0, len(seeds), AT_A_TIME)]
    if jobs == 1:
        for part in parts:
            yield from _some(bug, part)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for done in pool.imap(partial(_some, bug), parts):
            yield from done


@dataclass(frozen=True)
class Hunt:
    """In which run a planted bug was found, and by which life and rule; `seed` None = it was not."""

    bug: str
    runs: int
    seed: int | None = None
    rule: int | None = None

    @property
    def told(self) -> str:
        """In a few words."""
        if self.seed is None:
            return f"not found in {self.runs:,} runs"
        return f"run {self.runs:>6,}  seed {self.seed:>6}  rule {self.rule}"


def hunt(bug: str, first: int, most: int) -> Hunt:
    """Plays lives with a bug planted, from a seed on, until it is found or so many runs are through."""
    runs = 0
    with planted(bug_of(bug)):
        for seed in count(first):
            played = play(seed)
            runs += played.runs
            if played.rule is not None:
                return Hunt(bug, runs, seed, played.rule)
            if runs >= most:
                break
    return Hunt(bug, runs)


def hunts(bugs: Sequence[str], first: int, most: int, jobs: int) -> Iterator[Hunt]:
    """Several bugs, each in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(partial(hunt, first=first, most=most), bugs)
