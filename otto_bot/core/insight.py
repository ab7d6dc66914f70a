"""What decisions at gates, and estimates, were worth, counted over runs: counts, never rates."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import REOPENING, Action, Decider
from otto_bot.core.evidence import CLASS_OF, Failure
from otto_bot.core.gate_account import EndKind, moves_of
from otto_bot.core.insight_estimates import EstimateCounting
from otto_bot.core.insight_values import DeciderInsight, Insight, ModelInsight, ShadowInsight, Spread, Tally
from otto_bot.core.outcomes import mover
from otto_bot.core.policy import UNCHARGED
from otto_bot.core.run import Gate, GateState, Run


@dataclass
class _Values:
    """Numbers whose middle is wanted: 8 bytes each."""

    kept: array[float] = field(default_factory=lambda: array("d"))

    def spread(self) -> Spread:
        if not self.kept:
            return Spread()
        ordered = sorted(self.kept)
        return Spread(
            count=len(ordered), total=round(sum(ordered), 6), p50=_rank(ordered, 0.5), p95=_rank(ordered, 0.95)
        )


def _rank(ordered: Sequence[float], share: float) -> float:
    return round(ordered[max(0, ceil(share * len(ordered)) - 1)], 6)


@dataclass
class _Cost:
    usd: _Values = field(default_factory=_Values)
    seconds: _Values = field(default_factory=_Values)

    def add(self, usd: float, seconds: float) -> None:
        self.usd.kept.append(max(0.0, usd))
        self.seconds.kept.append(max(0.0, seconds))


class Counting:
    """Takes runs one by one, keeps counts only: memory grows by two numbers a gate and four a run."""

    def __init__(self, since: datetime | None = None) -> None:
        self._since = since
        self._runs = 0
        self._gates = 0
        self._tallies: dict[tuple[str, str], Counter[str]] = {}
        self._moves: dict[str, Counter[str]] = {}
        self._costs: dict[str, _Cost] = {}
        self._model: Counter[str] = Counter()
        self._shadow: Counter[str] = Counter()
        self._shadow_cost = _Cost()
        self._estimates = EstimateCounting()

    def add(self, run: Run) -> None:
        """Count a run's gates that have a decision, and its estimate where it began since then."""
        if self._since is None or run.started_at >= self._since:
            self._estimates.add(run)
        gates = [g for g in run.gates if g.decision is not None and (self._since is None or g.opened_at >= self._since)]
        self._runs += 1 if gates else 0
        self._gates += len(gates)
        for gate in gates:
            self._decided(run, gate)
            if gate.state is GateState.APPLIED:
                self._applied(run, gate)

    def _decided(self, run: Run, gate: Gate) -> None:
        assert gate.decision is not None
        account, shadow = gate.account, gate.account.shadow
        first = account.made_by or gate.decision.decided_by
        self._moves.setdefault(first.value, Counter())["gates"] += 1
        pilot, model = run.config.pilot, self._model
        if gate.calls:
            usd, seconds = (shadow.usd, shadow.seconds) if shadow is not None else (0.0, 0.0)
            self._costs.setdefault(first.value, _Cost()).add(gate.usd - usd, account.seconds - seconds)
            model.update(gates_with_calls=1, calls=gate.calls, rejected=account.rejected)
            model.update(failed_calls=account.failed_calls)
            if pilot.enabled and pilot.mode == "decide":
                model.update(pilot_gates=1, fallbacks=0 if first is Decider.PILOT else 1)
        if shadow is not None:
            self._shadow.update(gates=1, decided=1 if shadow.by_pilot else 0)
            self._shadow_cost.add(shadow.usd, shadow.seconds)

    def _applied(self, run: Run, gate: Gate) -> None:
        assert gate.decision is not None
        shadow = gate.account.shadow
        would = moves_of(shadow.decision) if shadow is not None and shadow.by_pilot else None
        for key, action in moves_of(gate.decision).items():
            if key in run.tasks:
                result = self._move(run, gate, key, action)
                if would is not None:
                    self._beside(would.get(key), action, result)
        if would is not None:
            self._skipped_in_mind(run, gate, would)

    def _move(self, run: Run, gate: Gate, key: str, action: Action) -> str:
        """Count one move for who made it; its result: passed, failed or empty."""
        decider = decider_of(gate, key)
        counts = self._moves.setdefault(decider.value, Counter())
        end = gate.account.ends.get(key)
        kind = end.kind if end is not None else None
        if action in REOPENING:
            return self._reopened(run, gate, key, decider)
        if action is Action.RERUN:
            passed = kind is EndKind.PASSED
            counts.update(reruns=1, reruns_passed=int(passed))
            return "passed" if passed else "failed" if kind is EndKind.FAILED else ""
        if action is Action.ACCEPT:
            return ""  # a person's word about tests, no guess about a failure
        if action is Action.SKIP:
            wrong = decider is not Decider.HUMAN and _wrongly_skipped(run, gate, key)
            counts.update(skips=1, wrong_skips=int(wrong))
        elif action is Action.ASK:
            counts.update(asked=1, answered=int(kind is EndKind.ANSWERED))
        else:
            counts.update(held=1, held_went_on=int(kind is EndKind.WENT_ON))
        return ""

    def _reopened(self, run: Run, gate: Gate, key: str, decider: Decider) -> str:
        result, free = _result(run, gate, key)
        told = next((f for f in gate.failures if f.task == key), None)
        places = [("decider", decider.value)]
        if told is not None:
            places += [("cause", told.cause.value), ("class", _class(gate, told))]
        for place in places:
            self._tallies.setdefault(place, Counter()).update(
                {"reopened": 1, result or "open": 1, "not_charged": int(free)}
            )
        return result

    def _beside(self, would: Action | None, did: Action, result: str) -> None:
        """One move of the decision that counted, against the one in shadow."""
        same = would is did
        self._shadow.update(moves=1, same=int(same))
        if result:
            self._shadow[f"{'same' if same else 'other'}_{result}"] += 1
        if result == "passed" and would is Action.SKIP:
            self._shadow["skip_but_passed"] += 1
        if result == "passed" and would is Action.ASK:
            self._shadow["ask_but_passed"] += 1

    def _skipped_in_mind(self, run: Run, gate: Gate, would: Mapping[str, Action]) -> None:
        """Tasks that the shadow would have moved and the decision left in their turn."""
        assert gate.decision is not None
        for key in would.keys() - moves_of(gate.decision).keys() & run.tasks.keys():
            self._shadow["moves"] += 1
            if would[key] is Action.SKIP and run.tasks[key].state is TaskState.MERGED:
                self._shadow["skip_but_passed"] += 1

    def result(self) -> Insight:
        """The counts so far."""
        tallies: dict[str, dict[str, Tally]] = {"decider": {}, "cause": {}, "class": {}}
        for (kind, name), counts in sorted(self._tallies.items()):
            tallies[kind][name] = Tally.model_validate(dict(counts))
        return Insight(
            runs=self._runs,
            gates=self._gates,
            deciders={d.value: self._decider(d.value, tallies["decider"]) for d in Decider},
            model=ModelInsight.model_validate(dict(self._model)),
            causes=tallies["cause"],
            classes=tallies["class"],
            estimates=self._estimates.result(),
            shadow=ShadowInsight.model_validate(
                {**self._shadow, "usd": self._shadow_cost.usd.spread(), "seconds": self._shadow_cost.seconds.spread()}
            ),
        )

    def _decider(self, name: str, tallies: dict[str, Tally]) -> DeciderInsight:
        cost = self._costs.get(name, _Cost())
        return DeciderInsight.model_validate(
            {
                **self._moves.get(name, {}),
                "attempts": tallies.get(name, Tally()),
                "usd": cost.usd.spread(),
                "seconds": cost.seconds.spread(),
            }
        )


def insight(runs: Iterable[Run], since: datetime | None = None) -> Insight:
    """The insight of these runs; gates opened, and estimates of runs begun, before `since` do not count."""
    counting = Counting(since)
    for run in runs:
        counting.add(run)
    return counting.result()


def decider_of(gate: Gate, key: str) -> Decider:
    """Who made a move in the end: a person's word stands before what they changed."""
    assert gate.decision is not None
    if mover(gate, key):
        return Decider.HUMAN
    move = gate.decision.move(key)
    if move is not None and move.decided_by is not None:
        return move.decided_by
    return gate.account.made_by or gate.decision.decided_by


def _result(run: Run, gate: Gate, key: str) -> tuple[str, bool]:
    """`passed`, `failed` or empty; and whether a failure was nobody's fault here."""
    attempt = next((a for a in run.tasks[key].attempts if a.gate == gate.number), None)
    end = gate.account.ends.get(key)
    if end is not None and end.kind in (EndKind.PASSED, EndKind.FAILED):
        return end.kind.value, end.kind is EndKind.FAILED and end.cause in UNCHARGED
    if end is not None or attempt is None:
        return "", False
    if attempt.failure is not None:
        return "failed", attempt.failure.cause in UNCHARGED
    done = run.tasks[key].state in (TaskState.VERIFIED, TaskState.MERGED) and attempt is run.tasks[key].last
    return "passed" if done else "", False


def _wrongly_skipped(run: Run, gate: Gate, key: str) -> bool:
    """Whether a person brought it back and it was merged."""
    end = gate.account.ends.get(key)
    back = end is not None and end.kind is EndKind.BROUGHT_BACK and end.by != ""
    return back and run.tasks[key].state is TaskState.MERGED


def _class(gate: Gate, failure: Failure) -> str:
    """What it was held for: by the decision, else by the diagnosis, else by its cause."""
    assert gate.decision is not None
    said = next((a.class_ for a in gate.decision.analysis if a.task == failure.task), None)
    known = said or failure.class_hint or CLASS_OF[failure.cause]
    return known.value if known is not None else "unknown"
