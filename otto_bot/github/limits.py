"""GitHub's size limits, and one way to cut a text so that it still renders and says that it was cut."""

from __future__ import annotations

import re

BODY_LIMIT = 60_000
"""UTF-16 units of a comment, body, check summary or text. GitHub refuses above 65,535."""
TITLE_LIMIT = 256
ANNOTATION_MESSAGE_LIMIT = 8_000
ANNOTATIONS_PER_REQUEST = 50
BUTTONS_PER_CHECK = 3
CUT_NOTE = "\n\n*This text was too long for GitHub and was cut here.*\n"

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")


def units(text: str) -> int:
    """Length as GitHub counts it: UTF-16 code units, so an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _head(text: str, limit: int) -> str:
    """The longest start of `text` with at most `limit` UTF-16 units that does not split a character."""
    if units(text) <= limit:
        return text
    cut = text.encode("utf-16-le", "surrogatepass")[: max(limit, 0) * 2]
    return cut.decode("utf-16-le", "ignore")


def open_fence(text: str) -> str:
    """The code fence that is still open at the end of `text`, or an empty string."""
    fence = ""
    for line in text.splitlines():
        match = _FENCE.match(line)
        if match is None:
            continue
        mark, info = match.group(1), match.group(2)
        if not fence:
            fence = mark if not (mark[0] == "`" and "`" in info) else ""
        elif mark[0] == fence[0] and len(mark) >= len(fence) and not info.strip():
            fence = ""
    return fence


def clip(text: str, limit: int = BODY_LIMIT, note: str = CUT_NOTE) -> str:
    """`text` as Markdown of at most `limit` units; cut at a line end, open fence and comment closed, `note` added."""
    text = clean(text)
    if units(text) <= limit:
        return text
    budget = limit - units(note) - 80
    head = _head(text, budget)
    line_end = head.rfind("\n")
    if line_end > len(head) // 2:
        head = head[:line_end]
    if head.rfind("<!--") > head.rfind("-->"):
        head = head[: head.rfind("<!--")]
    fence = open_fence(head)
    if len(fence) > 40:
        head, fence = head[: head.rfind(fence)], ""
    return head + (f"\n{fence}" if fence else "") + note


def clip_line(text: str, limit: int) -> str:
    """One line of at most `limit` units, with an ellipsis where it was cut."""
    line = " ".join(clean(text).split())
    return line if units(line) <= limit else _head(line, limit - 1) + "…"


def clean(text: str) -> str:
    """Without what JSON or GitHub cannot carry: NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
