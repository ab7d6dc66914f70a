"""What decisions at gates were worth, as plain lines for a terminal: counts first, a percentage never alone."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.decision import Decider
from otto_bot.core.evidence import Cause
from otto_bot.core.insight_values import (
    DeciderInsight,
    EstimateInsight,
    EstimateTally,
    Insight,
    ShadowInsight,
    Spread,
    Tally,
)
from otto_bot.text.screen import Look, columns
from otto_bot.text.words import CAUSES, DECIDERS, count

SOURCES = {"history": "from history", "sizes": "guess from the sizes", "both": "partly a guess"}
FEW = 20
"""Below this many a percentage would say more than is known."""


def insight_lines(found: Insight, look: Look) -> list[str]:
    """Tables, one below the other, and what they do not show."""
    lines = _gates(found, look) if found.gates else ["No gate was decided yet in what was counted."]
    return [*lines, *_estimates(found.estimates, look)]


def _gates(found: Insight, look: Look) -> list[str]:
    lines = [look.bold(f"{count(found.gates, 'gate')} of {count(found.runs, 'run')}"), ""]
    lines += grid(decider_rows(found), look)
    lines += ["", *_costs(found, look)]
    lines += ["", *_model(found, look)]
    lines += ["", *grid(tally_rows("by cause", {cause_words(k): t for k, t in found.causes.items()}), look)]
    lines += ["", *grid(tally_rows("by class", found.classes), look)]
    if found.shadow.gates:
        lines += ["", *_shadow(found.shadow, look)]
    return [*lines, "", "Counts of what happened: nobody knows what another decision would have brought."]


def _estimates(found: EstimateInsight, look: Look) -> list[str]:
    left = [
        f"{number} {words}"
        for number, words in (
            (found.cancelled, "cancelled"), (found.open, "still open"), (found.without, "without a stored estimate"),
        )
        if number
    ]  # fmt: skip
    out = [f"Estimates that say nothing yet: {' · '.join(left)}."] if left else []
    if not found.all.runs:
        return ["", *out] if out else []
    return ["", *grid(estimate_rows(found), look), *out]


def estimate_rows(found: EstimateInsight) -> list[list[str]]:
    """How estimates held; the first row is the head."""
    head = ["estimates", "runs", "inside the range", "below", "above", "cost / high p50", "cost / middle p50", "worst"]
    rows = [[SOURCES[source], *_tally(tally)] for source, tally in found.sources.items()]
    return [head, *rows, ["all", *_tally(found.all)]]


def _tally(tally: EstimateTally) -> list[str]:
    shares = [f"{value:.2f}" for value in (tally.of_high, tally.of_middle, tally.worst)]
    return [str(tally.runs), of(tally.inside, tally.runs), str(tally.below), str(tally.above), *shares]


def of(part: int, whole: int) -> str:
    """`3 of 4`; with a percentage where there are enough to have one."""
    share = f" ({100 * part / whole:.0f} %)" if whole >= FEW else ""
    return f"{part} of {whole}{share}" if whole else "–"


def decider_rows(found: Insight) -> list[list[str]]:
    """What decisions were worth, by who decided; the first row is the head."""
    head = ["decided by", "gates", "reopened attempts passed", "wasted", "re-runs passed", "wrong skips", "answered"]
    return [head, *(_decider(Decider(name), one) for name, one in found.deciders.items() if _any(one))]


def _any(one: DeciderInsight) -> bool:
    return bool(one.gates or one.attempts.reopened or one.reruns or one.skips or one.asked or one.held)


def _decider(decider: Decider, one: DeciderInsight) -> list[str]:
    return [
        DECIDERS[decider],
        str(one.gates),
        of(one.attempts.passed, one.attempts.reopened),
        _wasted(one.attempts),
        of(one.reruns_passed, one.reruns),
        of(one.wrong_skips, one.skips),
        of(one.answered, one.asked),
    ]


def _wasted(tally: Tally) -> str:
    free = f", {tally.not_charged} not charged" if tally.not_charged else ""
    waiting = f"; {tally.open} without a result" if tally.open else ""
    return f"{tally.failed}{free}{waiting}" if tally.reopened else "–"


def _costs(found: Insight, look: Look) -> list[str]:
    rows = cost_rows(found)
    return grid(rows, look) if len(rows) > 1 else ["No model was called at a gate."]


def cost_rows(found: Insight) -> list[list[str]]:
    """What deciding cost; the first row is the head, and it stands alone where no model was called."""
    head = ["cost of deciding", "gates with a call", "$ in all", "$ p50", "$ p95", "s p50", "s p95"]
    rows = [_cost(DECIDERS[Decider(name)], one.usd, one.seconds) for name, one in found.deciders.items()]
    if found.shadow.gates:
        rows.append(_cost("pilot in shadow", found.shadow.usd, found.shadow.seconds))
    return [head, *(row for row in rows if row[1] != "0")]


def _cost(name: str, usd: Spread, seconds: Spread) -> list[str]:
    money = [f"{value:.4f}" for value in (usd.total, usd.p50, usd.p95)]
    return [name, str(usd.count), *money, f"{seconds.p50:.1f}", f"{seconds.p95:.1f}"]


def _model(found: Insight, look: Look) -> list[str]:
    model = found.model
    return [
        look.bold("replies"),
        f"  rejected: {of(model.rejected, model.calls)} · calls that failed: {of(model.failed_calls, model.calls)}",
        f"  the pilot should have decided and did not: {of(model.fallbacks, model.pilot_gates)}",
    ]


def cause_words(name: str) -> str:
    """A cause by its name and in words."""
    return f"{name}: {CAUSES[Cause(name)]}"


def tally_rows(title: str, tallies: dict[str, Tally]) -> list[list[str]]:
    """Reopened attempts by something; the first row is the head."""
    rows = [[name, of(t.passed, t.reopened), _wasted(t)] for name, t in tallies.items()]
    return [[title, "reopened attempts passed", "wasted"], *rows]


def _shadow(found: ShadowInsight, look: Look) -> list[str]:
    other = of(found.moves - found.same, found.moves)
    same = of(found.same, found.moves)
    mistakes = f"{found.skip_but_passed} · asked about what then passed: {found.ask_but_passed}"
    return [
        look.bold("the pilot in shadow"),
        f"  had a decision that may stand: {of(found.decided, found.gates)}",
        f"  the same move as what was done: {same}; of these passed {found.same_passed}, failed {found.same_failed}",
        f"  another move: {other}; what was done passed {found.other_passed}, failed {found.other_failed}",
        f"  would have left out what then passed: {mistakes}",
    ]


def grid(rows: Sequence[Sequence[str]], look: Look) -> list[str]:
    """Rows under each other; the first one is the head."""
    widths = [max(columns(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(text + " " * (width - columns(text)) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [look.bold(lines[0]), *lines[1:]]
