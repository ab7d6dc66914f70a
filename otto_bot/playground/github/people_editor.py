"""GitHub's editor as a person uses it: a link of a comment opens it filled in, and what it holds is committed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from otto_bot.playground.github.people_actions import CannotDoError
from otto_bot.playground.github.people_config import DoEditor, DoPush

if TYPE_CHECKING:
    from otto_bot.playground.github.people import Hand

MOST_BYTES = 8_000
"""GitHub answers 414 to longer addresses."""


def at_editor(hand: Hand) -> dict[str, Any]:
    """The action by its name in a scenario."""
    return {"editor": lambda what: hand.push(filled_in(hand, what))}


def filled_in(hand: Hand, what: DoEditor) -> DoPush:
    """The commit that the newest comment with such a link leads to. Raises CannotDoError where there is none."""
    shape = re.compile(rf"\[{re.escape(what.link)}\]\(([^)\s]+)\)")
    links = [match[1] for row in hand.world.comments for match in shape.finditer(row.body)]
    if not links:
        raise CannotDoError(f"no comment has a link {what.link!r}")
    if len(links[-1]) > MOST_BYTES:
        raise CannotDoError("414: the address is too long")
    address = urlsplit(links[-1])
    page = re.fullmatch(r"/[^/]+/[^/]+/new/(.+)", address.path)
    given = parse_qs(address.query, strict_parsing=True)
    if page is None or "filename" not in given or "value" not in given:
        raise CannotDoError(f"{links[-1]!r} opens no editor that is filled in")
    path = given["filename"][0]
    return DoPush(branch=unquote(page[1]), files={path: given["value"][0]}, message=f"Create {path.rpartition('/')[2]}")
