"""One failed task in the decision's comment: why, quoted evidence, what was tried, what is next."""

from __future__ import annotations

import re
from collections.abc import Sequence

from otto_bot.core.decision import REOPENING, Action, Analysis, Decider, Move
from otto_bot.core.evidence import Citation, EvidenceItem, Excerpt, Failure, quote_holds
from otto_bot.core.run import Gate, Run
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, inline, link, one_line, quoted
from otto_bot.text.tasks_table import without_at
from otto_bot.text.trouble import Trouble, of_failure, see
from otto_bot.text.weakened import held, weakened_lines, weakened_why
from otto_bot.text.words import CAUSES, DECIDERS, MOVES, PHASE_OF_FAILURE, PROGRESS, count, name

QUOTES = 4
_TELLING = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^E\s+\S",
        r"\w*(?:Error|Exception)\b:",
        r"\bnot met\b|\bunclear\b",
        r"\berror\b|^fatal:",
        r"\bfail",
    )
)
"""Which line of a log says most, best first."""
QUOTE_LENGTH = 400


def task_section(run: Run, gate: Gate, key: str, links: Links) -> str:
    """Heading, why, quotes, tried before, plan."""
    decision = gate.decision
    assert decision is not None
    analysis = next((a for a in decision.analysis if a.task == key), None)
    failure = next((f for f in gate.failures if f.task == key), None)
    move = decision.move(key)
    if failure is not None and held(failure):
        lines = [f"#### {name(run, key)}", weakened_why(failure), *weakened_lines(failure)]
    else:
        lines = [f"#### {name(run, key)}", _why(analysis, failure)]
        lines += _evidence(gate, key, analysis, failure, links)
    lines += ["", _tried(run, gate, key, failure)]
    if move is not None:
        lines += ["", plan_line(move) + _one_at_a_time(move, failure, links), *_who(gate, move)]
    return "\n".join(line for line in lines if line is not None)


def _why(analysis: Analysis | None, failure: Failure | None) -> str:
    if analysis is not None:
        guess = "Hypothesis, no quote from the evidence supports it: " if analysis.hypothesis else "Why: "
        return f"{guess}{inline(analysis.summary, 300)} (confidence: {analysis.confidence})"
    if failure is None:
        return "Why: not recorded."
    detail = f": {inline(failure.detail, 400)}" if failure.detail else ""
    return f"Why: {CAUSES[failure.cause]}, {PHASE_OF_FAILURE[failure.phase]}{detail}"


def _evidence(gate: Gate, key: str, analysis: Analysis | None, failure: Failure | None, links: Links) -> list[str]:
    items = {item.id: item for item in gate.evidence}
    if analysis is not None:
        cited = [c for c in analysis.citations if quote_holds(c, items)][:QUOTES]
        if cited:
            return [quote_line(citation, items[citation.evidence], links) for citation in cited]
    own = [item for item in gate.evidence if item.task == key and item.excerpt.kind not in ("spec", "handoff")][:1]
    if own:
        return [_excerpt_line(own[0].id, own[0].excerpt, links)]
    shown: Sequence[Excerpt] = failure.excerpts[:1] if failure is not None else ()
    return [_excerpt_line("", excerpt, links) for excerpt in shown]


def quote_line(citation: Citation, item: EvidenceItem, links: Links) -> str:
    """`> E3 · place: "words" (permalink)`."""
    words = code(f'"{one_line(citation.quote, QUOTE_LENGTH)}"', QUOTE_LENGTH + 2)
    return f"> {item.id} · {inline(item.excerpt.place, 200)}: {words}{_permalink(item.excerpt, links)}"


def _excerpt_line(number: str, excerpt: Excerpt, links: Links) -> str:
    label = f"{number} · " if number else ""
    words = code(f'"{one_line(telling(excerpt.text), QUOTE_LENGTH)}"', QUOTE_LENGTH + 2)
    return f"> {label}{inline(excerpt.place, 200)}: {words}{_permalink(excerpt, links)}"


def telling(text: str) -> str:
    """The line that says most: the first one that names an error, else the first that is not empty."""
    lines = [line.strip() for line in text[:20_000].splitlines() if line.strip()]
    for pattern in _TELLING:
        found = next((line for line in lines if pattern.search(line)), None)
        if found is not None:
            return found
    return lines[0] if lines else ""


def _permalink(excerpt: Excerpt, links: Links) -> str:
    url = links.ours(excerpt.url)
    return f" ({link('permalink', url)})" if url else ""


def _tried(run: Run, gate: Gate, key: str, failure: Failure | None) -> str:
    """Strategy → result of each attempt, and how often its jobs ran again on the same commit."""
    if failure is None:
        return "Tried before: nothing is recorded."
    earlier = _failures_before(run, gate, key, failure.attempt)
    said = [f"attempt {old.attempt} ({_strategy(run, key, old.attempt)} → {CAUSES[old.cause]})" for old in earlier[-5:]]
    strategy = f"{_strategy(run, key, failure.attempt)} → " if earlier else ""
    said.append(f"attempt {failure.attempt} ({strategy}{PROGRESS[failure.progress]}{_reran(run, gate, failure)})")
    return f"Tried before: {', '.join(said)}"


def _strategy(run: Run, key: str, attempt: int) -> str:
    made = [a.strategy for a in run.tasks[key].attempts if a.number == attempt] if key in run.tasks else []
    return MOVES[made[0]] if made and made[0] is not None else "first try"


def _reran(run: Run, gate: Gate, failure: Failure) -> str:
    """How often jobs of this very commit ran again before it."""
    same = (failure.task, failure.attempt)
    old = [g for g in run.gates if g.number < gate.number and same in {(f.task, f.attempt) for f in g.failures}]
    moves = [g.decision.move(failure.task) for g in old if g.decision is not None]
    times = sum(move is not None and move.action is Action.RERUN for move in moves)
    often = {1: "once", 2: "twice"}.get(times, count(times, "time"))
    return f"; its jobs ran again {often} on this commit" if times else ""


def _failures_before(run: Run, gate: Gate, key: str, attempt: int) -> list[Failure]:
    found = {f.attempt: f for g in run.gates if g.number < gate.number for f in g.failures if f.task == key}
    task = run.tasks.get(key)
    found.update({a.number: a.failure for a in (task.attempts if task else ()) if a.failure is not None})
    return [found[number] for number in sorted(found) if number < attempt]


def plan_line(move: Move, limit: int = 2000) -> str:
    """What happens to the task next, in words."""
    head = f"Plan: {MOVES[move.action]}"
    if move.action in REOPENING and move.guidance:
        return f"{head}:{quoted(move.guidance, limit)}"
    if move.action is Action.RETRY:
        reason = f" ({inline(without_at(move.reason), 300)})" if move.reason else ""
        return f"{head}: the same task again, now with the evidence of its failure{reason}"
    if move.action is Action.RERUN:
        return f"{head}, on the same commit; no attempt is used up"
    if move.action is Action.ACCEPT:
        return f"{head}: nothing is coded again, the same commit goes on; no further attempt is used up"
    if move.action is Action.ASK:
        return f"{head}: {inline(move.question or 'What should happen?', 500)}" + _because(move)
    return f"{head}{': ' + inline(without_at(move.reason), 300) if move.reason else ''}"


def _one_at_a_time(move: Move, failure: Failure | None, links: Links) -> str:
    """What else follows where a concurrency group cancelled the jobs that run again."""
    trouble = of_failure(failure)
    if move.action is not Action.RERUN or trouble is not Trouble.STATIC_CONCURRENCY:
        return ""
    return f". From now on one commit is verified at a time. {see(links, trouble)}"


def _because(move: Move) -> str:
    return f" ({inline(move.reason, 300)})" if move.reason else ""


def _who(gate: Gate, move: Move) -> list[str]:
    """Who made this move, where it was not who decided the rest."""
    assert gate.decision is not None
    if move.decided_by in (None, gate.decision.decided_by):
        return []
    how = {Decider.RULES: "a fixed rule", Decider.HUMAN: "a person"}.get(move.decided_by, "")
    words = how or (DECIDERS[move.decided_by] if move.decided_by else "")
    return ["", f"(this move: {words})"]
