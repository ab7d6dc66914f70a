"""What a person can do with a run: a form for each word that makes sense now, and why each other one does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from otto_bot.core.accepting import waiting
from otto_bot.core.attempt import TaskState
from otto_bot.core.commands import Command, Given
from otto_bot.core.events import CommandGiven
from otto_bot.core.funds import RETRYABLE
from otto_bot.core.journey_steering import at_journeys
from otto_bot.core.on_screen import No, refusal, shown
from otto_bot.core.run import Run, RunPhase
from otto_bot.core.values import Person
from otto_bot.text.doing import LEADS, button
from otto_bot.text.links import Links
from otto_bot.text.page_words import CANNOT_WRITE, LOG_IN, NO_LOGIN, no_words
from otto_bot.text.spoken import line
from otto_bot.text.words import title_of
from otto_bot.web.viewer import Viewer

OF_RUN = ("approve", "resume", "retry", "skip", "accept", "pause", "replan", "budget", "stop")
OF_GATE = ("approve", "retry", "skip")
OF_TASK = ("retry", "skip", "accept")
NAMED = frozenset({"skip", "accept"})
"""Words that make no sense without a task."""
GUIDED = frozenset({"retry", "replan"})
SKIPPABLE = RETRYABLE | {TaskState.PENDING, TaskState.REOPENED, TaskState.BLOCKED}
MOST_CHOICES = 40
MORE_USD = 5.0
NOBODY = Person(id=0, login="ghost")


class Choice(NamedTuple):
    """A task that may be named."""

    key: str
    words: str
    chosen: bool = False


class Form(NamedTuple):
    """One word: its button, what may be said with it, and what of the run it rests on. `why` = it makes no sense now.

    `tasks` are named in any case, `choices` where they are chosen.
    """

    verb: str
    label: str
    leads: str
    why: str = ""
    shown: str = ""
    revision: str = ""
    tasks: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    guided: bool = False
    guidance: str = ""
    usd: str = ""


class Doing(NamedTuple):
    """Everything that can be done on one page. `nobody` says why this person can do nothing, whatever the run does."""

    run: int
    back: str
    csrf: str
    once: str
    seen: int
    forms: tuple[Form, ...]
    not_now: tuple[Form, ...]
    nobody: str = ""
    login: str = ""


class Where(NamedTuple):
    """The page that the forms stand on: its address, its words, and the tasks that it is about (None = all)."""

    back: str
    verbs: tuple[str, ...] = OF_RUN
    tasks: tuple[str, ...] | None = None


class Screen(NamedTuple):
    """Who looks, at which moment; the number of the newest event then, and a word that is used once."""

    viewer: Viewer
    now: datetime
    seen: int
    once: str


def doing(run: Run, where: Where, screen: Screen, links: Links) -> Doing:
    """The forms of a page."""
    forms = tuple(form_of(run, verb, where.tasks, screen, links) for verb in where.verbs)
    forms = tuple(form for form in forms if form.verb != "accept" or not form.why)
    viewer, nobody = screen.viewer, _nobody(run, screen.viewer)
    return Doing(
        run=run.id,
        back=where.back,
        csrf=viewer.csrf,
        once=screen.once,
        seen=screen.seen,
        forms=tuple(form for form in forms if not form.why),
        not_now=tuple(form for form in forms if form.why),
        nobody=nobody,
        login=f"/login?next={quote(where.back, safe='')}" if viewer.login == "possible" else "",
    )


def _nobody(run: Run, viewer: Viewer) -> str:
    if viewer.login == "none":
        return NO_LOGIN
    if viewer.person is None:
        return LOG_IN
    return "" if viewer.writes(run.repo.id) else CANNOT_WRITE.format(repo=line(run.repo.full_name, 140))


def form_of(run: Run, verb: str, about: Sequence[str] | None, screen: Screen, links: Links) -> Form:
    """The form of one word, about these tasks alone where they are given."""
    what, revision = _waits(run) if verb == "approve" else ("", None)
    one = about[0] if about is not None and len(about) == 1 else ""
    keys = tuple(_choices(run, verb, about))[:MOST_CHOICES]
    tries = [(one,)] if one else [*([] if verb in NAMED else [()]), *((key,) for key in keys[:1])]
    usd = _usd(run) if verb == "budget" else 0.0
    commands = [Command(verb=verb, tasks=tasks, revision=revision, usd=usd or None) for tasks in tries]
    no = _no(run, verb, commands, screen)
    tasks = (one,) if one else ()
    return Form(
        verb=verb,
        label=button(verb, what),
        leads=LEADS[verb],
        why="" if no is None else no_words(run, no, links),
        shown=shown(run, verb, tasks or keys),
        revision=f"r{revision}" if revision else "",
        tasks=tasks,
        choices=() if one else tuple(Choice(key, line(_title(run, key), 120)) for key in keys),
        guided=verb in GUIDED,
        usd=f"{usd:g}" if usd else "",
    )


def _no(run: Run, verb: str, commands: Sequence[Command], screen: Screen) -> No | None:
    """Why none of these commands makes sense; None = one does."""
    who = screen.viewer.person or NOBODY
    found = No("ended", run.outcome or "") if run.ended else No(f"cannot_{verb}", "there is no such task now")
    for command in commands:
        given = Given(key="page/asked", command=command, by=who)
        no = refusal(run, CommandGiven(at=screen.now, given=given))
        if no is None:
            return None
        found = no
    return found


def _waits(run: Run) -> tuple[str, int | None]:
    """What there is to approve, and its number."""
    if (one := at_journeys(run)) is not None:
        return f"r{one.revision}", one.revision or None
    if run.phase is RunPhase.PLAN_REVIEW:
        return f"plan r{run.plan_revision}", run.plan_revision or None
    gate = run.gate
    return (f"retry plan r{gate.revision}", gate.revision or None) if gate is not None else ("", None)


def _choices(run: Run, verb: str, about: Sequence[str] | None) -> Iterable[str]:
    if verb not in ("retry", "skip", "accept"):
        return ()
    if verb == "accept":
        found: Iterable[str] = waiting(run)
    elif (one := at_journeys(run)) is not None:
        found = one.open_failing
    else:
        states = RETRYABLE | {TaskState.SKIPPED} if verb == "retry" else SKIPPABLE
        found = (key for key, task in run.tasks.items() if task.state in states)
    return (key for key in found if about is None or key in about)


def _title(run: Run, key: str) -> str:
    return title_of(run, key) if key in run.tasks else ""


def _usd(run: Run) -> float:
    """As much more as people usually allow, or what the host still allows."""
    room = round(run.caps.usd - (run.money.cap if run.prepared else run.money.granted), 2)
    return min(MORE_USD, room) if room >= 0.01 else MORE_USD
