"""`python -m bench.weights DATA_FOLDER`: fit the weights of lines anew, and say how well they do on other logs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench.diagnosis.data import Case, DataError, load
from bench.weights.fit import SOURCE_WEIGHTS, FitError, check_tools, fitted, left_out
from bench.weights.rows import FOLDS, CaseRows, folds, rows_of
from bench.weights.score import Figures, by_set, kept, present, worths
from bench.weights.table import differences, in_order_of, tables_of, written
from otto_bot.diagnosis import weights as product

PRODUCT = Path(product.__file__)
BUDGET = 2000
"""Characters of an excerpt, as the promises of `bench.diagnosis` are counted."""
_SHOWN = 12


def main(argv: Sequence[str] | None = None) -> int:
    """0 when fitted and written, 2 when there is nothing to fit on or with, or nowhere to write."""
    options = _options(argv)
    try:
        check_tools()
        cases = read(load(options.data))
        parts = folds([one.case for one in cases], options.seed)
        columns = [("left out", _on_left_out(cases, parts))]
        weights = in_order_of(tables_of(product), fitted(cases))
    except (DataError, FitError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    columns.append(("fitted on all", _figures(cases, (worths(one, weights) for one in cases))))
    columns.append(("the product's now", _figures(cases, map(present, cases))))
    print(f"{len(cases)} cases, {FOLDS} parts by repository, seed {options.seed}, budget {BUDGET:,} characters.\n")
    print(table(columns))
    print("\nleft out: each case under weights fitted without its repository. The other columns know the cases.")
    changed = differences(tables_of(product), weights)
    more = [f"and {len(changed) - _SHOWN} more"] if len(changed) > _SHOWN else []
    print(f"\n{len(changed)} of the product's weights differ", *changed[:_SHOWN], *more, sep="\n  ")
    return _save(written(weights), [options.out, PRODUCT] if options.write else [options.out])


def _save(text: str, targets: Iterable[Path]) -> int:
    for target in targets:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            print(f"bench: {target} cannot be written: {error}", file=sys.stderr)
            return 2
        print(f"written to {target}")
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.weights", description="Fit the weights of lines anew.")
    parser.add_argument("data", type=Path, metavar="DATA_FOLDER", help="the folder with cases.jsonl and logs/")
    parser.add_argument("--seed", type=int, default=0, help="how repositories are dealt to the parts (%(default)s)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        default=Path("dist/bench-weights/weights.py"),
        help="where the weights go (%(default)s)",
    )
    parser.add_argument("--write", action="store_true", help=f"write them to the product too ({PRODUCT.name})")
    return parser.parse_args(argv)


def read(cases: Iterable[Case]) -> list[CaseRows]:
    """The rows of the cases that are fitted on. Raises DataError where no case of a known source has labels."""
    chosen = [case for case in cases if case.source in SOURCE_WEIGHTS and (case.gold_lines or case.critical)]
    if not chosen:
        raise DataError(f"no case of {', '.join(SOURCE_WEIGHTS)} has `gold_lines` or critical `must`")
    return list(_counted(map(rows_of, chosen), len(chosen)))


def _counted(items: Iterable[CaseRows], total: int) -> Iterator[CaseRows]:
    for number, item in enumerate(items, 1):
        if number % 100 == 0 or number == total:
            print(f"bench: {number} of {total} cases read", file=sys.stderr)
        yield item


def _on_left_out(cases: Sequence[CaseRows], parts: Sequence[int]) -> list[Figures]:
    """Each case under the weights that were fitted without its repository."""
    by_part = {}
    for part, weights in left_out(cases, parts):
        by_part[part] = weights
        print(f"bench: {part + 1} of {FOLDS} parts left out", file=sys.stderr)
    return _figures(cases, (worths(one, by_part[part]) for one, part in zip(cases, parts, strict=True)))


def _figures(cases: Sequence[CaseRows], values: Iterable[tuple[tuple[float, ...], ...]]) -> list[Figures]:
    return by_set(cases, [kept(one, worth, BUDGET) for one, worth in zip(cases, values, strict=True)])


def table(columns: Sequence[tuple[str, Sequence[Figures]]]) -> str:
    """Recall and first in percent, one row a set, for each way the weights were come by."""
    head = ["set (recall / first)", "cases", *(name for name, _ in columns)]
    rows = [
        [same[0].title, str(same[0].cases), *(f"{one.recall:.1f} / {one.first:.1f}" for one in same)]
        for same in zip(*(figures for _, figures in columns), strict=True)
    ]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
