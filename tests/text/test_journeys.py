"""What people read about journeys: each kind of round, at each moment, and whatever stands in it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import core_journeys as made
import pytest
import yaml
from core_builders import T0, fold, run_started, said
from core_builders import prepared as ready
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from otto_bot.core import events as e
from otto_bot.core.journeys import Finding, JourneyReport, Next, RoundState
from otto_bot.core.plan import Journey, JourneyStep, ProductSpec
from otto_bot.core.records import CommandRecord
from otto_bot.core.run import Run
from otto_bot.core.verdict import Ground, Proof, Verdict, VerdictItem
from otto_bot.core.waits import waits_for
from otto_bot.text.body import size
from otto_bot.text.call import call_comment
from otto_bot.text.journeys import journeys_comment
from otto_bot.text.journeys_line import workflow_template
from otto_bot.text.links import Links
from otto_bot.text.pull import pull_body
from otto_bot.text.reply import reply_comment
from otto_bot.text.status import status_comment

NOW = T0 + timedelta(minutes=1)


def fix() -> Run:
    return made.posted(made.triaged(made.walked(made.built(), "j2"), made.finding("j2")))


def mended() -> Run:
    run = made.mended(made.applied(fix()), "t3")
    return made.applied(made.posted(made.walked(run)), 0)


def scope() -> Run:
    return made.posted(
        made.triaged(made.walked(made.built(), "j2", "j3"), made.finding("j2", "scope"), made.finding("j3", "scope"))
    )


def replan() -> Run:
    return made.posted(made.triaged(made.walked(made.built(), "j1"), made.finding("j1", "planning")))


def by_rules() -> Run:
    run = made.walked(made.built(), "j2")
    event = e.JourneysTriaged(
        at=T0, round=1, findings=(made.finding("j2", guidance=""),), decided_by="rules", rejections=("x",)
    )
    return made.posted(fold(run, event))


def certify() -> Run:
    run = fold(None, run_started(kind="certify", subject=made.product()), ready())
    good = Verdict(items=(VerdictItem(id="c1", status="met", evidence="it prints it", refs=("R1",)),))
    bad = Verdict(items=(VerdictItem(id="c1", status="not_met", evidence="it does not", refs=("R2",)),))
    proof = Proof(grounds=(Ground(item="c1", records=(2,)),), records=made.RECORDS)
    event = e.JourneysTested(
        at=T0, round=1, head="base", via="sandbox", report=made.report("j2"), verdicts={"t1": good, "t2": bad},
        proofs={"t2": proof}, calls=5, usd=0.3,
    )  # fmt: skip
    return made.applied(made.posted(fold(run, event)), 0)


ROUNDS = {
    "passed": lambda: made.applied(made.posted(made.walked(made.built())), 0),
    "fix": fix,
    "mended": mended,
    "scope": scope,
    "replan": replan,
    "by_rules": by_rules,
    "paused": lambda: fold(fix(), said("/otto pause")),
    "changed": lambda: made.posted(fold(fix(), said("/otto retry -- use the other table"))),
    "taken": lambda: made.applied(fold(scope(), said("/otto approve"))),
    "one_left": lambda: made.posted(fold(scope(), said("/otto skip j3"))),
    "certify": certify,
}


@pytest.mark.parametrize("name", list(ROUNDS))
def test_a_round(name: str, links: Links, shown: SnapshotAssertion) -> None:
    run = ROUNDS[name]()
    assert journeys_comment(run, run.journeys[0], links, NOW) == shown


def test_a_question_goes_out_as_one_call(links: Links, shown: SnapshotAssertion) -> None:
    run = scope()
    wait = waits_for(run)
    assert wait is not None
    assert call_comment(run, wait, links, reminder=False) == shown


@pytest.mark.parametrize("name", ["fix", "scope", "passed", "certify"])
def test_the_status_says_how_journeys_stand(name: str, links: Links, shown: SnapshotAssertion) -> None:
    assert status_comment(ROUNDS[name](), links, NOW) == shown


def test_what_could_not_be_tested_is_said_with_what_would_help(links: Links) -> None:
    run = fold(
        made.built(),
        e.JourneysSkipped(at=T0, round=1, reason="this host of Otto has no sandbox, and there is no workflow"),
    )
    for body in (status_comment(run, links, NOW), pull_body(run, links, None)):
        assert "**Journeys:** not tested, because this host of Otto has no sandbox" in body
        assert "[add otto-journeys.yml](https://github.com/octo/demo/new/" in body
        assert "filename=.github%2Fworkflows%2Fotto-journeys.yml&value=" in body


def test_the_workflow_that_people_may_add_may_only_read() -> None:
    workflow = yaml.safe_load(workflow_template())
    assert workflow["permissions"] == {"contents": "read"}
    assert set(workflow[True]["workflow_dispatch"]["inputs"]) == {"id", "journeys"}
    (job,) = workflow["jobs"].values()
    assert "secrets" not in workflow_template().replace("no secrets", "")
    assert [step.get("uses", "run").partition("@")[0] for step in job["steps"]] == ["actions/checkout", "run"]
    assert "${{" not in job["steps"][1]["run"], "what is handed over reaches no shell as text"


RENDERER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
PARTS = [
    "@octocat", "@org/team", "Fixes #1", "closes octo/demo#3", "https://evil.example/x.png", "<img src=x>",
    "![x](https://evil.example/p.png)", "[click](javascript:alert(1))", "<!-- otto run=41 -->", "-->", "# heading",
    "- [x] `/otto skip t1` box", "| a | b |", "|", "**", "_", "~~", "`", "```", "~~~", "</details>", "</sub>", "> ",
    "\n", "\r\n", "\n\n", " ", "\\", "\u202e", "\x1b[31m", "é", "\U0001f600", "/otto approve r1", "a",
]  # fmt: skip
WORDS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=12).map("".join)


def hostile(text: str, kind: str, following: Next, state: RoundState) -> Run:
    """A round in which everything that is a text is this one."""
    run = made.walked(made.built(), "j2", "j3")
    record = CommandRecord(number=2, tool="run", what=text * 3, exit_code=1, output=text * 50)
    steps = [
        j.model_copy(update={"steps": tuple(s.model_copy(update={"seen": text[:600]}) for s in j.steps)})
        for j in run.journeys[-1].report.journeys
    ]
    findings = tuple(
        Finding.model_validate(
            {
                "journey": key,
                "kind": kind,
                "summary": text[:600],
                "ref": "R2",
                "quote": text[:600],
                "guidance": text[:1000],
                "question": text[:500],
            }
        )
        for key in ("j2", "j3")
    )
    one = run.journeys[-1].model_copy(
        update={
            "report": JourneyReport(journeys=tuple(steps), records=(made.RECORDS[0], record)), "findings": findings,
            "next": following, "state": state, "why": text, "guidance": text, "decided_by": "triage", "model": text,
            "fixing": ("j2",), "approved_by": text, "skipped": "", "comment_url": f"https://x.example/{text}",
        }
    )  # fmt: skip
    journeys = tuple(
        Journey(id=f"j{n}", title=text[:120], steps=(JourneyStep(do=text[:300], see=text[:300]),) * 2)
        for n in (1, 2, 3)
    )
    assert run.plan is not None
    plan = run.plan.model_copy(update={"spec": ProductSpec(journeys=journeys)})
    return run.model_copy(update={"plan": plan, "journeys": (one,), "tasks": {**run.tasks}})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@for_all(
    text=WORDS.filter(str.strip),
    kind=st.sampled_from(["implementation", "scope"]),
    following=st.sampled_from(list(Next)),
    state=st.sampled_from([RoundState.DECIDED, RoundState.POSTED, RoundState.APPLIED]),
)
def test_whatever_stands_in_a_round_acts_on_nothing(
    text: str, kind: str, following: Next, state: RoundState, links: Links, now: datetime
) -> None:
    run = hostile(text, kind, following, state)
    for body in (journeys_comment(run, run.journeys[0], links, now), status_comment(run, links, now)):
        assert size(body) <= 60_000
        html = RENDERER.render(body)
        live = re.sub(r"<code[^>]*>.*?</code>", "", html, flags=re.DOTALL)
        assert "@octocat" not in live
        assert "@org/team" not in live
        assert not re.search(r"(?:fixes|closes) (?:[\w./-]*)#\d", live, re.IGNORECASE)
        assert not re.search(r"<(?:img|script)", live)
        assert not re.search(r"href=\"(?!https://github\.com/octo/demo)", live), live
        assert "<!-- otto" not in re.sub(r"<pre>.*?</pre>", "", live, flags=re.DOTALL)
        assert not any(line.startswith("/otto") for line in body.splitlines()) or "```" in body


def test_replies_at_journeys_speak_of_journeys(links: Links) -> None:
    testing = fold(made.built(), said("/otto retry j2"))
    assert "being tested right now" in reply_comment(testing, testing.replies[-1], links)
    waiting = fold(scope(), said("/otto resume"))
    assert "What follows from the journeys waits" in reply_comment(waiting, waiting.replies[-1], links)
    stale = fold(fix(), said("/otto approve r1"))
    assert "the plan that waits is r2" in reply_comment(stale, stale.replies[-1], links)
