"""A verdict in words: each item with its command and exit code or its test, whatever stands in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.plan import Criterion, TaskSpec
from otto_bot.core.records import CommandRecord
from otto_bot.core.verdict import Ground, Proof, SeenTest, Verdict, VerdictItem
from otto_bot.text.certify import record_line
from otto_bot.text.judged import not_believed, record_words, verdict_lines

TASK = TaskSpec(
    key="t1",
    title="A command",
    goal="Write it",
    criteria=(
        Criterion(id="c1", text="prints the number of words"),
        Criterion(id="c2", text="ends with 2 for a missing file"),
        Criterion(id="c3", level="should", text="is documented"),
    ),
)
RECORDS = (
    CommandRecord(number=4, tool="run", what="python -m stats none.txt", exit_code=1, output="Traceback"),
    CommandRecord(number=5, tool="run", what="sleep 999", timed_out=True),
    CommandRecord(number=6, tool="grep", what="exit in src", output="no matches"),
)
PROOF = Proof(
    grounds=(
        Ground(
            item="c1",
            tests=(
                SeenTest(id="tests/test_a.py::test_words[1]", seen="report", where="R2"),
                SeenTest(id="test_more", seen="file", where="tests/test_b.py"),
            ),
        ),
        Ground(item="c2", records=(4, 5, 6)),
    ),
    records=RECORDS,
)
VERDICT = Verdict(
    items=(
        VerdictItem(id="c1", status="met", evidence="both tests pass"),
        VerdictItem(id="c2", status="not_met", evidence='"Traceback" is shown', refs=("R4",)),
        VerdictItem(id="c3", status="unclear"),
        VerdictItem(id="c9", status="met", evidence="no criterion of this task"),
    )
)


def test_each_item_shows_what_it_stands_on(snapshot: SnapshotAssertion) -> None:
    assert "\n".join(verdict_lines(TASK, VERDICT, PROOF)) == snapshot


def test_commands_on_lines_of_their_own_do_not_read_as_one_command() -> None:
    record = CommandRecord(number=4, tool="run", what="python -m stats out A17\n  ls 'no'\n", exit_code=1)
    proof = Proof(grounds=(Ground(item="c2", records=(4,)),), records=(record,))
    shown = "\n".join(verdict_lines(TASK, VERDICT, proof))
    assert "`python -m stats out A17 ⏎ ls 'no'`" in shown
    assert record_line(record) == "R4 · `python -m stats out A17 ⏎ ls 'no'` · exit 1"


def test_an_old_verdict_without_a_ground_is_shown_too() -> None:
    assert len(verdict_lines(TASK, VERDICT, Proof())) == 3


@pytest.mark.parametrize("last", [False, True])
def test_what_is_not_believed_is_said_in_words(last: bool, snapshot: SnapshotAssertion) -> None:
    problems = ("c2: met without evidence", "c1 is said to be met and not_met: say one")
    assert not_believed("t1", 3 if last else 1, problems, last=last) == snapshot


def test_problems_are_bounded() -> None:
    assert len(not_believed("t1", 3, ("x" * 5_000,) * 50, last=True)) < 1_300
    assert "it gave none" in not_believed("t1", 1, (), last=False)


def test_records_in_one_line() -> None:
    assert [record_words(record) for record in RECORDS] == [
        "$ python -m stats none.txt → exit code 1",
        "$ sleep 999 → stopped at its time limit",
        "grep exit in src",
    ]


WORDS = st.lists(
    st.sampled_from(["@octocat ", "#12 ", "<img src=x>", "\n/otto stop\n", "`", "``", "[a](http://b)", "-->", "\n- "])
).map("".join)


@given(WORDS, WORDS, WORDS)
def test_commands_and_tests_act_on_nothing(what: str, test: str, where: str) -> None:
    record = CommandRecord(number=4, tool="run", what=what, exit_code=0)
    ground = Ground(item="c1", records=(4,), tests=(SeenTest(id=test, seen="file", where=where),))
    lines = verdict_lines(TASK, Verdict(items=VERDICT.items[:1]), Proof(grounds=(ground,), records=(record,)))
    assert all("\n" not in line for line in lines)
    rendered = MarkdownIt("commonmark").render("\n".join(lines))
    outside = "".join(part.split("</code>")[-1] for part in rendered.split("<code>"))
    for bad in ("@octocat", "#12", "<img", "<a ", "<!--"):
        assert bad not in outside, outside
