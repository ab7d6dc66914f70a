"""The part of a coder's prompt that holds a review: each comment in full, with its place and piece of diff, as data."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.agents.fence import fence
from otto_bot.agents.packing import clip, share, size
from otto_bot.core.authors import Author
from otto_bot.core.reviews import ReviewPoint

REVIEW_CHARS = 60_000


def review_part(body: str, points: Sequence[ReviewPoint], nonce: str, by: Author | None = None) -> list[str]:
    """Nothing where the task takes up no review. The criteria hold only the beginning of a long comment."""
    if not body.strip() and not points:
        return []
    intro = (
        "## The review that this task takes up\n"
        "Each comment is the criterion that its label names. The lines of a piece of diff are those of the reviewed "
        "commit: look where they stand now."
    )
    parts = [intro]
    texts = [body.strip(), *(_words(point) for point in points)]
    shares = share(REVIEW_CHARS, [size(text) for text in texts])
    shown = [clip(text, room) for text, room in zip(texts, shares, strict=True)]
    if body.strip():
        parts.append(fence("the review as a whole", shown[0], nonce, by))
    for number, (point, text) in enumerate(zip(points, shown[1:], strict=True), 1):
        parts.append(fence(f"c{number} · {point.place}", text, nonce, by))
    return parts


def _words(point: ReviewPoint) -> str:
    return f"{point.text}\n\nWritten under these lines:\n{point.hunk}" if point.hunk.strip() else point.text
