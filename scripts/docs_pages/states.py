"""The diagrams of docs/how-it-works.md: steps that the real reducer takes in simulated lives, and nothing else."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from otto_bot.bench.simulate.bends import life_of
from otto_bot.bench.simulate.watch import STEP
from otto_bot.bench.simulate.world import World
from otto_bot.core.attempt import TaskState
from otto_bot.core.events import read_event
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run, RunPhase
from otto_bot.text.words import PHASES, STATES
from scripts.docs_pages.marks import table

WALKS = Path(__file__).with_name("walks.json")
"""Seeds of lives that together take every step that was found in many."""
LEDGERS = WALKS.with_name("ledgers")
"""What simulated people never do."""
START = "[*]"
ORDER = {"run": [START, *(one.value for one in RunPhase)], "task": [START, *(one.value for one in TaskState)]}
ARROW = re.compile(r"^  (\S+) --> (\S+)(?:: (.*))?$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Step:
    """One move: of a `run` or a `task`, from a state to another one, by a type of event."""

    what: str
    before: str
    after: str
    event: str


def steps_in(seen: Iterable[str]) -> set[Step]:
    """The steps among what a life met."""
    return {Step(*name.removeprefix(STEP).split()) for name in seen if name.startswith(STEP)}


def lived(seed: int) -> set[Step]:
    """The steps of one simulated life. Raises Broken where a rule of the house does not hold in it."""
    world = World(life_of(seed), reads=False, replays=False)
    world.live()
    return steps_in(world.seen)


def replayed(ledger: Path) -> set[Step]:
    """The steps of one kept ledger: a line an event, as `otto-bot report --follow` has them."""
    run: Run | None = None
    steps: set[Step] = set()
    for line in ledger.read_text(encoding="utf-8").splitlines():
        event = read_event(line)
        after = reduce(run, event)
        if run is not None and after is not None:
            steps |= set(_moved(run, event.type, after))
        run = after
    return steps


def _moved(before: Run, event: str, after: Run) -> Iterator[Step]:
    if after.phase is not before.phase:
        yield Step("run", before.phase.value, after.phase.value, event)
    for key, task in after.tasks.items():
        old = before.tasks.get(key)
        if old is None or old.state is not task.state:
            yield Step("task", old.state.value if old else START, task.state.value, event)


def walked() -> set[Step]:
    """Every step of the lives whose seeds are kept, and of the ledgers beside them."""
    steps = {step for seed in json.loads(WALKS.read_text(encoding="utf-8"))["seeds"] for step in lived(seed)}
    return steps.union(*(replayed(ledger) for ledger in sorted(LEDGERS.glob("*.jsonl"))))


def hunt(lives: int) -> list[int]:
    """Plays so many lives and keeps the seeds of few that take every step found; some minutes for thousands."""
    found = {seed: lived(seed) for seed in range(lives)}
    missing, seeds = set().union(*found.values()), []
    while missing:
        seed = max(found, key=lambda one: (len(found[one] & missing), -len(found[one])))
        seeds.append(seed)
        missing -= found[seed]
    WALKS.write_text(json.dumps({"lives": lives, "seeds": sorted(seeds)}) + "\n")
    return seeds


def keep(seed: int) -> None:
    """One more life is played for the diagrams from now on."""
    kept = json.loads(WALKS.read_text(encoding="utf-8"))
    WALKS.write_text(json.dumps({**kept, "seeds": sorted({*kept["seeds"], seed})}) + "\n", encoding="utf-8")


def diagrams(steps: set[Step]) -> dict[str, str]:
    """Both diagrams with their tables, by what moves."""
    return {what: _drawn({one for one in steps if one.what == what}, what) for what in ORDER}


def _drawn(steps: set[Step], what: str) -> str:
    arrows = _arrows(steps, what)
    lines = ["stateDiagram-v2"]
    if what == "run":
        lines.append(f"  {START} --> {RunPhase.PLANNING.value}: RunStarted")
    lines += [f"  {before} --> {after}" for before, after in arrows]
    words = {"run": {key.value: said for key, said in PHASES.items()}, "task": {k.value: s for k, s in STATES.items()}}
    states = table(("state", "what people read"), [(f"`{key}`", said) for key, said in words[what].items()])
    rows = [
        (f"`{before}`", f"`{after}`", ", ".join(f"`{one}`" for one in by)) for (before, after), by in arrows.items()
    ]
    moves = table(("from", "to", "by"), rows)
    return "```mermaid\n" + "\n".join(lines) + f"\n```\n\n{states}\n\n{moves}"


def _arrows(steps: set[Step], what: str) -> dict[tuple[str, str], list[str]]:
    by: dict[tuple[str, str], list[str]] = defaultdict(list)
    for step in sorted(steps):
        by[step.before, step.after].append(step.event)
    place = ORDER[what].index
    return dict(sorted(by.items(), key=lambda item: (place(item[0][0]), place(item[0][1]))))


def told(page: str) -> set[Step]:
    """The steps that a page's tables show."""
    return {step for what in ORDER for step in _told(page, what)}


def _told(page: str, what: str) -> Iterator[Step]:
    part = page.partition(f"<!-- made: {what} states")[2].partition(f"<!-- end of {what} states")[0]
    for before, after, events in re.findall(r"^\| `(\S+)` \| `(\S+)` \| (.*) \|$", part, re.MULTILINE):
        for event in re.findall(r"`(\w+)`", events):
            yield Step(what, before, after, event)
