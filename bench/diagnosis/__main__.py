"""`python -m bench.diagnosis DATA_FOLDER`: the whole table, the curve and the raw figures in one command."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path

from bench.diagnosis import figures
from bench.diagnosis.data import Case, DataError, every, load
from bench.diagnosis.machine import described
from bench.diagnosis.measure import ADAPTER, OTTO, Measured, adapter_of, measure
from bench.diagnosis.plot import svg
from bench.diagnosis.report import Results, markdown
from bench.diagnosis.speed import speed

CURVE = (500, 1000, 2000, 4000, 8000)
_QUICK_STEP = 8
_MARKS = re.compile(r"(<!-- figures:start -->\n).*?(<!-- figures:end -->)", re.DOTALL)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when measured, 1 when `--check` finds a promise broken, 2 when there is nothing sound to measure."""
    options = _options(argv)
    try:
        cases = load(options.data)
        adapter_of(options.adapter)
        results, measured = run(cases, options)
        write(results, measured, options.out, options.docs)
    except (DataError, ValueError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except BrokenProcessPool:
        print("bench: a measuring process was killed, most likely for memory. Try -j 1.", file=sys.stderr)
        return 2
    print(markdown(results))
    broken = [row.figure.title for row in results.judged if not row.holds]
    if options.check and (broken or results.troubles):
        print(f"bench: {len(broken)} promises broken, {len(results.troubles)} troubles", file=sys.stderr)
        return 1
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.diagnosis", description="Measure the reading of CI logs.")
    parser.add_argument("data", type=Path, metavar="DATA_FOLDER", help="the folder with cases.jsonl and logs/")
    parser.add_argument("--budget", type=_positive, default=2000, help="characters of an excerpt (2000)")
    parser.add_argument(
        "--out", type=Path, default=Path("dist/bench-diagnosis"), help="where the results go (%(default)s)"
    )
    parser.add_argument(
        "--docs", type=Path, help="renew the figures and the picture of diagnosis.md in this folder too"
    )
    parser.add_argument("--quick", action="store_true", help=f"each {_QUICK_STEP}th case, and no speed")
    parser.add_argument("--check", action="store_true", help="exit 1 where a promise is broken")
    parser.add_argument("-j", "--workers", type=int, choices=(1, 2), default=2, help="processes (2)")
    parser.add_argument(
        "--adapter", default=ADAPTER, metavar="MODULE", help="the module that is measured (%(default)s)"
    )
    return parser.parse_args(argv)


def _positive(text: str) -> int:
    value = int(text)
    if value < 100:
        raise argparse.ArgumentTypeError("an excerpt needs at least 100 characters")
    return value


def run(cases: Sequence[Case], options: argparse.Namespace) -> tuple[Results, list[Measured]]:
    """Measure everything the cases have labels for. Speed comes last, alone on the machine."""
    machine, began = described(datetime.now(UTC)), time.perf_counter()
    step = _QUICK_STEP if options.quick else 1
    chosen = every(cases, step)
    budgets = tuple(sorted({*CURVE, options.budget}))
    found = measure(chosen, options.adapter, budgets, options.workers)
    measured = list(_counted(found, len(chosen)))
    if not any(item.cuttings for item in measured):
        raise DataError("no case has `gold_lines` or `must`: there is nothing to compare excerpts with")
    pace = [] if options.quick else speed(chosen, options.adapter, options.budget)
    results = Results(
        machine=machine,
        budget=options.budget,
        budgets=budgets,
        step=step,
        cases=len(chosen),
        seconds=time.perf_counter() - began,
        extraction=figures.extraction(measured, options.budget),
        classification=figures.classification(measured),
        clusters=figures.clusters(measured),
        speed=pace,
        languages=figures.by_language(measured, options.budget),
        curves=figures.over_budget(measured, budgets),
        troubles=[trouble for item in measured for trouble in item.troubles],
    )
    return results, measured


def _counted(items: Iterable[Measured], total: int) -> Iterator[Measured]:
    for number, item in enumerate(items, 1):
        if number % 100 == 0 or number == total:
            print(f"bench: {number} of {total} cases", file=sys.stderr)
        yield item


def write(results: Results, measured: Sequence[Measured], out: Path, docs: Path | None) -> None:
    """The report, the picture and the raw figures; and the same in the documentation where asked for."""
    out.mkdir(parents=True, exist_ok=True)
    text, picture = markdown(results), svg(results.curves, results.budgets)
    raw = {
        **results._asdict(),
        **{
            name: [figure._asdict() for figure in getattr(results, name)]
            for name in ("extraction", "classification", "clusters", "speed", "languages")
        },
        "by_case": [_case(item, results.budget) for item in measured],
    }
    (out / "report.md").write_text(text, encoding="utf-8")
    (out / "budget.svg").write_text(picture, encoding="utf-8")
    (out / "results.json").write_text(json.dumps(raw, indent=1, ensure_ascii=False), encoding="utf-8")
    if docs is not None:
        page = docs / "diagnosis.md"
        renewed, marks = _MARKS.subn(lambda found: f"{found[1]}{text}{found[2]}", page.read_text(encoding="utf-8"))
        if marks != 1:
            raise ValueError(f"{page} needs the lines <!-- figures:start --> and <!-- figures:end --> once")
        page.write_text(renewed, encoding="utf-8")
        (docs / "diagnosis-budget.svg").write_text(picture, encoding="utf-8")


def _case(item: Measured, budget: int) -> dict[str, object]:
    """Otto's part of one case, to find the weak ones by."""
    kept = {
        f"{cutting.view}.{kind}": [round(found.recall, 3), found.first]
        for cutting in item.cuttings
        if cutting.tool == OTTO and cutting.budget == budget
        for kind, found in (("lines", cutting.kept.lines), ("facts", cutting.kept.facts))
        if found is not None
    }
    return {"id": item.case.id, **kept, "class": item.classes.get(OTTO), "fingerprint": item.signatures.get(OTTO)}


if __name__ == "__main__":
    sys.exit(main())
