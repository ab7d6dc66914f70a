"""Comments rendered as GitHub would, raw HTML off."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

BOX = re.compile(r"<li>(\s*(?:<p>)?)\[( |x|X)\] ")
MENTION = re.compile(r"(?<![\w/])@([A-Za-z0-9][A-Za-z0-9-]{0,38})")
HIDDEN = re.compile(r"<!--.*?-->", re.DOTALL)
DETAILS = re.compile(
    r"&lt;(/?(?:details|summary|sub|sup|br|kbd|b|i|code)(?: open)?)\s*/?&gt;"
)  # fmt: skip


def render(text: str) -> str:
    """HTML of a comment. Hidden markers vanish; of HTML only a few harmless tags stand, without attributes."""
    # In comments and descriptions GitHub shows every line break of the text.
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable(
        ["table", "strikethrough"]
    )
    html = str(parser.render(HIDDEN.sub("", text)))
    html = DETAILS.sub(r"<\1>", html)
    return BOX.sub(_box, html)


def _box(found: re.Match[str]) -> str:
    ticked = " checked" if found[2] in "xX" else ""
    return f'<li class="task">{found[1]}<input type="checkbox" disabled{ticked}> '
