"""What the room promises on these sets, and the best other tool that is known for each measure.

Known tools were run once, apart from this bench, on the same half of the public sets at 2,000 characters; their figures
are for orientation. What is measured here stands next to plain alternatives in the same run.
"""

from __future__ import annotations

from typing import NamedTuple

from bench.diagnosis.figures import Figure
from bench.diagnosis.measure import OTTO


class Bar(NamedTuple):
    """At least this; hoped for that; in the unit of the figure."""

    key: str
    least: float
    aim: float
    known: float | None = None
    known_tool: str = ""
    against: tuple[str, ...] = ()
    """The only alternatives that are fair to compare with; all where empty."""


READS_ALL = ("grep -B2 -A5",)  # the others look at the end of the log only: their speed says nothing
_CUT = "strip, cut, tail"
BARS = (
    Bar("logchunks.recall", 60, 68, 55.7, "buildlog-consultant"),
    Bar("logchunks.first", 63, 75, 54.0, "buildlog-consultant"),
    Bar("envelope.recall", 57, 65, 46.8, _CUT),
    Bar("signals.recall", 80, 88, 60.9, _CUT),
    Bar("cidiff.first", 85, 92, 82.9, "headroom"),
    Bar("cidiff-pass.recall", 87, 90, 86.9, "new lines, tail"),
    Bar("actions-tests.recall", 75, 88, 61.4, "headroom"),
    Bar("travis-tests.recall", 75, 88, 63.1, "ci-why"),
    Bar("class.macro", 60, 75, 34, "two lists of words"),
    Bar("class.intermittent", 85, 90, 82.5, "two lists of words"),
    Bar("logchunks-b.F1", 58, 70, 50, "last error line"),
    Bar("bump.F1", 75, 85, 67, "last error line"),
    Bar("speed.process", 20, 60, against=READS_ALL),
    Bar("memory", 100, 40, against=READS_ALL),
)


class Judged(NamedTuple):
    """A figure next to its bar."""

    figure: Figure
    bar: Bar

    @property
    def holds(self) -> bool:
        """Whether the promise is kept, counted to one decimal as it is shown."""
        value = round(self.figure.values[OTTO], 1)
        return value >= self.bar.least if self.figure.more else value <= self.bar.least

    @property
    def best_other(self) -> tuple[str, float] | None:
        """The best plain alternative of the same run."""
        fair = self.bar.against or tuple(self.figure.values)
        others = {tool: value for tool, value in self.figure.values.items() if tool != OTTO and tool in fair}
        if not others:
            return None
        choose = max if self.figure.more else min
        tool = choose(others, key=lambda name: others[name])
        return tool, others[tool]


def judged(figures: list[Figure]) -> list[Judged]:
    """The figures that a bar is set for, in the order of the bars."""
    known = {figure.key: figure for figure in figures}
    return [Judged(known[bar.key], bar) for bar in BARS if bar.key in known]
