"""What spans tasks, and the order from here on: what runs next, what waits for whom, what is left out and why."""

from __future__ import annotations

from collections.abc import Collection

from otto_bot.core.decision import REOPENING, SAME_COMMIT, Action, CrossFinding, Decision, Move, dependents
from otto_bot.core.evidence import quote_holds
from otto_bot.core.funds import QUESTION, reply_for
from otto_bot.core.run import Gate, Run
from otto_bot.text.body import Part
from otto_bot.text.decision_why import quote_line
from otto_bot.text.learnings import what_happens, worth_keeping
from otto_bot.text.links import Links
from otto_bot.text.markdown import inline
from otto_bot.text.tasks_table import without_at
from otto_bot.text.trouble import of_problem, see
from otto_bot.text.words import count, name, several

LINES = 30


def across(decision: Decision, gate: Gate, links: Links) -> Part:
    """Findings that span tasks, and facts told to other tasks. A quote stands once; after that only its number."""
    items = {item.id: item for item in gate.evidence}
    shown = {(c.evidence, c.quote) for analysis in decision.analysis for c in analysis.citations}
    said = [(_finding(finding, gate), finding.citations) for finding in decision.cross_task]
    said += [(f"Told {inline(r.target_task, 10)}: {inline(r.context, 1000)}", r.citations) for r in decision.routed]
    stands = {one.index: one for one in gate.learnings}
    after = dict.fromkeys(range(len(said)), "")
    for index, learn in enumerate(decision.learnings):
        after[len(said)] = what_happens(stands.get(index))
        said.append((worth_keeping(learn, stands.get(index)), learn.citations))
    if not said:
        return Part("", "")
    rows = []
    for place, (words, citations) in enumerate(said):
        good = [citation for citation in citations if quote_holds(citation, items)][:2]
        new = [citation for citation in good if (citation.evidence, citation.quote) not in shown]
        shown |= {(citation.evidence, citation.quote) for citation in new}
        known = ", ".join(citation.evidence for citation in good if citation not in new)
        quotes = "".join(f"\n{quote_line(citation, items[citation.evidence], links)}" for citation in new)
        rows.append(words + (f" ({known})" if known else "") + quotes + (f"\n\n{after[place]}" if after[place] else ""))
    short = f"#### Across tasks\n{count(len(rows), 'finding')}, left out here: too long for one comment."
    return Part("#### Across tasks\n" + "\n\n".join(rows), short)


def _finding(finding: CrossFinding, gate: Gate) -> str:
    upcoming = {key for batch in gate.decision.batches for key in batch} - set(gate.tasks) if gate.decision else set()
    tasks = [inline(key, 10) + (" (upcoming)" if key in upcoming else "") for key in finding.tasks[:20]]
    return f"{several(tasks)}: {inline(finding.finding, 300)}"


def order_now(run: Run, gate: Gate, decision: Decision, links: Links) -> str:
    """`#### Order now: batch 3 = t5 · batch 4 = t6 · t4 waits for you: …`."""
    reruns = tuple(move.task for move in decision.moves if move.action in SAME_COMMIT)
    later = ((reruns,) if reruns else ()) + decision.batches
    said = [f"batch {gate.batch + number} = {_keys(batch)}" for number, batch in enumerate(later[:50], 1)]
    failures = {failure.task: failure for failure in gate.failures}
    asked = [
        f"{_question(run, move)} {see(links, of_problem(failures.get(move.task)))}".rstrip()
        for move in decision.moves
        if move.action is Action.ASK
    ]
    lines = [f"#### Order now: {' · '.join([*(said or ['nothing runs']), *asked[:3]])}", *_some(asked[3:])]
    lines += _some([f"{m.task} is on hold: {inline(m.reason, 300)}" for m in decision.moves if m.action is Action.HOLD])
    return "\n\n".join([*lines, *_left_out(run, decision)])


def _some(lines: list[str]) -> list[str]:
    more = [f"… and {len(lines) - LINES} more like this, left out here."] if len(lines) > LINES else []
    return [*lines[:LINES], *more]


def _keys(batch: tuple[str, ...]) -> str:
    return ", ".join(batch[:60]) + (f" and {len(batch) - 60} more" if len(batch) > 60 else "")


def _question(run: Run, move: Move) -> str:
    question = inline(move.question or "What should happen?", 500)
    if move.question == QUESTION:
        return f'{move.task} waits for you: "{question}" reply `{reply_for(run) or f"/otto skip {move.task}"}`'
    answer = "" if "`/otto " in move.question else f" reply `/otto retry {move.task} -- your answer`"
    return f'{move.task} waits for you: "{question}"{answer}'


def _left_out(run: Run, decision: Decision) -> list[str]:
    """Skips, and what cannot run because of them or of an open question."""
    skipped = {move.task: move.reason for move in decision.moves if move.action is Action.SKIP}
    skipped |= {skip.task: skip.reason for skip in decision.skips}
    reasons = {key: inline(without_at(reason) or "no reason given", 300) for key, reason in skipped.items()}
    lines = _some([f"{name(run, key)} is left out: {reason}" for key, reason in reasons.items()])
    if run.plan is None:
        return lines
    runs = REOPENING | SAME_COMMIT
    waits = {move.task for move in decision.moves if move.action not in runs} - set(skipped)
    gone = dependents(run.plan, set(skipped)) - set(skipped)
    later = dependents(run.plan, waits) - waits - gone - set(skipped)
    if gone:
        need = _named(run, set(skipped))
        lines.append(f"Left out with it, because of what {need} should have brought: {_in(run, gone)}")
    if later:
        lines.append(f"Blocked meanwhile, because they need what {_named(run, waits)} should bring: {_in(run, later)}")
    return lines


def _named(run: Run, keys: Collection[str]) -> str:
    return several(_sorted(run, keys)[:20])


def _in(run: Run, keys: Collection[str]) -> str:
    return _keys(_sorted(run, keys))


def _sorted(run: Run, keys: Collection[str]) -> tuple[str, ...]:
    """In plan order."""
    assert run.plan is not None
    return tuple(key for key in run.plan.keys if key in keys)
