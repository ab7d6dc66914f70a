"""The shape of what programs send to act, and of what they are answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from otto_bot.web.api.base import Answer

Once = Annotated[
    str,
    Field(
        pattern="^[0-9a-f]{32}$",
        description="32 hexadecimal digits of your own, new for each deed: the same request again counts once.",
        examples=["9f86d081884c7d659a2feaa0c55ad015"],
    ),
]
LONGEST_COMMAND = 2_400
LONGEST_TEXT = 60_000


class Sent(BaseModel):
    """A part of what is sent: nothing unknown is passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CommandSent(Sent):
    """A word for a run, as it would be said in a comment, and what the run stood like when it was decided."""

    command: str = Field(
        min_length=2, max_length=LONGEST_COMMAND,
        description="`approve r2`, `retry t1 -- guidance`, `skip t1`, `accept t1`, `replan`, `pause`, `resume`, "
        "`stop` or `budget +5`.",
        examples=["retry t1 -- scale the lifetime to milliseconds"],
    )  # fmt: skip
    shown: str = Field(max_length=8_000, description="`shown` of the answer about the run that was decided on.")
    once: Once


class CommandHeard(Answer):
    """The word counts."""

    run: int
    heard: bool = Field(description="Always true: whatever does not count is a refusal.")
    again: bool = Field(description="True: it counted before, this was the same request once more.")
    words: str = Field(description="Where the run stands now, and what follows.")
    page: str


class RunSent(Sent):
    """A run that somebody asks for, as themselves."""

    repository: str = Field(max_length=200, description="`owner/name`, one they may write to.", examples=["octo/app"])
    kind: Literal["build", "improve", "certify"] = Field(
        description="`build` opens an issue and labels it; `improve` and `certify` say the word on `number`."
    )
    title: str = Field(default="", max_length=256, description="Of the issue; for `build`.")
    text: str = Field(default="", max_length=LONGEST_TEXT, description="What the issue asks; for `build`.")
    number: int = Field(default=0, ge=0, le=999_999_999, description="Issue or pull request; for the other kinds.")
    once: Once


class RunAsked(Answer):
    """The issue is labelled, or the word is said; the run begins when GitHub has told of it."""

    repository: str
    number: int = Field(description="The issue, or the pull request of an improvement.")
    url: str = Field(description="Its address on GitHub.")
    again: bool = Field(description="True: it was there already, this was the same request once more.")
    words: str
