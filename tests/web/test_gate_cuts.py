"""What a gate's page leaves out, as a table: it is counted, or its end is marked, and never missing in silence."""

from __future__ import annotations

from typing import Any

import pytest
from core_builders import failure
from web_runs import LINKS, NOW, at_the_gate

from otto_bot.core import events as e
from otto_bot.core.decision import Action, Analysis, CrossFinding, Decider, Decision, Learning, Move, Routed, SkipTask
from otto_bot.core.evidence import Citation, EvidenceItem, Excerpt, FailureClass
from otto_bot.core.gate_account import GateAccount, GateReply, MoveChange, Revision
from otto_bot.core.run import Gate
from otto_bot.store.gate_records import GateRecord
from otto_bot.text.spoken import weight
from otto_bot.text.words import several
from otto_bot.web.views.gate import WORDS, AnalysisRow, GatePage, gate_page
from otto_bot.web.views.parts import EXCERPTS, NAMED, failure_view

ITEMS = (EvidenceItem(id="E1", excerpt=Excerpt(kind="log", source="s", text="line one")),)


def page_of(made: e.DecisionMade | None = None, account: GateAccount | None = None, **decided: Any) -> GatePage:
    """The page of a gate whose decision has these fields."""
    run = at_the_gate()
    opened: Gate = run.gates[0]
    decision = Decision(**{"decided_by": Decider.PILOT, "moves": (), **decided})
    changes: dict[str, Any] = {"evidence": ITEMS, "decision": decision, "account": account or opened.account}
    opened = opened.model_copy(update=changes)
    record = GateRecord(run=run.model_copy(update={"gates": (opened,)}), gate=opened, made=made)
    return gate_page(record, LINKS, NOW)


def keys(number: int) -> tuple[str, ...]:
    return tuple(f"t{n}" for n in range(1, number + 1))


def moved(guidance: str) -> Move:
    return Move(task="t1", action=Action.RETRY_DIFFERENT, guidance=guidance)


def test_a_finding_shows_every_quote_that_may_stand_and_many_findings_count_the_rest() -> None:
    cited = (Citation(evidence="E1", quote="line one"),) * 10

    def rows(number: int) -> tuple[AnalysisRow, ...]:
        read = (Analysis(task=key, class_=FailureClass.CODE, summary="s", citations=cited) for key in keys(number))
        return page_of(analysis=tuple(read)).analysis

    assert [(len(row.quotes), row.more_quotes) for row in rows(2)] == [(10, 0)] * 2
    assert {(len(row.quotes), row.more_quotes) for row in rows(40)} == {(2, 8)}


@pytest.mark.parametrize(
    ("number", "shown"), [(3, "t1, t2 and t3"), (20, f"{', '.join(keys(19))} and t20"),
                          (23, f"{', '.join(keys(20))} and 3 more")],
)  # fmt: skip
def test_tasks_of_a_finding_that_are_not_named_are_counted(number: int, shown: str) -> None:
    page = page_of(cross_task=(CrossFinding(tasks=keys(number), finding="f"),))

    assert page.across[0].task == shown


@pytest.mark.parametrize(("number", "end"), [(30, "t29, then t30"), (46, "t30, then 16 more")])
def test_batches_that_are_not_shown_are_counted(number: int, end: str) -> None:
    assert page_of(batches=tuple((key,) for key in keys(number))).order.endswith(f", then {end}")


@pytest.mark.parametrize(("number", "end"), [(20, "t20: its turn → retry"), (21, "; and 1 more task")])
def test_moves_that_a_person_changed_are_counted_where_they_are_not_shown(number: int, end: str) -> None:
    changed = tuple(MoveChange(task=key, after=Action.RETRY) for key in keys(number))
    account = GateAccount(revisions=(Revision(number=2, by="bob", changed=changed),))

    assert page_of(account=account).changed[0].endswith(end)


@pytest.mark.parametrize(("number", "last"), [(20, "why 20"), (25, "+ 5")])
def test_what_was_wrong_with_a_reply_is_counted_where_it_is_not_shown(number: int, last: str) -> None:
    problems = tuple(f"why {n}" for n in range(1, number + 1))
    reply = GateReply(call="c", role="pilot", tries=1, problems=problems)
    decision = Decision(decided_by=Decider.PILOT, moves=())

    page = page_of(e.DecisionMade(at=NOW, gate=1, decision=decision, replies=(reply,)))

    assert page.replies[0].problems[-1] == last


def test_tasks_that_are_left_out_are_counted_where_they_are_not_shown() -> None:
    page = page_of(skips=tuple(SkipTask(task=key, reason="no need") for key in keys(45)))

    assert (len(page.skips), page.more.skips) == (40, 5)


def test_words_stay_whole_as_long_as_there_is_room_and_a_cut_is_seen() -> None:
    few = page_of(moves=(moved("g" * 2_000),), routed=(Routed(target_task="t1", context="c" * 1_000),))
    hidden = page_of(moves=(moved("a\u200bb\tc"),)).moves[0].words
    many = page_of(
        moves=(moved("<" * 2_000),) * 60,
        routed=(Routed(target_task="t1", context="<" * 1_000),) * 40,
        skips=(SkipTask(task="t1", reason="<" * 300),) * 40,
        learnings=(Learning(text="<" * 300), Learning(text="short")),
    )

    assert hidden.endswith("c")
    assert (few.moves[0].words, few.routed[0][1]) == ("g" * 2_000, "c" * 1_000)
    said = [row.words for row in many.moves] + [words for _, words in (*many.routed, *many.skips)]
    assert {words[-2:] for words in said} == {"<…"}
    assert many.learnings[1] == "short"
    assert sum(weight(words.removesuffix("…")) for words in said) <= WORDS


def test_jobs_files_and_excerpts_of_a_failure_are_counted_where_they_are_not_shown() -> None:
    log = Excerpt(kind="log", source="s", text="x")
    found = failure("t1", failing_jobs=keys(NAMED), suspected_files=keys(NAMED + 2), excerpts=(log,) * (EXCERPTS + 3))

    view = failure_view(found, LINKS)

    named = {words for _, words in view.facts if words.startswith("t1, t2")}
    assert named == {", ".join(keys(NAMED)), f"{', '.join(keys(NAMED))}, + 2"}
    assert (len(view.excerpts), view.more_excerpts) == (EXCERPTS, 3)


def test_several_words_count_what_is_beyond_the_most() -> None:
    assert [several(["a", "b", "c"], most) for most in (0, 1, 2, 3)] == [
        "a, b and c", "a and 2 more", "a, b and 1 more", "a, b and c",
    ]  # fmt: skip
