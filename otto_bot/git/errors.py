"""What can go wrong with git, as types a job can act on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

PushReason = Literal["non_fast_forward", "workflow_scope", "protected", "missing_rights", "other"]


class GitFailed(Exception):
    """git ended with an unexpected exit code. `stderr` is already free of credentials."""

    def __init__(self, command: Sequence[str], exit_code: int, stderr: str) -> None:
        self.command = tuple(command)
        self.exit_code = exit_code
        self.stderr = stderr
        super().__init__(f"`{' '.join(self.command[:6])}` ended with {exit_code}: {stderr.strip()[-600:]}")


class GitTimedOut(GitFailed):
    """git was killed because it ran longer than allowed."""


class OutputTooLarge(GitFailed):
    """git was killed because it wrote more than the caller was ready to read."""


class RemoteUnreachable(GitFailed):
    """The remote did not answer, or broke off. Worth trying again later."""


class AccessDenied(GitFailed):
    """The remote answered, and refused the credentials or hides the repository from them."""


class RefMissing(GitFailed):
    """The remote does not have the wanted branch or commit."""


class PushRejected(Exception):
    """The remote (or our own forward-only rule) refused to move a branch. Nothing was changed."""

    def __init__(self, reason: PushReason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"push refused ({reason}): {detail}")


_UNREACHABLE = (
    "could not resolve host",
    "failed to connect",
    "couldn't connect",
    "connection refused",
    "connection timed out",
    "connection reset",
    "empty reply",
    "the remote end hung up",
    "unexpected disconnect",
    "early eof",
    "rpc failed",
    "returned error: 5",
    "returned error: 429",
    "operation too slow",
    "timed out",
    "recv failure",
    "send failure",
    "transfer closed",
)
_DENIED = (
    "authentication failed",
    "could not read username",
    "could not read password",
    "terminal prompts disabled",
    "unable to read askpass",
    "returned error: 401",
    "returned error: 403",
    "returned error: 404",
    "repository not found",
    "denied to",
)
_MISSING = ("couldn't find remote ref", "not our ref", "no such remote ref")


def remote_error(failure: GitFailed) -> GitFailed:
    """The most telling type for a failed conversation with a remote."""
    if isinstance(failure, GitTimedOut):
        return RemoteUnreachable(failure.command, failure.exit_code, failure.stderr)
    text = failure.stderr.casefold()
    for kind, needles in ((RefMissing, _MISSING), (AccessDenied, _DENIED), (RemoteUnreachable, _UNREACHABLE)):
        if any(needle in text for needle in needles):
            return kind(failure.command, failure.exit_code, failure.stderr)
    return failure
