"""Pull requests, reviews and review comments as GitHub writes them."""

from __future__ import annotations

from otto_bot.playground.github.gitdiff import commits_between, files_between, is_ancestor, merge_base, merge_tree
from otto_bot.playground.github.shapes import issues, people, repo
from otto_bot.playground.github.state import Issue, Json, Pull, Review, ReviewComment
from otto_bot.playground.github.world import REPO_ID, World, node_id, stamp


def side(world: World, ref: str, sha: str) -> Json:
    """Head or base of a pull request."""
    owner = world.config.owner
    return {
        "label": f"{owner}:{ref}", "ref": ref, "sha": sha, "user": people.known_user(world, owner),
        "repo": repo.full(world),
    }  # fmt: skip


def part(row: Issue) -> Pull:
    """The pull request part of an issue that is one."""
    assert row.pull is not None
    return row.pull


def links(world: World, row: Issue) -> Json:
    """Every link of a pull request."""
    url, issue = f"{world.api}/pulls/{row.number}", f"{world.api}/issues/{row.number}"
    named = {
        "self": url, "html": issues.html_url(world, row), "issue": issue, "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments", "review_comment": f"{world.api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits", "statuses": f"{world.api}/statuses/{part(row).head_sha}",
    }  # fmt: skip
    return {name: {"href": href} for name, href in named.items()}


def simple(world: World, row: Issue) -> Json:
    """A pull request as lists show it."""
    pull, link = part(row), links(world, row)
    html = issues.html_url(world, row)
    return {
        "url": link["self"]["href"], "id": row.id, "node_id": node_id("PR", row.number), "html_url": html,
        "diff_url": f"{html}.diff", "patch_url": f"{html}.patch", "issue_url": link["issue"]["href"],
        "number": row.number, "state": row.state, "locked": False, "title": row.title,
        "user": people.known_user(world, row.author), "body": row.body or None, "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at), "closed_at": stamp(row.closed_at), "merged_at": stamp(pull.merged_at),
        "merge_commit_sha": pull.merge_sha, "assignee": None, "assignees": [],
        "requested_reviewers": [people.known_user(world, login) for login in pull.reviewers],
        "requested_teams": [], "labels": issues.labels(world, row.labels), "milestone": None, "draft": pull.draft,
        "commits_url": link["commits"]["href"], "review_comments_url": link["review_comments"]["href"],
        "review_comment_url": link["review_comment"]["href"], "comments_url": link["comments"]["href"],
        "statuses_url": link["statuses"]["href"], "head": side(world, pull.head_ref, pull.head_sha),
        "base": side(world, pull.base_ref, pull.base_sha), "_links": link,
        "author_association": people.association(world, row.author), "auto_merge": None, "active_lock_reason": None,
    }  # fmt: skip


def base_of(world: World, pull: Pull) -> str:
    """Commit from which a pull request's own changes are counted."""
    return merge_base(world.repo, pull.base_sha, pull.head_sha) or pull.base_sha


def files(world: World, row: Issue) -> list[Json]:
    """Changed files, against the merge base."""
    pull = part(row)
    changes = files_between(world.repo, base_of(world, pull), pull.head_sha, patches=True)
    return [repo.file(world, change, pull.head_sha) for change in changes]


def mergeable(world: World, row: Issue) -> tuple[bool | None, str]:
    """`mergeable` and `mergeable_state`; closed ones are not computed, as on GitHub."""
    pull = part(row)
    if row.state != "open":
        return None, "unknown"
    if is_ancestor(world.repo, pull.head_sha, pull.base_sha):
        return True, "draft" if pull.draft else "clean"
    if merge_tree(world.repo, pull.base_sha, pull.head_sha) is None:
        return False, "dirty"
    return True, "draft" if pull.draft else "clean"


def full(world: World, row: Issue, *, computed: bool = False) -> Json:
    """One pull request; `mergeable` is null in webhooks and until GitHub has computed it."""
    pull = part(row)
    changes = files_between(world.repo, base_of(world, pull), pull.head_sha)
    state: tuple[bool | None, str] = mergeable(world, row) if computed else (None, "unknown")
    return {
        **simple(world, row), "merged": pull.merged_at is not None, "mergeable": state[0], "rebaseable": state[0],
        "mergeable_state": state[1], "merged_by": people.user(world, pull.merged_by),
        "comments": issues.count_comments(world, row.number),
        "review_comments": sum(c.number == row.number for c in world.review_comments),
        "maintainer_can_modify": False, "commits": len(commits_between(world.repo, pull.base_sha, pull.head_sha)),
        "additions": sum(c.additions for c in changes), "deletions": sum(c.deletions for c in changes),
        "changed_files": len(changes),
    }  # fmt: skip


def minimal(world: World, row: Issue) -> Json:
    """A pull request as checks and workflow runs name it."""
    pull = part(row)
    return short(world, row.number, row.id, (pull.head_ref, pull.head_sha), (pull.base_ref, pull.base_sha))


def short(world: World, number: int, pull_id: int, head: tuple[str, str], base: tuple[str, str]) -> Json:
    """`pull-request-minimal` from its parts."""
    where = {"id": REPO_ID, "url": world.api, "name": world.config.repo}
    return {
        "id": pull_id, "number": number, "url": f"{world.api}/pulls/{number}",
        "head": {"ref": head[0], "sha": head[1], "repo": where},
        "base": {"ref": base[0], "sha": base[1], "repo": where},
    }  # fmt: skip


def review(world: World, row: Review, *, hook: bool = False) -> Json:
    """A review; webhooks write its state in lower case."""
    url, html = f"{world.api}/pulls/{row.number}", f"{world.html}/pull/{row.number}#pullrequestreview-{row.id}"
    return {
        "id": row.id, "node_id": node_id("PRR", row.id), "user": people.user(world, row.author), "body": row.body,
        "state": row.state.lower() if hook else row.state, "html_url": html, "pull_request_url": url,
        "_links": {"html": {"href": html}, "pull_request": {"href": url}}, "commit_id": row.commit_id,
        "submitted_at": stamp(row.submitted_at), "author_association": people.association(world, row.author),
    }  # fmt: skip


def review_comment(world: World, row: ReviewComment) -> Json:
    """A comment on a line."""
    url = f"{world.api}/pulls/comments/{row.id}"
    html, pull = f"{world.html}/pull/{row.number}#discussion_r{row.id}", f"{world.api}/pulls/{row.number}"
    shown: Json = {
        "url": url, "id": row.id, "node_id": node_id("PRRC", row.id), "pull_request_review_id": row.review_id,
        "diff_hunk": row.hunk, "path": row.path, "commit_id": row.commit_id, "original_commit_id": row.commit_id,
        "user": people.user(world, row.author), "body": row.body, "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at or row.created_at), "html_url": html, "pull_request_url": pull,
        "author_association": people.association(world, row.author), "side": "RIGHT", "start_line": None,
        "original_start_line": None, "start_side": None, "subject_type": "line" if row.line else "file",
        "line": row.line, "original_line": row.line, "position": row.line, "original_position": row.line or 1,
        "_links": {"self": {"href": url}, "html": {"href": html}, "pull_request": {"href": pull}},
        "reactions": people.rollup(row.reactions, url),
    }  # fmt: skip
    if row.in_reply_to:
        shown["in_reply_to_id"] = row.in_reply_to
    return shown
