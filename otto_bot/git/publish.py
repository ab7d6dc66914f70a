"""Publishes commits: a branch of ours is made or moved forward, never back, never deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from otto_bot.git.commits import checked_sha
from otto_bot.git.errors import (
    AccessDenied,
    GitFailed,
    PushReason,
    PushRejected,
    ReadOnly,
    RefMissing,
    RemoteUnreachable,
)
from otto_bot.git.mirror import Mirror
from otto_bot.git.refs import own_ref

_REASONS: Sequence[tuple[PushReason, str]] = (
    ("workflow_scope", r"refusing to allow .* to create or update workflow|without `?workflows?`? "),
    ("protected", r"protected branch|gh006|gh013|rule violations|pre-receive hook declined"),
    ("missing_rights", r"permission to .* denied|write access .* not granted|not allowed to push"),
    ("non_fast_forward", r"stale info|non-fast-forward|fetch first|needs force|failed to lock|cannot lock ref"),
)


@dataclass(frozen=True)
class PushResult:
    """`pushed` is False when the remote already had the commit at that branch."""

    branch: str
    sha: str
    pushed: bool
    made: Mapping[str, str] = field(default_factory=dict)
    """Commits that stand for others, where the host made them anew: it signs what it makes."""

    def of(self, sha: str) -> str:
        """What stands for a commit that was to be pushed."""
        return self.made.get(sha, sha)


async def push(mirror: Mirror, sha: str, branch: str, expected: str | None, *, within: str) -> PushResult:
    """Make `branch` (without `refs/heads/`) point at `sha`. `expected` is where it is now, None: it is not there.

    `within` is what the name must begin with, slash included: a push goes to no branch but the run's own. Calling
    again after a lost response is free and succeeds. Raises ValueError for any other branch, PushRejected,
    AccessDenied or RemoteUnreachable; in the last case the push may or may not have happened, and calling again
    finds out.
    """
    ref = own_branch(branch, within)
    current = await mirror.remote_head(ref)
    if current == checked_sha(sha):
        return PushResult(branch, sha, pushed=False)
    await _check_forward(mirror, sha, branch, expected, current)
    try:
        await mirror.remote(
            "push",
            ["--no-verify", "--no-follow-tags", f"--force-with-lease={ref}:{expected or ''}"],
            [f"{sha}:{ref}"],
            timeout=600.0,
        )
    except GitFailed as failure:
        if await _arrived(mirror, ref, sha, failure):
            return PushResult(branch, sha, pushed=True)
        raise _explained(failure) from None
    return PushResult(branch, sha, pushed=True)


def own_branch(branch: str, within: str) -> str:
    """The full name of a branch of the run's own. Raises ValueError for every other name."""
    own = within.endswith("/") and within.strip("/") != "" and branch.startswith(within) and branch != within
    if not own:
        raise ValueError(f"not a branch of this run: {branch[:80]!r} is not within {within[:80]!r}")
    return own_ref(branch)


async def _check_forward(mirror: Mirror, sha: str, branch: str, expected: str | None, current: str | None) -> None:
    """A lease alone would also move a branch backwards; this is what makes it forward only."""
    if current != expected:
        if current is None:
            raise PushRejected("other", f"{branch} is gone from the remote; it was at {expected}")
        raise PushRejected("non_fast_forward", f"{branch} is at {current}, expected {expected or 'no such branch'}")
    if expected is None:
        return
    if not await mirror.has(checked_sha(expected)):
        await mirror.fetch(expected)
    ran = await mirror.git("merge-base", "--is-ancestor", expected, sha, ok=(0, 1))
    if ran.exit_code:
        raise PushRejected("non_fast_forward", f"{sha} does not contain {expected}, which {branch} is at")


async def _arrived(mirror: Mirror, ref: str, sha: str, failure: GitFailed) -> bool:
    """Whether the push happened although git says it failed (a lost response)."""
    try:
        return await mirror.remote_head(ref) == sha
    except (RemoteUnreachable, AccessDenied):
        # Not known. The first failure is the one to report; the next call looks again.
        raise _explained(failure) from None


def _explained(failure: GitFailed) -> Exception:
    if isinstance(failure, ReadOnly):
        return failure
    said = failure.stderr
    for reason, pattern in _REASONS:
        if re.search(pattern, said, re.IGNORECASE):
            return PushRejected(reason, _remark(said))
    if isinstance(failure, AccessDenied):
        return PushRejected("missing_rights", _remark(said))
    if isinstance(failure, (RemoteUnreachable, RefMissing)):
        return failure
    return PushRejected("other", _remark(said)) if "rejected" in said else failure


def _remark(said: str) -> str:
    lines = [line.strip() for line in said.splitlines()]
    telling = [line for line in lines if line.startswith(("remote:", "fatal:", "!", "error:"))]
    return "\n".join(telling or lines)[-2000:]
