"""The one way to GitHub for commits: each new one goes through the diff gate, onto a branch of the run itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from otto_bot.core.acceptance import accepted_names, held
from otto_bot.core.branch_rules import signs
from otto_bot.core.diff_findings import Finding, by_weight
from otto_bot.core.evidence import Failure, Phase
from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained
from otto_bot.diagnosis.fingerprint import progress
from otto_bot.git.diff_gate import Looked, in_words, inspect
from otto_bot.git.errors import PushRejected
from otto_bot.git.mirror import Mirror
from otto_bot.git.new_commits import NewCommit, TooManyCommits, new_commits
from otto_bot.git.publish import PushResult, own_branch, push
from otto_bot.jobs.branch_rules import hold_to_rules
from otto_bot.jobs.context import Context, failures_before
from otto_bot.jobs.shut_out import still_open
from otto_bot.jobs.signing import signed
from otto_bot.jobs.starting_ci import check_start

Pushed = PushResult
"""What those who push may know of the one who does."""
Before = Callable[[str], Awaitable[None]]
"""Hears which commit is about to be pushed."""


class PushHeld(Exception):
    """The gate found something: nothing was pushed, and a person has to look."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = by_weight(findings)
        super().__init__(self.findings[0].words)


async def gated_push(
    context: Context,
    run: Run,
    mirror: Mirror,
    sha: str,
    branch: str,
    expected: str | None,
    *,
    known: Sequence[str] = (),
    before: Before | None = None,
) -> PushResult:
    """Make `branch` of this run point at `sha`, as `git.publish.push` does, if the gate lets every new commit through.

    `expected` is where the branch is now, `known` more commits that GitHub has. Where GitHub wants commits signed, it
    makes them anew, and the result says what stands for what; `before` hears it first. Raises PushHeld, NotAllowed
    where workflow files would start that nobody allowed, NeedsPerson where a rule forbids it, and what `push` raises.
    """
    own_branch(branch, f"{run.prefix}/")
    there = [*known, *([expected] if expected else [])]
    words = in_words(branch, "the name of the branch", context.redactor.knows)
    findings = [*_unaccepted(run, words), *await held_by(context, run, mirror, sha, there)]
    if findings:
        raise PushHeld(findings)
    await check_start(context, run, mirror, sha)
    made = await as_demanded(context, run, mirror, sha, branch, [*there, *_on_github(run)])
    if before is not None:
        await before(made.get(sha, sha))
    try:
        result = await push(mirror, made.get(sha, sha), branch, expected, within=f"{run.prefix}/")
    except PushRejected as error:
        if error.reason == "missing_rights":
            await still_open(context.repository(run))
        raise
    return replace(result, made=made)


async def as_demanded(
    context: Context, run: Run, mirror: Mirror, sha: str, branch: str, known: Sequence[str]
) -> Mapping[str, str]:
    """What the rules for the branch want pushed instead of which commit. Only after the gate: it goes to GitHub.

    Raises NeedsPerson where they want none of it.
    """
    rules = await context.repository(run).binding_rules(branch)
    if not rules:
        return {}
    held = await mirror.held(list(dict.fromkeys(known)))
    here = [one for one in dict.fromkeys(known) if one in held]
    await hold_to_rules(context, run, mirror, rules, sha, branch, here)
    if not signs(rules):
        return {}
    # Where it is, not where it should be: an earlier try may have been pushed and not written down.
    current = await mirror.remote_head(f"refs/heads/{branch}")
    return await signed(context, run, mirror, sha, current, here)


async def held_by(
    context: Context, run: Run, mirror: Mirror, sha: str, known: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """What forbids to push `sha`; empty where nothing does, or a person has said yes to all of it."""
    there = [*known, *_on_github(run)]
    try:
        commits = await new_commits(mirror, context.reading(mirror), sha, there)
    except TooManyCommits as error:
        return (Finding(rule="too_many_commits", path="", detail=str(error), content=sha),)
    found = [one for commit in commits for one in await asyncio.to_thread(_of, context, run, commit)]
    return tuple(_unaccepted(run, dict.fromkeys(found)))


def _unaccepted(run: Run, findings: Iterable[Finding]) -> list[Finding]:
    yes = accepted_names(run)
    return [one for one in findings if one.name not in yes]


def _of(context: Context, run: Run, commit: NewCommit) -> list[Finding]:
    """Of a merge only what it has against every parent: what one of them had is no doing of Otto."""
    knows = context.redactor.knows
    found = in_words(commit.message, "the commit's message", knows)
    sides = [
        inspect(
            side.changes,
            protected=run.config.paths.protected,
            looked=Looked(side.contents, side.sources, knows, side.kept),
        )
        for side in commit.sides
    ]
    if not sides:
        return found
    first, *others = sides
    marks = [{(one.rule, one.path) for one in side} for side in others]
    return [*found, *(one for one in first if all((one.rule, one.path) in side for side in marks))]


def _on_github(run: Run) -> list[str]:
    """Commits that the run knows to be on GitHub: people's, and those that went through the gate before."""
    pushed = [a.sha for task in run.tasks.values() for a in task.attempts if a.sha and a.pushed]
    heads = [review.head for review in run.reviews]
    return [one for one in dict.fromkeys((run.base_sha, contained(run), run.head, *heads, *pushed)) if one]


def held_failure(
    context: Context, run: Run, task: str, attempt: int, sha: str, phase: Phase, found: PushHeld
) -> Failure:
    """The failure that a held push is, with its lines free of secrets: they are stored, shown and given to coders."""
    clean = context.redactor.text
    raw = held(task, attempt, sha, phase, found.findings)
    excerpts = tuple(
        one.model_copy(update={"text": clean(one.text), "source": clean(one.source)}) for one in raw.excerpts
    )
    files = tuple(clean(path) for path in raw.suspected_files)
    failure = raw.model_copy(update={"excerpts": excerpts, "detail": clean(raw.detail), "suspected_files": files})
    return failure.model_copy(update={"progress": progress(failures_before(run, run.task(task), attempt), failure)})
