"""What a person who has logged in does in one repository, with their own token: GitHub decides, and names them.

GitHub lists what was just written a moment later, so that whoever repeats something looks for it first and may still
have to keep it apart by other means.
"""

from __future__ import annotations

from datetime import datetime

from otto_bot.github.models import Comment, CommentRef, Issue
from otto_bot.github.reading import parse
from otto_bot.github.routes import route
from otto_bot.github.session import Session

LOOKED_AT = 50
"""Of a person's newest issues, or of an issue's newest comments, so many are looked through."""


class PersonDeeds:
    """Of one person in one repository. All verbs raise GitHubError; Unauthorized where the login has ended.

    A person's token has the rights that the App was granted and the person has, whatever the verb needs: issues.
    """

    def __init__(self, session: Session, owner: str, name: str) -> None:
        self._session, self._of = session, (owner, name)

    async def issue(self, number: int) -> Issue:
        """An issue, or a pull request as one."""
        where = route("/repos/{owner}/{name}/issues/{number}", *self._of, number)
        return parse(Issue, (await self._session.call("GET", where)).json())

    async def newest_issues(self, login: str) -> list[Issue]:
        """The newest issues that this account opened."""
        where = route("/repos/{owner}/{name}/issues", *self._of)
        params: dict[str, str | int] = {"creator": login, "state": "all", "per_page": LOOKED_AT}
        found = (await self._session.call("GET", where, params=params)).json()
        return [parse(Issue, item) for item in found] if isinstance(found, list) else []

    async def open_issue(self, title: str, body: str) -> Issue:
        """A new issue by this person."""
        where = route("/repos/{owner}/{name}/issues", *self._of)
        return parse(Issue, (await self._session.call("POST", where, body={"title": title, "body": body})).json())

    async def add_label(self, number: int, label: str) -> None:
        """Put a label on; one that is on already stays as it is."""
        where = route("/repos/{owner}/{name}/issues/{number}/labels", *self._of, number)
        await self._session.call("POST", where, body={"labels": [label]})

    async def comments(self, number: int, since: datetime) -> list[Comment]:
        """Comments of an issue or pull request since then, oldest first."""
        where = route("/repos/{owner}/{name}/issues/{number}/comments", *self._of, number)
        params = {"since": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return [parse(Comment, item) async for item in self._session.pages(where, params=params)]

    async def comment(self, number: int, body: str) -> CommentRef:
        """A new comment by this person."""
        where = route("/repos/{owner}/{name}/issues/{number}/comments", *self._of, number)
        return parse(CommentRef, (await self._session.call("POST", where, body={"body": body})).json())
