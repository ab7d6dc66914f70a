"""The page *new run*: which repository, what for, and in one line what it will run with."""

from __future__ import annotations

from typing import NamedTuple

from otto_bot.intake.beginning import Wish
from otto_bot.text.new_run import KINDS
from otto_bot.text.spoken import line
from otto_bot.web.views.parts import Link


class Place(NamedTuple):
    """A repository that may be chosen."""

    id: int
    name: str
    url: str


class KindForm(NamedTuple):
    """One kind of run, with what was typed before."""

    kind: str
    label: str
    leads: str
    once: str
    title: str = ""
    words: str = ""
    number: str = ""


class NewPage(NamedTuple):
    """Everything of the page. Without `chosen` a repository is chosen first; `nobody` says why nothing can be begun."""

    places: tuple[Place, ...]
    chosen: Place | None
    will: str
    notes: tuple[str, ...]
    forms: tuple[KindForm, ...]
    problem: str = ""
    nobody: str = ""
    login: str = ""


class SentPage(NamedTuple):
    """What was done on GitHub, and what follows."""

    said: str
    follows: str
    issue: Link
    run: Link
    waits: bool


def place(repo_id: int, full_name: str) -> Place:
    """A repository as it is shown."""
    return Place(repo_id, line(full_name, 140), f"/new?repo={repo_id}")


def forms_of(once: str, typed: Wish | None = None) -> tuple[KindForm, ...]:
    """A form for each kind; the one that was sent has what was typed in it, and its own key again."""
    found = []
    for kind, (label, leads) in KINDS.items():
        if typed is not None and typed.kind == kind:
            number = str(typed.number) if typed.number else ""
            found.append(KindForm(kind, label, leads, typed.once, typed.title, typed.words, number))
        else:
            found.append(KindForm(kind, label, leads, once))
    return tuple(found)
