"""The grammar of one `/otto` line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.commands import GUIDANCE_LIMIT, MOST_HEARD, VERBS, BadCommand, Command, heard_before, parse_line


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/otto approve", Command(verb="approve")),
        ("/otto approve r2", Command(verb="approve", revision=2)),
        ("/otto approve R12", Command(verb="approve", revision=12)),
        ("/otto retry", Command(verb="retry")),
        ("/otto retry t1 T2", Command(verb="retry", tasks=("t1", "t2"))),
        ("/otto retry t1,t2, t1", Command(verb="retry", tasks=("t1", "t2"))),
        ("/otto retry -- use dicts", Command(verb="retry", guidance="use dicts")),
        ("/otto retry t2 -- a -- b", Command(verb="retry", tasks=("t2",), guidance="a -- b")),
        ("/otto skip t3", Command(verb="skip", tasks=("t3",))),
        ("/otto replan -- smaller", Command(verb="replan", guidance="smaller")),
        ("/otto replan", Command(verb="replan")),
        ("/otto plan", Command(verb="plan")),
        ("/otto pause", Command(verb="pause")),
        ("/otto resume", Command(verb="resume")),
        ("/otto stop", Command(verb="stop")),
        ("/otto status", Command(verb="status")),
        ("/otto explain", Command(verb="explain")),
        ("/otto explain t4", Command(verb="explain", tasks=("t4",))),
        ("/otto budget +5", Command(verb="budget", usd=5)),
        ("/otto budget $2.50", Command(verb="budget", usd=2.5)),
        ("/otto forget L3", Command(verb="forget", learning="L3")),
        ("/otto help", Command(verb="help")),
        ("  /otto   STATUS  ", Command(verb="status")),
        ("/otto\tstatus", Command(verb="status")),
    ],
)
def test_what_is_understood(line: str, command: Command) -> None:
    assert parse_line(line) == command


@pytest.mark.parametrize("line", ["", "otto retry", "/ottoretry", "x /otto retry", "/otto2", "/OTTO retry", "// otto"])
def test_what_is_no_command(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/otto", "say what to do"),
        ("/otto -- hello", "say what to do"),
        ("/otto approve 2", "name one revision"),
        ("/otto approve r0", "name one revision"),
        ("/otto approve r1 r2", "name one revision"),
        ("/otto skip", "name the tasks"),
        ("/otto skip all", "is no task"),
        ("/otto retry t0", "is no task"),
        ("/otto retry t1;t2", "is no task"),
        ("/otto explain t1 t2", "name one task"),
        ("/otto budget", "say how much"),
        ("/otto budget -5", "say how much"),
        ("/otto budget 0", "say how much"),
        ("/otto budget 1e9", "say how much"),
        ("/otto budget nan", "say how much"),
        ("/otto budget +5 usd", "say how much"),
        ("/otto forget", "name one learning"),
        ("/otto forget ../x", "name one learning"),
        ("/otto status now", "takes no words"),
        ("/otto stop -- please", "takes no text"),
        ("/otto retry -- " + "x" * (GUIDANCE_LIMIT + 1), f"at most {GUIDANCE_LIMIT}"),
    ],
)
def test_what_is_refused_says_why(line: str, says: str) -> None:
    bad = parse_line(line)
    assert isinstance(bad, BadCommand)
    assert says in bad.problem
    assert not bad.unknown_verb


@pytest.mark.parametrize(
    ("line", "meant"), [("/otto rety", "retry"), ("/otto aprove r1", "approve"), ("/otto qqq", None)]
)
def test_an_unknown_verb_gets_a_suggestion(line: str, meant: str | None) -> None:
    bad = parse_line(line)
    assert isinstance(bad, BadCommand)
    assert (bad.unknown_verb, bad.did_you_mean) == (True, meant)


def test_later_lines_are_guidance() -> None:
    assert parse_line("/otto retry t1 -- one", "two\nthree") == Command(
        verb="retry", tasks=("t1",), guidance="one\ntwo\nthree"
    )
    assert parse_line("/otto status", "two") == Command(verb="status")


@given(st.text(max_size=300))
def test_any_words_get_an_answer(words: str) -> None:
    found = parse_line("/otto " + words)
    if isinstance(found, Command):
        assert found.verb in VERBS
        assert len(found.guidance) <= GUIDANCE_LIMIT


@given(
    st.sampled_from(["retry", "skip"]),
    st.lists(st.integers(1, 999).map("t{}".format), min_size=1, max_size=8),
    st.sampled_from([" ", ",", ", ", "\t"]),
)
def test_tasks_keep_their_order_each_once(verb: str, tasks: list[str], between: str) -> None:
    assert parse_line(f"/otto {verb} {between.join(tasks)}") == Command(verb=verb, tasks=tuple(dict.fromkeys(tasks)))


def test_the_newest_words_of_earlier_runs_are_known() -> None:
    said = {f"comment/{number}" for number in range(1000, 1000 + MOST_HEARD)}
    odd = {"box/77/ab", "button/x/1", "review/12345678901234567890123", "", "comment/²"}
    known = heard_before(said | odd)
    assert known[0] == f"comment/{999 + MOST_HEARD}"
    assert set(known) == said
    assert set(heard_before(odd)) == odd
