"""Writes what a bench has shown as a page: tables and numbers into hand-written words, two plots, the raw figures."""

from __future__ import annotations

import csv
import io
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path

from otto_bot.bench.claims import BEST, WORST, Claim, Results
from otto_bot.bench.measure import Measured
from otto_bot.bench.options import NONE, REPLAN
from otto_bot.bench.plots import bars, shares
from otto_bot.bench.report import SEEN_IN, arms_of, by_arm, by_place, by_scenario, claims_list, number
from otto_bot.bench.scenario import Bench

PAGE, RECOVERED, WASTED, FIGURES = (
    "bench-gate.md", "bench-gate-recovered.svg", "bench-gate-wasted.svg", "bench-gate.csv",
)  # fmt: skip
_SLOT = re.compile(r"\{\{([a-z_]+)\}\}")
_COLUMNS = (
    "outcome", "recoverable", "recovered", "attempts", "wasted", "usd", "gate_usd", "gate_calls", "blamed",
    "blamed_right", "moved", "moved_right", "ask_needed", "asked_needed", "asked_needlessly",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """How a bench was run. Times in seconds, over all processes."""

    command: str
    on: date
    seconds: float
    cpu: float
    variants: int
    seeds: int


def write_docs(
    folder: Path, benches: Mapping[str, Bench], found: Sequence[Measured], made: Sequence[Claim], how: Made
) -> None:
    """The page, its plots and the figures of every run, into `folder`; what stood there is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    results = Results(benches, found)
    for name, text in {
        PAGE: page(results, made, how),
        RECOVERED: recovered_plot(results),
        WASTED: wasted_plot(results),
        FIGURES: figures(results),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")


def template() -> str:
    """The hand-written words, with `{{slots}}`."""
    return (resources.files("otto_bot.bench") / "templates" / PAGE).read_text(encoding="utf-8")


def page(results: Results, made: Sequence[Claim], how: Made) -> str:
    """The Markdown. Raises KeyError for a slot that nothing fills."""
    benches, found = results.benches, results.found
    slots = {
        "scenario_count": str(len(benches)),
        "variant_count": str(how.variants),
        "seeds": str(how.seeds),
        "summary": summary(results),
        "wrong_pilot": wrong_pilot(results),
        "table_arms": by_arm(found),
        "table_places": by_place(benches, found),
        "table_scenarios": by_scenario(benches, found),
        "claims": claims_list(made),
        "date": how.on.isoformat(),
        "machine": machine(),
        "runs": str(len(found)),
        "seconds": f"{how.seconds:.0f}",
        "cpu": f"{how.cpu:.0f}",
        "command": how.command,
    }
    return _SLOT.sub(lambda match: slots[match.group(1)], template())


def summary(results: Results) -> str:
    """One line an arm that matters, with its sums."""
    most = sum(len(bench.truth.recoverable) for bench in results.benches.values())
    lines = []
    for arm in arms_of(results.found):
        wasted, usd, own = (results.total(arm, name) for name in ("wasted", "usd", "gate_usd"))
        share = f", of which {100 * own / usd:.0f} % at gates" if own and usd else ""
        told = f"- `{arm}` recovers {number(results.total(arm, 'recovered'))} of {most} tasks"
        lines.append(f"{told}, wastes {number(wasted)} coder sessions, costs ${usd:.2f}{share}.")
    return "\n".join(lines)


def wrong_pilot(results: Results) -> str:
    """What the arm that is never right costs, held against the plain replan."""
    if not {WORST, REPLAN} <= set(arms_of(results.found)):
        return f"`{WORST}` and `{REPLAN}` were not both run."

    def against(field: str, what: str) -> str:
        return _than(results.total(WORST, field) - results.total(REPLAN, field), what)

    runs = [one for one in results.found if one.arm == WORST]
    gates, skips = sum(len(one.gates) for one in runs), sum(len(one.wrong_skips) for one in runs)
    usd = {arm: results.total(arm, "usd") for arm in (WORST, REPLAN)}
    best = _than(results.total(BEST, "recovered") - results.total(REPLAN, "recovered"), "tasks")
    who = f"A pilot that is never right (`{WORST}`: {gates} gates in {len(runs)} runs)"
    own = f"its own calls, repairs and replans after refusals included, are ${results.total(WORST, 'gate_usd'):.2f}"
    lines = [
        f"{who}, held against the plain replan and summed over all scenarios:",
        "",
        f"- It recovers {against('recovered', 'tasks')}, and wastes {against('wasted', 'coder sessions')}.",
        f"- It costs ${usd[WORST]:.2f} where the replan costs ${usd[REPLAN]:.2f}; {own} of it.",
        f"- It calls a person needlessly {against('asked_needlessly', 'times')}. Wrong skips: {skips}.",
    ]
    if BEST in arms_of(results.found):
        lines.append(f"- For comparison: one that is always right (`{BEST}`) recovers {best} than the replan.")
    return "\n".join(lines)


def _than(difference: float, what: str) -> str:
    """`3.3 fewer tasks`, `2 more tasks`, `as many tasks`."""
    if abs(difference) < 0.05:
        return f"as many {what}"
    return f"{number(abs(difference))} {'more' if difference > 0 else 'fewer'} {what}"


def recovered_plot(results: Results) -> str:
    """Recovered share by where the fact can be seen, and arm."""
    arms = arms_of(results.found)
    groups = {}
    for key, title in SEEN_IN.items():
        names = [name for name, bench in results.benches.items() if bench.seen_in == key]
        most = sum(len(results.benches[name].truth.recoverable) for name in names)
        if most:
            groups[title] = {
                arm: sum(mean for name in names if (mean := results.mean(name, arm)) is not None) / most for arm in arms
            }
    return shares("Recovered tasks, %, by where the decisive fact can be seen", groups, arms)


def wasted_plot(results: Results) -> str:
    """Wasted sessions by arm."""
    arms = [arm for arm in arms_of(results.found) if arm != NONE]
    values = {arm: results.total(arm, "wasted") for arm in arms}
    return bars("Wasted coder sessions, all scenarios", values, "sessions beyond a task's first one that failed")


def figures(results: Results) -> str:
    """One line a run, as comma-separated values."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["scenario", "kind", "seen_in", "arm", "seed", *_COLUMNS, "gates", "wrong_skips"])
    for one in results.found:
        bench = results.benches[one.scenario]
        writer.writerow(
            [one.scenario, bench.kind, bench.seen_in, one.arm, one.seed, *(getattr(one, name) for name in _COLUMNS),
             len(one.gates), " ".join(one.wrong_skips)]
        )  # fmt: skip
    return out.getvalue()


def machine() -> str:
    """What it ran on: processors, memory, system, Python."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return f"{cpus} processors, {memory:.0f} GB, {platform.system()} {platform.machine()}, Python {python}"
