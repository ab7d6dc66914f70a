"""What must hold of a bench's results, checked each time; a claim that does not hold is named with its cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from otto_bot.bench.measure import Measured
from otto_bot.bench.options import BLIND, NONE, PILOT, REPLAN, RULES
from otto_bot.bench.scenario import Bench
from otto_bot.core.values import Frozen

TIE = (BLIND, REPLAN, RULES, "pilot-1")
WORST, BEST = "pilot-0", "pilot-1"


class Claim(Frozen):
    """One sentence, how many cases it was held against, and those that break it."""

    text: str
    cases: int
    broken: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing breaks it."""
        return not self.broken


class Results:
    """The figures of a bench by scenario and arm."""

    def __init__(self, benches: Mapping[str, Bench], found: Sequence[Measured]) -> None:
        self.benches = benches
        self.found = found

    def of(self, scenario: str, arm: str) -> list[Measured]:
        """Every seed of one arm in one scenario."""
        return [one for one in self.found if (one.scenario, one.arm) == (scenario, arm)]

    def mean(self, scenario: str, arm: str) -> float | None:
        """Recovered tasks of one arm in one scenario, mean over seeds; None where it did not run."""
        found = self.of(scenario, arm)
        return sum(one.recovered for one in found) / len(found) if found else None

    def total(self, arm: str, field: str) -> float:
        """A figure of one arm: the sum over scenarios of the mean over seeds."""
        return total_of([one for one in self.found if one.arm == arm], field)


def total_of(found: Sequence[Measured], field: str) -> float:
    """The sum over scenarios of the mean over seeds."""
    by: dict[str, list[float]] = {}
    for one in found:
        by.setdefault(one.scenario, []).append(getattr(one, field))
    return sum(sum(values) / len(values) for values in by.values())


def claims(benches: Mapping[str, Bench], found: Sequence[Measured]) -> tuple[Claim, ...]:
    """Every claim, held against what was measured; one without a case is left out."""
    results = Results(benches, found)
    made = [_claim(text, check(results)) for text, check in _CLAIMS]
    return tuple(claim for claim in made if claim.cases)


Checked = Iterator[str | None]
"""One item a case: None where it holds, else what breaks it."""


def _claim(text: str, cases: Checked) -> Claim:
    told = list(cases)
    return Claim(text=text, cases=len(told), broken=tuple(case for case in told if case is not None))


def _named(one: Measured) -> str:
    return f"{one.scenario} · {one.arm}" + (f" · seed {one.seed}" if one.seed else "")


def _sound(results: Results) -> Checked:
    for one in results.found:
        yield f"{_named(one)}: {'; '.join(one.problems)}"[:400] if one.problems else None


def _single(results: Results) -> Checked:
    for one in results.found:
        if one.arm == RULES and results.benches[one.scenario].single_move:
            good = one.recovered == one.recoverable and one.gate_calls == 0
            yield None if good else f"{one.scenario}: {one.recovered} of {one.recoverable}, {one.gate_calls} calls"


def _own_log(results: Results) -> Checked:
    for name, bench in results.benches.items():
        if bench.seen_in == "own_log" and not bench.single_move:
            means = {arm: mean for arm in TIE if (mean := results.mean(name, arm)) is not None}
            if len(means) > 1:
                told = ", ".join(f"{arm} {mean:g}" for arm, mean in means.items())
                yield None if len(set(means.values())) == 1 else f"{name}: {told}"


def _never_worse(results: Results) -> Checked:
    for name in results.benches:
        best, plain = results.mean(name, BEST), results.mean(name, REPLAN)
        if best is not None and plain is not None:
            yield None if best >= plain else f"{name}: {best:g} of {BEST}, {plain:g} of {REPLAN}"


def _better(results: Results) -> Checked:
    names = [name for name, bench in results.benches.items() if bench.seen_in not in ("own_log", "nowhere")]
    best = [mean for name in names if (mean := results.mean(name, BEST)) is not None]
    plain = [mean for name in names if (mean := results.mean(name, REPLAN)) is not None]
    if best and plain:
        yield None if sum(best) > sum(plain) else f"{sum(best):g} of {BEST}, {sum(plain):g} of {REPLAN}"


def _right_answers(results: Results) -> Checked:
    """The pilot that is always right really decides, and each of its readings has a quote."""
    for one in results.found:
        for gate in one.gates if one.arm == BEST else ():
            if gate.decided_by == "replan" or (gate.number == 1 and gate.hypotheses):
                unquoted = f", no quote holds for {', '.join(gate.hypotheses)}" if gate.hypotheses else ""
                yield f"{one.scenario}: gate {gate.number} was decided by {gate.decided_by}: {gate.why}{unquoted}"[:500]
            else:
                yield None


def _guarded(results: Results) -> Checked:
    for one in results.found:
        plain = results.of(one.scenario, REPLAN)
        if one.arm == WORST and plain:
            more = one.wasted - plain[0].wasted
            yield None if more <= len(one.gates) else f"{_named(one)}: {more} more in {len(one.gates)} gates"


def _no_wrong_skip(results: Results) -> Checked:
    for one in results.found:
        yield f"{_named(one)}: {', '.join(one.wrong_skips)}" if one.wrong_skips else None


def _same_evidence(results: Results) -> Checked:
    """What first failed at the first gate is the same text in every arm."""
    for name in results.benches:
        seen: dict[str, set[str]] = {}
        arms = [one for one in results.found if one.scenario == name and one.gates]
        for one in arms:
            for task in one.gates[0].causes:
                seen.setdefault(task, set()).add(one.evidence.get(task, ""))
        if len(arms) > 1:
            differing = [task for task, hashes in seen.items() if len(hashes) > 1]
            yield f"{name}: {', '.join(differing)}" if differing else None


def _labels(results: Results) -> Checked:
    """The tasks that fail are those that the scenario says do."""
    for name, bench in results.benches.items():
        failing = {task for one in results.found if one.scenario == name for task in one.evidence}
        plain = {task for one in results.of(name, NONE) for task in one.evidence}
        if not results.of(name, NONE):
            continue
        strange = sorted(plain - set(bench.truth.classes))
        never = sorted(set(bench.truth.classes) - failing)
        told = [f"{', '.join(strange)} fail and are not in truth.classes"] if strange else []
        told += [f"{', '.join(never)} never fail"] if never else []
        yield f"{name}: {'; '.join(told)}" if told else None


_CLAIMS: tuple[tuple[str, Callable[[Results], Checked]], ...] = (
    ("Every run came to rest without an error or a broken rule", _sound),
    ("The tasks that fail are those that the scenario says do", _labels),
    ("Rules alone recover every single-move case with zero model calls at gates", _single),
    ("Where the fact is in the task's own log, the arms that retry tie", _own_log),
    ("At accuracy 1 the pilot decides, and quotes what it says", _right_answers),
    ("At accuracy 1 the pilot recovers at least as much as the replan in each scenario", _never_worse),
    ("At accuracy 1 the pilot recovers more than the replan in sum", _better),
    ("At accuracy 0 the pilot wastes at most one attempt a gate more than the replan", _guarded),
    ("No arm skips a task that could have passed", _no_wrong_skip),
    ("Every arm was given the same raw evidence", _same_evidence),
)
assert {WORST, BEST} <= set(PILOT)
