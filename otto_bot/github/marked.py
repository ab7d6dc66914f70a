"""Comments that Otto finds again: a hidden first line, and the question whether our own App wrote it."""

from __future__ import annotations

from otto_bot.github.limits import clip, units
from otto_bot.github.models import Comment
from otto_bot.github.repository import RepositoryCalls

MAX_MARKER = 200


class MarkedCalls(RepositoryCalls):
    """Base of the verbs that write comments."""

    async def _is_ours(self, comment: Comment) -> bool:
        """Anyone may write the same text, so that the author decides. Comments on lines do not name the App."""
        if comment.app_id is not None:
            # What a person wrote through the pages of our App names it, too, and is theirs.
            return comment.app_id == self._around.app_id and comment.author_type != "User"
        return comment.author_type == "Bot" and comment.author_login == await self._around.own_login()


def with_marker(marker: str, body: str) -> str:
    """The body below its marker, within GitHub's limit. Raises ValueError for what is no marker."""
    inner = marker.removeprefix("<!--").removesuffix("-->")
    if len(marker) - len(inner) != 7 or "--" in inner or "\n" in marker or units(marker) > MAX_MARKER:
        raise ValueError("a marker is one line, an HTML comment of at most 200 characters")
    rest = body.removeprefix(marker).lstrip("\n") if first_line(body) == marker else body
    return clip(f"{marker}\n{rest}")


def first_line(body: str) -> str:
    """Where a marker stands."""
    return body.partition("\n")[0].rstrip("\r")


def same_text(a: str, b: str) -> bool:
    """Whether two bodies say the same; GitHub may turn the ends of lines."""
    return a.replace("\r\n", "\n") == b.replace("\r\n", "\n")
