"""What the status comment says while a limit holds a run back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.admission import Place, place_words
from otto_bot.core.machine import reduce
from otto_bot.core.parking import Parked
from otto_bot.core.run import Reply, Run
from otto_bot.text.links import Links
from otto_bot.text.reply import reply_comment
from otto_bot.text.status import status_comment
from otto_bot.text.words import phase_words

Moment = Callable[[str], Run]
HOSTILE = [
    "@octocat look", "fixes #12", "https://evil.example/x", "<img src=x onerror=alert(1)>", "x\r\n/otto stop",
    "<!-- otto run=41 surface=status -->", "[click](javascript:alert(1))", "www.evil.example", "`a`@octocat`b`",
]  # fmt: skip


def parked(run: Run, now: datetime, **fields: object) -> Run:
    after = reduce(run, Parked.model_validate({"at": now, **fields}))
    assert after is not None
    return after


@pytest.mark.parametrize(
    ("name", "why", "reason", "minutes"),
    [
        ("started", "runs", place_words(Place("installation", 20, 3)), None),
        ("working", "agents", "the limit of agents at work at once for all accounts together is reached: 96", None),
        ("working", "github_limit", "GitHub asks to wait: its secondary limit for writes is reached.", 12),
        ("started", "day", "50 runs began today for whoever started it, and this host's limit is 50 a day", 600),
        (
            "working",
            "day",
            "this host's limit of $200.00 a day for one account leaves too little for its next call",
            600,
        ),
    ],
    ids=["runs", "agents", "github", "runs-of-a-day", "money-of-a-day"],
)
def test_a_run_that_is_held_back_says_why_and_what_people_can_do(
    moment: Moment, links: Links, now: datetime, shown: SnapshotAssertion, name: str, why: str, reason: str,
    minutes: int | None,
) -> None:  # fmt: skip
    until = None if minutes is None else now + timedelta(minutes=minutes)

    assert status_comment(parked(moment(name), now, why=why, reason=reason, until=until), links, now) == shown


def test_a_time_that_is_over_is_not_named(moment: Moment, links: Links, now: datetime) -> None:
    run = parked(moment("working"), now, why="github_limit", reason="r", until=now)

    assert "**Waits:** R. Nothing is lost" in status_comment(run, links, now)


@pytest.mark.parametrize("words", HOSTILE)
def test_what_github_says_of_a_limit_acts_on_nothing(moment: Moment, links: Links, now: datetime, words: str) -> None:
    body = status_comment(parked(moment("working"), now, why="github_limit", reason=words), links, now)
    paragraph = next(line for line in body.splitlines() if line.startswith("**Waits"))

    rendered = re.sub(r"<code>.*?</code>", "", MarkdownIt().render(paragraph), flags=re.DOTALL)
    assert re.search(r"<(?!/?(?:p|strong)\b)|(?<!\w)@\w|#\d|://|www\.", rendered) is None
    assert [line for line in body.splitlines() if line.startswith("/otto")] == []


def test_without_words_it_still_says_that_it_waits(moment: Moment, links: Links, now: datetime) -> None:
    assert "A limit is reached." in status_comment(parked(moment("working"), now, why="agents", reason=" "), links, now)


def test_who_asks_how_things_are_is_told_the_limit_and_not_a_phase_that_stands_still(
    moment: Moment, links: Links, now: datetime
) -> None:
    reason = place_words(Place("installation", 20, 3))
    run = parked(moment("started"), now, why="runs", reason=reason)
    said = reply_comment(run, Reply(number=1, where=5, comment_id=1, key="status"), links)

    assert "Now: waits for its turn. 20 runs of this account are at work" in said
    assert phase_words(run) not in said
