"""Where a rule wants signed commits: the same trees and words as commits that GitHub makes, and therefore signs.

Only what no branch of GitHub has is made anew; branches are moved by a push, with its lease, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from otto_bot.core.run import Run
from otto_bot.git.mirror import Mirror
from otto_bot.git.rebuilding import (
    Change,
    Original,
    Unspeakable,
    changes_of,
    content_of,
    new_objects,
    originals,
    take_signed,
)
from otto_bot.github.data_verbs import TreeEntry
from otto_bot.github.verbs import Repository
from otto_bot.jobs.carrying import keep_commit
from otto_bot.jobs.context import Context
from otto_bot.jobs.outcomes import NeedsPerson, Retry
from otto_bot.text.branch_rules import cannot_be_told, not_signed

TROUBLE = "required-signatures"
INLINE = 64 * 1024
"""Bytes of a text that goes with its tree instead of by itself."""
LINK = "120000"


async def signed(
    context: Context, run: Run, mirror: Mirror, sha: str, current: str | None, known: Sequence[str]
) -> Mapping[str, str]:
    """What stands for which new commit. What is signed already, by whomever, stays as it is.

    `known` are commits that GitHub has, `current` is where the branch is: maybe at what an earlier try made of these.
    """
    try:
        news = await originals(mirror, sha, known)
        before = await _before(mirror, news, current, known)
        return before or await _made(context, run, mirror, sha, news, known)
    except Unspeakable as error:
        raise NeedsPerson(cannot_be_told(str(error)), TROUBLE) from None


async def _before(
    mirror: Mirror, news: Sequence[Original], current: str | None, known: Sequence[str]
) -> Mapping[str, str]:
    """Which commits of the branch stand for which new ones, where an earlier try was not written down; else nothing."""
    if current is None or not news:
        return {}
    await mirror.fetch(current)
    there = {one.sha: one for one in await originals(mirror, current, [one for one in known if one != current])}
    ours, made, pairs = {one.sha: one for one in news}, dict[str, str](), [(news[-1].sha, current)]
    while pairs:
        local, remote = pairs.pop()
        mine, theirs = ours.get(local), there.get(remote)
        if local == remote and mine is None:
            continue
        if mine is None or theirs is None or not theirs.signed or mine.tree != theirs.tree:
            return {}
        if len(mine.parents) != len(theirs.parents):
            return {}
        made[local] = remote
        pairs += zip(mine.parents, theirs.parents, strict=True)
    return made


async def _made(
    context: Context, run: Run, mirror: Mirror, sha: str, news: Sequence[Original], here: Sequence[str]
) -> Mapping[str, str]:
    made: dict[str, str] = {sha: sha}
    new = frozenset[str]()
    for one in news:
        parents = [made.get(parent, parent) for parent in one.parents]
        if one.signed and parents == list(one.parents):
            made[one.sha] = one.sha
            continue
        new = new or await new_objects(mirror, sha, here)
        made[one.sha] = await _again(context, run, mirror, one, parents, new)
    if made[sha] != sha:
        await keep_commit(context.archive, run, mirror, made[sha], context.now())
    return made


async def _again(
    context: Context, run: Run, mirror: Mirror, one: Original, parents: Sequence[str], new: frozenset[str]
) -> str:
    """One commit, made by GitHub of exactly this tree."""
    repository = context.repository(run)
    await _tree(repository, mirror, one, new)
    commit = await repository.make_commit(one.message, one.tree, parents)
    if commit.tree_sha != one.tree:
        raise Retry(f"GitHub made a commit of another tree: {commit.tree_sha} instead of {one.tree}", "github")
    if not commit.verified:
        raise NeedsPerson(not_signed(commit.reason), TROUBLE)
    # What no branch has is not always given away by git; what was signed and the signature make the commit.
    if not await take_signed(mirror, commit.sha, commit.payload, commit.signature):
        await mirror.fetch(commit.sha)
    return commit.sha


async def _tree(repository: Repository, mirror: Mirror, one: Original, new: frozenset[str]) -> None:
    """Let GitHub have the commit's tree, by its difference from the first parent's."""
    before = one.parents[0] if one.parents else ""
    changes = await changes_of(mirror, before, one.sha) if before else []
    if not changes:
        return
    entries = [await _entry(repository, mirror, change, new) for change in changes]
    base = (await mirror.git("rev-parse", f"{before}^{{tree}}")).text
    tree = await repository.make_tree(base, entries)
    if tree != one.tree:
        raise Retry(f"GitHub made the tree {tree} instead of {one.tree}", "github")


async def _entry(repository: Repository, mirror: Mirror, change: Change, new: frozenset[str]) -> TreeEntry:
    if change.sha is None or change.sha not in new:
        return TreeEntry(change.path, change.mode, change.sha)
    content = await content_of(mirror, change.sha)
    text = _as_text(content) if change.mode != LINK else None
    if text is not None:
        return TreeEntry(change.path, change.mode, text=text)
    blob = await repository.make_blob(content)
    if blob != change.sha:
        raise Retry(f"GitHub made the blob {blob} instead of {change.sha}", "github")
    return TreeEntry(change.path, change.mode, blob)


def _as_text(content: bytes) -> str | None:
    """A small text; None = it goes as bytes."""
    if len(content) > INLINE or b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None
