"""All verbs of one repository, and the permissions that follow from them."""

from __future__ import annotations

from otto_bot.github.actions import ActionVerbs
from otto_bot.github.check_verbs import CheckVerbs
from otto_bot.github.code_verbs import CodeVerbs
from otto_bot.github.data_verbs import DataVerbs
from otto_bot.github.issue_verbs import IssueVerbs
from otto_bot.github.needs import needs, table, union
from otto_bot.github.pull_verbs import PullVerbs
from otto_bot.github.review_verbs import ReviewVerbs
from otto_bot.github.survey_verbs import SurveyVerbs
from otto_bot.github.tokens import Token


class Repository(CodeVerbs, DataVerbs, IssueVerbs, PullVerbs, ReviewVerbs, CheckVerbs, ActionVerbs, SurveyVerbs):
    """One repository of one installation; `id` is what lasts when it is renamed or transferred.

    All verbs raise GitHubError: RetryLater (a limit: park until then), Unreachable (no or a lost answer: call again,
    writes find what was done), NotFound, Forbidden, Unauthorized, Refused, Conflict, TooLarge.
    """

    @needs(contents="read")
    async def fetch_token(self, refused: str = "") -> Token:
        """A token for git to read: contents of this repository, nothing else, at least five minutes left.

        `refused`: the value that git was told 401 with, whatever time it had left; another one is given.
        """
        return await self._around.git_token({"contents": "read"}, refused)

    @needs(contents="write")
    async def push_token(self, refused: str = "") -> Token:
        """As `fetch_token`, for the one git call that pushes."""
        return await self._around.git_token({"contents": "write"}, refused)


NEEDS = table(Repository)
"""Verb → permissions."""

APP_PERMISSIONS = union(NEEDS)
"""What the App must be granted: the manifest says exactly this. No token has all of it."""
