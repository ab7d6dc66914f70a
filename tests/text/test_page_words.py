"""What pages say about words that were said on them: each word, each no, and what happened since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from otto_bot.core import events as e
from otto_bot.core.commands import Command, Given
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.on_screen import BROKEN, RESTS_ON, No
from otto_bot.core.run import Run
from otto_bot.core.steering import REPLIES
from otto_bot.core.values import Person
from otto_bot.text import new_run
from otto_bot.text.doing import BUTTONS, LEADS, button
from otto_bot.text.links import Links
from otto_bot.text.page_words import DONE, ago, done_words, edited_words, heard_words, no_words, since, stands

Moment = Callable[[str], Run]
SAID = {
    "approve": Command(verb="approve", revision=2),
    "retry": Command(verb="retry", tasks=("t1", "t2"), guidance="Declare flask."),
    "skip": Command(verb="skip", tasks=("t1",)),
    "accept": Command(verb="accept", tasks=("t1",)),
    "replan": Command(verb="replan"),
    "pause": Command(verb="pause"),
    "resume": Command(verb="resume"),
    "stop": Command(verb="stop"),
    "budget": Command(verb="budget", usd=5),
}
NOW = e.Published(at="2026-03-02T10:00:00Z", surface="status", digest="d").at


def told(command: Command, login: str = "anna", minutes: float = 2, number: int = 9) -> e.CommandGiven:
    given = Given(key=f"{login}/{minutes}", command=command, by=Person(id=number, login=login))
    return e.CommandGiven(at=NOW - timedelta(minutes=minutes), given=given)


def test_every_word_of_the_pages_has_a_button_and_says_what_it_did() -> None:
    assert set(SAID) == set(RESTS_ON) == set(DONE) == set(BUTTONS) == set(LEADS)
    assert button("approve", "plan r2") == "Approve plan r2"
    assert done_words(Command(verb="explain"), "anna") == "anna said `/otto explain`"


def test_words_of_what_was_done(snapshot: SnapshotAssertion) -> None:
    assert [done_words(command, "anna") for command in SAID.values()] == snapshot


def test_a_word_that_was_heard_says_what_follows(moment: Moment, snapshot: SnapshotAssertion) -> None:
    run = moment("reopened")
    assert [heard_words(run, told(SAID[verb])) for verb in ("approve", "retry")] == snapshot
    assert stands(run) == snapshot


def test_every_no_has_words(moment: Moment, links: Links) -> None:
    run = moment("gate")
    for key in (*REPLIES, BROKEN):
        words = no_words(run, No(key, "r2"), links)
        assert words
        assert "](" not in words


def test_what_happened_since_names_people_first_and_you(snapshot: SnapshotAssertion) -> None:
    events: list[e.RunEvent] = [
        told(SAID["approve"]),
        told(SAID["pause"], "maria", 1, 7),
        *(e.TasksMerged(at=NOW - timedelta(seconds=9 - n), batch=1, step=n, tasks=(f"t{n}",), sha="a" * 40, tree="b")
          for n in range(8)),
    ]  # fmt: skip
    found = since(events, NOW, 7)
    assert found == snapshot
    assert "You paused the run, 1 minute ago." in found
    assert "anna approved r2, 2 minutes ago." in found


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "a moment ago"), (-5, "a moment ago"), (1, "1 minute ago"), (150, "2 hours ago"), (60 * 50, "2 days ago")],
)
def test_how_long_ago(minutes: float, words: str) -> None:
    assert ago(NOW - timedelta(minutes=minutes), NOW) == words


def test_words_of_others_are_only_words() -> None:
    hostile = "<b>\u202eeve</b>"
    assert "\u202e" not in since([told(SAID["stop"], hostile)], NOW, 1)[0]
    assert "\u202e" not in edited_words((hostile,))


def test_what_a_new_run_will_run_with(snapshot: SnapshotAssertion) -> None:
    asked = Config.model_validate({"plan": {"approval": "always"}, "budget": {"usd": 40}})
    lines = [
        new_run.will_run(Config(), HostCaps(), "pull_request", 2),
        new_run.will_run(asked, HostCaps(usd=25), "", 0),
    ]
    assert lines == snapshot
    said = [(new_run.sent_words(kind, 12, "otto"), new_run.follows(kind, 1)) for kind in new_run.KINDS]
    assert said == snapshot
