"""What is counted, estimated, kept and compared over runs, to the last number and word."""

from __future__ import annotations

from typing import Any

import core_builders as b
import pytest
from syrupy.assertion import SnapshotAssertion

from otto_bot.core import estimates
from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.budget import SIZE_USD, Money
from otto_bot.core.commands import GUIDANCE_LIMIT, MOST_HEARD, BadCommand, Command, heard_before, parse_line
from otto_bot.core.compare import differences
from otto_bot.core.context_notes import context_digest, context_text, grown, inherited_notes, known, source
from otto_bot.core.decision import Action, Analysis, CrossFinding, Decider, Decision, Routed, SkipTask
from otto_bot.core.estimate_values import Estimate, History, Sample
from otto_bot.core.estimates import MOST, enough, estimate, history, samples_of, timed
from otto_bot.core.evidence import Cause, Citation, EvidenceItem, Excerpt, FailureClass, quote_holds, squeeze
from otto_bot.core.following import _clock, _stopped
from otto_bot.core.gate_account import EndKind, GateAccount, MoveEnd
from otto_bot.core.house_rules import ALL_BYTES, FILE_BYTES, MOST_FILES, bounded, rule_paths
from otto_bot.core.insight import Counting, _class, _rank, _result, _Values, _wrongly_skipped, decider_of
from otto_bot.core.insight_estimates import EstimateCounting, _median
from otto_bot.core.learnings import LearningStatus, StoredLearning, refusal, tellable
from otto_bot.core.named_tests import LONGEST, MOST_NAMES, Names, base_of, defined_tests, is_test_file, names_in
from otto_bot.core.notes import FACTS, NOTES_BYTES, Fact, Findings, by_kind, facts, flat, kept
from otto_bot.core.run import Gate, Outcome, Run, RunPhase

PLAN = b.plan("t1", "t2")


def sample(usd: float, size: str = "M", **more: Any) -> Sample:
    return Sample.model_validate({"usd": usd, "size": size, **more})


def made(*sizes: str, chain: bool = False) -> Any:
    keys = [f"t{n}" for n in range(1, len(sizes) + 1)]
    before = [(), *((key,) for key in keys)] if chain else [()] * len(keys)
    return b.plan(*(b.spec(k, *w).model_copy(update={"size": s}) for k, w, s in zip(keys, before, sizes, strict=False)))


def test_an_estimate_in_all_its_numbers() -> None:
    least, most = SIZE_USD["M"]
    assert estimate(made("M"), History()) == Estimate(low=least, high=most)
    some = tuple(sample(n, minutes=10 * n, attempts=n, here=n > 1) for n in (1, 2, 3, 4))
    known = History(
        samples=(*some, sample(5, minutes=50, attempts=2), sample(9, "S", attempts=9)), overheads=(0.1, 0.5, 0.2)
    )
    assert estimate(made("M"), known) == Estimate(
        low=round(3 * 1.2 - 2 * 1.2, 4), high=round(4 * 1.2, 4), samples=5, here=4, attempts=2.4, source="history",
        minutes=(10, 40)
    )  # fmt: skip
    two = estimate(made("M", "S"), known)
    assert (two.samples, two.here, two.attempts, two.source, two.minutes) == (6, 5, 3.5, "both", None)
    mixed = estimate(made("M", "L"), History(samples=tuple(sample(3, attempts=2) for _ in range(5))))
    assert (mixed.low, mixed.high, mixed.source) == (3 + SIZE_USD["L"][0], 3 + SIZE_USD["L"][1], "both")
    third = estimate(
        made("S"),
        History(
            samples=(*(sample(1.23456, "S", minutes=1.24),) * 5, sample(1.23456, "S", attempts=2)), overheads=(1 / 3,)
        ),
    )
    assert (third.low, third.high, third.attempts, third.minutes) == (1.6461, 1.6461, 1.2, (1.2, 1.2))
    assert estimate(made("M"), History(samples=(sample(2),))).source == "both"
    low = estimate(made(*"MMMM"), History(samples=tuple(sample(n) for n in (0.01, 0.01, 0.5, 9, 9))))
    assert (low.low, low.high) == (1.02, 19.0)
    assert [Estimate(low=1, high=2).middle, Estimate(low=0, high=3).middle] == [1.5, 1.5]


def test_parts_of_an_estimate() -> None:
    assert estimates._together([(3, 1), (4, 1)]) == 5
    assert estimates._together([(3, 0), (4, 0)]) == 7
    assert estimates._together([(2, 0.5), (8, 0.25)]) == pytest.approx(1 + 6 + (1 + 4) ** 0.5)
    ranks = {
        (1, 0.2): 1,
        (5, 0.2): 1,
        (6, 0.2): 2,
        (10, 0.2): 2,
        (11, 0.2): 3,
        (4, 0.5): 2,
        (5, 0.8): 4,
        (2, 0.0): 1,
        (3, 1.0): 3,
    }
    assert {key: estimates._rank([*range(key[0], 0, -1)], key[1]) for key in ranks} == ranks
    sizes = tuple(sample(1, size) for size in ["M"] * 5 + ["S"] * 4)
    assert [enough(made(*some), History(samples=sizes)) for some in (["M"], ["S"], ["M", "S"])] == [True, False, False]
    here, others = [sample(n) for n in range(1, 6)], [sample(n, here=False) for n in range(10, 80)]
    assert estimates._chosen([*others, *here], "M") == tuple(here)
    assert estimates._chosen([*here[1:], *others], "M") == (*here[1:], *others[: MOST - 4])
    assert estimates._chosen([*here * 11], "M") == tuple((here * 11)[:MOST])
    assert estimates._chosen(here, "S") == ()


def test_minutes_of_a_plan_are_of_the_slowest_of_each_batch() -> None:
    slow = tuple(sample(1, "S", minutes=n) for n in (7.26, 8, 9, 10, 11.04)) + tuple(
        sample(1, minutes=n) for n in (1, 2, 3, 4, 5)
    )
    known = History(samples=slow)
    assert estimate(made("M", "S"), known).minutes == (7.3, 10)
    assert estimate(made("M", "S", chain=True), known).minutes == (8.3, 14)
    assert estimate(made("L"), known).minutes is None
    assert estimate(made("M"), History(samples=(sample(1), sample(1, minutes=4)))).minutes == (4, 4)


def merged_run(**changes: Any) -> Run:
    run = b.merge_all(b.fold(b.executing(PLAN), *b.to_verified("t1"), *b.to_verified("t2")))
    money = Money(cap=9, settled=4, by_task={"t1": 1.5, "t2": 0.5})
    return run.model_copy(update={"money": money, **changes})


def test_history_is_of_the_same_model_and_what_came_on_top() -> None:
    run = merged_run()
    coder = run.config.models.coder
    paid = run.model_copy(update={"money": Money(cap=9, settled=1, by_task={"t1": 1.5})})
    elsewhere = b.REPO.model_copy(update={"id": 8})
    cancelled = run.model_copy(update={"outcome": Outcome.CANCELLED})
    found = history([run, paid, run.model_copy(update={"repo": elsewhere}), cancelled], 7, coder)
    assert found.overheads == (1.0, 0.0, 1.0)
    assert [(one.usd, one.here) for one in found.samples] == [
        (1.5, True), (0.5, True), (1.5, True), (1.5, False), (0.5, False), (1.5, True), (0.5, True)
    ]  # fmt: skip
    assert history([run], 7, "another") == History()
    assert history(
        [run, run.model_copy(update={"config": b.config(models={"coder": "x"})}), run], 7, coder
    ).overheads == (1, 1)
    cents = run.model_copy(update={"money": Money(cap=9, settled=1, by_task={"t1": 0.5})})
    assert history([cents], 7, coder).overheads == (1.0,)
    assert len(history([run] * (MOST + 1), 7, coder).overheads) == MOST


def test_tasks_of_a_run_that_is_over_count_whatever_became_of_them() -> None:
    run = merged_run()
    failed = run.with_task(run.task("t1").model_copy(update={"state": TaskState.FAILED}))
    assert [one.usd for one in samples_of(failed)] == [1.5, 0.5]
    assert [one.usd for one in samples_of(failed.model_copy(update={"outcome": Outcome.CANCELLED}))] == [0.5]
    assert [one.usd for one in samples_of(failed.model_copy(update={"phase": RunPhase.EXECUTING}))] == [0.5]
    assert samples_of(run.model_copy(update={"plan": None})) == ()
    first = run.task("t1")
    free = run.model_copy(update={"money": Money(cap=9, by_task={"t1": 0.0, "t2": 0.5})})
    assert [one.usd for one in samples_of(free)] == [0.5]
    took = first.model_copy(update={"begun_at": b.T0, "ended_at": b.at(90), "attempts": first.attempts * 2})
    (one, _) = samples_of(run.with_task(took), here=False)
    assert (one.minutes, one.attempts, one.here) == (1.5, 2, False)
    for changes, minutes in (({"begun_at": None}, None), ({"ended_at": None}, None), ({"ended_at": b.at(-60)}, 0.0)):
        assert samples_of(run.with_task(took.model_copy(update=changes)))[0].minutes == minutes


def test_a_task_begins_with_its_first_attempt_and_ends_once() -> None:
    before = b.executing(PLAN)
    begun = b.fold(before, b.started("t1"))
    bare = begun.with_task(begun.task("t1").model_copy(update={"begun_at": None}))
    assert timed(before, bare, b.at(5)).task("t1").begun_at == b.at(5)
    assert timed(bare, bare, b.at(5)) is bare
    assert timed(bare, bare.with_task(bare.task("t1")), b.at(5)).task("t1").begun_at is None
    merged = merged_run()
    bare = merged.with_task(merged.task("t1").model_copy(update={"ended_at": None}))
    assert timed(begun, bare, b.at(9)).task("t1").ended_at == b.at(9)
    assert timed(merged, bare, b.at(9)).task("t1").ended_at is None
    assert timed(before, b.fold(before, b.started("t1")), b.at(9)).task("t2").begun_at is None


def counted(*runs: Run) -> dict[str, Any]:
    counting = EstimateCounting()
    for run in runs:
        counting.add(run)
    return counting.result().model_dump()


def test_what_estimates_were_worth() -> None:
    def run(settled: float, low: float = 2, high: float = 6, source: str = "sizes", **more: Any) -> Run:
        found = Estimate.model_validate({"low": low, "high": high, "source": source})
        return merged_run(money=Money(cap=9, settled=settled), estimate=found, estimated=None, **more)

    nothing = counted()
    assert nothing["all"] == {"runs": 0, "inside": 0, "below": 0, "above": 0} | {
        key: nothing["all"][key] for key in ("of_high", "of_middle", "worst")
    }
    got = counted(run(1), run(2), run(6), run(9), run(3, source="both"), run(1, 0, 0, "history"))
    assert got["all"] == {
        "runs": 6,
        "inside": 3,
        "below": 1,
        "above": 2,
        "of_high": 0.5,
        "of_middle": 0.75,
        "worst": 10000.0,
    }
    assert list(got["sources"]) == ["both", "history", "sizes"]
    assert got["sources"]["both"] == {
        "runs": 1,
        "inside": 1,
        "below": 0,
        "above": 0,
        "of_high": 0.5,
        "of_middle": 0.75,
        "worst": 0.5,
    }
    held = run(1, hold=b.executing(PLAN).hold)
    assert counted(held)["all"]["runs"] == 1
    others = counted(
        run(1).model_copy(update={"plan": None}), run(1).model_copy(update={"estimate": None}),
        run(1, outcome=Outcome.CANCELLED),
        run(1, phase=RunPhase.EXECUTING), run(1, outcome=None),
    )  # fmt: skip
    assert (others["all"]["runs"], others["without"], others["cancelled"], others["open"]) == (0, 1, 1, 2)
    first = run(1).model_copy(update={"estimated": Estimate(low=0, high=1)})
    assert counted(first)["all"]["inside"] == 1
    assert [_median(values) for values in ([1], [1, 9], [9, 1, 5], [4, 3, 2, 1])] == [1, 1, 5, 2]  # type: ignore[arg-type]


def test_ranks_and_spreads_of_insight() -> None:
    ranks = {(1, 0.5): 1, (2, 0.5): 1, (3, 0.5): 2, (20, 0.95): 19, (21, 0.95): 20, (4, 0.0): 1}
    assert {key: _rank([*range(1, key[0] + 1)], key[1]) for key in ranks} == ranks
    values = _Values()
    assert values.spread().count == 0
    values.kept.extend([3, 1, 2.0000004])
    assert values.spread().model_dump() == {"count": 3, "total": 6.0, "p50": 2.0, "p95": 3.0}


def fact(text: str, kind: str = "gotchas", **more: Any) -> Fact:
    return Fact.model_validate({"kind": kind, "text": text, "ordinal": 1, "task": "t1", **more})


def test_facts_are_kept_to_the_last_byte() -> None:
    half = NOTES_BYTES // 2 - 40
    one, two = fact("a" * half), fact("b" * half)
    assert kept([one, two]) == (one, two)
    assert kept([fact("a" * (half + 1)), two]) == (two,)
    assert kept([one, fact("b" * (half - 1), why="w")]) == (one, fact("b" * (half - 1), why="w"))
    assert kept([one, fact("b" * (half - 1), why="ww")]) == (fact("b" * (half - 1), why="ww"),)
    many = [fact(f"f{n}") for n in range(FACTS + 1)]
    assert kept(many) == tuple(many[1:])
    assert kept([fact("x"), *many]) == tuple(many[1:])
    assert kept([fact("first"), fact("a" * NOTES_BYTES), fact("c")]) == (fact("c"),)
    assert kept([fact("A  b. "), fact("c"), fact("a b"), fact("a b", "conventions")]) == (
        fact("c"), fact("a b"), fact("a b", "conventions")
    )  # fmt: skip
    assert kept([fact("c"), fact("a"), fact("c"), fact("a")]) == (fact("c"), fact("a"))
    assert kept([fact("x"), fact("a"), fact("a"), fact("b")]) == (fact("x"), fact("a"), fact("b"))
    assert kept([fact("ä" * (NOTES_BYTES // 2 - 20))]) != ()
    assert kept([fact("ä" * (NOTES_BYTES // 2 - 19))]) == ()


def test_findings_become_facts_by_kind() -> None:
    findings = Findings.model_validate(
        {
            "decisions": [{"what": " a\nb ", "why": "c  d"}, {"what": " "}],
            "conventions": ["e"],
            "data_model": ["f"],
            "gotchas": ["g ", " "],
        }
    )
    assert facts(findings, 3, "t2") == (
        fact("a b", "decisions", why="c d", ordinal=3, task="t2"), fact("e", "conventions", ordinal=3, task="t2"),
        fact("f", "data_model", ordinal=3, task="t2"), fact("g", ordinal=3, task="t2"),
    )  # fmt: skip
    assert [*by_kind([fact("a"), fact("b", "decisions"), fact("c")])] == [
        ("decisions", (fact("b", "decisions"),)), ("gotchas", (fact("a"), fact("c")))
    ]  # fmt: skip
    assert flat(" a \n b") == "a b"


def test_notes_of_a_run_and_of_those_before_it() -> None:
    one, two, three = fact("one"), fact("two"), fact("three")
    run = b.executing(PLAN).model_copy(update={"inherited_notes": (one,), "notes": (two, three), "ordinal": 2})
    assert [known(run), known(run, 1), known(run, 0)] == [(one, two, three), (one, two), (one,)]
    earlier = run.model_copy(update={"ordinal": 1, "inherited_notes": (fact("zero"),), "notes": (one,)})
    assert inherited_notes([run, earlier]) == (fact("zero"), one, two, three)
    assert inherited_notes([]) == ()
    assert [source(fact("x", ordinal=n), 2) for n in (1, 2)] == ["run 1, t1", "t1"]
    text = context_text([fact("a", "decisions", why="b"), fact("a!", "decisions", why="b"), fact("c")], 1)
    assert text == (
        "# What earlier tasks of this issue found out\n\n## Decisions\n\n- a. Why: b (t1)\n- a! Why: b (t1)\n\n"
        "## Gotchas\n\n- c (t1)\n"
    )
    assert (context_digest(b.executing(PLAN)), len(context_digest(run))) == ("", 64)
    assert grown(run, run) is run


def test_house_rules_share_their_places() -> None:
    deep = [f"{'/'.join('abcdefghi'[:n])}/{name}" for n in range(9, 0, -1) for name in ("AGENTS.md", "CLAUDE.md")]
    roots = [root + name for name in ("AGENTS.md", "CLAUDE.md") for root in ("", ".github/", "docs/")]
    near = ["a/b/c/d/e/f/g/h/i/x.py"]
    assert rule_paths([*deep, *roots], near) == (*roots[:4], *deep[:4])
    assert rule_paths([*deep[-3:], *roots], near) == (*roots[:5], *deep[-3:])
    assert rule_paths([*deep[-2:], *roots, "CONTRIBUTING", "docs/contributing.rst"], near) == (*roots, *deep[-2:])
    assert rule_paths([*deep, roots[0]], near) == (roots[0], *deep[:7])
    assert rule_paths(deep, ["x"] * 49 + near) == tuple(deep[:MOST_FILES])
    assert rule_paths(deep, ["x"] * 50 + near) == ()
    assert rule_paths(["A/agents.md", "a/AGENTS.md", "docs/AGENTS.md"], ["/a/x", "docs/y"]) == (
        "docs/AGENTS.md",
        "A/agents.md",
    )


def test_house_rules_are_cut_where_room_ends() -> None:
    left_out = "[left out for space: read the file itself]"
    cut = "\n[… cut here: read the file itself for the rest …]"
    whole, rest = "x" * FILE_BYTES, ALL_BYTES - FILE_BYTES
    assert bounded([("a", whole), ("b", "y" * (rest - 400)), ("c", "z" * 400)])[2] == ("c", "z" * 400)
    assert bounded([("a", whole), ("b", "y" * (rest - 400)), ("c", "z" * 401), ("d", "w"), ("e", " ")])[2:] == (
        ("c", "z" * 400 + cut), ("d", left_out)
    )  # fmt: skip
    assert bounded([("a", whole), ("b", "y" * (rest - 399)), ("c", "z"), ("d", "w")])[2:] == (
        ("c", left_out),
        ("d", left_out),
    )
    assert bounded([("a", " "), ("b", "ä" * (FILE_BYTES // 2) + "z")]) == (("b", "ä" * (FILE_BYTES // 2) + cut),)
    assert bounded([("b", "z" + "ä" * (FILE_BYTES // 2))]) == (("b", "z" + "ä" * (FILE_BYTES // 2 - 1) + cut),)


def test_a_run_stops_when_no_coder_is_left_and_its_clock_stands_while_it_waits() -> None:
    run = b.executing(PLAN)
    stopping = run.model_copy(update={"stopping": True})
    assert (_stopped(run) is run, _stopped(stopping).stopping) == (True, False)
    at_work = b.fold(run, b.started("t1")).model_copy(update={"stopping": True})
    assert at_work.task("t1").state is TaskState.CODING
    assert _stopped(at_work) is at_work
    event = e.Reported(at=b.at(30), sha="x")
    assert _clock(run, event) is run
    waited = run.model_copy(update={"idle_since": b.at(10), "idle_seconds": 5.0})
    assert (_clock(waited, event).idle_since, _clock(waited, event).idle_seconds) == (None, 25.0)
    before = run.model_copy(update={"idle_since": b.at(29.5)})
    assert (_clock(before, event).idle_seconds, _clock(before.model_copy(update={"idle_since": b.at(40)}),
        event).idle_seconds) == (
        0.5, 0.0
    )  # fmt: skip


BASE = b.decision({"t1": "retry", "t2": "ask"}, [["t1"], ["t3"]])


def test_all_words_of_a_decision_are_told_by_task() -> None:
    moves = (
        BASE.moves[0].model_copy(update={"guidance": "g", "reason": "r"}),
        BASE.moves[1].model_copy(update={"question": "q"})
    )  # fmt: skip
    other = BASE.model_copy(
        update={
            "moves": moves, "routed": (Routed(target_task="t3", context="c"), Routed(target_task="t3", context="d")),
            "analysis": (Analysis(task="t1", class_=FailureClass.CODE, summary="s"),),
            "skips": (SkipTask(task="t4", reason="w"),),
            "cross_task": (CrossFinding(tasks=("t1",), finding="f"),), "batches": (("t1", "t3"),),
            "decided_by": Decider.RULES,
        }
    )  # fmt: skip
    assert [(one.kind, one.task, one.before, one.after, one.counts) for one in differences(BASE, other)] == [
        ("skip", "t4", "", "skip", True), ("class", "t1", "", "code", True), ("routed", "t3", "", "2", True),
        ("batches", "", "t1 · t3", "t1, t3", True), ("decider", "", "pilot", "rules", True),
        ("words", "t1", "because", "g · r · s", False), ("words", "t2", "which? · because", "q · because", False),
        ("words", "t3", "", "c · d", False), ("words", "t4", "", "w", False), ("words", "", "", "f", False),
    ]  # fmt: skip
    assert differences(other, other) == ()


def test_quotes_hold_in_their_own_evidence() -> None:
    item = EvidenceItem(id="E1", excerpt=Excerpt(kind="log", source="s", text="a  b\nc"))
    rows = {("E1", "a b c"): True, ("E1", "b  c"): True, ("E1", "d"): False, ("E2", "a"): False, ("E1", " "): False}
    assert {key: quote_holds(Citation(evidence=key[0], quote=key[1]), {"E1": item}) for key in rows} == rows
    assert squeeze(" a \n b ") == "a b"
    places = {(None, None): "s", (None, 4): "s", (3, None): "s · line 3", (3, 3): "s · line 3", (3, 4): "s · lines 3-4"}
    assert {
        key: Excerpt(kind="log", source="s", text="", first_line=key[0], last_line=key[1]).place for key in places
    } == places
    assert Excerpt(kind="log", source="s", text="a").sha256[:8] == "ca978112"


@pytest.mark.parametrize(
    ("line", "after", "understood"),
    [
        ("/otto", "", "say what to do: `/otto approve`"), ("/ottox", "", None), ("x /otto help", "", None),
        ("/otto  HELP ", "", Command(verb="help")),
        ("/otto help x", "", "`/otto help` takes no words after it"),
        ("/otto help --", "", "`/otto help` takes no text after `--`"),
        ("/otto help", "more", Command(verb="help")), ("/otto replan -- a", "b",
            Command(verb="replan", guidance="a\nb")),
        ("/otto replan", " b ", Command(verb="replan", guidance="b")), ("/otto replan --", "", Command(verb="replan")),
        ("/otto retry t1,T2 t1 -- a -- b", "", Command(verb="retry", tasks=("t1", "t2"), guidance="a -- b")),
        ("/otto retry j9", "", Command(verb="retry", tasks=("j9",))), ("/otto retry j0", "", "`j0` is no task"),
        ("/otto retry t0", "", "`t0` is no task"),
        ("/otto retry t999 t1", "", Command(verb="retry", tasks=("t999", "t1"))),
        ("/otto retry t1000", "", "`t1000` is no task"),
        ("/otto retry t1 " + "x" * 50, "", f"`{'x' * 40}` is no task"), ("/otto skip", "", "name the tasks to skip"),
        ("/otto accept", "", "name the tasks whose changed tests"), ("/otto retry", "", Command(verb="retry")),
        ("/otto explain", "", Command(verb="explain")),
        ("/otto explain t1", "", Command(verb="explain", tasks=("t1",))), ("/otto explain t1 t2", "", "name one task"),
        ("/otto skip t1", "x", Command(verb="skip", tasks=("t1",))), ("/otto approve", "", Command(verb="approve")),
        ("/otto approve R2", "", Command(verb="approve", revision=2)), ("/otto approve r0", "", "name one revision"),
        ("/otto approve r2 r3", "", "name one revision"),
        ("/otto approve r10000", "", "name one revision"), ("/otto approve r9999", "",
            Command(verb="approve", revision=9999)),
        ("/otto budget +5", "", Command(verb="budget", usd=5)), ("/otto budget $0.25", "",
            Command(verb="budget", usd=0.25)), ("/otto budget 0", "", "say how much more"),
        ("/otto budget 0.01", "", Command(verb="budget", usd=0.01)), ("/otto budget 1 2", "", "say how much more"),
        ("/otto budget", "", "say how much more"),
        ("/otto budget 1000000", "", "say how much more"), ("/otto keep L3", "", Command(verb="keep", learning="L3")),
        ("/otto forget 12", "", Command(verb="forget", learning="L12")),
        ("/otto keep", "", "name one learning"), ("/otto keep L0", "", "name one learning"),
        ("/otto keep L1 L2", "", "name one learning"),
        ("/otto retry", "x" * GUIDANCE_LIMIT, Command(verb="retry", guidance="x" * GUIDANCE_LIMIT)),
        ("/otto retry", "x" * (GUIDANCE_LIMIT + 1), f"the guidance has {GUIDANCE_LIMIT + 1} characters"),
    ],
)  # fmt: skip
def test_a_line_to_otto(line: str, after: str, understood: Command | str | None) -> None:
    got = parse_line(line, after)
    if isinstance(understood, str):
        assert isinstance(got, BadCommand)
        assert (got.problem.startswith(understood), got.unknown_verb) == (True, False), got
    else:
        assert got == understood


def test_an_unknown_verb_is_told_apart() -> None:
    assert parse_line("/otto retri") == BadCommand(
        problem="`retri` is not a command", unknown_verb=True, did_you_mean="retry"
    )
    assert parse_line("/otto " + "z" * 50) == BadCommand(problem=f"`{'z' * 40}` is not a command", unknown_verb=True)


def test_words_that_were_heard_newest_first() -> None:
    keys = ["c/9", "x", "c/10/2", "c/x", "c/²", "c/" + "9" * 19, "c/" + "9" * 20]
    assert heard_before(keys) == ("c/" + "9" * 19, "c/10/2", "c/9", "c/" + "9" * 20, "c/x", "c/²", "x")
    assert len(heard_before(f"c/{n}" for n in range(MOST_HEARD + 1))) == MOST_HEARD


def learning(**changes: Any) -> StoredLearning:
    given: dict[str, Any] = {
        "repo": 7,
        "repo_name": "o/a",
        "number": 1,
        "text": "fine",
        "created_at": b.T0,
        "expires_at": b.at(9),
    }
    return StoredLearning.model_validate({**given, **changes})


def test_when_a_learning_may_be_told_and_kept() -> None:
    gone, taken, bad = learning(status="forgotten"), learning(verbatim=True), learning(text="use --no-verify")
    accepted = learning(status="accepted", accepted_by="a", forgotten_by="f")
    assert [refusal(one, (), person=False) for one in (learning(), gone, taken)] == [
        None, "a person dropped it", "its words stand in the evidence itself, so only a person can keep it"
    ]  # fmt: skip
    assert [refusal(one, (), person=True) is None for one in (gone, taken, bad)] == [True, True, False]
    own, none = frozenset({1}), frozenset[int]()
    assert [tellable(one, own, (), b.T0) for one in (learning(), gone, bad, accepted)] == [True, False, False, True]
    assert [tellable(one, none, (), b.T0) for one in (learning(), gone, bad, accepted)] == [False, False, False, True]
    assert [tellable(accepted, none, (), b.at(when)) for when in (8, 9)] == [True, False]
    assert [one.decided_by for one in (learning(), accepted, gone.model_copy(update={"forgotten_by": "f"}))] == [
        "",
        "a",
        "f",
    ]
    assert accepted.name == "L1"
    assert LearningStatus("accepted") is accepted.status


def test_names_of_tests() -> None:
    files = {"tests/a.py": 1, "a/Tests/b": 1, "a/test_b.py": 1, "test.b.py": 1, "b_test.go": 1, "BTest.java": 1,
        "a.py": 0, "tests/a.json": 0,
             "conftest.py": 1, "testing/x": 1, "contest.py": 0}  # fmt: skip
    assert {path: int(is_test_file(path)) for path in files} == files
    text = (
        "def test_a(): pass\ndef test_a(): pass\ndef helper(): pass\nit('shows it', f)\n@Test\nvoid adds() {}\n"
        f"it('ab', g)\nfn test_{'x' * 400}"
    )
    assert names_in(text) == ("test_a", "test_" + "x" * (LONGEST - 5), "adds", "shows it")
    assert defined_tests({"b": "def test_b(): 1", "a": "def test_b(): 1", "c": "x"}) == {
        "a": "a",
        "test_b": "a",
        "b": "b",
    }
    many = {"a": "\n".join(f"def test_{n}(): 1" for n in range(MOST_NAMES + 5))}
    assert len(defined_tests(many)) == MOST_NAMES
    assert [base_of(name) for name in (" test_a[1] ", "test_a(b)", "a[1]b")] == ["test_a", "test_a", "a[1]b"]
    names = Names(["tests/a.py::test_a[1]", "b::test_a", "Suite > adds up", "x.ab", "y.abc"])
    said = {"abc": "y.abc", "test_a": "tests/a.py::test_a[1]", "b::test_a": "b::test_a",
        "`test_a[2]`": "tests/a.py::test_a[1]",
        "est_a": None, "ab": None,
            "test": None, "adds up": "Suite > adds up", "up": None, "c::test_a": None}  # fmt: skip
    assert {one: names.find(one) for one in said} == said


MOVES = (Action.RETRY, Action.RERUN, Action.SKIP, Action.ASK, Action.HOLD, Action.ACCEPT)
ENDS = (EndKind.PASSED, EndKind.FAILED, EndKind.ANSWERED, EndKind.WENT_ON, EndKind.BROUGHT_BACK)


def at_gate(account: GateAccount | None = None, decision: Decision | None = None) -> Gate:
    """A gate with a failure of t1."""
    run = b.merge_all(b.fold(b.executing(PLAN), *b.to_failed("t1", cause=Cause.INFRA), *b.to_verified("t2")))
    gate = b.gate(run, {"t1": "retry"}).gates[0]
    return gate.model_copy(
        update={"account": account or GateAccount(), "decision": decision or b.decision({"t1": "retry"})}
    )


def test_each_move_by_what_became_of_it(snapshot: SnapshotAssertion) -> None:
    run = merged_run()
    rows = []
    for action in MOVES:
        for kind in (None, *ENDS):
            ends = {} if kind is None else {"t1": MoveEnd(kind=kind, by="anna", cause=Cause.INFRA)}
            counting = Counting()
            result = counting._move(run, at_gate(GateAccount(ends=ends)), "t1", action)
            counts = [f"{who} {dict(one)}" for who, one in counting._moves.items()]
            counts += [f"{' '.join(place)} {dict(one)}" for place, one in counting._tallies.items()]
            rows.append(f"{action} {kind}: {result!r} {'; '.join(counts)}")
    assert "\n".join(rows) == snapshot


def test_a_skip_is_wrong_where_it_was_merged_after_a_person_brought_it_back() -> None:
    run = merged_run()
    gate = at_gate(decision=b.decision({"t1": "skip"}))
    open_ = run.with_task(run.task("t1").model_copy(update={"state": TaskState.FAILED}))
    ends = {
        "none": {}, "by anna": {"t1": MoveEnd(kind=EndKind.BROUGHT_BACK, by="anna")},
        "by nobody": {"t1": MoveEnd(kind=EndKind.BROUGHT_BACK)},
        "left out": {"t1": MoveEnd(kind=EndKind.LEFT_OUT, by="anna")},
    }  # fmt: skip
    accounts = {name: gate.model_copy(update={"account": GateAccount(ends=one)}) for name, one in ends.items()}
    assert [name for name, one in accounts.items() if _wrongly_skipped(run, one, "t1")] == ["by anna"]
    assert [name for name, one in accounts.items() if _wrongly_skipped(open_, one, "t1")] == []


def test_the_result_of_an_attempt_whose_end_nobody_wrote_down() -> None:
    run = merged_run()
    gate = at_gate(decision=b.decision({"t1": "retry"}))
    attempt = run.task("t1").attempts[0].model_copy(update={"gate": gate.number})

    def result(state: TaskState, *attempts: Any) -> tuple[str, bool]:
        return _result(
            run.with_task(run.task("t1").model_copy(update={"state": state, "attempts": attempts})), gate, "t1"
        )

    later = attempt.model_copy(update={"gate": gate.number + 1})
    failed = [
        attempt.model_copy(update={"failure": b.failure("t1", cause=cause)}) for cause in (Cause.TEST, Cause.INFRA)
    ]
    assert [result(state, attempt) for state in (TaskState.MERGED, TaskState.VERIFIED, TaskState.CODING)] == [
        ("passed", False), ("passed", False), ("", False)
    ]  # fmt: skip
    assert [result(TaskState.MERGED, one) for one in failed] == [("failed", False), ("failed", True)]
    assert (result(TaskState.MERGED, later), result(TaskState.MERGED, attempt, later)) == (("", False), ("", False))
    for kind, cause, told in (
        (EndKind.PASSED, Cause.INFRA, ("passed", False)), (EndKind.FAILED, Cause.TEST, ("failed", False)),
        (EndKind.FAILED, Cause.INFRA, ("failed", True)), (EndKind.BLOCKED, Cause.INFRA, ("", False)),
    ):  # fmt: skip
        ended = gate.model_copy(update={"account": GateAccount(ends={"t1": MoveEnd(kind=kind, cause=cause)})})
        assert _result(run, ended, "t1") == told


def test_who_decided_and_for_what_a_failure_was_held() -> None:
    plain = b.decision({"t1": "retry"}, decided_by=Decider.PILOT)
    own = plain.model_copy(update={"moves": (plain.moves[0].model_copy(update={"decided_by": Decider.RULES}),)})
    gate = at_gate(decision=plain)
    made = gate.model_copy(update={"account": GateAccount(made_by=Decider.REPLAN)})
    assert [decider_of(one, "t1") for one in (gate, made)] == [Decider.PILOT, Decider.REPLAN]
    assert [decider_of(one.model_copy(update={"decision": own}), key) for one in (gate, made) for key in ("t1",
        "t2")] == [
        Decider.RULES, Decider.PILOT, Decider.RULES, Decider.REPLAN
    ]  # fmt: skip
    failure = b.failure("t1", cause=Cause.TIMEOUT)
    hinted = failure.model_copy(update={"class_hint": FailureClass.SPEC})
    read = plain.model_copy(update={"analysis": (Analysis(task="t1", class_=FailureClass.CODE, summary="s"),)})
    assert [
        _class(gate, failure), _class(gate, hinted), _class(gate.model_copy(update={"decision": read}), hinted),
        _class(gate, b.failure("t1")),
    ] == ["unknown", "spec", "code", "code"]  # fmt: skip
