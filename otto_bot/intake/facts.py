"""What makes two deliveries tell the same fact: keys from GitHub's numbers, or from what stood there.

A comment, a review and a workflow run's attempt have a number of their own. An edit and a press of a button have none:
they are the same where everything was the same when they were made.
"""

from __future__ import annotations

import hashlib
import json

from otto_bot.core.values import Person
from otto_bot.intake import payloads as p


def comment_key(comment: p.Comment) -> str:
    """A comment of an issue or of a pull request's conversation."""
    return f"comment/{comment.id}"


def review_comment_key(comment: p.Comment) -> str:
    """A comment on a line of a diff; these have numbers of their own."""
    return f"review-comment/{comment.id}"


def review_key(review: p.Review) -> str:
    """A submitted review."""
    return f"review/{review.id}"


def box_key(comment: p.Comment, before: str) -> str:
    """An edit of a comment: which, from what, to what, and in which second.

    The second tells the same tick of the same text apart from one made before it was redrawn. A browser may write line
    ends of its own: they are no other tick.
    """
    at = comment.updated_at.isoformat() if comment.updated_at is not None else ""
    return f"box/{comment.id}/{_digest(_lines(before), _lines(comment.body or ''), at)}"


def button_key(check: p.CheckRun, asked: str | None, who: Person) -> str:
    """A press: who, which button, and how the check stood then. Once the state has moved the check is another.

    GitHub gives no number and no time for it. So a second press on a check that has not changed is the first one again.
    """
    times = [check.started_at, check.completed_at]
    stood = json.dumps([check.head_sha, check.status, check.conclusion, times, check.output], sort_keys=True)
    return f"button/{check.id}/{_digest(asked or '', str(who.id), stood)}"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
