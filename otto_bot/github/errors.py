"""What can go wrong with GitHub, as one small family of exceptions.

Messages name the method, the route template, GitHub's own words and the request id. They never hold a token, a
header or a request body: the text of an exception may end in a log or in a comment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

MAX_MESSAGE = 600


def plain(text: str, limit: int = MAX_MESSAGE) -> str:
    """One printable line of at most `limit` characters, whatever the server sent."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: limit * 4]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


class GitHubError(Exception):
    """GitHub refused or could not be understood. `status` is 0 where no answer came."""

    retryable = False

    def __init__(self, status: int, message: str, request_id: str = "") -> None:
        self.status = status
        self.message = plain(message)
        self.request_id = plain(request_id, 80)
        suffix = f" (request {self.request_id})" if self.request_id else ""
        super().__init__(f"{self.message}{suffix}")

    @property
    def github_request_id(self) -> str:
        """What log lines call it: other services' errors have a request id as well."""
        return self.request_id


class NotFound(GitHubError):
    """404, or 410 outside of logs: it does not exist or the App may not see it."""


class Forbidden(GitHubError):
    """403 that is no rate limit: a permission is missing or a rule forbids it."""


class Archived(GitHubError):
    """403: the repository is archived, so that nobody can write there."""


class Suspended(GitHubError):
    """403: the App's installation is suspended; it is given no token, and those that it has are worth nothing."""


class Unauthorized(GitHubError):
    """401, twice, the second time with a fresh credential."""


class Conflict(GitHubError):
    """409: the thing is in a state that does not allow it (or is being changed by someone else)."""


class TooLarge(GitHubError):
    """The answer has more bytes or more pages than Otto is willing to read."""


class LogsGone(GitHubError):
    """410: the log or archive was removed after its retention time, or by a person."""


class Moved(GitHubError):
    """301, 302, 307, 308: the repository was renamed or transferred. Never followed blindly: resolve the id again."""


class Refused(GitHubError):
    """422 (or another 4xx): GitHub understood and said no.

    `errors` are GitHub's own, one line each. `reason` is a word the caller can branch on: `draft_refused`,
    `no_commits`, `already_exists`, `not_granted`, `api_version`, or empty.
    """

    def __init__(
        self, status: int, message: str, request_id: str = "", *, errors: Sequence[str] = (), reason: str = ""
    ) -> None:
        self.errors = tuple(plain(error, 300) for error in errors[:20])
        self.reason = reason
        detail = f": {'; '.join(self.errors)}" if self.errors else ""
        super().__init__(status, f"{message}{detail}", request_id)


class LoginRefused(GitHubError):
    """GitHub does not give a token for this; `reason` is its own word, such as `bad_verification_code`."""

    def __init__(self, reason: str, words: str) -> None:
        self.reason = reason
        super().__init__(200, f"{reason}: {words}")


def not_granted(error: GitHubError) -> bool:
    """Whether the installation was not granted what this needs: told when a token is made, or when it is used."""
    if isinstance(error, Refused):
        return error.reason == "not_granted"
    return isinstance(error, Forbidden) and "not accessible by integration" in error.message


class Unreachable(GitHubError):
    """No answer, a lost answer or a 5xx. A write may or may not have happened: find it before doing it again."""

    retryable = True


class RetryLater(GitHubError):
    """A limit, GitHub's or our own. Nothing may be sent for this installation before `until` (aware datetime, UTC).

    `named` is False where GitHub said "limit" without a time: whoever keeps the limits decides how long.
    """

    retryable = True

    def __init__(
        self, until: datetime, reason: str, *, status: int = 0, request_id: str = "", named: bool = True
    ) -> None:
        self.until = until
        self.named = named
        self.reason = plain(reason)
        super().__init__(status, f"{self.reason}; not before {until.isoformat(timespec='seconds')}", request_id)


NOT_NOW = (RetryLater, Suspended)
"""Nothing can be asked now: who could do without an answer waits all the same, for there will be one."""
