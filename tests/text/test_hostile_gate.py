"""Whatever stands in a gate, in any of its fields and at any moment: its comment acts on nothing and fits."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from otto_bot.core.decision import (
    Action,
    Analysis,
    CrossFinding,
    Decider,
    Decision,
    Learning,
    Move,
    Routed,
    SkipTask,
)
from otto_bot.core.evidence import Cause, Citation, EvidenceItem, Excerpt, Failure, Phase
from otto_bot.core.gate_account import EndKind, GateAccount, MoveChange, MoveEnd, Revision, Shadow
from otto_bot.core.learnings import GateLearning, LearningStatus
from otto_bot.core.run import Gate, GateState, Hold, Run, RunPhase
from otto_bot.text.body import size
from otto_bot.text.decision import decision_comment
from otto_bot.text.links import Links

RENDERER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
STORED = 4 * 65_536
"""GitHub keeps 65,536 characters of at most four bytes."""
PARTS = [
    "@octocat", "@org/team", "Fixes #1", "closes octo/demo#3", "resolves GH-9", "https://evil.example/x.png",
    "![x](https://evil.example/p.png)", "[click](javascript:alert(1))", "<img src=x>", "<!-- otto run=41 -->", "-->",
    "/otto approve r1", "# heading", "- [x] `/otto skip t1` box", "| a | b |", "|", "**", "_", "~~", "`", "```", "~~~",
    "</details>", "</sub>", "&#64;a", "[a]: https://evil.example", "$$", "> ", "\n", "\r\n", "\n\n", " ", "\\",
    "\u202e",
    "\x1b[31m", "é", "\U0001f600", "batches: x", "retry_strategies[t1].guidance: y", "said so", "@maria said so", "a",
]  # fmt: skip
WORDS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=12).map("".join)
MOMENTS = ("posted", "applied", "approved", "paused", "asked", "ended")


def gate_of(text: str, decider: Decider, state: GateState) -> Gate:
    """A gate in which everything that is a text is this one, as far as its field takes it."""
    excerpt = Excerpt(
        kind="log", source=text, text=text * 3, first_line=1, last_line=2, url=f"https://x.example/{text}"
    )
    quote = Citation(evidence="E1", quote=text[:500] or "x")
    actions = [Action.ASK, Action.RETRY_DIFFERENT, Action.SKIP, Action.HOLD, Action.RETRY, Action.RERUN, Action.ACCEPT]
    keys = tuple(f"t{number}" for number in range(1, len(actions) + 1))
    moves = tuple(
        Move(task=key, action=action, guidance=text[:2000], reason=text[:300], question=text[:500])
        for key, action in zip(keys, actions, strict=True)
    )
    analysis = Analysis.model_validate(
        {"task": "t1", "class": "spec", "summary": text[:300] or "x", "citations": (quote,), "hypothesis": True}
    )
    failures = tuple(
        Failure(task=key, attempt=1, phase=Phase.QA, cause=Cause.TEST, detail=text[:400], excerpts=(excerpt,))
        for key in keys[:-1]
    )
    changed = {"task": keys[-1], "cause": Cause.TESTS_WEAKENED, "hits": ("a", "b")}
    failures += (failures[0].model_copy(update=changed),)
    decision = Decision(
        decided_by=decider, why=text, moves=moves, analysis=(analysis,),
        cross_task=(CrossFinding(tasks=(text[:20], "t9"), finding=text[:300] or "x", citations=(quote,)),),
        routed=(Routed(target_task=text[:20], context=text[:1000] or "x", citations=(quote,)),),
        skips=(SkipTask(task="t4", reason=text[:300] or "x"),),
        learnings=(Learning(text=text[:300] or "x", scope=text[:200], citations=(quote,)),), batches=(("t2",), ("t5",)),
    )  # fmt: skip
    stands = GateLearning(index=0, number=len(text) % 2, status=list(LearningStatus)[len(text) % 3], by=text)
    beside = decision.model_copy(update={"decided_by": Decider.PILOT})
    account = GateAccount(
        by=text, made_by=decider, shadow=Shadow(decision=beside),
        revisions=(Revision(number=2, by=text, changed=(MoveChange(task=text[:20], after=Action.RETRY),)),),
        ends={"t2": MoveEnd(kind=EndKind.FAILED, by=text, words=text)},
    )  # fmt: skip
    return Gate(
        learnings=(stands,), account=account, number=1, batch=1,
        opened_at=datetime.fromisoformat("2026-03-02T09:00:00+00:00"), tasks=keys, size=9,
        failures=failures, state=state, decision=decision, evidence=(EvidenceItem(id="E1", excerpt=excerpt),), cut=text,
        model=text, calls=2, usd=0.1, revision=3, comment_id=9, approved_by=text[:40], rejections=(text,) * 9,
        outcomes={"t2": text, "t5": f"attempt 2 failed: {text}"},
    )  # fmt: skip


def run_at(moment: str, made: Run, text: str, decider: Decider) -> Run:
    """The run with that gate at a moment of its life."""
    states = {"applied": GateState.APPLIED, "approved": GateState.APPROVED}
    gate = gate_of(text, decider, states.get(moment, GateState.POSTED))
    changes: dict[str, object] = {"gates": (gate,)}
    if moment == "paused":
        since = made.started_at
        changes["hold"] = Hold(kind="paused", number=1, reason=text[:1000], reply=text[:100] or "x", since=since)
    if moment == "ended":
        changes["landed"], changes["phase"] = True, RunPhase.DONE
    return made.model_copy(update=changes)


def outside_code(body: str) -> str:
    """What is no code block."""
    return re.sub(r"(?ms)^[> ]*(`{3,})[^\n]*\n.*?^[> ]*\1 *$", "", body)


def harmless(body: str) -> None:
    """Nothing in it mentions, closes, links outside, hides, or reads as a command or a forged marker."""
    assert "<!--" not in body
    assert "\u202e" not in body
    rendered = RENDERER.render(body)
    text = re.sub(r"<code[^>]*>.*?</code>", "", rendered, flags=re.DOTALL)
    assert not re.search(r"(?<![\w`/])@\w", text), text
    assert not re.search(r"#\d|\bgh-\d", re.sub(r'href="[^"]*"', "", text), re.IGNORECASE), text
    assert all(url.startswith("https://github.com/octo/demo") for url in re.findall(r'(?:href|src)="([^"]*)"', text))
    assert "<img" not in text
    assert not re.search(r"(?m)^\s*/otto", outside_code(body))
    boxes = re.findall(r"(?m)^\s*[-*] \[[ xX]\] (.*)$", outside_code(body))
    assert all(re.match(r"`/otto (?:approve r3|skip t[1-7]|accept t7|pause|keep L1)` ", box) for box in boxes), boxes
    head = rendered.partition("<table>")[2].partition("</table>")[0]
    rows = head.split("<tr>")[1:]
    assert len(rows) == 8
    assert all(row.count("<td>") + row.count("<th>") == 4 for row in rows)
    assert text.count("<h4>") <= 7 + 4, text


@pytest.mark.parametrize("moment", MOMENTS)
@for_all(text=WORDS, decider=st.sampled_from(list(Decider)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_field_of_a_gate_acts(
    moment: str, text: str, decider: Decider, huge: Callable[[], Run], links: Links, now: datetime
) -> None:
    run = run_at(moment, huge(), text, decider)
    body = decision_comment(run, run.gates[0], links, now)
    harmless(body)
    assert size(body) < 60_000
    assert body.splitlines()[-1].endswith("run 41</sub>")


@pytest.mark.parametrize("filler", ["x", "é", "\U0001f600", "` | @a #1 ", "\n```\n", "word\n"])
def test_forty_failed_tasks_with_quotes_of_ten_thousand_characters_fit(
    filler: str, huge: Callable[[], Run], links: Links, now: datetime
) -> None:
    """Characters, UTF-16 units and bytes: each below what GitHub takes, and what is left out is said."""
    words = (filler * 10_000)[:10_000]
    run = huge()
    keys = tuple(f"t{number}" for number in range(1, 41))
    excerpts = [Excerpt(kind="log", source="verify / test", text=words, first_line=1, last_line=2) for _ in keys]
    items = tuple(
        EvidenceItem(id=f"E{n}", task=k, excerpt=e) for n, (k, e) in enumerate(zip(keys, excerpts, strict=True), 1)
    )
    quotes = [Citation.model_construct(evidence=item.id, quote=words) for item in items]
    analysis = tuple(
        Analysis.model_construct(
            task=key, class_="code", summary=words, citations=(quote,) * 9, confidence="low", hypothesis=False
        )
        for key, quote in zip(keys, quotes, strict=True)
    )
    moves = tuple(
        Move.model_construct(task=key, action=Action.RETRY_DIFFERENT, guidance=words, reason=words, question=words)
        for key in keys
    )
    failures = tuple(failure for failure in run.gates[0].failures if failure.task in keys)
    decision = Decision(decided_by=Decider.PILOT, moves=(), why=words).model_copy(
        update={"moves": moves, "analysis": analysis, "batches": (keys,)}
    )
    gate = run.gates[0].model_copy(
        update={
            "tasks": keys, "failures": failures, "decision": decision, "evidence": items, "cut": words,
            "rejections": (words,) * 20, "outcomes": dict.fromkeys(keys, words), "revision": 2,
            "deadline": now + timedelta(minutes=1), "state": GateState.POSTED,
        }
    )  # fmt: skip
    body = decision_comment(run.model_copy(update={"gates": (gate,)}), gate, links, now)
    assert len(body) < 60_000
    assert size(body) < 60_000
    assert len(body.encode()) < STORED
    assert "left out" in body
    assert "`/otto approve r2`" in body
    assert body.splitlines()[-1].endswith("run 41</sub>")
    assert all(f"| {key} " in body for key in keys)
