"""Reads GraphQL's answer about who edited an issue: an edit that it leaves out counts as one by nobody known."""

from __future__ import annotations

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
    """GraphQL writes null for an account that is gone, and for an item that may not be seen."""
    return {} if value is None else value


def _items(value: Any) -> Any:
    return [item for item in value if item is not None] if isinstance(value, list) else value


Known = Annotated[Editor, BeforeValidator(_whole)]


class Edit(Fact):
    """Somebody changed an issue's title or body. GitHub tells whole seconds."""

    at: datetime
    by: Editor = Editor()


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
    edits: Annotated[tuple[_BodyEdit, ...], BeforeValidator(_items)] = Field(
        default=(), validation_alias=AliasPath("userContentEdits", "nodes")
    )
    more: bool = Field(default=False, validation_alias=AliasPath("userContentEdits", "pageInfo", "hasNextPage"))
    renames: Annotated[tuple[_Rename, ...], BeforeValidator(_items)] = Field(
        validation_alias=AliasPath("timelineItems", "nodes")
    )
    earlier: bool = Field(validation_alias=AliasPath("timelineItems", "pageInfo", "hasPreviousPage"))

    def history(self) -> IssueHistory:
        """Every edit that is known. Of a list that is cut, whoever made the others is not known: each could have."""
        edits = [Edit(at=one.at, by=one.by) for one in self.edits]
        edits += [Edit(at=one.at, by=one.by) for one in self.renames]
        last = self.last_edited_at
        if last is not None:
            edits.append(Edit(at=last, by=self.editor))
        shown = ((self.more, [one.at for one in self.edits]), (self.earlier, [one.at for one in self.renames]))
        edits += [Edit(at=min(times)) for cut, times in shown if cut and times]
        return IssueHistory(title=self.title, body=self.body, updated_at=self.updated_at, edits=tuple(edits))
