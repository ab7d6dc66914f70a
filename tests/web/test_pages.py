"""Pages of the real application over a real ledger: what they say, that everybody can read them, and their size."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from core_builders import T0, decision, failure, plan, said, spec, started, to_failed
from page_reader import Reader

from otto_bot.core import events as e
from otto_bot.core.decision import Analysis, Learning, Routed
from otto_bot.core.evidence import Citation, EvidenceItem, Excerpt, FailingTest, FailureClass
from otto_bot.core.gate_account import GateReply
from otto_bot.core.lanes import LaneKind
from otto_bot.core.onboarding import Facts
from otto_bot.core.run import Run
from otto_bot.store import tables as t
from otto_bot.store.cursors import Cursors
from otto_bot.store.database import writing
from otto_bot.store.onboarded import Onboarded, keep_onboarded
from otto_bot.web.assets import shipped
from otto_bot.web.site import Site
from otto_bot.web.viewer import Asked, Viewer

PLACES = ("/", "/runs/1", "/runs/1?events=every", "/runs/1/tasks/t1", "/runs/1/tasks/t2", "/runs/1/tasks/t3",
          "/runs/1/gates/1", "/health", "/insight", "/?page=99", "/?text=nothing")  # fmt: skip
LOST = ("/runs/99", "/runs/x", "/runs/1/tasks/t99", "/runs/1/gates/9", "/runs/1/gates/x", f"/runs/{'9' * 30}")
LARGEST = 150_000
HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(1)> {{ 7**9 }} {% raw %} \u202egnp.exe\u0000 </pre></title>'
    " `code` [x](javascript:alert(1)) '"
)


async def test_every_page_can_be_read_by_everybody(host: Any) -> None:
    """Landmarks, headings in order, labels, scopes, ids; nothing that a script or a style would come in by."""
    host.at_gate()

    found = {place: Reader(await host.page(place)).wrong for place in PLACES}
    found |= {place: Reader(await host.page(place, 404)).wrong for place in LOST}

    assert {place: wrong for place, wrong in found.items() if wrong} == {}


async def test_words_of_a_repository_act_on_nothing(host: Any) -> None:
    """Title, body, plan, guidance, evidence, replies, commands: they are words on every page, and no link of theirs."""
    tasks = (spec("t1").model_copy(update={"title": HOSTILE[:110], "goal": HOSTILE}), spec("t2"), spec("t3", "t2"))
    run = host.at_gate(title=HOSTILE, body=HOSTILE, plan=plan(*tasks))
    words = Excerpt(kind="log", source=HOSTILE, text=HOSTILE, url="javascript:alert(1)")
    host.add(run, said(f"/otto retry t1 -- {HOSTILE}".replace("\u0000", "")))
    run = host.ledger.load(run.id)
    host.add(run, e.EffectFailed(at=T0, key=HOSTILE, kind="x", message=HOSTILE, retry_at=T0))
    wild = failure("t1", excerpts=(words,), detail=HOSTILE, failing_jobs=(HOSTILE,))
    host.add(run, e.CandidateConflict(at=T0, batch=1, step=1, task="t1", failure=wild))

    pages = {place: Reader(await host.page(place)) for place in PLACES}

    assert {place: page.wrong for place, page in pages.items() if page.wrong} == {}
    links = {link for page in pages.values() for link in page.links}
    ours = re.compile(r"/($|\?|runs/|health$|insight$|static/)|#|https://github\.com/octo/app/")
    assert [link for link in links if not ours.match(link)] == []
    assert not any(mark in page.words for page in pages.values() for mark in ("\u202e", "\x00", "40353607"))
    assert "<script>alert(1)</script>" in pages["/runs/1"].words


async def test_a_run_says_why_what_next_and_what_to_do(host: Any) -> None:
    run = host.at_gate()

    page = await host.page(f"/runs/{run.id}")

    for words in ("Batch 1 failed (t1: tests fail).", "The retry plan is carried out", "goes on by itself",
                  'href="/runs/1/gates/1"', "request #2", "octo/app#4", '<text x="12" y="22">t1</text>'):  # fmt: skip
        assert words in page, words


async def test_a_run_that_waits_says_the_exact_words_that_make_it_go_on(host: Any) -> None:
    run = host.executing()
    host.add(run, e.Refused(at=T0, reason="Allow `ci.yml` first?", reply="/otto resume"))

    page, listed = await host.page("/runs/1"), await host.page("/?state=waiting")

    assert "Allow <code>ci.yml</code> first?" in page
    assert "Write this as a comment on GitHub: <code>/otto resume</code>" in page
    assert '<a href="/">All runs</a>' in listed
    assert "Allow <code>ci.yml</code> first?" in listed
    assert "waits for a person" in listed


async def test_a_task_shows_what_it_was_told_and_why_it_failed(host: Any) -> None:
    run = host.at_gate()
    run = host.add(run, e.DecisionApplied(at=T0 + timedelta(hours=1), gate=1, revision=run.gates[-1].revision))
    coming = await host.page("/runs/1/tasks/t1")
    host.add(run, started("t1", 2))
    page, judged = await host.page("/runs/1/tasks/t1"), await host.page("/runs/1/tasks/t2")

    assert "The next attempt is told" in coming
    for words in ("retry differently", "do it so", 'href="/runs/1/gates/1"', "tests fail", "CI / test · lines 20-23",
                  "https://github.com/octo/app/actions/runs/5/job/9", "tests/test_links.py::test_expires"):  # fmt: skip
        assert words in page, words
    assert "R1 shows it" in judged


async def test_a_gate_shows_facts_quotes_validation_and_the_way_to_decide_it_again(host: Any) -> None:
    host.at_gate()

    page = await host.page("/runs/1/gates/1")

    for words in ("pilot · claude · 2 calls · $0.03", '<span class="n">21</span> <mark>E   ModuleNotFoundError',
                  '<a href="#E1">E1</a>', "batches: t3 is missing", "&#34;retry_strategies&#34;",
                  "otto-bot replay 1 --gate 1", "declare what you import"):  # fmt: skip
        assert words in page, words


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("/runs/99", "the list has all"),
        ("/runs/1/tasks/t99", "the run&#39;s page has them"),
        ("/runs/1/gates/9", "lists its gates"),
    ],
)
async def test_what_is_not_there_is_answered_with_what_to_do(host: Any, place: str, words: str) -> None:
    host.at_gate()
    assert words in await host.page(place, 404)


async def test_an_address_that_is_none_leads_a_browser_on(host: Any) -> None:
    browser = await host.http.get("/what/ever", headers={"accept": "text/html,*/*"})
    program = await host.http.get("/what/ever")
    stranger = await host.http.get("/what/ever", headers={"accept": "text/html", "host": "evil.example"})

    assert browser.status_code == 404
    assert "The list of runs leads to all there is." in browser.text
    assert Reader(browser.text).wrong == []
    assert [(one.status_code, one.json()) for one in (program, stranger)] == [(404, {"detail": "Not Found"})] * 2


async def test_a_run_that_this_version_cannot_read_is_said(host: Any) -> None:
    host.executing()
    with writing(host.engine) as c:
        c.execute(t.runs.update().values(version=10**9))
    assert "Use the pages of that version" in await host.page("/runs/1", 409)
    with writing(host.engine) as c:
        c.execute(t.runs.update().values(version=0, state="{}"))
    assert "Use the version that wrote it" in await host.page("/runs/1", 500)


async def test_what_cannot_be_read_is_said_also_while_the_database_is_away(host: Any) -> None:
    """The page that says so asks it nothing more."""
    where = ("https://github.com", "https://otto.example/docs")
    site = Site(host.engine, shipped(), *where, lambda: T0)
    with writing(host.engine) as c:
        c.execute(sa.text("ALTER TABLE effects RENAME TO gone"))
        c.execute(sa.text("ALTER TABLE workers RENAME TO away"))

    page = site.answered(Asked(Viewer(), {}), lambda _site: Run.model_validate_json("{}"))

    assert page.status == 500
    assert "Use the version that wrote it" in page.html


async def test_a_database_that_does_not_answer_is_said(make_database: Any, make_host: Any) -> None:
    host = make_host("127.0.0.1", make_database("sqlite"))
    with writing(host.engine) as c:
        c.execute(sa.text("ALTER TABLE runs RENAME TO gone"))

    async with host.http:
        assert "Nothing is lost" in await host.page("/runs/1", 503)
        assert "Nothing is lost" in await host.page("/", 503)
    host.engine.dispose()


async def test_the_first_visit_explains_itself(host: Any) -> None:
    page = await host.page("/")

    assert "No run yet. Put the label <code>otto</code> on an issue" in page
    assert "<form" not in page


async def test_a_page_out_of_range_says_so_and_offers_the_first(host: Any) -> None:
    host.executing()

    page = await host.page("/?page=7&repo=octo/app")

    assert "There is no page 7: the list has 1 page." in page
    assert 'href="/?repo=octo%2Fapp">First page' in page


async def test_a_host_without_a_worker_says_so_on_every_page(host: Any) -> None:
    host.executing()

    pages = [await host.page(place) for place in ("/", "/runs/1", "/health")]

    assert all("no worker was heard of for 30 seconds" in page for page in pages)
    assert all("otto-bot worker" in page for page in pages)


async def test_a_run_of_five_hundred_events_stays_small(host: Any) -> None:
    """The timeline is cut, with a way to earlier events; every one of them is on exactly one page."""
    run = host.executing(plan=plan(*[f"t{n}" for n in range(1, 31)]))
    host.add(run, *(e.Parked(at=T0, why="runs", reason="x" * 300) for _ in range(500)))

    seen: list[str] = []
    place = "/runs/1"
    while place:
        page = await host.page(place)
        assert len(page.encode()) < LARGEST
        seen += re.findall(r'<tr id="event-(\d+)">', page)
        place = next((link for link in Reader(page).links if "before=" in link), "")

    assert seen == [str(number) for number in range(len(seen), 0, -1)]
    assert len(seen) > 500


async def test_the_longest_list_stays_small(host: Any) -> None:
    """Also where every name, title and question is as long as it can be; short ones are never cut."""
    run = host.executing(title="<" * 300)
    host.add(run, e.Refused(at=T0, reason="`<` & " * 150, reply="/otto resume"))
    for number in range(5, 204):
        host.start(issue=number, title="Short" if number == 9 else "<" * 300)
    with writing(host.engine) as c:
        c.execute(t.runs.update().values(repo_name="o" * 39 + "/" + "r" * 97 + sa.cast(t.runs.c.id, sa.String)))
        c.execute(t.runs.update().values(working=0, state=host.ledger.load(run.id).model_dump_json(by_alias=True)))

    full, usual = await host.page("/?size=200&text=%3C"), await host.page("/?size=25&text=Short")

    assert full.count("<tr>") == 200
    assert len(full.encode()) < LARGEST
    assert "r" * 97 in usual
    assert "Short<" in usual


async def test_attempts_with_long_logs_stay_small(host: Any) -> None:
    """Also where each letter takes five in HTML, and each line is one letter."""
    run = host.executing()
    logs = [Excerpt(kind="log", source="CI", text=text, first_line=1) for text in ("<" * 90_000, "x\n" * 40_000)]
    host.add(run, *to_failed("t1", excerpts=(*logs, *logs)))

    page = await host.page("/runs/1/tasks/t1")

    assert len(page.encode()) < LARGEST
    assert "The rest is left out here." in page


async def test_a_gate_of_many_failures_stays_small(host: Any) -> None:
    """What does not fit is counted."""
    keys = [f"t{n}" for n in range(1, 46)]
    run = host.executing(plan=plan(*keys))
    tests = tuple(FailingTest(id=f"tests/test_{n}.py::test_it", message="m" * 300) for n in range(30))
    log = Excerpt(kind="log", source="CI", text='"quoted" & <odd>\n' * 900, first_line=1, last_line=901)
    for key in keys:
        run = host.add(run, *to_failed(key, excerpts=(log,), failing_tests=tests, detail="d" * 600))
    evidence = tuple(EvidenceItem(id=f"E{n}", task="t1", excerpt=log) for n in range(1, 90))
    cited = (Citation(evidence="E1", quote='"quoted" & <odd>'),) * 10
    read = tuple(Analysis(task=key, class_=FailureClass.CODE, summary="<" * 300, citations=cited) for key in keys)
    moves = decision(
        dict.fromkeys(keys, "retry_different"), [keys], analysis=read,
        routed=tuple(Routed(target_task=key, context="<" * 1_000) for key in keys),
        learnings=(Learning(text="<" * 300),) * 20,
    )  # fmt: skip
    moves = moves.model_copy(
        update={"moves": tuple(one.model_copy(update={"guidance": "<" * 2_000}) for one in moves.moves)}
    )
    raw = host.archive.keep("reply", b"<" * 9_000, T0)
    replies = tuple(GateReply(call=f"c{n}", role="pilot", tries=n, reply=raw) for n in range(7))
    made = e.DecisionMade(at=T0, gate=1, decision=moves, evidence=evidence, replies=replies)
    host.add(run, e.GateOpened(at=T0, gate=1), made)

    page = await host.page("/runs/1/gates/1")

    assert len(page.encode()) < LARGEST
    assert page.count("<p>+ 5</p>") == 3
    assert f"{'&lt;' * 20}…" in page
    assert "t29, t30 and 15 more" in page
    assert page.count("<blockquote>") == 80
    assert page.count("<p>+ 8</p>") == 40
    assert "Raw reply: + 4" in page
    assert page.count("<details>") == 3
    assert "more pieces of evidence" in page


async def test_insight_counts_what_decisions_were_worth(host: Any, make_host: Any) -> None:
    assert "No gate was decided yet" in await host.page("/insight")
    run = host.at_gate()
    run = host.add(run, e.DecisionApplied(at=T0 + timedelta(hours=1), gate=1, revision=run.gates[-1].revision))
    host.add(run, *to_failed("t1", 2))
    assert "No gate was decided yet" in await host.page("/insight")  # counted at most once a minute
    other = make_host("127.0.0.1")

    async with other.http:
        page = await other.page("/insight")
    other.engine.dispose()

    for words in ("1 gate of 1 run", "pilot: 1 failed", "test: tests fail", "0 of 1",
                  "otto-bot insight"):  # fmt: skip
        assert words in page, words


async def test_health_offers_what_repositories_lack(host: Any) -> None:
    """By links to GitHub's own editor."""
    lacks = Onboarded(repo_id=7, full_name="octo/app", default_branch="main", lane=LaneKind.NONE, facts=Facts(), at=T0)
    assert "No repository that Otto has looked at lacks anything." in await host.page("/health")
    keep_onboarded(Cursors(host.engine), lacks)

    page = await host.page("/health")

    assert '<a href="https://github.com/octo/app/new/main?filename=.github%2Fworkflows%2Fotto-verify.yml&amp;' in page
    assert "nothing: no workflow can verify a branch" in page


async def test_health_tells_workers_queue_and_limits(host: Any) -> None:
    host.executing()
    with writing(host.engine) as c:
        c.execute(t.workers.insert().values(name="w-1", host="h", version="1", started_at=5.0, heartbeat_at=5.0))

    page = await host.page("/health")

    for words in ("w-1", "not heard any more", "No delivery waits.", "due now or later", "No limit of GitHub"):
        assert words in page, words
