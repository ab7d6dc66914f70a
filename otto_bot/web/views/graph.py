"""The graph of a run's tasks: a column for each batch, a box for each task, a line for each thing needed first."""

from __future__ import annotations

from typing import NamedTuple

from otto_bot.core.attempt import TaskState
from otto_bot.core.plan import batches
from otto_bot.core.run import Run
from otto_bot.text.spoken import line
from otto_bot.text.tasks_table import COLOURS, GRAPH_TASKS
from otto_bot.text.words import STATES, title_of
from otto_bot.web.views.parts import task_url

WIDE, HIGH, GAP, ROW, TOP, EDGE = 190, 58, 60, 74, 30, 8
TITLE, STATE = 24, 26
"""Characters that fit into a box."""


class Box(NamedTuple):
    """A task. `name` is what a screen reader says of it."""

    key: str
    title: str
    state: str
    name: str
    tone: str
    url: str
    x: int
    y: int


class Graph(NamedTuple):
    """Boxes, columns (words and x) and paths, in pixels."""

    boxes: tuple[Box, ...]
    columns: tuple[tuple[str, int], ...]
    paths: tuple[str, ...]
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
    needs = run.plan.depends()
    return Graph(
        boxes=tuple(_box(run, key, *place) for key, place in at.items()),
        columns=tuple((f"batch {number}", EDGE + (number - 1) * (WIDE + GAP)) for number in range(1, len(columns) + 1)),
        paths=tuple(
            _path(at[need], at[key]) for key in at for need in sorted(needs.get(key, frozenset())) if need in at
        ),
        width=2 * EDGE + len(columns) * WIDE + (len(columns) - 1) * GAP,
        height=TOP + 2 * EDGE + max(len(batch) for batch in columns) * ROW - (ROW - HIGH),
    )


def _box(run: Run, key: str, x: int, y: int) -> Box:
    state = run.tasks[key].state
    title = title_of(run, key)
    return Box(
        key=key,
        title=line(title, TITLE),
        state=line(STATES[state], STATE),
        name=f"{key} {line(title, 120)}: {STATES[state]}",
        tone=tone_of(state),
        url=task_url(run.id, key),
        x=x,
        y=y,
    )


def _path(start: tuple[int, int], end: tuple[int, int]) -> str:
    """From the right side of one box to the left side of another; within a column around its left side."""
    (x1, y1), (x2, y2) = (start[0] + WIDE, start[1] + HIGH // 2), (end[0], end[1] + HIGH // 2)
    bend = max(GAP // 2, (x2 - x1) // 2)
    return f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
