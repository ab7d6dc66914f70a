"""The table of a run of the bench, as Markdown."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from statistics import median

from bench.webhooks.bodies import Body
from bench.webhooks.measure import Shot


def best(shots: Sequence[Shot], server: str) -> tuple[int, float]:
    """The number of connections at which a server took most, and the median of its rounds there."""
    by: dict[int, list[float]] = {}
    for shot in shots:
        if shot.server == server:
            by.setdefault(shot.connections, []).append(shot.rate)
    connections = max(by, key=lambda number: median(by[number]))
    return connections, median(by[connections])


def ratios(shots: Sequence[Shot]) -> list[float]:
    """Of each round, the most that Otto took over the most that Probot took."""
    per_round: list[tuple[list[float], list[float]]] = []
    width = len({shot.connections for shot in shots})
    pairs = list(zip(shots[::2], shots[1::2], strict=True))
    for begin in range(0, len(pairs), width):
        part = pairs[begin : begin + width]
        per_round.append(([ours.rate for ours, _ in part], [theirs.rate for _, theirs in part]))
    return [max(ours) / max(theirs) for ours, theirs in per_round]


def table(
    when: datetime, bodies: Sequence[Body], most: Sequence[Shot], steady: Sequence[Shot],
    kill: tuple[int, int], strangers: tuple[int, int, float],
) -> str:  # fmt: skip
    """The figures of one run."""
    sizes = sorted(len(body.content) for body in bodies)
    lines = [
        (
            f"{when:%Y-%m-%d}, {os.cpu_count()} cores, bodies of {sizes[0] / 1000:.1f} to {sizes[-1] / 1000:.1f} kB, "
            f"load average of the last 15 minutes {os.getloadavg()[2]:.1f}."
        ),
        "",
        "| | Otto | Probot |",
        "| --- | --- | --- |",
        "| most, deliveries a second (median of rounds; connections) | " + _both(_most, most) + " |",
        "| all rounds | " + _both(_spread, most) + " |",
        "| p50 at 80 % of its most, ms | " + _both(lambda s, n: _figure(s, n, "p50"), steady) + " |",
        "| p99 at 80 % of its most, ms | " + _both(lambda s, n: _figure(s, n, "p99"), steady) + " |",
        "| resident memory after full load, MB | " + _both(_memory, most) + " |",
        "| processor time a delivery at the most, µs | " + _both(_cost, most) + " |",
        "",
        (
            f"Otto takes {median(ratios(most)):.2f} times as many as Probot "
            f"(rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios(most))})."
        ),
        f"SIGKILL under full load: {kill[0]} deliveries were answered 202, {kill[1]} of them were lost.",
        (
            f"{strangers[0]} deliveries that concern no run left {strangers[1]} rows, and the process grew by "
            f"{strangers[2]:.2f} MB."
        ),
    ]
    return "\n".join(lines) + "\n"


def _both(figure: object, shots: Sequence[Shot]) -> str:
    assert callable(figure)
    return f"{figure(shots, 'otto')} | {figure(shots, 'probot')}"


def _most(shots: Sequence[Shot], server: str) -> str:
    connections, rate = best(shots, server)
    return f"{rate:.0f} ({connections})"


def _of(shots: Sequence[Shot], server: str) -> list[Shot]:
    return [shot for shot in shots if shot.server == server]


def _spread(shots: Sequence[Shot], server: str) -> str:
    rates = [shot.rate for shot in _of(shots, server)]
    return f"{min(rates):.0f} to {max(rates):.0f}"


def _figure(shots: Sequence[Shot], server: str, name: str) -> str:
    values = [getattr(shot, name) for shot in _of(shots, server)]
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def _memory(shots: Sequence[Shot], server: str) -> str:
    return f"{max(shot.memory for shot in _of(shots, server)):.0f}"


def _cost(shots: Sequence[Shot], server: str) -> str:
    return f"{median(shot.cores / shot.rate * 1e6 for shot in _of(shots, server) if shot.rate):.0f}"
