"""The figures of a bench as Markdown tables: by arm, by where the fact can be seen, by scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from otto_bot.bench.claims import Claim, Results, total_of
from otto_bot.bench.measure import Measured
from otto_bot.bench.options import ARMS, LIVE, NONE
from otto_bot.bench.scenario import Bench

SEEN_IN = {
    "own_log": "the task's own log",
    "sibling_handoff": "what another task found out",
    "spec": "issue or plan, not the task's own text",
    "two_failures_together": "two failures together",
    "nowhere": "nowhere: one move, or a person",
}


def arms_of(found: Iterable[Measured]) -> list[str]:
    """The arms that ran, in their usual order."""
    there = {one.arm for one in found}
    return [arm for arm in (*ARMS, LIVE) if arm in there]


def by_arm(found: Sequence[Measured]) -> str:
    """One line an arm: sums over scenarios, mean over seeds."""
    head = ("arm", "recovered", "attempts", "wasted", "$", "$ at gates", "calls at gates", "class right", "move right",
            "wrong skips", "asked when needed", "asked needlessly")  # fmt: skip
    return table(head, [_arm(arm, [one for one in found if one.arm == arm]) for arm in arms_of(found)])


def _arm(arm: str, found: Sequence[Measured]) -> list[str]:
    def total(field: str) -> float:
        return total_of(found, field)

    alone = arm == NONE
    return [
        arm,
        f"**{number(total('recovered'))}** / {number(total('recoverable'))}",
        number(total("attempts")),
        number(total("wasted")),
        f"{total('usd'):.3f}",
        f"{total('gate_usd'):.3f}",
        number(total("gate_calls")),
        _share(total("blamed_right"), total("blamed")),
        "–" if alone else _share(total("moved_right"), total("moved")),
        number(sum(len(one.wrong_skips) for one in found)),
        "–" if alone else f"{number(total('asked_needed'))} / {number(total('ask_needed'))}",
        "–" if alone else number(total("asked_needlessly")),
    ]


def by_place(benches: Mapping[str, Bench], found: Sequence[Measured]) -> str:
    """Recovered tasks by where the decisive fact can be seen."""
    results, arms = Results(benches, found), arms_of(found)
    rows = []
    for key, title in SEEN_IN.items():
        names = [name for name, bench in benches.items() if bench.seen_in == key]
        if names:
            most = sum(len(benches[name].truth.recoverable) for name in names)
            rows.append([title, str(len(names)), *(f"{number(_sum(results, names, arm))} / {most}" for arm in arms)])
    return table(("the fact is in", "scenarios", *arms), rows)


def by_scenario(benches: Mapping[str, Bench], found: Sequence[Measured]) -> str:
    """Recovered and wasted of each scenario."""
    results, arms = Results(benches, found), arms_of(found)
    rows = []
    for name, bench in sorted(benches.items(), key=lambda item: (list(SEEN_IN).index(item[1].seen_in), item[0])):
        cells = [_cell(results.of(name, arm)) for arm in arms]
        rows.append([f"`{name}`", bench.seen_in.replace("_", " "), str(len(bench.truth.recoverable)), *cells])
    return table(("scenario", "fact in", "recoverable", *arms), rows)


def _cell(found: Sequence[Measured]) -> str:
    if not found:
        return "–"
    recovered, wasted = (sum(getattr(o, f) for o in found) / len(found) for f in ("recovered", "wasted"))
    return f"{number(recovered)}" + (f" ({number(wasted)} wasted)" if wasted else "")


def _sum(results: Results, names: Sequence[str], arm: str) -> float:
    return sum(mean for name in names if (mean := results.mean(name, arm)) is not None)


def claims_list(made: Sequence[Claim]) -> str:
    """One line a claim."""
    lines = []
    for claim in made:
        lines.append(f"- {'holds' if claim.holds else '**does not hold**'} ({claim.cases} cases): {claim.text}.")
        lines += [f"  - {case}" for case in claim.broken[:20]]
    return "\n".join(lines)


def last_line(benches: Mapping[str, Bench], found: Sequence[Measured], made: Sequence[Claim], seconds: float) -> str:
    """Everything in one line."""
    results = Results(benches, found)
    most = sum(len(bench.truth.recoverable) for bench in benches.values())
    told = ", ".join(f"{arm} {number(_sum(results, list(benches), arm))}" for arm in arms_of(found))
    broken = sum(1 for claim in made if not claim.holds)
    verdict = "all claims hold" if not broken else f"{broken} of {len(made)} claims DO NOT HOLD"
    return f"{len(benches)} scenarios, {len(found)} runs in {seconds:.0f} s: recovered of {most}: {told}; {verdict}"


def number(value: float) -> str:
    """At most one decimal."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
