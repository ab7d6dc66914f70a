"""What people are told of text in an issue that its page does not show."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

from otto_bot.core.commands import Command, Given
from otto_bot.core.events import CommandGiven
from otto_bot.core.guided import guided_by
from otto_bot.core.issue import IssueText
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run
from otto_bot.text.hidden import hidden_in_issue
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment
from otto_bot.text.told import told

JOBS = Path(__file__).parents[2] / "otto_bot" / "jobs"
ALSO_RAW = {"learn.py"}
"""Looks whether a learning repeats the issue, hidden parts and all."""


def test_the_plan_comment_says_what_the_issue_hides(moment: Callable[[str], Run], links: Links) -> None:
    run = moment("planned")
    assert hidden_in_issue(run) == ""
    body = "Please. <!-- a --> <!-- b --> ![all of it](x)\u200b\u200b"
    sly = run.model_copy(update={"title": "Cache\u202e it", "body": body})
    words = "2 HTML comments, 1 description of a picture and 3 characters without a shape"
    assert words in plan_comment(sly, links)
    assert told(sly).title == "Cache it"
    assert told(sly).body == "Please.   [picture]"
    assert hidden_in_issue(sly.model_copy(update={"kind": "improve"})) == ""


def test_an_issue_that_is_read_again_is_told_as_it_is_now(moment: Callable[[str], Run]) -> None:
    run = moment("planned")
    assert told(run).body == "Please."
    issue = IssueText(title="Cache it", body="Please, in brackets.")
    command = Given(key="k", command=Command(verb="replan"), by=run.actor, where=5, issue=issue)
    again = reduce(run, CommandGiven(at=run.started_at, given=command))
    assert again is not None
    assert told(again).body == "Please, in brackets."


def test_it_is_said_who_guided_an_attempt(moment: Callable[[str], Run]) -> None:
    run = moment("by_hand")
    first, second = run.gates
    assert first.decision is not None
    attempt = run.task("t2").attempts[-1]
    assert guided_by(run, attempt) is None
    said = attempt.model_copy(update={"gate": second.number, "guidance": "dicts, as in the other module"})
    maria = guided_by(run, said)
    assert maria is not None
    assert (maria.login, maria.permission) == ("maria", "write")
    words = next(move.guidance for move in first.decision.moves if move.guidance)
    pilot = guided_by(run, attempt.model_copy(update={"gate": first.number, "guidance": words}))
    assert pilot is not None
    assert pilot.permission == "none"


def test_no_job_hands_on_an_issue_as_it_was_typed() -> None:
    """Title and body reach models by `told` alone."""
    for file in JOBS.glob("*.py"):
        reads = {
            node.attr
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "run"
        }
        assert file.name in ALSO_RAW or not reads & {"title", "body"}, file.name
