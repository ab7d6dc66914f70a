"""Reads GraphQL's answer about who edited an issue: an edit that it hides or leaves out is one by nobody known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasPath, BeforeValidator, Field

from otto_bot.github.models import Editor, Fact, Text

MOST = 100
"""Edits of a kind that are read; GraphQL gives no more in one page."""
_ACTOR = "{ __typename login ... on User { databaseId } ... on Bot { databaseId } }"
QUERY = (
    "query($owner: String!, $name: String!, $number: Int!) { repository(owner: $owner, name: $name) { databaseId "
    f"issue(number: $number) {{ title body updatedAt lastEditedAt editor {_ACTOR} "
    f"userContentEdits(first: {MOST}) {{ pageInfo {{ hasNextPage }} nodes {{ editedAt editor {_ACTOR} }} }} "
    f"timelineItems(last: {MOST}, itemTypes: [RENAMED_TITLE_EVENT]) {{ pageInfo {{ hasPreviousPage }} nodes "
    f"{{ ... on RenamedTitleEvent {{ createdAt actor {_ACTOR} }} }} }} }} }} }}"
)


def _whole(value: Any) -> Any:
    """GraphQL writes null for an account that is gone."""
    return {} if value is None else value


Known = Annotated[Editor, BeforeValidator(_whole)]


class Edit(Fact):
    """Somebody changed an issue's title or body. GitHub tells whole seconds."""

    at: datetime
    by: Editor = Editor()
    or_before: bool = False
    """Whether `at` is only the last moment at which it can have been: GitHub does not show it."""


class IssueHistory(Fact):
    """An issue's text as it stands and who changed it when, read in one moment. `edits` are in no order.

    An edit that GitHub does not show by itself any more stands there under nobody's name.
    """

    title: str
    body: Text = ""
    updated_at: datetime
    edits: tuple[Edit, ...] = ()


class _BodyEdit(Fact):
    at: datetime = Field(validation_alias="editedAt")
    by: Known = Field(default=Editor(), validation_alias="editor")


class _Rename(Fact):
    at: datetime = Field(validation_alias="createdAt")
    by: Known = Field(default=Editor(), validation_alias="actor")


class GraphIssue(Fact):
    """An issue as `QUERY` answers it. The text has a last edit for itself; the title's changes are on the timeline."""

    title: str
    body: Text = ""
    updated_at: datetime = Field(validation_alias="updatedAt")
    last_edited_at: datetime | None = Field(default=None, validation_alias="lastEditedAt")
    editor: Known = Editor()
    edits: tuple[_BodyEdit | None, ...] | None = Field(
        default=None, validation_alias=AliasPath("userContentEdits", "nodes")
    )
    more: bool = Field(default=False, validation_alias=AliasPath("userContentEdits", "pageInfo", "hasNextPage"))
    renames: tuple[_Rename | None, ...] = Field(validation_alias=AliasPath("timelineItems", "nodes"))
    earlier: bool = Field(validation_alias=AliasPath("timelineItems", "pageInfo", "hasPreviousPage"))

    def history(self) -> IssueHistory:
        """Every edit that is known, and those that must be there although GitHub does not show them."""
        last = self.last_edited_at
        edits = [] if last is None else [Edit(at=last, by=self.editor)]
        # A list that is null or empty shows nothing of what the last edit says there is.
        listed = self.edits or (None,) * (last is not None)
        edits += _edits(listed, self.more, last or self.updated_at)
        edits += _edits(self.renames, self.earlier, self.updated_at)
        return IssueHistory(title=self.title, body=self.body, updated_at=self.updated_at, edits=tuple(edits))


def _edits(listed: Sequence[_BodyEdit | _Rename | None], cut: bool, latest: datetime) -> list[Edit]:
    """Edits of a list of which none is after `latest`. What is hidden, or cut off, could be anybody's: it is nobody's.

    GraphQL writes null for what may not be seen.
    """
    known = [Edit(at=one.at, by=one.by) for one in listed if one is not None]
    hidden = [latest for one in listed if one is None]
    if cut:
        hidden.append(min((edit.at for edit in known), default=latest))
    return [*known, *(Edit(at=at, or_before=True) for at in hidden)]
