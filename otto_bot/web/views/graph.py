"""The graph of a run's tasks: a column for each batch, a box for each task, a line for each thing needed first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import NamedTuple

from otto_bot.core.attempt import TaskState
from otto_bot.core.plan import batches
from otto_bot.core.run import Run
from otto_bot.text.pages import SHORT_STATES
from otto_bot.text.spoken import line
from otto_bot.text.tasks_table import COLOURS, GRAPH_TASKS
from otto_bot.text.words import STATES, title_of
from otto_bot.web.views.parts import task_url

WIDE, HIGH, GAP, ROW, TOP, EDGE = 210, 72, 64, 90, 30, 8
LETTERS = 28
"""Characters of a title on one line of a box; a wider one is cut off at the box's edge, never drawn over it."""
ARROW = 7


class Box(NamedTuple):
    """A task; `lines` is its title as it fits. A screen reader says of the link what stands in it."""

    key: str
    state: str
    lines: tuple[str, ...]
    tone: str
    url: str
    x: int
    y: int


class Graph(NamedTuple):
    """Boxes, columns (words and x) and paths, in pixels. `legend` has each tone that is used, and its states."""

    boxes: tuple[Box, ...]
    columns: tuple[tuple[str, int], ...]
    paths: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    width: int
    height: int


def tone_of(state: TaskState) -> str:
    """The colour of a task, by a name that the style sheet knows."""
    return next(word for word, (_, states) in COLOURS.items() if state in states)


def columns_of(run: Run) -> tuple[tuple[str, ...], ...]:
    """Every task of the run in the batch that it belongs to by the plan, whatever was merged since."""
    if run.plan is None:
        return ()
    planned = batches(run.plan)
    left = tuple(key for key in run.tasks if key not in run.plan.keys)
    found = [tuple(key for key in batch if key in run.tasks) for batch in planned]
    return tuple(batch for batch in (*found, left) if batch)


def graph(run: Run) -> Graph | None:
    """None for one task, which needs no picture, and for more than can be read in one."""
    columns = columns_of(run)
    if run.plan is None or not 1 < len(run.tasks) <= GRAPH_TASKS:
        return None
    at = {
        key: (EDGE + number * (WIDE + GAP), TOP + EDGE + place * ROW)
        for number, batch in enumerate(columns)
        for place, key in enumerate(batch)
    }
    boxes = tuple(_box(run, key, *place) for key, place in at.items())
    return Graph(
        boxes=boxes,
        columns=tuple((f"batch {number}", EDGE + (number - 1) * (WIDE + GAP)) for number in range(1, len(columns) + 1)),
        paths=_paths(at, {key: tuple(sorted(needs)) for key, needs in run.plan.depends().items()}),
        legend=_legend(run),
        width=2 * EDGE + len(columns) * WIDE + (len(columns) - 1) * GAP,
        height=TOP + 2 * EDGE + max(len(batch) for batch in columns) * ROW - (ROW - HIGH),
    )


def _legend(run: Run) -> tuple[tuple[str, str], ...]:
    """Which colour and sign means what, of those that are there."""
    used = {task.state for task in run.tasks.values()}
    found = {
        tone: [STATES[state] for state in TaskState if state in states & used] for tone, (_, states) in COLOURS.items()
    }
    return tuple((tone, ", ".join(words)) for tone, words in found.items() if words)


def _box(run: Run, key: str, x: int, y: int) -> Box:
    state = run.tasks[key].state
    title = line(title_of(run, key), 120)
    return Box(
        key=key,
        state=SHORT_STATES[state],
        lines=tuple(wrap(title, LETTERS, max_lines=2, placeholder="…")),
        tone=tone_of(state),
        url=task_url(run.id, key),
        x=x,
        y=y,
    )


def _paths(at: Mapping[str, tuple[int, int]], needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A line for each need, with a place of its own at both boxes, so that no two lie on each other."""
    pairs = [(need, key) for key in at for need in needs.get(key, ()) if need in at]
    leaving = {box: [pair for pair in pairs if pair[0] == box] for box in at}
    coming = {box: [pair for pair in pairs if pair[1] == box] for box in at}
    found = []
    for pair in pairs:
        need, key = pair
        start = at[need][0] + WIDE, at[need][1] + _port(leaving[need], pair)
        end = at[key][0], at[key][1] + _port(coming[key], pair)
        found.append(_path(start, end))
    return tuple(found)


def _port(pairs: Sequence[tuple[str, str]], pair: tuple[str, str]) -> int:
    """How far below a box's upper edge a line begins or ends."""
    return HIGH * (pairs.index(pair) + 1) // (len(pairs) + 1)


def _path(start: tuple[int, int], end: tuple[int, int]) -> str:
    """From the right side of one box to the left side of another, with a head; within a column around its left side."""
    (x1, y1), (x2, y2) = start, end
    bend = max(GAP // 2, (x2 - x1) // 2)
    line_ = f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    return f"{line_} M{x2 - ARROW} {y2 - 4} L{x2} {y2} L{x2 - ARROW} {y2 + 4}"
