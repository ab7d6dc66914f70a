"""From measured cases to figures: one number per measure and tool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from bench.diagnosis.measure import ENVELOPE, LOG, OTTO, PASS, Cutting, Measured
from bench.diagnosis.score import Kept, Pairs, f1, pairs

CLASSES = ("code", "environment", "infrastructure")
MIXED = ("logdx", "pytorch", "nodecore")
MEASURES: dict[str, Callable[[Kept], float]] = {
    "recall": lambda kept: kept.recall,
    "most": lambda kept: kept.most,
    "first": lambda kept: kept.first,
    "some": lambda kept: kept.some,
}


class LogSet(NamedTuple):
    """Cases that are averaged together: which sources, how shown, and whether lines or facts count."""

    key: str
    title: str
    sources: tuple[str, ...]
    view: str = LOG
    facts: bool = False
    plotted: bool = True


SETS = (
    LogSet("logchunks", "LogChunks", ("logchunks",)),
    LogSet("envelope", "LogChunks in an Actions envelope", ("logchunks",), ENVELOPE),
    LogSet("logdx", "LogDx lines", ("logdx",)),
    LogSet("signals", "LogDx critical signals", ("logdx",), facts=True),
    LogSet("cidiff", "CiDiff", ("cidiff",)),
    LogSet("cidiff-pass", "CiDiff with the passing run", ("cidiff",), PASS),
    LogSet("actions-tests", "BugSwarm Actions, failing tests", ("bugswarm-github",), facts=True),
    LogSet("travis-tests", "BugSwarm Travis, failing tests", ("bugswarm-travis",), facts=True),
    LogSet("other", "other lines (logreduce, node-core)", ("logreduce", "nodecore")),
    LogSet("logdetective", "logdetective, expert's facts", ("logdetective",), facts=True, plotted=False),
)


class Figure(NamedTuple):
    """One measure: a value per tool, in `unit`. `more` says whether more is better."""

    key: str
    title: str
    cases: int
    values: dict[str, float]
    unit: str = "%"
    more: bool = True


def extraction(measured: Sequence[Measured], budget: int) -> list[Figure]:
    """Every set and measure at one budget; sets without a case are left out."""
    figures = []
    for chosen in SETS:
        kept = kept_by_tool(measured, chosen, budget)
        if kept:
            figures += [
                Figure(f"{chosen.key}.{name}", f"{chosen.title}: {name}", len(kept[OTTO]), _means(kept, value))
                for name, value in MEASURES.items()
            ]
    return figures


def over_budget(measured: Sequence[Measured], budgets: Sequence[int]) -> dict[str, dict[str, list[float]]]:
    """Mean recall in percent by set title and tool, one value per budget."""
    curves: dict[str, dict[str, list[float]]] = {}
    for chosen in (item for item in SETS if item.plotted):
        for budget in budgets:
            for tool, value in _means(kept_by_tool(measured, chosen, budget), MEASURES["recall"]).items():
                curves.setdefault(chosen.title, {}).setdefault(tool, []).append(value)
    return curves


def by_language(measured: Sequence[Measured], budget: int) -> list[Figure]:
    """Mean recall of each set by the language, or build tool, of its cases; the largest groups first."""
    figures = []
    for chosen in SETS:
        languages: dict[str, list[Measured]] = {}
        for item in measured:
            languages.setdefault(item.case.language or "unknown", []).append(item)
        groups = {name: kept_by_tool(items, chosen, budget) for name, items in languages.items()}
        named = sorted((-len(kept[OTTO]), name) for name, kept in groups.items() if kept)
        figures += [
            Figure(f"{chosen.key}/{name}", f"{chosen.title}/{name}", -minus, _means(groups[name], MEASURES["recall"]))
            for minus, name in named
        ]
    return figures


def classification(measured: Sequence[Measured]) -> list[Figure]:
    """Accuracy by source, macro-F1 over the mixed sets, F1 of the intermittent class."""
    labelled = [item for item in measured if item.case.category]
    figures = [
        Figure(f"accuracy.{source}", f"accuracy, {source}", len(items), _by_tool(items, _accuracy))
        for source in dict.fromkeys(item.case.source for item in labelled)
        for items in [[item for item in labelled if item.case.source == source]]
    ]
    if mixed := [item for item in labelled if item.case.source in MIXED]:
        title = f"macro-F1, mixed sets ({', '.join(dict.fromkeys(item.case.source for item in mixed))})"
        figures.append(Figure("class.macro", title, len(mixed), _by_tool(mixed, _macro_f1)))
    if judged := [item for item in labelled if item.case.intermittent is not None]:
        figures.append(Figure("class.intermittent", "F1 intermittent", len(judged), _by_tool(judged, _intermittent_f1)))
    return figures


def clusters(measured: Sequence[Measured]) -> list[Figure]:
    """Precision, recall and F1 of pairs inside a repository."""
    figures = []
    for key, title, source, cause in (
        ("logchunks-a", "LogChunks A (same keywords)", "logchunks", _coarse),
        ("logchunks-b", "LogChunks B (same chunk)", "logchunks", _fine),
        ("bump", "BUMP (same dependency and category)", "bump", _fine),
    ):
        items = [item for item in measured if item.case.source == source]
        if not items:
            continue
        counted = _pairs_by_tool(items, cause)
        for name, value in (("precision", _precision), ("recall", _recall), ("F1", _f1)):
            values = {tool: 100 * value(found) for tool, found in counted.items()}
            figures.append(Figure(f"{key}.{name}", f"{title}: {name}", len(items), values))
    return figures


def kept_by_tool(measured: Iterable[Measured], chosen: LogSet, budget: int) -> dict[str, list[Kept]]:
    """What each tool kept in the cases of a set that have its kind of label; empty where there is none."""
    kept: dict[str, list[Kept]] = {}
    for item in measured:
        if item.case.source not in chosen.sources:
            continue
        for cutting in item.cuttings:
            found = _found(cutting, chosen.facts)
            if cutting.view == chosen.view and cutting.budget == budget and found is not None:
                kept.setdefault(cutting.tool, []).append(found)
    return kept


def _found(cutting: Cutting, facts: bool) -> Kept | None:
    return cutting.kept.facts if facts else cutting.kept.lines


def _means(kept: dict[str, list[Kept]], value: Callable[[Kept], float]) -> dict[str, float]:
    return {tool: 100 * sum(map(value, items)) / len(items) for tool, items in kept.items()}


def _by_tool(items: Sequence[Measured], value: Callable[[Sequence[Measured], str], float]) -> dict[str, float]:
    return {tool: 100 * value(items, tool) for tool in _otto_first(items[0].classes)}


def _accuracy(items: Sequence[Measured], tool: str) -> float:
    return sum(item.classes[tool] == item.case.category for item in items) / len(items)


def _macro_f1(items: Sequence[Measured], tool: str) -> float:
    return sum(
        f1([item.classes[tool] == name for item in items], [item.case.category == name for item in items])
        for name in CLASSES
    ) / len(CLASSES)


def _intermittent_f1(items: Sequence[Measured], tool: str) -> float:
    return f1([item.classes[tool] != "code" for item in items], [bool(item.case.intermittent) for item in items])


def _coarse(item: Measured) -> object:
    return (item.case.keywords, item.case.category_native)


def _fine(item: Measured) -> object:
    return item.case.cluster


def _pairs_by_tool(items: Sequence[Measured], cause: Callable[[Measured], object]) -> dict[str, Pairs]:
    groups, causes = [item.case.repo for item in items], [cause(item) for item in items]
    return {
        tool: pairs(groups, [item.signatures[tool] for item in items], causes)
        for tool in _otto_first(items[0].signatures)
    }


def _otto_first(tools: Iterable[str]) -> list[str]:
    return [OTTO, *(tool for tool in tools if tool != OTTO)]


def _precision(found: Pairs) -> float:
    return found.precision


def _recall(found: Pairs) -> float:
    return found.recall


def _f1(found: Pairs) -> float:
    return found.f1
