"""Who looks at a page, and which repositories they see: on the machine itself all, else those that they may read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from otto_bot.core.values import Frozen, Person

Login = Literal["none", "possible", "in"]
"""There is no login here; somebody could log in; this person has."""


class Viewer(Frozen):
    """Whoever asked for a page. `repositories` are ids they may read (None = all), `csrf` is what their forms carry.

    `writable` are ids they may write to; None where GitHub was not asked, or did not answer.
    """

    login: Login = "none"
    person: Person | None = None
    repositories: frozenset[int] | None = None
    writable: frozenset[int] | None = None
    csrf: str = ""

    def sees(self, repo_id: int) -> bool:
        """Whether they may read this repository, and with it its runs."""
        return self.repositories is None or repo_id in self.repositories

    def writes(self, repo_id: int) -> bool:
        """Whether to offer them what needs writing; the gate for commands asks GitHub again when they do it."""
        return self.person is not None and self.sees(repo_id) and (self.writable is None or repo_id in self.writable)


class Asked(NamedTuple):
    """A request as pages need it."""

    viewer: Viewer
    query: Mapping[str, str]
    here: str = "/"
    """The address of the page, to come back to after a login."""
