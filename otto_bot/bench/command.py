"""`otto-bot bench gate`: check scenarios, play them in every arm, say what came out, and keep it."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from otto_bot.bench.arms import variants
from otto_bot.bench.claims import claims
from otto_bot.bench.measure import Measured
from otto_bot.bench.options import ARMS, RAW, SEEDS, TABLE, live_options
from otto_bot.bench.report import by_arm, by_place, by_scenario, claims_list, last_line
from otto_bot.bench.scenario import BenchScenario
from otto_bot.bench.scenario_file import BenchError, find, load, shipped

EXIT_BROKEN, EXIT_USAGE = 1, 2


def run(options: argparse.Namespace) -> int:
    """The command; returns the exit code."""
    try:
        if options.export is not None:
            return _export(*options.export)
        scenarios = [load(find(name)) for name in options.scenario or shipped()]
    except BenchError as error:
        _tell(str(error), error=True)
        return EXIT_USAGE
    if options.list:
        for scenario in scenarios:
            bench = scenario.bench
            _tell(f"{scenario.name:24} {bench.kind:22} {bench.seen_in:22} {bench.description}")
        return 0
    if (strange := _misplaced(options)) is not None:
        _tell(f"otto-bot: {strange}", error=True)
        return EXIT_USAGE
    if options.check:
        return _check(options, scenarios)
    if options.live:
        return _live(options, scenarios)
    return _play(options, scenarios)


def _live(options: argparse.Namespace, scenarios: Sequence[BenchScenario]) -> int:
    from otto_bot.bench.live.gate import run as run_live

    return _check(options, scenarios) or run_live(live_options(options, datetime.now(UTC)), scenarios)


def _misplaced(options: argparse.Namespace) -> str | None:
    """An option that means nothing in this kind of bench; nothing is passed over silently."""
    if options.live:
        wrong = [name for name in ("arm", "seeds") if getattr(options, name) is not None]
        wrong += [name for name in ("gates", "docs") if getattr(options, name)]
        told = "a live bench has the arms pilot and replan; its decisions are in the raw results"
    else:
        wrong = [name for name in ("model", "repeats", "usd") if getattr(options, name) is not None]
        told = "the scripted bench asks no real model; add --live"
    return f"{', '.join(f'--{name}' for name in wrong)}: {told}" if wrong else None


def _export(name: str, folder: str) -> int:
    """Raises BenchError."""
    from otto_bot.bench.export import export

    made = export(load(find(name)), Path(folder))
    _tell(f"{made}\nPlay it with: otto-bot demo --scenario {made}")
    return 0


def _check(options: argparse.Namespace, scenarios: Sequence[BenchScenario]) -> int:
    from otto_bot.bench.runner import check_all

    found = check_all(scenarios, options.jobs)
    for problem in found:
        _tell(problem, error=True)
    if not found:
        _tell(f"{len(scenarios)} scenarios checked")
    return EXIT_USAGE if found else 0


def _play(options: argparse.Namespace, scenarios: Sequence[BenchScenario]) -> int:
    from otto_bot.bench.runner import Done, run_bench

    begun = time.monotonic()
    benches = {scenario.name: scenario.bench for scenario in scenarios}
    chosen = variants([arm for arm in ARMS if not options.arm or arm in options.arm], options.seeds or SEEDS)

    def told(done: Done) -> None:
        _tell(f"{time.monotonic() - begun:6.1f} s  {done.scenario}: {len(done.results)} runs")
        for one in done.results if options.gates else ():
            _tell(_gates(one))

    all_done = asyncio.run(run_bench(scenarios, chosen, options.jobs, told))
    if problems := [problem for done in all_done for problem in done.problems]:
        _tell("\n".join(problems), error=True)
        return EXIT_USAGE
    found = [one for done in all_done for one in done.results]
    made = claims(benches, found)
    parts = [by_arm(found), by_place(benches, found), by_scenario(benches, found), claims_list(made)]
    text = "\n\n".join(parts)
    _tell(f"\n{text}\n")
    seconds = time.monotonic() - begun
    if options.out is not None:
        _keep(options.out, found, text)
    if options.docs is not None:
        from otto_bot.bench.docs import Made, write_docs

        how = Made(_command(options), datetime.now(UTC).date(), seconds, _cpu(), len(chosen), options.seeds or SEEDS)
        write_docs(options.docs, benches, found, made, how)
    _tell(last_line(benches, found, made, seconds))
    return 0 if all(claim.holds for claim in made) else EXIT_BROKEN


def _command(options: argparse.Namespace) -> str:
    """What was asked for, as it can be asked for again."""
    words = [word for name in options.scenario or () for word in ("--scenario", name)]
    words += [word for arm in options.arm or () for word in ("--arm", arm)]
    return " ".join(
        ["otto-bot bench gate", *words, f"--seeds {options.seeds or SEEDS} --jobs {options.jobs} --docs {options.docs}"]
    )


def _cpu() -> float:
    """Processor seconds of this process and of all that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _keep(folder: Path, found: Sequence[Measured], text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(one.model_dump(mode="json"), ensure_ascii=False) for one in found]
    (folder / RAW).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / TABLE).write_text(text + "\n", encoding="utf-8")


def _gates(one: Measured) -> str:
    seed = f" seed {one.seed}" if one.seed else ""
    lines = [
        f"    {one.arm}{seed}: {one.outcome}, recovered {one.recovered}/{one.recoverable}",
        f"      {one.attempts} attempts, {one.wasted} wasted, {one.states}",
    ]
    for gate in one.gates:
        who = gate.decided_by + (", changed by a person" if gate.revised else "")
        lines.append(
            f"      gate {gate.number} · {who} · {gate.causes} → {gate.classes} → {gate.moves} · {gate.batches}"
        )
        if gate.why:
            lines.append(f"        {gate.why[:300]}")
    return "\n".join([*lines, *(f"      PROBLEM {problem}" for problem in one.problems)])


def _tell(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)
