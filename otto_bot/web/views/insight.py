"""The page of insight: what decisions at gates and estimates were worth, as plots with a table beside each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.decision import Decider
from otto_bot.core.insight_values import DeciderInsight, Insight, Tally
from otto_bot.core.insight_weeks import EstimatedRun, WeekInsight
from otto_bot.text import insight_page as text
from otto_bot.text.footer import usd
from otto_bot.text.insight import cause_words, cost_rows, decider_rows, estimate_rows, of, tally_rows
from otto_bot.text.words import DECIDERS, clock, count
from otto_bot.web.counted import CountedRuns
from otto_bot.web.views.parts import Link, run_url
from otto_bot.web.views.plots import Part, Plot, Range, Row, Span, columns, ranges, spans, stacked


class Table(NamedTuple):
    """Head and rows; the first cell of a row is its head."""

    head: tuple[str, ...]
    rows: tuple[tuple[Link, ...], ...]


class Section(NamedTuple):
    """Plots, and the table that says the same. `title` and `note` are in words."""

    id: str
    title: str
    plots: tuple[tuple[str, Plot], ...]
    table: Table | None
    note: str = ""


class InsightPage(NamedTuple):
    """Everything of the page."""

    over: str
    empty: str
    repo: str
    repositories: tuple[str, ...]
    sections: tuple[Section, ...]
    command: str


def insight_page(found: CountedRuns, repositories: Sequence[str]) -> InsightPage:
    """The page as it is shown."""
    counted = found.insight
    cut = f", among the newest {found.most}" if found.most else ""
    of_repo = f" in {found.repo}" if found.repo else ""
    over = f"{count(counted.gates, 'gate')} of {count(counted.runs, 'run')}{of_repo}{cut}, as of {clock(found.at)}."
    sections = [*_of_gates(counted, found.weeks)] if counted.gates else []
    sections += _of_estimates(found) if counted.estimates.all.runs else []
    names = dict.fromkeys([*repositories, *([found.repo] if found.repo else [])])
    return InsightPage(
        over=over,
        empty="" if counted.gates else text.NO_GATES,
        repo=found.repo,
        repositories=tuple(names),
        sections=tuple(sections),
        command=f"otto-bot insight --repo {found.repo}" if found.repo else "otto-bot insight",
    )


def _of_gates(counted: Insight, weeks: Sequence[WeekInsight]) -> list[Section]:
    deciders = {Decider(name): one for name, one in counted.deciders.items()}
    classes = tally_rows("class", counted.classes)
    causes = {cause_words(name): one for name, one in counted.causes.items()}
    sections = [
        Section("deciders", text.DECIDERS, _worth(deciders), _table(decider_rows(counted))),
        Section("deciding", text.DECIDING, _costs(deciders), _table(cost_rows(counted)), _uncalled(deciders)),
        Section("weeks", text.WEEKS, _weekly(weeks), _weeks_table(weeks), text.WEEK_NOTE if weeks else ""),
        Section("causes", text.CAUSES, _tallied("causes", counted.causes), _table(tally_rows("cause", causes))),
        Section("classes", text.CLASSES, _tallied("classes", counted.classes), _table(classes)),
    ]
    return [one for one in sections if one.plots or one.table is not None or one.note]


def _plots(*made: tuple[str, Plot | None]) -> tuple[tuple[str, Plot], ...]:
    return tuple((title, plot) for title, plot in made if plot is not None)


def _worth(deciders: dict[Decider, DeciderInsight]) -> tuple[tuple[str, Plot], ...]:
    second = [(DECIDERS[who], _ends(one.attempts)) for who, one in deciders.items()]
    wasted = [
        (DECIDERS[who], (
            Part("bad", one.attempts.failed - one.attempts.not_charged, text.WASTED),
            Part("off", one.attempts.not_charged, text.NOBODY),
        ))
        for who, one in deciders.items()
    ]  # fmt: skip
    skips = [
        (DECIDERS[who], (Part("bad", one.wrong_skips, text.WRONG), Part("off", one.skips - one.wrong_skips, text.OUT)))
        for who, one in deciders.items()
    ]
    return _plots(
        (text.SECOND, stacked("second", text.SECOND, second)),
        (text.WASTED_PLOT, stacked("wasted", text.WASTED_PLOT, wasted)),
        (text.SKIPS, stacked("skips", text.SKIPS, skips)),
    )


def _ends(tally: Tally) -> tuple[Part, ...]:
    return (
        Part("done", tally.passed, text.PASSED),
        Part("bad", tally.failed, text.FAILED),
        Part("off", tally.open, text.OPEN, text.OPEN_LEGEND),
    )


def _costs(deciders: dict[Decider, DeciderInsight]) -> tuple[tuple[str, Plot], ...]:
    called = [(DECIDERS[who], one) for who, one in deciders.items() if one.usd.count]
    money = [
        Span(name, one.usd.p50, one.usd.p95, f"${one.usd.p50:.4f}, p95 ${one.usd.p95:.4f}") for name, one in called
    ]
    time = [
        Span(name, one.seconds.p50, one.seconds.p95, f"{one.seconds.p50:.1f} s, p95 {one.seconds.p95:.1f} s")
        for name, one in called
    ]
    return _plots((text.COST, spans("cost", text.COST, money)), (text.LATENCY, spans("latency", text.LATENCY, time)))


def _uncalled(deciders: dict[Decider, DeciderInsight]) -> str:
    """Who decided and called no model: nothing was paid, and nobody waited for a reply."""
    names = [DECIDERS[who] for who, one in deciders.items() if one.gates and not one.usd.count]
    return text.UNCALLED.format(names=", ".join(names)) if names else ""


def _tallied(plot: str, tallies: dict[str, Tally]) -> tuple[tuple[str, Plot], ...]:
    rows: list[Row] = [(name, _ends(one)) for name, one in tallies.items()]
    return _plots((text.SECOND, stacked(plot, text.SECOND, rows)))


def _weekly(weeks: Sequence[WeekInsight]) -> tuple[tuple[str, Plot], ...]:
    ends: list[Row] = [(week.week[5:], _ends(week.attempts)) for week in weeks]
    # Cents, so that columns have whole numbers; less than one is shown as one.
    cents: list[Row] = [(week.week[5:], (Part("work", _cents(week.usd), text.CENTS),)) for week in weeks]
    return _plots(
        (text.SECOND_WEEKS, columns("by-week", text.SECOND_WEEKS, ends)),
        (text.COST_WEEKS, columns("cost-by-week", text.COST_WEEKS, cents)),
    )


def _cents(dollars: float) -> int:
    return max(1, round(100 * dollars)) if dollars > 0 else 0


def _weeks_table(weeks: Sequence[WeekInsight]) -> Table | None:
    rows = [
        [week.week, str(week.gates), of(week.attempts.passed, week.attempts.reopened), str(week.attempts.failed),
         f"{week.usd:.4f}", f"{week.seconds:.1f}"]
        for week in weeks
    ]  # fmt: skip
    return _table([text.WEEK_HEAD, *rows])


def _of_estimates(found: CountedRuns) -> list[Section]:
    newest = [_range(one) for one in found.estimated]
    rows = [
        (Link(f"run {one.run}", run_url(one.run)), Link(_span(one)), Link(usd(one.actual)), Link(_held(one)[0]))
        for one in found.estimated
    ]
    plots = _plots((text.ESTIMATED, ranges("estimated", text.ESTIMATED, newest, text.RANGE_LEGEND)))
    return [
        Section("estimates", text.ESTIMATES, (), _table(estimate_rows(found.insight.estimates))),
        Section("estimated", text.ESTIMATED_TITLE, plots, Table(text.ESTIMATED_HEAD, tuple(rows))),
    ]


def _range(one: EstimatedRun) -> Range:
    words, tone = _held(one)
    return Range(f"run {one.run}", one.low, one.high, one.actual, f"{usd(one.actual)} of {_span(one)}: {words}", tone)


def _span(one: EstimatedRun) -> str:
    return f"{usd(one.low)}-{usd(one.high)}"


def _held(one: EstimatedRun) -> tuple[str, str]:
    if one.actual > one.high:
        return text.ABOVE, "bad"
    return (text.BELOW, "off") if one.actual < one.low else (text.INSIDE, "done")


def _table(rows: Sequence[Sequence[str]]) -> Table | None:
    if len(rows) < 2:
        return None
    return Table(tuple(rows[0]), tuple(tuple(Link(cell) for cell in row) for row in rows[1:]))
