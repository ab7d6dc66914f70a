"""Verbs about issues and what hangs on them: comments, reactions, labels. Every write is find-or-create."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from otto_bot.core.values import Person
from otto_bot.github.errors import NotFound, Refused, Unreachable
from otto_bot.github.issue_history import QUERY, GraphIssue, IssueHistory
from otto_bot.github.marked import MarkedCalls, first_line, same_text, with_marker
from otto_bot.github.models import (
    Comment,
    CommentRef,
    Editor,
    Issue,
    Label,
    LabelledEvent,
    ReopenedEvent,
    ReviewComment,
    Target,
)
from otto_bot.github.needs import needs
from otto_bot.github.reading import parse
from otto_bot.github.routes import Route

Reaction = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
_GRAPHQL = Route("/graphql", "/graphql")
_EDITOR = (
    "query($id: ID!) { node(id: $id) { ... on IssueComment "
    "{ editor { __typename login ... on User { databaseId } ... on Bot { databaseId } } } } }"
)
_REACTION_TAILS = {
    "issue": "/issues/{id}/reactions",
    "comment": "/issues/comments/{id}/reactions",
    "review_comment": "/pulls/comments/{id}/reactions",
}


class IssueVerbs(MarkedCalls):
    """A number may be that of a pull request, which the permission for issues alone does not show."""

    @needs(issues="read", pull_requests="read")
    async def issue(self, number: int) -> Issue:
        """An issue (or a pull request as one). Raises NotFound, also where it was deleted or transferred."""
        return parse(Issue, await self._json("/issues/{number}", number))

    @needs(issues="read")
    async def issue_history(self, number: int) -> IssueHistory:
        """An issue's text and every edit of it, of one moment. Only GraphQL tells.

        Raises NotFound, also where it is a pull request, and Unreachable where the answer does not tell.
        """
        name = await self._resolve(fresh=self._stale)
        variables = {"owner": name.owner, "name": name.name, "number": number}
        body = {"query": QUERY, "variables": variables}
        answer = (await self._session.call("POST", _GRAPHQL, body=body, repeatable=True)).json()
        found = answer.get("repository") if isinstance(answer, dict) else None
        if not isinstance(found, dict) or found.get("databaseId") != self.id:
            # Of a name that somebody else has taken since.
            raise Unreachable(200, f"GraphQL does not know repository {self.id} as {name.full_name}")
        if found.get("issue") is None:
            raise NotFound(404, f"there is no issue {number}")
        return parse(GraphIssue, found["issue"]).history()

    @needs(issues="read", pull_requests="read")
    async def labelled_events(
        self, number: int, kind: Literal["labeled", "unlabeled", "both"] = "labeled"
    ) -> list[LabelledEvent]:
        """Every time a label was put on (or taken off, or both), oldest first, with who did it."""
        kinds = ("labeled", "unlabeled") if kind == "both" else (kind,)
        items = self._pages("/issues/{number}/events", number)
        return [parse(LabelledEvent, item) async for item in items if item.get("event") in kinds]

    @needs(issues="read", pull_requests="read")
    async def last_reopened(self, number: int) -> ReopenedEvent | None:
        """Who opened an issue or pull request again last; None where nobody did."""
        items = self._pages("/issues/{number}/events", number)
        found = [parse(ReopenedEvent, item) async for item in items if item.get("event") == "reopened"]
        return found[-1] if found else None

    @needs(issues="read", pull_requests="read")
    async def labelled_issues(self, label: str) -> list[Issue]:
        """Open issues, without pull requests, that carry the label."""
        items = self._pages("/issues", params={"labels": label, "state": "open"})
        issues = [parse(Issue, item) async for item in items]
        return [issue for issue in issues if not issue.pull_request]

    @needs(issues="read", pull_requests="read")
    async def changed_issues(self, since: datetime) -> list[Issue]:
        """Issues and pull requests, open or closed, that changed at or after `since`; what changed last comes first."""
        params = {**_since(since), "state": "all", "sort": "updated", "direction": "desc"}
        return [parse(Issue, item) async for item in self._pages("/issues", params=params)]

    @needs(issues="read", pull_requests="read")
    async def comments(self, number: int, since: datetime | None = None) -> list[Comment]:
        """Comments of an issue or pull request, oldest first; with `since` only those changed at or after it."""
        items = self._pages("/issues/{number}/comments", number, params=_since(since))
        return [parse(Comment, item) async for item in items]

    @needs(pull_requests="read")
    async def review_comments(self, number: int, since: datetime | None = None) -> list[ReviewComment]:
        """Comments on lines of a pull request's diff, oldest first."""
        items = self._pages("/pulls/{number}/comments", number, params=_since(since))
        return [parse(ReviewComment, item) async for item in items]

    @needs(issues="read", pull_requests="read")
    async def editor_of(self, node_id: str) -> Editor | None:
        """Who edited a comment last; None where nobody did, or GitHub does not say. Only GraphQL tells."""
        answer = await self._session.call(
            "POST", _GRAPHQL, body={"query": _EDITOR, "variables": {"id": node_id}}, repeatable=True
        )
        data = answer.json()
        node = data.get("node") if isinstance(data, dict) else None
        editor = node.get("editor") if isinstance(node, dict) else None
        return parse(Editor, editor) if isinstance(editor, dict) else None

    @needs(issues="write", pull_requests="write")
    async def upsert_comment(self, number: int, marker: str, body: str, known_id: int | None = None) -> CommentRef:
        """The one comment of the App with this marker, with this body: edited where it exists, else written.

        `marker` is a hidden HTML comment and becomes the first line. It counts only as the first line of a comment
        of our own App: anyone may write the same text. After an error that is `retryable`, call again: what was
        written is found. Bodies above the limit are cut and say so.
        """
        text = with_marker(marker, self._clean(body))
        if known_id is not None:
            try:
                return await self._edit_comment(known_id, text)
            except NotFound:
                known_id = None  # somebody deleted it; another may have been written since
        for comment in await self.comments(number):
            if first_line(comment.body) == marker and await self._is_ours(comment):
                if same_text(comment.body, text):
                    return CommentRef(id=comment.id, url=comment.html_url)
                return await self._edit_comment(comment.id, text)
        answer = await self._call("POST", "/issues/{number}/comments", number, body={"body": text})
        return parse(CommentRef, answer.json())

    async def _edit_comment(self, comment_id: int, text: str) -> CommentRef:
        answer = await self._call("PATCH", "/issues/comments/{id}", comment_id, body={"body": text})
        return parse(CommentRef, answer.json())

    @needs(issues="write", pull_requests="write")
    async def react(self, target: Target, content: Reaction) -> None:
        """Put a reaction on something; GitHub keeps one of a kind, so that twice is once."""
        await self._call("POST", _REACTION_TAILS[target.kind], target.id, body={"content": content})

    @needs(issues="write")
    async def ensure_labels(self, labels: Iterable[Label]) -> None:
        """Create the labels that the repository does not have; those it has stay as they are."""
        known = {str(item.get("name", "")).lower() async for item in self._pages("/labels")}
        for label in labels:
            if label.name.lower() in known:
                continue
            try:
                await self._call("POST", "/labels", body=label.model_dump())
            except Refused as error:
                if error.reason != "already_exists":
                    raise

    @needs(issues="read", pull_requests="read")
    async def labels_of(self, number: int) -> frozenset[str]:
        """Names of an issue's labels, and nothing of what people wrote."""
        return frozenset((await self.issue(number)).labels)

    @needs(issues="read")
    async def author_of(self, number: int) -> Person | None:
        """Who wrote an issue, and nothing of what it says; None for an account that is gone."""
        found = await self.issue(number)
        return None if found.author_id is None else Person(id=found.author_id, login=found.author_login)

    @needs(issues="write", pull_requests="write")
    async def add_labels(self, number: int, names: Sequence[str]) -> None:
        """Put labels on an issue or pull request; those it carries stay."""
        if names:
            await self._call("POST", "/issues/{number}/labels", number, body={"labels": list(names)})

    @needs(issues="write", pull_requests="write")
    async def remove_label(self, number: int, name: str) -> None:
        """Take a label off; nothing happens where it is not on."""
        try:
            await self._call("DELETE", "/issues/{number}/labels/{name}", number, name)
        except NotFound:
            return


def _since(since: datetime | None) -> dict[str, str | int]:
    if since is None:
        return {}
    if since.tzinfo is None:
        raise ValueError("`since` must be an aware datetime")
    return {"since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
