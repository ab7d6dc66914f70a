"""What people read of a repository that was shut or renamed, and of an issue that is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from otto_bot.core import events as e
from otto_bot.core.barring import Barred, RepositoryMoved, Unbarred
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run
from otto_bot.text.links import Links
from otto_bot.text.moved import issue_gone_comment, moved_lines
from otto_bot.text.pull import pull_body
from otto_bot.text.status import status_comment

Moment = Callable[[str], Run]


def after(run: Run, *events: e.RunEvent) -> Run:
    """The run after these events."""
    for event in events:
        found = reduce(run, event)
        assert found is not None
        run = found
    return run


def shut(run: Run, by: str, now: datetime) -> Run:
    """The run after ten minutes in which nothing could be done."""
    begins = Barred.model_validate({"at": now, "by": by})
    return after(run, begins, Unbarred.model_validate({"at": now + timedelta(minutes=10), "by": by}))


def gone(run: Run, now: datetime, **how: Any) -> Run:
    return after(run, e.IssueChanged.model_validate({"at": now, **how}))


@pytest.mark.parametrize("by", ["archived", "suspended", "removed"])
def test_a_shut_repository(by: str, moment: Moment, links: Links, now: datetime, shown: SnapshotAssertion) -> None:
    run = shut(moment("working"), by, now)
    assert "\n".join(moved_lines(run, links)) == shown


def test_another_name(moment: Moment, links: Links, now: datetime, shown: SnapshotAssertion) -> None:
    run = moment("working")
    repo = run.repo.model_copy(update={"name": "tool", "default_branch": "trunk"})
    moved = after(run, RepositoryMoved(at=now, repo=repo))
    assert "\n".join(moved_lines(moved, links)) == shown
    today = Links("https://github.com", "octo", "tool", was="octo/demo")
    assert "octo/demo/" not in status_comment(moved, today, now)


def test_nothing_is_said_where_nothing_happened(moment: Moment, links: Links) -> None:
    assert moved_lines(moment("working"), links) == []


def test_named_back_tells_of_the_name_between(moment: Moment, links: Links, now: datetime) -> None:
    run = moment("working")
    there = run.repo.model_copy(update={"name": "tool"})
    back = after(run, RepositoryMoved(at=now, repo=there), RepositoryMoved(at=now, repo=run.repo))
    assert "`octo/tool` is `octo/demo` now" in moved_lines(back, links)[0]


@pytest.mark.parametrize(
    "how",
    [
        {"what": "transferred", "to": "octo/other#3"},
        {"what": "transferred"},
        {"what": "deleted"},
    ],
)
def test_an_issue_that_is_gone(
    how: dict[str, str], moment: Moment, links: Links, now: datetime, shown: SnapshotAssertion
) -> None:
    run = gone(moment("working"), now, **how)
    assert issue_gone_comment(run, links) == shown
    body = pull_body(run, links, None)
    assert "Part of" not in body
    assert "which Otto worked on" in body


def test_words_of_others_stay_words(moment: Moment, links: Links, now: datetime) -> None:
    run = gone(moment("working"), now, what="transferred", to="@team/x`<img src=x>#1")
    text = issue_gone_comment(run, links)
    assert "<img" not in text.replace("`", "") or "`@team/x" in text


def test_a_link_of_the_former_name_leads_to_the_one_of_today() -> None:
    links = Links("https://github.com", "octo", "tool", was="octo/demo")
    assert links.ours("https://github.com/octo/demo/pull/2#issuecomment-5") == (
        "https://github.com/octo/tool/pull/2#issuecomment-5"
    )
    assert links.ours("https://github.com/octo/demonstration/pull/2") == ""
    assert links.ours("https://github.com/octo/demo/../evil") == ""
