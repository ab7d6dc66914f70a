"""What other Apps report on a commit: shown, with links to the repository's own pages alone."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.also import Also
from otto_bot.text.links import Links
from otto_bot.text.markdown import inline, link

MOST_SHOWN = 10


def also_line(found: Sequence[Also], links: Links) -> str:
    """One sentence; empty where nobody else reports."""
    if not found:
        return ""
    shown = ", ".join(_one(one, links) for one in found[:MOST_SHOWN])
    more = f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return f"Also reported by others, neither waited for nor counted: {shown}{more}."


def _one(also: Also, links: Links) -> str:
    name, url = inline(also.name, 100), links.ours(also.url)
    return f"{link(name, url) if url else name} ({inline(also.state.replace('_', ' '), 30)})"
