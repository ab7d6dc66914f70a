"""Verbs about pull requests. None of them merges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from otto_bot.github.errors import Refused
from otto_bot.github.limits import TITLE_LIMIT, clip, clip_line
from otto_bot.github.models import PullRequest
from otto_bot.github.needs import needs
from otto_bot.github.reading import parse
from otto_bot.github.repository import RepositoryCalls
from otto_bot.github.routes import Route

_GRAPHQL = Route("/graphql", "/graphql")
_READY = "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { id } } }"
_DRAFT = "mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { id } } }"


class PullVerbs(RepositoryCalls):
    @needs(pull_requests="read")
    async def pull_request(self, number: int) -> PullRequest:
        """A pull request, with its head SHA as of now. Tried again on 404: it may have been opened a moment ago."""
        return parse(PullRequest, await self._json("/pulls/{number}", number, eventual=True))

    @needs(pull_requests="read")
    async def pull_requests_of(self, head: str, base: str | None = None) -> list[PullRequest]:
        """Pull requests from this repository's branch `head`, in any state, newest first."""
        owner = (await self._resolve()).owner
        params: dict[str, str | int] = {"head": f"{owner}:{head}", "state": "all"}
        if base is not None:
            params["base"] = base
        found = [parse(PullRequest, item) async for item in self._pages("/pulls", params=params)]
        # A server that ignores the filter would make us adopt a stranger's pull request.
        return [
            pull
            for pull in found
            if pull.head_ref == head and pull.head_repo_id == self.id and base in (None, pull.base_ref)
        ]

    @needs(pull_requests="write", contents="read")
    async def open_pull_request(self, head: str, base: str, title: str, body: str, draft: bool = True) -> PullRequest:
        """The pull request from `head` into `base`: the one that exists, in whatever state, else a new one.

        Raises Refused with reason `draft_refused` where the repository has no drafts and `no_commits` where the
        branches do not differ. After a `retryable` error, call again: what was opened is found.
        """
        if existing := await self._find(head, base):
            return existing
        wanted = {
            "head": head,
            "base": base,
            "title": clip_line(self._clean(title), TITLE_LIMIT),
            "body": clip(self._clean(body)),
            "draft": draft,
        }
        try:
            return parse(PullRequest, (await self._call("POST", "/pulls", body=wanted)).json())
        except Refused as error:
            # Opened between our look and our request, by a lost response of ours or by a person.
            if error.reason == "already_exists" and (existing := await self._find(head, base)):
                return existing
            raise

    async def _find(self, head: str, base: str) -> PullRequest | None:
        found = await self.pull_requests_of(head, base)
        return next((pull for pull in found if pull.state == "open"), found[0] if found else None)

    @needs(pull_requests="write")
    async def edit_pull_request(
        self, number: int, *, title: str | None = None, body: str | None = None, base: str | None = None
    ) -> PullRequest:
        """Change what is given and leave the rest."""
        changes: dict[str, Any] = {}
        if title is not None:
            changes["title"] = clip_line(self._clean(title), TITLE_LIMIT)
        if body is not None:
            changes["body"] = clip(self._clean(body))
        if base is not None:
            changes["base"] = base
        return parse(PullRequest, (await self._call("PATCH", "/pulls/{number}", number, body=changes)).json())

    @needs(pull_requests="write")
    async def close_pull_request(self, number: int) -> PullRequest:
        """Close without merging; its branch stays."""
        answer = await self._call("PATCH", "/pulls/{number}", number, body={"state": "closed"})
        return parse(PullRequest, answer.json())

    @needs(pull_requests="write")
    async def reopen_pull_request(self, number: int) -> PullRequest:
        """Open what was closed without being merged. Raises Refused where its branch is gone, or was made anew."""
        answer = await self._call("PATCH", "/pulls/{number}", number, body={"state": "open"})
        return parse(PullRequest, answer.json())

    @needs(pull_requests="write")
    async def request_review(self, number: int, logins: Sequence[str]) -> None:
        """Ask people for a review. Raises Refused where one of them cannot review here."""
        if logins:
            await self._call("POST", "/pulls/{number}/requested_reviewers", number, body={"reviewers": list(logins)})

    # GitHub names no permissions for mutations; without writing contents it answers FORBIDDEN to these two.
    @needs(pull_requests="write", contents="write")
    async def mark_ready(self, node_id: str) -> None:
        """Take a pull request out of draft; `node_id` as in PullRequest."""
        await self._mutate(_READY, node_id)

    @needs(pull_requests="write", contents="write")
    async def convert_to_draft(self, node_id: str) -> None:
        """Make a pull request a draft again."""
        await self._mutate(_DRAFT, node_id)

    async def _mutate(self, query: str, node_id: str) -> None:
        await self._session.call("POST", _GRAPHQL, body={"query": query, "variables": {"id": node_id}})
