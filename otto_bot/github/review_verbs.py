"""Verbs about reviews and the threads of their line comments. None of them approves, resolves or dismisses."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.github.errors import NotFound
from otto_bot.github.marked import MarkedCalls, first_line, same_text, with_marker
from otto_bot.github.models import Review, ReviewComment, ThreadAnswer
from otto_bot.github.needs import needs
from otto_bot.github.reading import parse


class ReviewVerbs(MarkedCalls):
    @needs(pull_requests="read")
    async def reviews(self, number: int) -> list[Review]:
        """Submitted reviews, oldest first."""
        return [parse(Review, item) async for item in self._pages("/pulls/{number}/reviews", number)]

    @needs(pull_requests="read")
    async def review(self, number: int, review_id: int) -> Review:
        """One review as it is now. Raises NotFound. Tried again on 404: it may have been submitted a moment ago."""
        return parse(Review, await self._json("/pulls/{number}/reviews/{id}", number, review_id, eventual=True))

    @needs(pull_requests="read")
    async def comments_of_review(self, number: int, review_id: int, most: int) -> list[ReviewComment]:
        """Line comments of one review, oldest first, no more than `most`."""
        found: list[ReviewComment] = []
        async for item in self._pages("/pulls/{number}/reviews/{id}/comments", number, review_id):
            if len(found) >= most:
                break
            found.append(parse(ReviewComment, item))
        return found

    @needs(pull_requests="write")
    async def answer_threads(self, number: int, answers: Sequence[ThreadAnswer]) -> tuple[int, ...]:
        """Our one answer in each thread: found by its marker and edited where it differs, else written.

        Returns the threads that are gone: somebody deleted their first comment. After an error that is `retryable`,
        call again: what was written is found.
        """
        ours: dict[tuple[int | None, str], ReviewComment] = {}
        async for item in self._pages("/pulls/{number}/comments", number):
            comment = parse(ReviewComment, item)
            if comment.in_reply_to_id is not None and await self._is_ours(comment):
                ours.setdefault((comment.in_reply_to_id, first_line(comment.body)), comment)
        gone = []
        for answer in answers:
            text = with_marker(answer.marker, self._clean(answer.body))
            known = ours.get((answer.thread, answer.marker))
            try:
                if known is None:
                    await self._call(
                        "POST", "/pulls/{number}/comments/{id}/replies", number, answer.thread, body={"body": text}
                    )
                elif not same_text(known.body, text):
                    await self._call("PATCH", "/pulls/comments/{id}", known.id, body={"body": text})
            except NotFound:
                gone.append(answer.thread)
        return tuple(gone)
