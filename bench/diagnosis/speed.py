"""How fast, and in how much memory: real Actions logs one after the other, then one log of 36 MB made of them.

Each tool runs in a process of its own, so that nothing of another is in its memory. Peak memory is the kernel's own
figure for the process (VmHWM, which ru_maxrss is made from), with the peak put back just before the call: what it took
to put the text together is not counted, and hides nothing.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.diagnosis.alternatives import CUTTERS
from bench.diagnosis.data import Case
from bench.diagnosis.figures import Figure
from bench.diagnosis.measure import OTTO, adapter_of, pool_of

ACTIONS = frozenset({"logdx", "bugswarm-github"})
LARGE = 36_000_000
_ROUNDS = 3
_TICK = 1e-9


class Took(NamedTuple):
    """Seconds of the process and of the clock for the many logs; for the large one also memory in MB."""

    characters: int
    process: float
    wall: float
    large_process: float
    large_wall: float
    above_text: float
    above_building: float


def speed(
    cases: Sequence[Case], adapter: str, budget: int, large: int = LARGE, tools: Sequence[str] = (OTTO, *CUTTERS)
) -> list[Figure]:
    """MB/s over the real Actions logs among `cases`, and the cost of one log of `large` characters.

    Empty where there are no such logs.
    """
    chosen = [case for case in cases if case.source in ACTIONS]
    if not chosen:
        return []
    took = {tool: _alone(tool, chosen, adapter, budget, large) for tool in tools}
    rows: tuple[tuple[str, str, str, bool, Callable[[Took], float]], ...] = (
        ("speed.process", "real Actions logs, by process time", "MB/s", True, lambda t: t.characters / 1e6 / t.process),
        ("speed.wall", "real Actions logs, by the clock", "MB/s", True, lambda t: t.characters / 1e6 / t.wall),
        ("speed.large.process", "36 MB log, process time", "s", False, lambda t: t.large_process),
        ("speed.large.wall", "36 MB log, clock", "s", False, lambda t: t.large_wall),
        ("memory", "36 MB log, memory above the text", "MB", False, lambda t: t.above_text),
        (
            "memory.building",
            "36 MB log, memory above the peak of putting the text together",
            "MB",
            False,
            lambda t: t.above_building,
        ),
    )
    return [
        Figure(key, title, len(chosen), {tool: value(one) for tool, one in took.items()}, unit, more)
        for key, title, unit, more, value in rows
    ]


def _alone(tool: str, cases: Sequence[Case], adapter: str, budget: int, large: int) -> Took:
    with pool_of(1) as pool:
        return pool.submit(_took, tool, list(cases), adapter, budget, large).result()


def _took(tool: str, cases: list[Case], adapter: str, budget: int, size: int) -> Took:
    extract: Callable[[str, int], str] = adapter_of(adapter).extract
    if tool != OTTO:
        cutter = CUTTERS[tool]
        extract = lambda text, budget: cutter(text)(budget)  # noqa: E731 - a function for one line says no more
    texts = [case.text() for case in cases]
    extract(texts[0], budget)
    rounds = [_timed(lambda: [extract(text, budget) for text in texts]) for _ in range(_ROUNDS)]
    characters = sum(map(len, texts))
    one = "".join(texts)
    texts.clear()
    large = (one * (size // len(one) + 1))[:size]
    del one
    built = _peak()
    _forget_peak()
    resting = _resting()
    process, wall = _timed(lambda: extract(large, budget))
    peak = _peak()
    best_process, best_wall = min(first for first, _ in rounds), min(second for _, second in rounds)
    return Took(characters, best_process, best_wall, process, wall, max(0, peak - resting), max(0, peak - built))


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    process, wall = time.process_time(), time.perf_counter()
    call()
    return max(time.process_time() - process, _TICK), max(time.perf_counter() - wall, _TICK)


def _peak() -> float:
    """The largest this process has been, in MB."""
    told = _status("VmHWM")
    if told is not None:
        return told
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


def _resting() -> float:
    """How large this process is now, in MB; its peak where the system does not tell."""
    told = _status("VmRSS")
    return _peak() if told is None else told


def _forget_peak() -> None:
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5", encoding="ascii")


def _status(name: str) -> float | None:
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    for line in status.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / 1e6
    return None
