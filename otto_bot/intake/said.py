"""What a person wrote, or ticked, as it comes to the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from otto_bot.core.issue import IssueText
from otto_bot.core.values import Frozen, Repo
from otto_bot.github.models import Target


class Said(Frozen):
    """Something a person wrote that may be a command."""

    key: str
    text: str
    number: int
    comment_id: int | None
    kind: Literal["comment", "review_comment"]
    at: datetime | None = None

    @property
    def target(self) -> Target | None:
        """What a reaction to it is put on."""
        return None if self.comment_id is None else Target(kind=self.kind, id=self.comment_id)


class BoxEdit(Frozen):
    """An edit of a comment that may be ours. `issue` is the issue of that moment, where the edit's webhook told it."""

    key: str
    repo: Repo
    number: int
    comment_id: int
    before: str
    after: str
    issue: IssueText | None = None
