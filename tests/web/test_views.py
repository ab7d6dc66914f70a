"""What pages show, as tables of pure functions: filters, quotes, graphs, events and words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from core_builders import (
    T0,
    executing,
    failure,
    fold,
    plan,
    said,
    spec,
    started,
)
from web_runs import FREE, LINKS, NOW, at_the_gate, finished, lost, two

from otto_bot.core import events as e
from otto_bot.core.decision import Analysis
from otto_bot.core.events import read_event
from otto_bot.core.evidence import Cause, Citation, EvidenceItem, Excerpt, FailureClass
from otto_bot.store.listing import ListedPage, ListedRun, Wanted
from otto_bot.store.run_pages import Timeline, TimelineRow
from otto_bot.text.refusals import no_ci
from otto_bot.text.spoken import exact, line, spoken
from otto_bot.text.timeline import about, event_words
from otto_bot.web.views.gate_evidence import evidence_of
from otto_bot.web.views.graph import columns_of, graph
from otto_bot.web.views.parts import excerpt_view, level
from otto_bot.web.views.run import run_page
from otto_bot.web.views.runs import runs_page, wanted
from otto_bot.web.views.task import task_page
from otto_bot.web.views.timeline import Which, timeline_view, which
from otto_bot.web.views.troubles import ago


@pytest.mark.parametrize(
    ("sizes", "whole", "most"),
    [((), 10, 0), ((3, 4), 10, 4), ((3, 9), 10, 7), ((9, 9, 1), 10, 4), ((1, 1, 20), 10, 8), ((20, 20), 10, 5)],
)
def test_only_the_longest_of_many_texts_are_cut(sizes: tuple[int, ...], whole: int, most: int) -> None:
    assert level(sizes, whole) == most
    assert sum(min(size, most) for size in sizes) <= whole


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {}),
        ({"size": "10"}, {"size": 10}),
        ({"size": "100000"}, {"size": 200}),
        ({"size": "0"}, {"size": 1}),
        ({"size": "ten", "page": "-1"}, {}),
        ({"page": "3"}, {"page": 3}),
        ({"page": "٣"}, {}),
        ({"page": "9" * 11}, {"page": 1_000_000}),
        ({"state": "over", "outcome": "done"}, {"standing": "over", "outcome": "done"}),
        ({"state": "x' OR 1=1", "outcome": "what"}, {}),
        ({"repo": " octo/app ", "text": "a\x00b"}, {"repo": "octo/app", "text": "ab"}),
        ({"after": "0-12", "page": "2"}, {"after": (0, 12), "page": 2}),
        ({"after": "0-12"}, {}),
        ({"after": "2-12", "page": "2"}, {"page": 2}),
        ({"as_of": "12.5"}, {"as_of": 12.5}),
        ({"as_of": "1e99"}, {}),
        ({"as_of": "nan"}, {}),
        ({"as_of": "-1"}, {}),
    ],
)
def test_an_address_that_makes_no_sense_is_as_if_it_were_not_there(query: dict[str, str], found: Any) -> None:
    assert wanted(query, 100.0) == Wanted(**{"as_of": 100.0, **found})


def listed(number: int, **changes: Any) -> ListedRun:
    given = {
        "id": number, "repo": "octo/app", "issue": 4, "ordinal": 1, "title": "T", "phase": "executing", "outcome": "",
        "active": True, "working": True, "pull_request": 0, "parked": "", "parked_reason": "", "barred": "",
        "record": "full",
        "started_at": 5.0, "updated_at": 6.0, "usd": 0.5, "state": "",
    }  # fmt: skip
    return ListedRun(**{**given, **changes})


def test_pages_lead_to_each_other_and_keep_what_was_asked_for() -> None:
    asked = Wanted(repo="octo/app", size=10, page=2, as_of=7.0)

    page = runs_page(asked, ListedPage(runs=(listed(1),), total=25, more=True, last=(1, 44)), ())

    assert page.previous_url == "/?repo=octo%2Fapp&size=10"
    assert page.next_url == "/?repo=octo%2Fapp&size=10&page=3&as_of=7.000000&after=1-44"
    assert (page.pages, page.total, page.missing) == (3, "25 runs", "")
    last = runs_page(asked.model_copy(update={"page": 3}), ListedPage(runs=(), total=25), ())
    assert (last.next_url, bool(last.previous_url)) == ("", True)


@pytest.mark.parametrize(
    ("changes", "state", "tone"),
    [
        ({}, "working on the tasks", "work"),
        ({"parked": "day", "parked_reason": "no money"}, "waits for the next day", "wait"),
        ({"barred": "archived"}, "rests: the repository is archived", "wait"),
        ({"active": False, "outcome": "done_partial"}, "done in part: some tasks were left out", "wait"),
        ({"active": False, "outcome": "failed"}, "failed", "bad"),
        ({"active": False, "outcome": "of tomorrow"}, "over", "off"),
        ({"phase": "of tomorrow"}, "at work", "work"),
        ({"working": False, "state": "{}"}, "stored by another version", "wait"),
        ({"working": False, "state": finished().model_dump_json()}, "done: every task is verified and", "wait"),
    ],
)
def test_a_row_says_where_a_run_stands(changes: dict[str, Any], state: str, tone: str) -> None:
    row = runs_page(Wanted(as_of=9.0), ListedPage(runs=(listed(1, **changes),), total=1), ()).rows[0]

    assert row.state.startswith(state)
    assert row.tone == tone


@pytest.mark.parametrize(
    ("text", "quote", "marked"),
    [
        ("a\nb broke\nc", "b broke", [1]),
        ("a\nb\nbroke c", "b  broke", [1, 2]),
        ("a\nb", "nothing", []),
        ("a\nb", " ", []),
        ("x\nx", "x", [0]),
    ],
)
def test_the_lines_of_a_quote_are_marked(text: str, quote: str, marked: list[int]) -> None:
    shown = excerpt_view(Excerpt(kind="log", source="s", text=text, first_line=7), LINKS, [quote])

    assert [number for number, one in enumerate(shown.lines) if one.marked] == marked


def test_lines_are_numbered_only_where_they_are_those_of_the_source() -> None:
    def numbers(text: str, first: int | None, last: int | None) -> list[int]:
        excerpt = Excerpt(kind="log", source="s", text=text, first_line=first, last_line=last)
        return [one.number for one in excerpt_view(excerpt, LINKS).lines]

    assert numbers("a\nb", 7, 8) == [7, 8]
    assert numbers("a\n… 90 lines …\nb", 7, 99) == [0, 0, 0]
    assert numbers("a", None, None) == [0]
    assert numbers("a", 7, None) == [7]


def test_a_link_of_somebody_elses_is_none() -> None:
    for url in ("javascript:alert(1)", "https://evil.example/octo/app", "https://github.com/octo/app/../../evil"):
        assert excerpt_view(Excerpt(kind="log", source="s", text="t", url=url), LINKS).url == ""


def test_cited_evidence_is_kept_where_not_all_of_it_has_room() -> None:
    run = at_the_gate()
    cited = Analysis(
        task="t1", class_=FailureClass.CODE, summary="s", citations=(Citation(evidence="E30", quote="line 30"),)
    )
    items = tuple(
        EvidenceItem(id=f"E{n}", excerpt=Excerpt(kind="log", source="s", text=f"line {n}\n" + "x" * 9_000))
        for n in range(1, 31)
    )
    opened = run.gates[0]
    assert opened.decision is not None
    decision = opened.decision.model_copy(update={"analysis": (cited,)})

    shown, left = evidence_of(opened.model_copy(update={"evidence": items}), decision, LINKS)

    assert shown[-1].number == "E30"
    assert [one.marked for one in shown[-1].shown.lines][:1] == [True]
    assert left == f"{30 - len(shown)} more pieces of evidence: the run's checks have them"


def test_a_graph_has_a_column_for_each_batch_and_a_line_for_each_need() -> None:
    run = executing(plan("t1", "t2", spec("t3", "t1", "t2")), FREE)

    drawn = graph(run)

    assert columns_of(run) == (("t1", "t2"), ("t3",))
    assert drawn is not None
    assert [(box.key, box.tone) for box in drawn.boxes] == [("t1", "todo"), ("t2", "todo"), ("t3", "todo")]
    assert len(drawn.paths) == 2
    assert len({box.x for box in drawn.boxes}) == 2
    assert graph(executing(plan("t1"), FREE)) is None
    assert graph(executing(plan(*[f"t{n}" for n in range(1, 60)]), FREE)) is None


def test_a_link_of_ours_in_a_question_is_a_link_and_not_a_long_address() -> None:
    reason = no_ci("there is no workflow", LINKS, "main")
    run = fold(two(), e.Refused(at=T0, reason=reason, trouble="pr-only-ci"))

    page = run_page(run, LINKS, (), Timeline(rows=(), total=0, hidden=0, more=False), Which(), NOW)

    assert "https://" not in page.head.why
    assert "“add otto-verify.yml”" in page.head.why
    assert page.more[0].words == "add otto-verify.yml"
    assert page.more[0].url.startswith("https://github.com/octo/app/new/main?filename=")
    assert page.more[-1].url.endswith("troubleshooting.md#pr-only-ci")


def test_what_the_status_comment_says_besides_stands_on_the_page_without_its_marks() -> None:
    run = fold(two(), e.RunBranchMoved(at=T0, sha="theirs", tree="tree-theirs", by="bob"))
    conflict = e.BaseConflict(at=T0, asked="new", base_sha="new", paths=("a_b*.py",))
    run = fold(run, e.BaseMoved(at=T0, sha="new"), conflict)

    page = run_page(run, LINKS, (), Timeline(rows=(), total=0, hidden=0, more=False), Which(), NOW)

    notes = " ".join(page.notes)
    assert "`a_b*.py`" in notes
    assert "Base: `main` at" in notes
    assert not any(mark in notes for mark in ("**", "](", "&#", "More about"))


def test_a_task_that_failed_by_chance_and_one_that_is_not_there() -> None:
    page = task_page(lost(), "t1", LINKS)

    assert page is not None
    assert page.attempts[0].failure is not None
    assert ("Cause", "tests fail") in page.attempts[0].failure.facts
    assert task_page(lost(), "t9", LINKS) is None


LEDGERS = sorted((Path(__file__).parents[1] / "core" / "ledgers").glob("*.jsonl"))


def test_every_event_of_old_ledgers_is_said_in_words() -> None:
    """None is an error, none is empty, and none shows a name of ours."""
    events = [read_event(text) for file in LEDGERS for text in file.read_text().splitlines()[:-1]]
    words = {event.type: event_words(event) for event in events}

    assert len(words) > 20
    assert all(words.values())
    assert not [one for one in words.values() if "_" in one.replace("no_ci", "")]


@pytest.mark.parametrize(
    ("event", "words", "where"),
    [
        (started("t2", 3), "t2 attempt 3: a coder starts on b-t2-3", ("t2", None)),
        (e.GateOpened(at=T0, gate=2), "gate 2 opens: the batch stands still, and something failed", ("", 2)),
        (said("/otto retry t1 -- use `flask`"), "anna said `/otto retry t1`: use `flask`", ("", None)),
        (e.VerificationEnded(at=T0, target="t1/a2", sha="s", ending="red", failure=failure("t1", 2, Cause.LINT)),
         "Actions about t1/a2: red: a linter or type checker refuses it", ("t1", None)),
        (e.TimeUsedUp(at=T0), "its minutes are used up", ("", None)),
        (e.Tidied(at=T0, number=7), "tidied", ("", None)),
        (e.PullRequestClosed(at=T0, merged=True, by="anna"), "the pull request was merged by anna", ("", None)),
    ],
)  # fmt: skip
def test_events_are_said_in_words(event: Any, words: str, where: tuple[str, int | None]) -> None:
    assert (event_words(event), about(event)) == (words, where)


def test_an_event_of_another_version_is_named_and_nothing_breaks() -> None:
    row = TimelineRow(seq=4, at=5.0, type="OfTomorrow", body='{"type": "OfTomorrow"}', refused="too early")
    view = timeline_view(1, Timeline(rows=(row,), total=9, hidden=3, more=True), Which(None, every=False))

    assert view.rows[0].words == "OfTomorrow (of another version)"
    assert view.rows[0].refused == "too early"
    assert view.total == "9 events; 3 more only say how the work is done."
    assert (view.earlier, view.other) == ("/runs/1?before=4#timeline", "/runs/1?events=every#timeline")
    assert which({"before": "4", "events": "every"}) == Which(4, every=True)
    assert which({"before": "x"}) == which({"before": "9" * 40}) == Which()


def test_words_for_comments_are_read_out_without_marks() -> None:
    assert spoken("**Decided:** [r2](https://x/y_z) says `a*b` and \\*this\\*, &lt;b&gt;") == (
        "Decided: r2 says `a*b` and *this*, <b>"
    )


def test_others_words_are_shown_whole_and_nothing_hides_in_them() -> None:
    assert exact("a\x1b[31mb\x00\u202ec\td") == ("ab⟦U+202E⟧c d", False)
    assert exact("<" * 100, 40) == ("<" * 10, True)
    assert line(" a\n\u200bb\x07 ", 3) == "a b"
    assert line("abcdef", 4) == "abc…"


def test_spans_are_said_as_people_say_them() -> None:
    assert [ago(seconds) for seconds in (-3, 0, 89, 90, 5399, 5400)] == [
        "0 s",
        "0 s",
        "89 s",
        "2 min",
        "90 min",
        "1.5 h",
    ]
