"""Plays the pairs that are still to be played, several at a time, as long as the purse and the provider allow."""

from __future__ import annotations

import asyncio
import shutil
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from otto_bot.bench.live.keep import Kept
from otto_bot.bench.live.pairs import Pair, counted
from otto_bot.bench.live.play import Live, Unit, play_pair

MOST_IN_A_ROW = 3
"""Pairs that are lost one after another before the bench gives up."""
Told = Callable[[str], None]


class PairBench:
    """One session of a bench; mutable. `stopped` says why it ended before its last pair."""

    def __init__(self, live: Live, kept: Kept, root: Path, told: Told) -> None:
        self._live, self._kept, self._root, self._told = live, kept, root, told
        self._dearest = max((pair.usd for pair in counted(kept.pairs())), default=0.0)
        self._at_work = 0
        self._lost = 0
        self.stopped = ""

    async def run(self, units: Sequence[Unit], repeats: int, jobs: int) -> None:
        """Repeat by repeat, so that what is cut short holds every unit about equally often."""
        done = {pair.key for pair in counted(self._kept.pairs())}
        todo = deque(
            (unit, repeat) for repeat in range(1, repeats + 1) for unit in units if (unit.name, repeat) not in done
        )
        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(self._work(todo))

    async def _work(self, todo: deque[tuple[Unit, int]]) -> None:
        while todo and not self.stopped and self._affordable():
            unit, repeat = todo.popleft()
            folder = self._root / f"{unit.name}-{repeat}"
            self._at_work += 1
            try:
                pair = await play_pair(self._live, unit, repeat, folder)
            finally:
                self._at_work -= 1
                shutil.rmtree(folder, ignore_errors=True)
            self._kept.add(pair)
            self._note(pair, len(todo))

    def _affordable(self) -> bool:
        """Whether one more pair as dear as the dearest fits beside those at work; the last worker says if not."""
        left = self._live.purse.left
        if left > 0 and left >= self._dearest * (self._at_work + 1):
            return True
        if not self._at_work:
            self.stopped = (
                f"the cap of ${self._live.purse.cap:.2f} is reached: ${left:.2f} are left, and a pair has cost "
                f"${self._dearest:.2f}; the same command with a higher --usd goes on"
            )
        return False

    def _note(self, pair: Pair, left: int) -> None:
        end = f"${self._live.purse.spent:.2f} of ${self._live.purse.cap:.2f} spent, {left} pairs left"
        if pair.dropped is None:
            self._lost, self._dearest = 0, max(self._dearest, pair.usd)
            figures = ", ".join(
                f"{arm} {run.measured.recovered}/{run.measured.recoverable}" for arm, run in sorted(pair.runs.items())
            )
            self._told(f"{pair.scenario} #{pair.repeat}: {figures}, ${pair.usd:.4f}; {end}")
            return
        self._told(f"{pair.scenario} #{pair.repeat}: DROPPED ({pair.dropped.why}), ${pair.usd:.4f}; {end}")
        self._lost += 1
        if pair.dropped.by == "cap":
            self.stopped = (
                f"the cap of ${self._live.purse.cap:.2f} is reached: {pair.dropped.why}; the same command with a "
                "higher --usd goes on"
            )
        elif pair.dropped.by == "auth":
            self.stopped = pair.dropped.why
        elif self._lost >= MOST_IN_A_ROW:
            self.stopped = f"{self._lost} pairs were lost one after another, the last one by: {pair.dropped.why}"
