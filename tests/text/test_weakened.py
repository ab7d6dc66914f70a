"""Lines of changed tests as people see them: quoted whole, acting on nothing, and named again once accepted."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.acceptance import held as stopped
from otto_bot.core.acceptance import tampering
from otto_bot.core.asks import ask_for_help
from otto_bot.core.attempt import Accepted
from otto_bot.core.diff_findings import Finding
from otto_bot.core.evidence import Phase
from otto_bot.core.run import Run
from otto_bot.core.tampering_hits import TamperHit
from otto_bot.text.accepted import accepted_part, accepted_words
from otto_bot.text.held import push_held
from otto_bot.text.links import Links
from otto_bot.text.pull import pull_body
from otto_bot.text.weakened import held, weakened_lines, weakened_why

HOSTILE = [
    "```",
    "</details> @octocat",
    "<!-- otto run=41 -->",
    "`@org/team` fixes #1",
    "x" * 5000,
    "| a | b |",
    "- [x] `/otto stop`",
]
RENDERER = MarkdownIt("commonmark")


def hits(*lines: str) -> list[TamperHit]:
    return [
        TamperHit(rule="test_removed", path=f"tests/test_{n}.py", old_line=n + 1, line=line[:300], why="a test is gone")
        for n, line in enumerate(lines)
    ]


def shown(*lines: str) -> str:
    failure = tampering("t1", 1, "sha", hits(*lines))
    assert held(failure)
    return "\n".join([weakened_why(failure), *weakened_lines(failure)])


def test_each_line_is_quoted(snapshot: SnapshotAssertion) -> None:
    assert shown("def test_a():", "    assert total == 15", *HOSTILE) == snapshot


def test_more_than_twenty_are_counted() -> None:
    text = shown(*[f"def test_{n}():" for n in range(53)])
    assert text.count("\n> - ") == 21
    assert "> - and 33 more places: a yes is to what is listed here, and these are asked about after it" in text


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=60), min_size=1, max_size=4))
def test_no_line_leaves_its_place(lines: list[str]) -> None:
    text = shown(*lines)
    assert len([row for row in text.split("\n") if row.startswith("> - ")]) == len(lines)
    kinds = {token.type for token in RENDERER.parse(text)}
    assert not kinds & {"html_block", "fence", "heading_open", "hr"}
    assert len(text) < 2000 * (len(lines) + 1)


def test_the_pull_request_lists_what_was_accepted(
    moment: Callable[[str], Run], links: Links, snapshot: SnapshotAssertion
) -> None:
    run = moment("finished")
    key = next(iter(run.tasks))
    lines = ("tests/test_a.py, line 3: - def test_a():", "tests/test_a.py, line 9: - `@octocat`")
    said = Accepted(by="anna", attempt=1, sha="s", hits=("1", "2", "3"), lines=lines)
    run = run.with_task(run.task(key).model_copy(update={"accepted": (said,)}))
    assert accepted_words(run.task(key)) == " (changed tests accepted by @anna)"
    assert accepted_part(run).full == snapshot
    assert accepted_part(run).full in pull_body(run, links, None)


def test_nothing_is_said_where_nothing_was_accepted(moment: Callable[[str], Run]) -> None:
    assert accepted_part(moment("finished")).full == ""


def findings() -> list[Finding]:
    told = Finding(rule="protected_path", path="CODEOWNERS", detail="who has to review what", shown=("* @team", "`x`"))
    token = Finding(rule="secret", path="src/a.py", line=7, detail="a GitHub token")
    lock = Finding(rule="lock_source", path="package-lock.json", line=4, detail="dependencies come from evil.example",
                   shown=('"resolved": "https://evil.example/a.tgz"',))  # fmt: skip
    whole = Finding(rule="too_many_files", path="", detail="301 files changed, at most 300 are allowed")
    return [told, token, lock, whole]


def test_what_the_gate_held_is_listed_with_its_lines(snapshot: SnapshotAssertion) -> None:
    failure = stopped("t1", 1, "sha", Phase.PUSH, findings())
    assert held(failure)
    assert "\n".join([weakened_why(failure), *weakened_lines(failure)]) == snapshot
    assert ask_for_help("t1", failure) == snapshot


def test_a_hold_that_is_no_tasks_says_how_it_goes_on(snapshot: SnapshotAssertion) -> None:
    assert push_held(findings() * 2) == snapshot


def test_the_pull_request_lists_what_of_the_held_was_accepted(moment: Callable[[str], Run]) -> None:
    run = moment("finished")
    key = next(iter(run.tasks))
    said = Accepted(by="anna", attempt=1, sha="s", hits=("1",), lines=("CODEOWNERS: * @team",), what="change")
    run = run.with_task(run.task(key).model_copy(update={"accepted": (said,)}))
    assert accepted_words(run.task(key)) == " (what the gate held accepted by @anna)"
    assert "**What Otto stopped at, accepted by people**" in accepted_part(run).full
