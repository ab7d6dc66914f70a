"""A word that a page sent: which one it is, and the page that answers it where it was not heard."""

from __future__ import annotations

import re
from typing import NamedTuple

from otto_bot.core.commands import BadCommand, Command, parse_line
from otto_bot.core.on_screen import RESTS_ON
from otto_bot.core.run import Run
from otto_bot.intake.page_words import Edited, Moved, NotNow, Outcome, Refused, Unsure, Word
from otto_bot.intake.permission import Actor
from otto_bot.text import page_words as text
from otto_bot.text.spoken import capital, spoken
from otto_bot.web.answer import Page
from otto_bot.web.forms import Fields
from otto_bot.web.site import Site
from otto_bot.web.viewer import Asked
from otto_bot.web.views.doing import GUIDED, Form, Where, doing
from otto_bot.web.views.parts import run_url

_ONCE = re.compile(r"[0-9a-f]{32}", re.ASCII)
_REVISION = re.compile(r"r[1-9][0-9]{0,3}", re.ASCII)
_USD = re.compile(r"\+?\$?[0-9]{1,6}(\.[0-9]{1,2})?", re.ASCII)
SENT = ("csrf", "once", "seen", "back", "verb", "shown", "revision", "guidance", "usd")
NEVER_HERE = frozenset({"approve", "stop"})
"""Words about which nobody decides without looking at the run again."""


class Sent(NamedTuple):
    """What a form said: a command, or what is wrong with it."""

    command: Command | BadCommand
    once: str
    shown: str
    seen: int
    back: str
    typed: str


def sent(run_id: int, fields: Fields) -> Sent | None:
    """The word of a form; None where it is none of our forms. The grammar is that of a comment."""
    verb, once, revision, usd = (fields.one(name, 60) for name in ("verb", "once", "revision", "usd"))
    if verb not in RESTS_ON or not _ONCE.fullmatch(once) or (revision and not _REVISION.fullmatch(revision)):
        return None
    usd = usd.strip().replace(",", ".") if verb == "budget" else ""
    said = [
        "/otto",
        verb,
        *fields.every("task"),
        revision if verb == "approve" else "",
        usd if _USD.fullmatch(usd) else "",
    ]
    guidance = fields.text("guidance")
    command = parse_line(" ".join(part for part in said if part), guidance if verb in GUIDED else "")
    if command is None or (isinstance(command, Command) and command.verb != verb):
        return None
    seen = fields.one("seen", 10)
    back, ours = fields.one("back", 200), rf"{run_url(run_id)}(/(gates/[0-9]{{1,9}}|tasks/[a-z0-9]{{1,20}}))?"
    return Sent(
        command=command,
        once=once,
        shown=fields.one("shown"),
        seen=int(seen) if seen.isascii() and seen.isdigit() else 0,
        back=back if re.fullmatch(ours, back, re.ASCII) else run_url(run_id),
        typed=guidance,
    )


def word(run: Run, one: Sent, command: Command, asked: Asked) -> Word:
    """The word as it is heard. Raises ValueError where nobody is logged in."""
    if asked.viewer.person is None:
        raise ValueError("nobody says this")
    return Word(run=run.id, command=command, by=Actor(person=asked.viewer.person), once=one.once, shown=one.shown)


def not_heard(site: Site, asked: Asked, one: Sent, fields: Fields, outcome: Outcome | BadCommand, run: Run) -> Page:
    """The page for a word that does not count: why, what happened meanwhile, what was typed, and the way on."""
    status, title, why, advice = _words(site, run, outcome)
    moved = isinstance(outcome, Moved)
    again = _again(site, asked, one, run) if isinstance(outcome, Moved | NotNow | BadCommand) else None
    return site.page(
        asked,
        "said.html",
        status,
        run=run.id,
        back=one.back,
        title=title,
        why=why,
        since=_since(site, asked, run, one) if moved else [],
        stands=text.stands(run) if moved else "",
        advice=advice,
        typed=one.typed,
        do=None if again is None else again[0],
        again=None if again is None else again[1],
        resend=_resend(fields) if isinstance(outcome, Unsure) else (),
    )


def _words(site: Site, run: Run, outcome: Outcome | BadCommand) -> tuple[int, str, str, str]:
    """Status, title, why, and what to do."""
    match outcome:
        case Refused(why):
            return 403, text.REFUSED_TITLE, capital(f"{why}."), text.ONLY_WRITERS
        case Moved():
            return 409, text.MOVED_TITLE, text.LOOK_AGAIN, ""
        case NotNow(now, no):
            return 409, text.NOT_NOW_TITLE, text.no_words(now, no, site.links(now)), ""
        case Edited(_, by):
            return 409, text.EDITED_TITLE, text.edited_words(by), ""
        case BadCommand():
            return 400, text.NOT_SAID[0], capital(spoken(outcome.problem)) + ".", ""
        case _:
            return 503, text.UNSURE_TITLE, capital(f"{getattr(outcome, 'why', '')}."), text.PRESS_AGAIN


def _since(site: Site, asked: Asked, run: Run, one: Sent) -> list[str]:
    me = asked.viewer.person.id if asked.viewer.person is not None else 0
    screen = site.acts.screen(asked, one.seen)
    return text.since(site.acts.since(run.id, one.seen), screen.now, me)


def _again(site: Site, asked: Asked, one: Sent, run: Run) -> tuple[object, Form] | None:
    """A form for the same word, about the run as this page tells it; what was typed and chosen is in it."""
    verb = one.command.verb if isinstance(one.command, Command) else ""
    if not one.typed or verb in NEVER_HERE or verb not in RESTS_ON:
        return None
    screen = site.acts.screen(asked, site.acts.seen(run.id))
    do = doing(run, Where(one.back, (verb,)), screen, site.links(run))
    if not do.forms or do.nobody or not isinstance(one.command, Command):
        return None
    form = do.forms[0]
    choices = tuple(choice._replace(chosen=choice.key in one.command.tasks) for choice in form.choices)
    return do, form._replace(choices=choices, guidance=one.typed)


def _resend(fields: Fields) -> tuple[tuple[str, str], ...]:
    """The very same form once more."""
    return tuple((name, value) for name, value in fields.pairs if name in SENT or name == "task")
