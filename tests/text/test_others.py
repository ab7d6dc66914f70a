"""What people read about what they did to a run's branches and pull request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from otto_bot.core import events as e
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.machine import reduce
from otto_bot.core.run import Others, Outcome, Run, RunPhase
from otto_bot.core.waits import waits_for
from otto_bot.text.call import call_comment
from otto_bot.text.links import Links
from otto_bot.text.others import others_line
from otto_bot.text.status import status_comment
from otto_bot.text.trouble import Trouble, of_failure

Moment = Callable[[str], Run]
SHA = "a" * 40


def closed(run: Run, now: datetime, by: str) -> Run:
    after = reduce(run, e.PullRequestClosed(at=now, merged=False, by=by))
    assert after is not None
    return after


def test_who_closes_it_reads_what_follows(moment: Moment, links: Links, now: datetime) -> None:
    run = closed(moment("working"), now, "bob")
    wait = waits_for(run)
    assert wait is not None
    text = call_comment(run, wait, links, False)
    assert "this run is paused: its pull request was closed without being merged, by bob." in text
    assert "`/otto resume` goes on with the same branch, `/otto stop` ends it." in text
    assert "troubleshooting.md#human-closes" in text
    shown = status_comment(run, links, now)
    assert "**Paused:** its pull request was closed" in shown
    assert "#human-closes" in shown
    assert "Waits for a person" not in shown


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (Others(sha=SHA, by="bob"), "`bob` pushed to [the run branch]"),
        (Others(sha=SHA), "somebody pushed to"),
        (Others(sha=SHA, by="bob", count=3), "3 times so far"),
        (Others(sha=SHA, by="@evil\n# x"), "pushed to"),
    ],
)
def test_their_commits_are_named(moment: Moment, links: Links, others: Others, words: str) -> None:
    (line,) = others_line(moment("working").model_copy(update={"others": others}), links)
    assert words in line
    assert f"commit/{SHA}" in line
    assert "#human-pushes" in line
    assert "\n" not in line
    assert line.startswith("**Commits of others:** ")


def test_nothing_is_said_where_only_otto_pushed(moment: Moment, links: Links) -> None:
    assert others_line(moment("working"), links) == []


def test_at_the_end_nothing_is_verified_any_more(moment: Moment, links: Links) -> None:
    over = {"others": Others(sha=SHA), "phase": RunPhase.DONE, "outcome": Outcome.DONE}
    (line,) = others_line(moment("working").model_copy(update=over), links)
    assert "verifies" not in line


def test_a_push_that_github_refuses_for_its_workflows_is_explained() -> None:
    given = {"task": "t1", "attempt": 1, "phase": Phase.PUSH, "cause": Cause.PUSH_REJECTED}
    assert of_failure(Failure(**given, detail="workflow_scope: refusing")) is Trouble.BASE_WORKFLOW_MOVED  # type: ignore[arg-type]
    assert of_failure(Failure(**given, detail="protected: no")) is None  # type: ignore[arg-type]
