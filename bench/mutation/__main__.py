"""`make mutation`: put small faults into the heart, a sample of them one at a time, and say which no test notices."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from bench.mutation import recording, results, trial
from bench.mutation.choosing import Record, sample
from bench.mutation.mutant import Mutant
from bench.mutation.mutants import mutated, population

ROOT = Path(__file__).resolve().parents[2]
_PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", "--snapshot-warn-unused")
_CONTROL = 30.0
"""Seconds of tests, as recorded, that are run in a fork with no fault at all."""


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every mutant of the sample was tried, 1 when time ended first, 2 when the tests fail without a fault."""
    options = _options(argv)
    os.nice(options.nice)
    place = options.state
    place.mkdir(parents=True, exist_ok=True)
    if options.record or not (place / "record.json").exists():
        _record(place / "record.json", options.tests)
    record = Record.read(place / "record.json")
    if options.record_also:
        _record(place / "also.json", options.record_also)
        record = record.and_also(Record.read(place / "also.json"))
        record.write(place / "record.json")
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "otto_bot/core").glob("*.py")}
    every = population(ROOT)
    chosen = sample(every, options.machine, options.rest, options.seed)
    run = Run(place, record, texts, options)
    whole = run.play(chosen)
    found = results.read(run.out)
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    print(f"{len(every)} mutants in all; seed {options.seed}; {when}; {os.cpu_count()} cores\n")
    print(results.table(chosen, found))
    _show(results.survivors(chosen, found), texts)
    return 0 if whole else 1


class Run:
    """One sample, tried."""

    def __init__(self, place: Path, record: Record, texts: Mapping[str, str], options: argparse.Namespace) -> None:
        """`place` keeps what a later run goes on with."""
        self.place, self.record, self.texts, self.options = place, record, texts, options
        self.out = place / "results.jsonl"
        self.until = time.time() + options.minutes * 60

    def play(self, chosen: Sequence[Mutant]) -> bool:
        """Whether each mutant has a result now."""
        known = results.read(self.out)
        if self.options.again:
            known = {name: word for name, word in known.items() if word in results.CAUGHT}
        left = [one for one in chosen if known.get(one.name) not in results.JUDGED | {"same"}]
        trials = [one for one in map(self._trial, left) if one is not None]
        if trials:
            self._forks(trials)
        found = results.read(self.place / "forks.jsonl")
        self._settle(trials, found)
        known = results.read(self.out)
        return all(one.name in known for one in chosen)

    def _trial(self, mutant: Mutant) -> dict[str, object] | None:
        text = mutated(self.texts[mutant.file], mutant)
        tests = self.record.reaching(mutant)
        if text is None or not tests:
            results.note(self.out, mutant.name, "same" if text is None else "unreached")
            return None
        if self.options.only:
            tests = [name for name in tests if name.startswith(tuple(self.options.only))]
            if not tests:
                return None
        tests = self.record.within(tests, self.options.seconds)
        limit = 30 + 6 * self.record.cost(tests)
        return {"name": mutant.name, "file": mutant.file, "text": text, "tests": tests, "limit": limit}

    def _forks(self, trials: Sequence[Mapping[str, object]]) -> None:
        (self.place / "forks.jsonl").unlink(missing_ok=True)
        files = sorted({str(name).split("::")[0] for one in trials for name in one["tests"]})  # type: ignore[attr-defined]
        every = {name for one in trials for name in one["tests"]}  # type: ignore[attr-defined]
        quick = self.record.within([name for name in self.record.by_time() if name in every], _CONTROL)
        control = {"name": "control", "file": "", "text": "", "tests": quick, "limit": 3600}
        body = {"out": str(self.place / "forks.jsonl"), "workers": self.options.workers, "until": self.until}
        todo = self.place / "todo.json"
        todo.write_text(json.dumps(body | {"trials": [control, *trials] if self.options.control else trials}))
        command = [*_PYTEST, "-p", "bench.mutation.trial", *files]
        subprocess.run(command, cwd=ROOT, env=os.environ | {trial.TODO: str(todo)}, check=False)
        if results.read(self.place / "forks.jsonl").get("control") == "killed":
            raise SystemExit("A test fails in a fork although nothing was changed: mend it, or record anew (--record).")

    def _settle(self, trials: Sequence[Mapping[str, object]], found: Mapping[str, str]) -> None:
        """What a fork could not hold is tried in a process of its own; `--confirm` tries the survivors so too."""
        again = []
        for one in trials:
            word = found.get(str(one["name"]))
            if word == "elsewhere" or (word == "survived" and self.options.confirm):
                again.append(one)
            elif word is not None:
                results.note(self.out, str(one["name"]), word)
        with ThreadPoolExecutor(self.options.workers) as pool:
            for one, word in zip(again, pool.map(self._fresh, again), strict=True):
                if word is not None:
                    results.note(self.out, str(one["name"]), word)

    def _fresh(self, one: Mapping[str, object]) -> str | None:
        left = self.until - time.time()
        if left < 1:
            return None
        todo = self.place / f"fresh-{abs(hash(one['name']))}.json"
        todo.write_text(json.dumps(one))
        files = sorted({str(name).split("::")[0] for name in one["tests"]})  # type: ignore[attr-defined]
        command = [*_PYTEST, "-x", "-p", "bench.mutation.trial", *files]
        limit = float(str(one["limit"]))
        try:
            ended = subprocess.run(
                command,
                cwd=ROOT,
                env=os.environ | {trial.FRESH: str(todo)},
                timeout=min(limit, left),
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return "timeout" if limit < left else None
        finally:
            todo.unlink()
        # 0: all passed. 5: nothing was run, so nothing noticed. All else: a test, or loading the product, fell.
        return "survived" if ended.returncode in (0, 5) else "killed"


def _record(out: Path, tests: Sequence[str]) -> None:
    command = [*_PYTEST, "-m", "not slow", "-p", "bench.mutation.recording", *tests]
    where = {recording.WHERE: str(out)}
    subprocess.run(command, cwd=ROOT, env=os.environ | where, check=False)


def _show(mutants: Sequence[Mutant], texts: Mapping[str, str]) -> None:
    print(f"\n{len(mutants)} survived:\n")
    for one in sorted(mutants, key=lambda mutant: (mutant.file, mutant.line)):
        before, after = texts[one.file].splitlines(), (mutated(texts[one.file], one) or "").splitlines()
        print(f"{one.file}:{one.line} {one.operator}")
        changes = list(difflib.unified_diff(before, after, n=0, lineterm=""))[3:]
        print("\n".join(f"    {line}" for line in changes))


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.mutation", description=__doc__)
    parser.add_argument("--machine", type=int, default=300, help="mutants of the state machine")
    parser.add_argument("--rest", type=int, default=0, help="mutants of the rest of core")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60, help="begin no trial after so long")
    parser.add_argument(
        "--seconds", type=float, default=20, help="of tests, as recorded, for one mutant: quickest first"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--nice", type=int, default=15)
    parser.add_argument("--tests", nargs="+", default=["tests/core", "tests/text"])
    parser.add_argument("--record", action="store_true", help="record anew which test reaches which line")
    parser.add_argument("--record-also", nargs="+", default=[], help="files of tests that are new since the record")
    parser.add_argument("--only", nargs="+", default=[], help="hold against these files of tests alone")
    parser.add_argument("--again", action="store_true", help="try anew what survived, after new tests")
    parser.add_argument("--confirm", action="store_true", help="try what survived again, each in a new process")
    parser.add_argument("--no-control", dest="control", action="store_false", help="trust the tests to pass in a fork")
    parser.add_argument("--state", type=Path, default=ROOT / ".bench-mutation", help="what a later run goes on with")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
