"""What every answer of the API has in common, and the one form that every refusal has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MOST_RUN = 2**53 - 1
"""The largest number of a run: more is no number in JavaScript, and none in any ledger."""


class Answer(BaseModel):
    """A part of an answer. Fields may be added in v1; none goes, and none changes its meaning."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Answer):
    """Why there is no answer, and what to do about it."""

    code: str = Field(description="A word for programs: it stays the same.", examples=["no_run"])
    message: str = Field(description="What is the matter, for people.")
    advice: str = Field(description="What to do now.")


class Refusal(Answer):
    """The body of every answer whose status is 400 or more."""

    error: Problem


class Link(Answer):
    """Where something can be looked at."""

    words: str = Field(description="What it is.")
    url: str = Field(description="Its address; empty where it has none.")


class Refused(Exception):
    """There is no answer; raised anywhere below a route, told by the application as a Refusal."""

    def __init__(self, status: int, code: str, words: tuple[str, str], **parts: object) -> None:
        message, advice = (sentence.format(**parts) for sentence in words)
        super().__init__(message)
        self.status, self.problem = status, Problem(code=code, message=message, advice=advice)


def when(seconds: float) -> datetime:
    """Seconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of these statuses."""
    said = {
        401: "Nobody here knows who asks: log in, or send a token.",
        403: "Whoever asks may not look here.",
        404: "It is not there, or whoever asks may not see it.",
        409: "A newer version of Otto works on it.",
        422: "A parameter is not what it should be; the message names it.",
        503: "The database does not answer.",
    }
    return {status: {"model": Refusal, "description": said[status]} for status in statuses}
