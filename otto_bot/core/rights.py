"""What the App needs of an installation, and what of it was not granted: pure comparisons, no words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Literal

from otto_bot.core.values import Frozen

Level = Literal["read", "write"]

NEEDED: Mapping[str, Level] = MappingProxyType(
    {
        "metadata": "read",
        "contents": "write",
        "issues": "write",
        "pull_requests": "write",
        "checks": "write",
        "actions": "write",
        "statuses": "read",
    }
)
"""As in app.yml, and as the verbs of `github` declare: tests compare."""
EVENTS = frozenset(
    {
        "issues",
        "issue_comment",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "push",
        "workflow_run",
        "check_run",
        "status",
        "repository",
    }
)
"""As in app.yml. What no event tells is found by asking, only later."""
SPARED: Mapping[str, Level | None] = MappingProxyType({"actions": "read", "statuses": None})
"""Permissions of which less is enough to work at all, and how much: the rest only makes a person do more."""


class Granted(Frozen):
    """One installation: whose it is, its page at GitHub, permission → level, the events that it is sent.

    `at` is when GitHub said so, in seconds since 1970; 0 = it did not yet.
    """

    id: int
    account: str = ""
    page: str = ""
    permissions: dict[str, str] = {}
    events: tuple[str, ...] = ()
    suspended: bool = False
    at: float = 0.0


def lacking(granted: Mapping[str, str], needed: Mapping[str, Level] = NEEDED) -> dict[str, Level]:
    """Permission → the level that is needed and was not granted. `metadata` comes with every installation."""
    return {
        name: level for name, level in needed.items() if name != "metadata" and not covers(granted.get(name, ""), level)
    }


def hindering(granted: Mapping[str, str]) -> dict[str, Level]:
    """Of these, the ones without which no run can end."""
    least = {name: SPARED.get(name, level) for name, level in NEEDED.items()}
    return lacking(granted, {name: level for name, level in least.items() if level is not None})


def covers(has: str, level: Level) -> bool:
    """Whether a granted level is enough; `admin` is the most that GitHub knows."""
    return has in ("write", "admin") or has == level


def unheard(events: Collection[str]) -> tuple[str, ...]:
    """Events that are needed and not subscribed to, in order."""
    return tuple(sorted(EVENTS - set(events)))
