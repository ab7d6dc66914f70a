"""From GitHub's review and its line comments to the heart's value: bounded, frozen, without commands."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from otto_bot.core.reviews import MOST_POINTS, Review, ReviewPoint
from otto_bot.core.values import Person, writable
from otto_bot.github import models as github
from otto_bot.intake.markdown import command_in
from otto_bot.text.shown.seen import with_note

BODY_CHARS = 8000
TEXT_CHARS = 4000
HUNK_CHARS = 2000
MOST_READ = 500
"""Line comments of one review that are looked at at all: those beyond MOST_POINTS are only counted."""
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,\d{1,9})? \+(\d{1,9})(?:,\d{1,9})? @@")


def review_of(
    found: github.Review,
    comments: Sequence[github.ReviewComment],
    pull_request: int,
    *,
    left_out: Collection[int] = (),
    body: bool = True,
    head: str = "",
) -> Review:
    """What a review asks for; comments of `left_out` and commands are no part of it. `body` False: its words neither.

    The author must be known. May be empty.
    """
    assert found.author_id is not None
    wanted = [c for c in comments if c.id not in left_out and c.body.strip() and command_in(c.body) is None]
    words = found.body if body and command_in(found.body) is None else ""
    return Review(
        id=found.id,
        by=Person(id=found.author_id, login=found.author_login),
        url=found.html_url[:500],
        sha=found.commit_id,
        body=_cut(with_note(words).strip(), BODY_CHARS),
        points=tuple(_point(comment) for comment in wanted[:MOST_POINTS]),
        left_out=max(0, len(wanted) - MOST_POINTS),
        pull_request=pull_request,
        head=head,
    )


def _point(comment: github.ReviewComment) -> ReviewPoint:
    return ReviewPoint(
        id=comment.id,
        path=writable(comment.path)[:500],
        line=line_of(comment),
        text=_cut(with_note(comment.body).strip(), TEXT_CHARS),
        hunk=_tail(comment.diff_hunk),
        url=comment.html_url[:500],
        thread=comment.in_reply_to_id or 0,
    )


def line_of(comment: github.ReviewComment) -> int | None:
    """The line a comment is about. GitHub's list of one review does not say: its piece of diff ends there."""
    if comment.subject_type == "file":
        return None
    return comment.line or comment.original_line or _last_line(comment.diff_hunk)


def _last_line(hunk: str) -> int | None:
    header, *rows = hunk.replace("\r\n", "\n").split("\n")
    match = _HUNK.match(header)
    rows = [row for row in rows if not row.startswith("\\")]
    if match is None or not rows:
        return None
    removed = rows[-1].startswith("-")
    other = "+" if removed else "-"
    first = int(match.group(1 if removed else 2))
    return first + sum(1 for row in rows if not row.startswith(other)) - 1


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _tail(hunk: str) -> str:
    """The end of a piece of diff, in whole lines: the comment stands under its last one."""
    if len(hunk) <= HUNK_CHARS:
        return hunk
    kept = hunk[-HUNK_CHARS:]
    return kept.partition("\n")[2] or kept
