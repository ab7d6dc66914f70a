"""The `/otto` command in a comment, found as GitHub would render the comment.

Only the first line of the comment's first block counts, and only where that block is a plain paragraph: not a quote,
code, list, heading, table or HTML. A command within a text, quoted in a reply or shown as an example never acts.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from otto_bot.core.commands import GUIDANCE_LIMIT, BadCommand, Command, parse_line
from otto_bot.text.shown.seen import with_note

HEAD_LIMIT = 16_384
"""Characters of a comment that are parsed; a command and the guidance that is read fit many times over."""

_LINE = re.compile(r"^ {0,3}/otto(?!\S)[^\n]*")


def command_in(body: str) -> Command | BadCommand | None:
    """The command a comment gives; None when it gives none. Text after `--` and all later lines are the guidance."""
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd").lstrip("\ufeff")
    start = re.match(r"(?:[ \t]*\n)*", text)
    text = text[start.end() :] if start else text
    match = _LINE.match(text)
    if match is None or not _is_paragraph(text[:HEAD_LIMIT]):
        return None
    line = match.group().strip()
    if len(line) > HEAD_LIMIT:
        return BadCommand(problem=f"the line is too long; at most {GUIDANCE_LIMIT} characters of guidance are read")
    return parse_line(line) if "--" not in line else _guided(text)


def _guided(text: str) -> Command | BadCommand | None:
    """The command and its guidance as the comment's page shows them; what it does not show is told behind it."""
    if len(text) > HEAD_LIMIT:
        return BadCommand(
            problem=f"the comment has {len(text)} characters; at most {GUIDANCE_LIMIT} of guidance are read"
        )
    line, _, rest = with_note(text).partition("\n")
    if "--" not in line:
        return parse_line(line.strip())
    return parse_line(line.strip(), rest.strip("\n"))


def _is_paragraph(text: str) -> bool:
    """Whether the text's first block is a top-level paragraph whose source begins at its first line."""
    first_lines = text.split("\n\n", 1)[0]
    tokens = MarkdownIt("commonmark").enable("table").disable("inline").parse(first_lines)
    return bool(tokens) and tokens[0].type == "paragraph_open" and tokens[0].map is not None and tokens[0].map[0] == 0
