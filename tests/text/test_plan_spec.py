"""The plan comment says why work is split, what users get, what was chosen, and what the planner broke."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.attempt import Task
from otto_bot.core.budget import Money
from otto_bot.core.config import Config
from otto_bot.core.plan import (
    Criterion,
    Domain,
    FailureDomain,
    Feature,
    Journey,
    JourneyStep,
    Plan,
    ProductSpec,
    TaskSpec,
    TradeOff,
)  # fmt: skip
from otto_bot.core.run import Run, RunPhase
from otto_bot.core.values import Person, Repo
from otto_bot.text.body import size
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment
from otto_bot.text.plan_notes import planner_notes

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RENDERER = MarkdownIt("commonmark", {"linkify": False}).enable("table")
HOSTILE = ["@octocat", "fixes #12", "<img src=x>", "<!-- otto run=1 -->", "\n/otto approve r1\n", "](https://evil.example)",
           "</details>", "`code`", "# x", '"']  # fmt: skip
WORDS = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map(" ".join)


def plan(word: str = "", many: int = 0) -> Plan:
    """Two slices; `word` stands in every text, `many` makes journeys long."""
    more = " x" * many

    def task(key: str, title: str, feature: str) -> TaskSpec:
        criteria = (Criterion(id="c1", text=f"{title} shows 3 rows {word}"[:500]),)
        return TaskSpec(
            key=key, title=f"{title} {word}"[:120], goal=f"{title}.", criteria=criteria, features=(feature,)
        )

    step = JourneyStep(do=f"Open the list {word}{more}"[:300], see=f"Three rows {word}{more}"[:300])
    return Plan(
        summary="A list and a mail.",
        mode="decomposed",
        tasks=(task("t1", "List the orders", "f1"), task("t2", "Mail the list", "f2")),
        domains=(
            FailureDomain(kind=Domain.SURFACE, name=f"list {word}"[:80], asked=f"a page with the orders {word}"),
            FailureDomain(kind=Domain.BACKGROUND, name="mail", asked="each morning by mail"),
        ),
        spec=ProductSpec(
            scope=f"Staff see their orders. {word}",
            features=(
                Feature(id="f1", name=f"Page of orders {word}"[:120], asked="a page with the orders"),
                Feature(id="f2", name="Morning mail", asked=f"each morning by mail {word}"),
            ),
            journeys=tuple(
                Journey(
                    id=f"j{n}", title=f"Look {n} {word}"[:120], features=("f1", word or "f2"),
                    steps=(step,) * (12 if many else 1),
                )
                for n in range(1, 4)
            ),
        ),
        architecture=(TradeOff(decision=f"One query {word}", instead_of="a cache", why=f"it is fast enough {word}"),),
        non_goals=("Sorting.",),
    )  # fmt: skip


def run_of(made: Plan, *notes: str, approval: str = "auto") -> Run:
    """A run whose plan waits to be posted."""
    config = Config.model_validate({"plan": {"approval": approval}, "verify": {"exposure": "accept"}})
    repo = Repo(id=1, installation_id=2, owner="octo", name="demo", default_branch="main")
    return Run(
        id=41, repo=repo, issue=5, ordinal=1, title="t", body="b", actor=Person(id=7, login="maria"), started_at=START,
        phase=RunPhase.PLAN_REVIEW, config=config, prepared=True, plan=made, plan_revision=1, revision=1,
        plan_notes=notes, tasks={key: Task(key=key) for key in made.keys}, money=Money(cap=10),
    )  # fmt: skip


NOTES = planner_notes("serial", ["slice: t1: brings no feature", 'testable: t2 c1: "works" cannot be observed'])


def test_a_plan_of_slices(links: Links, shown: SnapshotAssertion) -> None:
    assert plan_comment(run_of(plan()), links) == shown


def test_a_plan_whose_planner_broke_rules_waits(links: Links, shown: SnapshotAssertion) -> None:
    assert plan_comment(run_of(plan(), *NOTES), links) == shown


def test_nothing_is_said_of_what_a_plan_of_one_task_does_not_have(links: Links) -> None:
    one = plan().model_copy(update={"tasks": plan().tasks[:1], "domains": (), "spec": None, "architecture": ()})
    body = plan_comment(run_of(one), links)
    for words in ("Why", "What users get", "User journeys", "Choices", "Look closely"):
        assert words not in body
    assert planner_notes("none", ()) == ()


def test_journeys_give_way_first_and_keep_their_titles(links: Links) -> None:
    whole = plan_comment(run_of(plan(many=150)), links)
    assert "Open the list x" in whole
    long = plan(many=150)
    goals = tuple(task.model_copy(update={"goal": "g" * 4000}) for task in long.tasks)
    tasks = tuple(goals[0].model_copy(update={"key": f"t{n}"}) for n in range(1, 28))
    body = plan_comment(run_of(long.model_copy(update={"tasks": tasks})), links)
    assert size(body) < 60_000
    assert "Open the list x" not in body
    assert "- j1 Look 1" in body
    assert "left out here" not in body


@pytest.mark.parametrize("note", ["@octocat closes #12 <!-- x -->\n/otto approve r1", "x" * 9000])
def test_notes_are_one_bounded_line_each_that_acts_on_nothing(note: str, links: Links) -> None:
    body = plan_comment(run_of(plan(), *planner_notes("single", [note])), links)
    assert "<!--" not in body
    assert not re.search(r"(?m)^\s*/otto", body)
    assert max(len(line) for line in planner_notes("single", [note])) <= 400


@for_all(WORDS)
@settings(max_examples=40, deadline=None)
def test_words_of_a_plan_act_on_nothing(word: str) -> None:
    body = plan_comment(run_of(plan(word), word), Links("https://github.com", "octo", "demo"))
    assert "<!--" not in body
    assert body.count("<details>") == body.count("</details>")
    assert not re.search(r"(?m)^[\s>-]*/otto", body)
    text = re.sub(r"<code[^>]*>.*?</code>", "", RENDERER.render(body), flags=re.DOTALL)
    assert "<img" not in text
    assert set(re.findall(r"(?<![\w`/])@(\w+)", text)) <= {"maria"}
    assert not re.search(r"#\d", text)
    assert all("evil" not in url for url in re.findall(r'(?:href|src)="([^"]*)"', text))


@pytest.mark.parametrize(("approval", "waits"), [("auto", True), ("always", True), ("never", False)])
def test_a_plan_that_broke_rules_waits_unless_nobody_approves_plans(approval: str, waits: bool, links: Links) -> None:
    small = plan()
    assert (
        "broke rules (the plan says which)" in plan_comment(run_of(small, *NOTES, approval=approval), links)
    ) is waits
    assert "Starts now" in plan_comment(run_of(small), links)
