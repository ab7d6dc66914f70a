"""A merge queue: a person puts a pull request in, its merge group is verified, and the queue merges it or lets it go.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
"""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.playground.github.changes import issues as issue_changes
from otto_bot.playground.github.changes import pulls as pull_changes
from otto_bot.playground.github.changes import pushes
from otto_bot.playground.github.gitrepo import ZERO
from otto_bot.playground.github.shapes import pulls, repo
from otto_bot.playground.github.state import Issue, Json
from otto_bot.playground.github.world import QUEUE_LOGIN, World

FOLDER = "gh-readonly-queue"


def enqueue(world: World, actor: str, issue: Issue) -> None:
    """Adds it to the queue: a branch with the merge, and a request for its checks. Raises CannotMergeError."""
    if not any(rule.type == "merge_queue" for rule in world.config.rules):
        raise pull_changes.CannotMergeError("The base branch has no merge queue")
    pull = pulls.part(issue)
    sha = pull_changes.merge(world, QUEUE_LOGIN, issue)
    ref = f"refs/heads/{FOLDER}/{pull.base_ref}/pr-{issue.number}-{pull.base_sha}"
    world.repo.update_ref(ref, sha, ZERO)
    issue_changes.record(world, issue, "added_to_merge_queue", actor)
    issue_changes.tell(world, issue, "enqueued", actor)
    pushes.pushed(world, QUEUE_LOGIN, [(ref, ZERO, sha)])
    _tell(world, issue, "checks_requested", ref, sha, pull.base_sha)


def group_ended(world: World, branch: str, sha: str, conclusions: Sequence[str | None]) -> None:
    """Every workflow run of a merge group has ended: merged where all are green and the base stands where it stood."""
    ref = f"refs/heads/{branch}"
    number = branch.rpartition("/pr-")[2].partition("-")[0]
    issue = world.issue(int(number)) if number.isdecimal() else None
    if issue is None or world.repo.refs().get(ref) != sha:
        return
    pull = pulls.part(issue)
    base, old = f"refs/heads/{pull.base_ref}", branch.rpartition("-")[2]
    merges = all(one in ("success", "skipped", "neutral") for one in conclusions)
    merges = merges and world.repo.refs().get(base) == old
    if merges:
        world.repo.update_ref(base, sha, old)
        pull_changes.mark_merged(world, QUEUE_LOGIN, issue, sha)
    issue_changes.tell(world, issue, "dequeued", QUEUE_LOGIN, reason="MERGE" if merges else "CI_FAILURE")
    if merges:
        pushes.pushed(world, QUEUE_LOGIN, [(base, old, sha)])
    _tell(world, issue, "destroyed", ref, sha, old, reason="merged" if merges else "dequeued")
    world.repo.update_ref(ref, ZERO, sha)
    pushes.pushed(world, QUEUE_LOGIN, [(ref, sha, ZERO)])


def _tell(world: World, issue: Issue, action: str, ref: str, sha: str, base: str, **more: str) -> None:
    group: Json = {
        "head_sha": sha, "head_ref": ref, "base_sha": base, "base_ref": f"refs/heads/{pulls.part(issue).base_ref}",
        "head_commit": repo.simple_commit(world.repo.commit(sha)),
    }  # fmt: skip
    world.announce("merge_group", action, QUEUE_LOGIN, {"merge_group": group, **more})
