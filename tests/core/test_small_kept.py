"""What is kept of what was found out, of house rules and of learnings, to the last byte."""

from __future__ import annotations

from typing import Any

import core_builders as b

from otto_bot.core.context_notes import context_digest, context_text, grown, inherited_notes, known, source
from otto_bot.core.house_rules import ALL_BYTES, FILE_BYTES, MOST_FILES, bounded, rule_paths
from otto_bot.core.learnings import LearningStatus, StoredLearning, refusal, tellable
from otto_bot.core.notes import FACTS, NOTES_BYTES, Fact, Findings, by_kind, facts, flat, kept

PLAN = b.plan("t1", "t2")


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
