"""The table: what must hold, what was measured, where and when."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import NamedTuple

from bench.latency.figures import Comment, Task
from bench.latency.spans import quantile
from bench.latency.stopping import Stopped

REACTION, COMMENT, STOP, OVERHEAD = 2.0, 5.0, 5.0, 2.0


class Measured(NamedTuple):
    """Everything that was measured at one pause between writes, in seconds."""

    write_pause: float
    reactions: list[float]
    comments: list[Comment]
    tasks: list[Task]
    stops: list[Stopped]


class Row(NamedTuple):
    """One line. `must` in seconds; None = told, not judged."""

    name: str
    must: float | None
    judged: float
    words: str

    @property
    def holds(self) -> bool:
        """Whether what must hold does."""
        return self.must is None or self.judged <= self.must


def rows(measured: Measured) -> list[Row]:
    """The lines of one pause; what was not played has none."""
    found: list[Row] = []
    if measured.reactions:
        found.append(_p95("label delivered → 👀 stands, p95", REACTION, measured.reactions))
    if measured.comments:
        own = [comment.own for comment in measured.comments]
        whole = [comment.whole - comment.model for comment in measured.comments]
        found.append(_p95("last job completed → pilot's comment, without model and settle time, p95", COMMENT, own))
        found.append(_p95("the same with settle time", None, whole))
    if measured.stops:
        found.append(_p95("`/otto stop` → the running command and all its processes have ended, worst", STOP,
                          [stop.ended for stop in measured.stops], worst=True))  # fmt: skip
        found.append(_p95("`/otto stop` → the work is pushed and told, p95", None, [s.pushed for s in measured.stops]))
    if measured.tasks:
        own = [task.own for task in measured.tasks]
        found.append(Row("Otto's own time of a task, median", OVERHEAD, median(own), _spread(own)))
    return found


def unkept(measured: Measured) -> list[str]:
    """What went wrong beside the times."""
    return [f"a stop at pause {measured.write_pause:g} s: {stop}" for stop in measured.stops
            if not (stop.cancelled and stop.kept)]  # fmt: skip


def _p95(name: str, must: float | None, values: Sequence[float], *, worst: bool = False) -> Row:
    return Row(name, must, quantile(values, 1.0 if worst else 0.95), _spread(values))


def _spread(values: Sequence[float]) -> str:
    """p50, p95, most, and of how many."""
    return f"{median(values):.2f} | {quantile(values, 0.95):.2f} | {max(values):.2f} | {len(values)}"


def table(when: datetime, loads: tuple[float, float], measured: Sequence[Measured]) -> str:
    """Markdown."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = f"load average {loads[0]:.1f} at the start and {loads[1]:.1f} at the end"
    lines = [
        f"{when:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {memory:.0f} GB, {load}",
        "",
        "| Pause between writes | What, in seconds | Must | p50 | p95 | most | of | Holds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in measured:
        for row in rows(one):
            must = "" if row.must is None else f"≤ {row.must:g}"
            holds = "" if row.must is None else ("yes" if row.holds else "**no**")
            lines.append(f"| {one.write_pause:g} s | {row.name} | {must} | {row.words} | {holds} |")
    return "\n".join(lines) + "\n"
