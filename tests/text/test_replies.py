"""Every reply a run can owe has words; every name of ours has plain ones."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.attempt import TaskState
from otto_bot.core.commands import VERBS, parse_line
from otto_bot.core.decision import Action, Decider
from otto_bot.core.evidence import Cause, FailureClass, Phase, Progress
from otto_bot.core.lanes import LaneKind
from otto_bot.core.plan import Relation
from otto_bot.core.refusals import WRITE_NEEDED
from otto_bot.core.run import Outcome, Reply, Run, RunPhase
from otto_bot.core.steering import REPLIES
from otto_bot.text import words
from otto_bot.text.explain import explain_text
from otto_bot.text.links import Links
from otto_bot.text.reply import (
    HELP,
    REPLY_WORDS,
    bad_command,
    help_text,
    label_on_pull_request,
    no_run,
    refused,
    reply_comment,
    unknown_verb,
)

DETAILS = {"stale_revision": "r2", "not_posted": "r2", "use_approve": "r2", "not_in_plan": "t4", "cannot_retry":
           "t1 is merged", "cannot_skip": "there is no task t9",
           "cannot_accept": "t1 is not held for changed tests", "nothing_learnt": "L3",
           "learning_kept": "L3 CI lacks `flask`", "learning_kept_already": "L3 CI lacks `flask`",
           "learning_dropped": "L3 CI lacks `flask`", "learning_dropped_already": "L3 CI lacks `flask`",
           "learning_unsafe": "L3 names the protected path .github/ci.yml", "ended": "done",
           "explain": "t3", "no_money": "10.00", "host_cap": "50.00", "budget_raised": "15.50",
           "budget_noted": "5.00", "minutes_raised": "480", "enough": "2026-11-01T10:00+00:00"}  # fmt: skip
Moment = Callable[[str], Run]


def reply(key: str, detail: str = "") -> Reply:
    """An answer owed."""
    return Reply(number=1, where=5, comment_id=1, key=key, detail=detail)


def test_every_reply_has_words() -> None:
    assert set(REPLY_WORDS) == set(REPLIES)


@pytest.mark.parametrize("key", REPLIES)
def test_reply(key: str, moment: Moment, links: Links, shown: SnapshotAssertion) -> None:
    assert reply_comment(moment("asking"), reply(key, DETAILS.get(key, "")), links) == shown


@pytest.mark.parametrize("key", REPLIES)
@pytest.mark.parametrize("name", ["started", "planned", "working", "paused", "stopped", "finished"])
def test_replies_hold_at_any_moment_and_with_any_detail(key: str, name: str, moment: Moment, links: Links) -> None:
    run = moment(name)
    for detail in ("", "t1", "t99", "<b>@x</b>\n/otto stop", "9" * 500):
        body = reply_comment(run, reply(key, detail), links)
        assert body.splitlines()[-1].endswith("run 41</sub>")
        assert "<b>" not in re.sub(r"`[^`]*`", "", body)


def test_the_heart_s_names_have_plain_words() -> None:
    tables = [
        (words.PHASES, RunPhase), (words.OUTCOMES, Outcome), (words.STATES, TaskState), (words.CAUSES, Cause),
        (words.MOVES, Action), (words.DECIDERS, Decider), (words.DECIDED_HOW, Decider), (words.CLASSES, FailureClass),
        (words.PHASE_OF_FAILURE, Phase), (words.PROGRESS, Progress), (words.RELATIONS, Relation),
        (words.LANES, LaneKind),
    ]  # fmt: skip
    for table, names in tables:
        assert set(table) == set(names)
        assert all("_" not in said and said for said in table.values())


def test_help_names_every_verb_and_only_those() -> None:
    said = [command.split()[1] for command, _ in HELP]
    assert sorted(said) == sorted(VERBS)
    assert all(f"`{command}`" in help_text() for command, _ in HELP)


@pytest.mark.parametrize(
    "line", ["/otto status", "/otto pause", "/otto resume", "/otto stop", "/otto budget +5", "/otto help"]
)
def test_help_shows_lines_that_are_understood(line: str) -> None:
    assert line in help_text()
    assert type(parse_line(line)).__name__ == "Command"


def test_explain_without_a_task_tells_every_failed_one(moment: Moment, links: Links) -> None:
    text = explain_text(moment("gate"), "", links)
    assert "t2 cache-layer" in text
    assert "t3 rest-api" in text
    assert "t1 store" not in text
    assert "No task of this run has failed" in explain_text(moment("working"), "", links)
    assert "It has not failed" in explain_text(moment("gate"), "t1", links)
    assert "There is no task" in explain_text(moment("gate"), "t99", links)


@pytest.mark.parametrize(
    ("why", "entry"),
    [
        (WRITE_NEEDED, True),
        ("an app did this in your name, and only you yourself can", False),
        ("GitHub knows this name as someone else", False),
    ],
)
def test_only_who_may_not_write_is_led_to_roles(why: str, entry: bool, links: Links) -> None:
    said = refused("@mallory", why, links)
    assert why in said
    assert ("#custom-role)" in said) is entry
    assert said == said.strip()


def test_words_outside_of_a_run(shown: SnapshotAssertion, links: Links) -> None:
    said = [
        refused("@mallory", "write permission in this repository is needed", links),
        unknown_verb("`retyr` is not a command", "retry"),
        unknown_verb("`x` is not a command", None),
        bad_command("name one revision: `/otto approve r2`"),
        no_run(),
        label_on_pull_request(),
    ]
    assert "\n\n".join(said) == shown
