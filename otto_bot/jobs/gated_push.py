"""The one way to GitHub for commits: each new one goes through the diff gate, onto a branch of the run itself."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained
from otto_bot.git.diff_gate import Finding, inspect
from otto_bot.git.mirror import Mirror
from otto_bot.git.new_commits import NewCommit, TooManyCommits, new_commits
from otto_bot.git.publish import PushResult, push
from otto_bot.jobs.context import Context
from otto_bot.jobs.starting_ci import check_start


class PushHeld(Exception):
    """The gate found something: nothing was pushed, and a person has to look."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        super().__init__(f"{first.path}: {first.rule}: {first.detail}")


async def gated_push(
    context: Context,
    run: Run,
    mirror: Mirror,
    sha: str,
    branch: str,
    expected: str | None,
    *,
    known: Sequence[str] = (),
) -> PushResult:
    """Make `branch` of this run point at `sha`, as `git.publish.push` does, if the gate lets every new commit through.

    `expected` is where the branch is now, `known` more commits that GitHub has. Raises PushHeld, NotAllowed where
    workflow files would start that nobody allowed, and what `push` raises.
    """
    findings = await held_by(context, run, mirror, sha, [*known, *([expected] if expected else [])])
    if findings:
        raise PushHeld(findings)
    await check_start(context, run, mirror, sha)
    return await push(mirror, sha, branch, expected, within=f"{run.prefix}/")


async def held_by(
    context: Context, run: Run, mirror: Mirror, sha: str, known: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """What forbids to push `sha`; empty where nothing does."""
    there = [*known, *_on_github(run)]
    try:
        commits = await new_commits(mirror, context.reading(mirror), sha, there)
    except TooManyCommits as error:
        return (Finding("too_many_commits", "", str(error)),)
    return tuple(dict.fromkeys(one for commit in commits for one in _of(run, commit)))


def _of(run: Run, commit: NewCommit) -> list[Finding]:
    """Of a merge only what it has against every parent: what one of them had is no doing of Otto."""
    sides = [
        [one for one in inspect(changes, protected=run.config.paths.protected) if one.blocking]
        for changes in commit.changes
    ]
    if not sides:
        return []
    first, *others = sides
    marks = [{(one.rule, one.path) for one in side} for side in others]
    return [one for one in first if all((one.rule, one.path) in side for side in marks)]


def _on_github(run: Run) -> list[str]:
    """Commits that the run knows to be on GitHub: people's, and those that went through the gate before."""
    pushed = [a.sha for task in run.tasks.values() for a in task.attempts if a.sha and a.pushed]
    heads = [review.head for review in run.reviews]
    return [one for one in dict.fromkeys((run.base_sha, contained(run), run.head, *heads, *pushed)) if one]
