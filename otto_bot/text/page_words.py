"""What pages say about words that were said on them: heard and what follows, or why not and what to do instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from otto_bot.core.commands import Command
from otto_bot.core.events import CommandGiven, RunEvent
from otto_bot.core.on_screen import BROKEN, No
from otto_bot.core.run import Run
from otto_bot.text.links import Links
from otto_bot.text.parked import now_words
from otto_bot.text.reply import REPLY_WORDS
from otto_bot.text.spoken import capital, line, spoken
from otto_bot.text.status import next_step
from otto_bot.text.timeline import event_words
from otto_bot.text.words import count, several

Words = tuple[str, str]
"""A title, and what to do."""
MOST_SINCE = 5

MOVED_TITLE = "Nothing was done: the run moved on"
NOT_NOW_TITLE = "Nothing was done: it makes no sense now"
REFUSED_TITLE = "Nothing was done: you may not"
UNSURE_TITLE = "Nothing was done yet"
EDITED_TITLE = "Nothing was done: the issue was changed"
ONLY_WRITERS = "Otto acts only for people with write access to the repository; GitHub was asked just now."
PRESS_AGAIN = "Press the button once more in a minute: the same press counts once, however often it is sent."
LOOK_AGAIN = "Look again, then decide: a word counts for what stood on your screen and for nothing else."
BROKEN_WORDS = (
    "It would break a rule that every run keeps, so nothing was changed. Reload the run: it may stand elsewhere now."
)
TOO_LONG: Words = (
    "Nothing was done: that is too much text",
    "Guidance has at most 2,000 characters, and an issue 60,000. Go back and shorten it.",
)
NOT_A_FORM: Words = (
    "Nothing was done: that is no form of these pages",
    "Go back, reload the page, and press the button again.",
)
NOT_SAID: Words = ("Nothing was done: the words are not complete", "")
NO_LOGIN = "This host has no login, so nobody can act here. Say it on GitHub as a comment; that always works."
LOG_IN = "Log in first: Otto acts only for people with write access to the repository."
CANNOT_WRITE = "You can read {repo} and not write there, and Otto acts only for people with write access."
OLD_PLAN = "What waits now stands at the top of the run's page."

DONE: dict[str, Callable[[Command], str]] = {
    "approve": lambda c: f"approved r{c.revision}" if c.revision else "approved what waited",
    "retry": lambda c: f"had {several(c.tasks, 6)} tried again" if c.tasks else "had what failed tried again",
    "skip": lambda c: f"left {several(c.tasks, 6)} out",
    "accept": lambda c: f"accepted what {several(c.tasks, 6)} changed",
    "replan": lambda _: "asked for another plan",
    "pause": lambda _: "paused the run",
    "resume": lambda _: "let the run go on",
    "stop": lambda _: "stopped the run",
    "budget": lambda c: f"allowed ${c.usd or 0:.2f} more",
}
"""What a word did, after the name of who said it."""


def done_words(command: Command, who: str) -> str:
    """`anna approved r2`."""
    say = DONE.get(command.verb)
    return f"{who} {say(command)}" if say is not None else f"{who} said `/otto {command.verb}`"


def heard_words(run: Run, event: CommandGiven) -> str:
    """What was heard, and what follows from it."""
    told = capital(done_words(event.given.command, "you"))
    guided = " with your guidance" if event.given.command.guidance else ""
    return f"Heard: {told}{guided}. Now: {now_words(run)}. Next: {spoken(next_step(run))}"


def ago(at: datetime, now: datetime) -> str:
    """How long it is ago, as people say it."""
    seconds = int((now - at).total_seconds())
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{count(seconds // size, noun)} ago"
    return "a moment ago"


def since(events: Sequence[RunEvent], now: datetime, me: int) -> list[str]:
    """What happened since a page was made: what people did, newest first, then what the run did by itself."""
    people = [event for event in events if isinstance(event, CommandGiven)][-MOST_SINCE:]
    rest = [event for event in events if not isinstance(event, CommandGiven)]
    chosen = [*reversed(people), *reversed(rest[-max(1, MOST_SINCE - len(people)) :])]
    return [f"{_since(event, me)}, {ago(event.at, now)}." for event in chosen]


def _since(event: RunEvent, me: int) -> str:
    if not isinstance(event, CommandGiven):
        return event_words(event)
    by = event.given.by
    return done_words(event.given.command, "You" if by.id == me else line(by.login, 60))


def stands(run: Run) -> str:
    """Where the run stands now, in one line."""
    return f"Now: {now_words(run)}. Next: {spoken(next_step(run))}"


def no_words(run: Run, no: No, links: Links) -> str:
    """Why a word makes no sense now, in the words of the comment that would have answered it."""
    if no.key == BROKEN:
        return BROKEN_WORDS
    return spoken(REPLY_WORDS[no.key](run, no.detail, links))


def edited_words(by: Sequence[str]) -> str:
    """Somebody without permission changed the issue at that moment."""
    names = several([line(login, 60) for login in by], 3)
    return (
        f"{names} changed the issue just now, without write permission. Otto makes plans only of a text that someone "
        "with write permission has asked for: read the issue as it stands now, then ask once more."
    )
