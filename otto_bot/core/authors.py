"""Who wrote a text, and what that person may do in the repository."""

from __future__ import annotations

from otto_bot.core.values import Frozen


class Author(Frozen):
    """A login, and GitHub's word for what it may do: `admin`, `write`, `read`, `none`; empty where nobody knows."""

    login: str
    permission: str = ""


def at_least_write(login: str) -> Author | None:
    """Someone whom the gate for commands let through; None where there is no name."""
    return Author(login=login, permission="write") if login else None
