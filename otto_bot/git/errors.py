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


class ReadOnly(AccessDenied):
    """The remote answered that the repository is archived: nobody can push."""


class TokenRefused(AccessDenied):
    """The remote answered that it does not know these credentials: a fresh token may be taken."""


class DiskFull(GitFailed):
    """There was no room for what git had to write. Nothing of it counts."""


class Redirected(GitFailed):
    """The remote is somewhere else: renamed, or its address is not the true one. Nothing was sent there."""


class UnsafeObjects(GitFailed):
    """The remote has objects that are made to harm whoever checks them out; none of them was taken."""


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
_UNKNOWN = (
    "authentication failed",
    "could not read username",
    "could not read password",
    "terminal prompts disabled",
    "unable to read askpass",
    "returned error: 401",
)
_READ_ONLY = ("archived so it is read-only", "archived so is read-only")
_DENIED = (
    "returned error: 403",
    "returned error: 404",
    "repository not found",
    "/' not found",  # git's own words for a 404
    "denied to",
)
_ELSEWHERE = tuple(f"returned error: {status}" for status in (301, 302, 303, 307, 308))
_UNSAFE = ("fsck error in packed object", "fsck error in pack objects")
_MISSING = ("couldn't find remote ref", "not our ref", "no such remote ref")
_REMOTE = (
    (Redirected, _ELSEWHERE),
    (UnsafeObjects, _UNSAFE),
    (RefMissing, _MISSING),
    (ReadOnly, _READ_ONLY),
    (TokenRefused, _UNKNOWN),
    (AccessDenied, _DENIED),
    (RemoteUnreachable, _UNREACHABLE),
)
_NO_ROOM = ("no space left on device", "disk quota exceeded", "file too large")


_NOT_WRITTEN = ("unable to write", "unable to create", "unable to append", "could not write", "write error", "cannot c")
"""Where git does not say why. `cannot create`, `cannot close` and their like are among them."""


def failure(command: Sequence[str], exit_code: int, stderr: str, *, full: bool = False) -> GitFailed:
    """How one git process failed on this host; `full`: its disk has no room now.

    What a remote says of its own disk is not ours.
    """
    own = [line for line in stderr.casefold().splitlines() if not line.startswith("remote:")]
    needles = _NO_ROOM + _NOT_WRITTEN if full else _NO_ROOM
    kind = DiskFull if any(words in line for line in own for words in needles) else GitFailed
    return kind(command, exit_code, stderr)


def remote_error(failed: GitFailed) -> GitFailed:
    """The most telling type for a failed conversation with a remote."""
    if isinstance(failed, DiskFull):
        return failed
    if isinstance(failed, GitTimedOut):
        return RemoteUnreachable(failed.command, failed.exit_code, failed.stderr)
    text = failed.stderr.casefold()
    for kind, needles in _REMOTE:
        if any(needle in text for needle in needles):
            return kind(failed.command, failed.exit_code, failed.stderr)
    return failed
