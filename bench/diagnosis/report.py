"""The figures as Markdown: the promises first, then every set, class, cluster, second and language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from bench.diagnosis.bars import READS_ALL, Judged, judged
from bench.diagnosis.figures import SETS, Figure
from bench.diagnosis.machine import sentence
from bench.diagnosis.measure import OTTO

_MEANT = """\
Recall: share of the labelled lines or facts that the excerpt holds, mean over cases. Then the shares of cases with at
least 90 % of them, with the first, with any."""
_BY_LANGUAGE = "Mean recall by language or build tool, groups of at least five cases"
_GROUP_AT_LEAST = 5
_WEAKEST = 8
_CLEARLY = 3


class Results(NamedTuple):
    """All that one run found."""

    machine: dict[str, Any]
    budget: int
    budgets: tuple[int, ...]
    step: int
    cases: int
    seconds: float
    extraction: list[Figure]
    classification: list[Figure]
    clusters: list[Figure]
    speed: list[Figure]
    languages: list[Figure]
    curves: dict[str, dict[str, list[float]]]
    troubles: list[str]

    @property
    def judged(self) -> list[Judged]:
        """The figures with a promise."""
        return judged([*self.extraction, *self.classification, *self.clusters, *self.speed])


def markdown(results: Results) -> str:
    """The whole report, without a title."""
    part = "" if results.step == 1 else f" **Quick: each {results.step}th case of a source only.**"
    parts = [
        f"Measured {sentence(results.machine)}.",
        f"{results.cases} cases in {results.seconds:.0f} s; budget {results.budget:,} characters.{part}",
        "### Against the promise",
        _promises(results.judged),
        "### Excerpts",
        _MEANT,
        _excerpts(results.extraction),
        _folded("Recall over budget, mean in %", _curves(results.curves, results.budgets)),
    ]
    for title, figures, against in (
        ("Classes", results.classification, ()),
        ("Clusters", results.clusters, ()),
        ("Speed and memory", results.speed, READS_ALL),
    ):
        if figures:
            parts += [f"### {title}", _plain(figures, against)]
    parts += [
        "### Where it is weakest",
        _weakest(results.languages),
        _folded(_BY_LANGUAGE, _languages(results.languages)),
    ]
    if results.troubles:
        parts += ["### Troubles", "\n".join(f"- {trouble}" for trouble in results.troubles[:20])]
    return "\n\n".join(parts) + "\n"


def _folded(title: str, table: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{table}\n\n</details>"


def _promises(rows: Sequence[Judged]) -> str:
    head = (
        "measure",
        "cases",
        OTTO,
        "at least",
        "aim",
        "tail",
        "best plain way in this run",
        "ratio",
        "best tool known",
    )
    return _table(head, [_promise(row) for row in rows])


def _promise(row: Judged) -> list[str]:
    figure, bar = row.figure, row.bar
    other = row.best_other
    known = f"{bar.known:.1f} {bar.known_tool}" if bar.known is not None else ""
    sign = "≥" if figure.more else "≤"
    return [
        _named(figure),
        str(figure.cases),
        f"**{_told(figure, OTTO)}**{'' if row.holds else ' (missed)'}",
        f"{sign} {bar.least:g}",
        f"{sign} {bar.aim:g}",
        _told(figure, next((tool for tool in ("tail", "masked tail") if tool in figure.values), "")),
        f"{_number(other[1])} {other[0]}" if other else "",
        _ratio(figure.values[OTTO], other[1]) if other else "",
        known,
    ]


def _excerpts(figures: Sequence[Figure]) -> str:
    known = {figure.key: figure for figure in figures}
    tools = _tools(figures)
    rows = []
    for chosen in SETS:
        measures = [
            known[f"{chosen.key}.{name}"]
            for name in ("recall", "most", "first", "some")
            if f"{chosen.key}.{name}" in known
        ]
        if measures:
            cells = [
                " / ".join(_told(figure, tool) for figure in measures) if tool in measures[0].values else "–"
                for tool in tools
            ]
            rows.append([chosen.title, str(measures[0].cases), *cells])
    return _table(("set", "cases", *tools), rows)


def _plain(figures: Sequence[Figure], against: Sequence[str]) -> str:
    """Every tool's value, and Otto's as a multiple of those it is fair to set it `against` (all where empty)."""
    tools = _tools(figures)
    fair = [tool for tool in tools if tool != OTTO and (not against or tool in against)]
    rows = [
        [
            _named(figure),
            str(figure.cases),
            *(_told(figure, tool) for tool in tools),
            " / ".join(_ratio(figure.values[OTTO], figure.values[tool]) for tool in fair),
        ]
        for figure in figures
    ]
    return _table(("measure", "cases", *tools, f"ratio to {' / '.join(fair)}"), rows)


def _curves(curves: Mapping[str, Mapping[str, Sequence[float]]], budgets: Sequence[int]) -> str:
    rows = [
        [title, tool, *(f"{value:.1f}" for value in values)]
        for title, tools in curves.items()
        for tool, values in tools.items()
    ]
    return _table(("set", "tool", *(f"{budget:,}" for budget in budgets)), rows)


def _languages(figures: Sequence[Figure]) -> str:
    """Groups of at least five cases; smaller ones say nothing."""
    told = [figure for figure in figures if figure.cases >= _GROUP_AT_LEAST]
    tools = [
        tool for tool in _tools(told) if tool in (OTTO, "tail", "strip, cut, tail", "grep -B2 -A5", "new lines, tail")
    ]
    rows = [
        [*figure.title.split("/", 1), str(figure.cases), *(_told(figure, tool) for tool in tools)] for figure in told
    ]
    return _table(("set", "language or build tool", "cases", *tools), rows)


def _weakest(figures: Sequence[Figure]) -> str:
    """The groups with the lowest recall, and those in which a plain way keeps clearly more."""
    large = [figure for figure in figures if figure.cases >= _GROUP_AT_LEAST]
    lowest = sorted(large, key=lambda figure: figure.values[OTTO])[:_WEAKEST]
    behind = [figure for figure in large if max(figure.values.values()) > figure.values[OTTO] + _CLEARLY]
    told = [
        "Lowest recall: " + "; ".join(f"{_group(figure)} {_told(figure, OTTO)}" for figure in lowest) + ".",
        f"A plain way keeps at least {_CLEARLY} points more: "
        + ("; ".join(f"{_group(figure)} {_lead(figure)}" for figure in behind) or "in no group")
        + ".",
    ]
    return "\n\n".join(told)


def _group(figure: Figure) -> str:
    return f"{figure.title.replace('/', ', ', 1)} ({figure.cases})"


def _lead(figure: Figure) -> str:
    best = max(figure.values, key=lambda tool: figure.values[tool])
    return f"{_told(figure, OTTO)} against {_told(figure, best)} of {best}"


def _tools(figures: Iterable[Figure]) -> list[str]:
    names = dict.fromkeys(tool for figure in figures for tool in figure.values)
    return [OTTO, *(name for name in names if name != OTTO)]


def _named(figure: Figure) -> str:
    return figure.title if figure.unit == "%" else f"{figure.title}, {figure.unit}"


def _told(figure: Figure, tool: str) -> str:
    return _number(figure.values[tool]) if tool in figure.values else "–"


def _number(value: float) -> str:
    return (
        f"{value:,.0f}"
        if abs(value) >= 1000
        else f"{value:.1f}"
        if abs(value) >= 0.05 or value == 0
        else f"{value:.3f}"
    )


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.2f}×" if other else "–"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
