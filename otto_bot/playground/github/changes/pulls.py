"""Changes of pull requests and reviews."""

from __future__ import annotations

from otto_bot.playground.github.changes import issues as issue_changes
from otto_bot.playground.github.gitdiff import hunk_at, is_ancestor, merge_tree
from otto_bot.playground.github.gitrepo import ZERO, Person
from otto_bot.playground.github.shapes import people, pulls
from otto_bot.playground.github.state import Issue, Json, Pull, Review, ReviewComment
from otto_bot.playground.github.world import World


class CannotMergeError(ValueError):
    """The pull request cannot be merged; the text says why."""


def open_pull(
    world: World, actor: str, title: str, body: str, head: str, base: str, *, draft: bool, by_app: bool = False
) -> Issue:
    """A new pull request between two existing branches."""
    now = world.now()
    heads = world.repo.refs()
    pull = Pull(head, heads[f"refs/heads/{head}"], base, heads[f"refs/heads/{base}"], draft)
    issue = Issue(world.next_id(), len(world.issues) + 1, title, body, actor, now, now, by_app=by_app, pull=pull)
    world.issues.append(issue)
    refresh_refs(world, issue)
    issue_changes.tell(world, issue, "opened", actor)
    return issue


def refresh_refs(world: World, issue: Issue) -> None:
    """Brings `refs/pull/N/head` and `/merge` to the present head; without a clean merge there is no `/merge`."""
    pull = pulls.part(issue)
    world.repo.git("update-ref", f"refs/pull/{issue.number}/head", pull.head_sha)
    merge = f"refs/pull/{issue.number}/merge"
    tree = merge_tree(world.repo, pull.base_sha, pull.head_sha)
    if tree is None:
        world.repo.git("update-ref", "-d", merge)
        pull.merge_sha = None
        return
    who = Person("GitHub", "noreply@github.com", world.now())
    message = f"Merge {pull.head_sha} into {pull.base_sha}"
    pull.merge_sha = world.repo.write_commit(tree, [pull.base_sha, pull.head_sha], message, who, who)
    world.repo.git("update-ref", merge, pull.merge_sha)


def synchronize(world: World, actor: str, issue: Issue, sha: str) -> None:
    """The head branch has moved."""
    pull = pulls.part(issue)
    before, pull.head_sha, issue.updated_at = pull.head_sha, sha, world.now()
    refresh_refs(world, issue)
    issue_changes.tell(world, issue, "synchronize", actor, before=before, after=sha)


def set_draft(world: World, actor: str, issue: Issue, draft: bool) -> None:
    """Ready for review, or back to draft."""
    pull = pulls.part(issue)
    if pull.draft == draft:
        return
    pull.draft, issue.updated_at = draft, world.now()
    event = "convert_to_draft" if draft else "ready_for_review"
    issue_changes.record(world, issue, event, actor)
    issue_changes.tell(world, issue, "converted_to_draft" if draft else event, actor)


def rebase_on(world: World, actor: str, issue: Issue, base: str) -> None:
    """Another base branch."""
    pull = pulls.part(issue)
    before = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
    pull.base_ref, pull.base_sha = base, world.repo.refs()[f"refs/heads/{base}"]
    issue.updated_at = world.now()
    refresh_refs(world, issue)
    issue_changes.tell(world, issue, "edited", actor, changes={"base": before})


def request_review(world: World, actor: str, issue: Issue, logins: list[str]) -> None:
    """Asks people for a review."""
    pull = pulls.part(issue)
    for login in logins:
        if login not in pull.reviewers:
            pull.reviewers.append(login)
            issue_changes.record(world, issue, "review_requested", actor)
            shown = people.known_user(world, login)
            issue_changes.tell(world, issue, "review_requested", actor, requested_reviewer=shown)


def add_review(world: World, actor: str, issue: Issue, state: str, body: str, lines: list[Json]) -> Review:
    """A submitted review with its line comments. `state`: APPROVED, CHANGES_REQUESTED or COMMENTED."""
    pull, now = pulls.part(issue), world.now()
    row = Review(world.next_id(), issue.number, actor, body, state, pull.head_sha, now)
    world.reviews.append(row)
    issue.updated_at = now
    # Whoever has reviewed is not asked any more.
    pull.reviewers = [login for login in pull.reviewers if login.lower() != actor.lower()]
    for line in lines:
        add_review_comment(world, actor, issue, row.id, line)
    shown = {"review": pulls.review(world, row, hook=True), "pull_request": pulls.simple(world, issue)}
    world.announce("pull_request_review", "submitted", actor, shown, issue.where)
    return row


def add_review_comment(world: World, actor: str, issue: Issue, review_id: int, line: Json) -> ReviewComment:
    """A comment on a line: `path`, `line`, `body`, and `in_reply_to` for an answer."""
    pull = pulls.part(issue)
    row = ReviewComment(
        world.next_id(), review_id, issue.number, actor, str(line.get("body", "")), str(line.get("path", "")),
        line.get("line"), pull.head_sha, world.now(), line.get("in_reply_to"),
    )  # fmt: skip
    base = pulls.base_of(world, pull)
    row.hunk = hunk_at(world.repo, base, pull.head_sha, row.path, row.line) or row.hunk
    world.review_comments.append(row)
    issue.updated_at = world.now()
    _tell_comment(world, actor, issue, row, "created")
    return row


def answer_comment(world: World, actor: str, issue: Issue, line: Json) -> ReviewComment:
    """An answer in a thread; GitHub makes a review without text for it."""
    review = add_review(world, actor, issue, "COMMENTED", "", [line])
    return next(row for row in world.review_comments if row.review_id == review.id)


def edit_review_comment(world: World, actor: str, row: ReviewComment, body: str) -> None:
    """New text of a comment on a line."""
    issue = world.issue(row.number)
    assert issue is not None
    if body == row.body:
        return
    before, row.body, row.updated_at = row.body, body, world.now()
    _tell_comment(world, actor, issue, row, "edited", changes={"body": {"from": before}})


def _tell_comment(world: World, actor: str, issue: Issue, row: ReviewComment, action: str, **more: Json) -> None:
    shown = {"comment": pulls.review_comment(world, row), "pull_request": pulls.simple(world, issue), **more}
    world.announce("pull_request_review_comment", action, actor, shown, issue.where)


def merge(world: World, actor: str, issue: Issue, method: str = "merge") -> str:
    """Merges an open pull request (`merge` or `squash`); returns the new commit on the base branch.

    Raises CannotMergeError for drafts, closed ones and conflicts.
    """
    pull = pulls.part(issue)
    if issue.state != "open" or pull.draft:
        raise CannotMergeError("Pull Request is not mergeable" if not pull.draft else "Pull Request is still a draft")
    tree = merge_tree(world.repo, pull.base_sha, pull.head_sha)
    if tree is None:
        raise CannotMergeError("Merge conflict")
    person = world.user(actor)
    assert person is not None
    who = Person(person.login, f"{person.id}+{person.login}@users.noreply.github.com", world.now())
    parents = [pull.base_sha] if method == "squash" else [pull.base_sha, pull.head_sha]
    title = f"{issue.title} (#{issue.number})"
    message = title if method == "squash" else f"Merge pull request #{issue.number} from {pull.head_ref}\n\n{title}"
    return world.repo.write_commit(tree, parents, message, who, who)


def mark_merged(world: World, actor: str, issue: Issue, sha: str) -> None:
    """The head has reached the base branch as `sha`: closed as merged."""
    pull = pulls.part(issue)
    pull.merged_at, pull.merged_by, pull.merge_sha = world.now(), actor, sha
    issue_changes.record(world, issue, "merged", actor)
    issue_changes.close_issue(world, actor, issue)


def base_moved(world: World, actor: str, branch: str, sha: str) -> None:
    """The base branch of some pull requests has moved: new test merges, and merged ones are closed."""
    for issue in world.pulls():
        pull = pulls.part(issue)
        if issue.state != "open" or pull.base_ref != branch or sha == ZERO:
            continue
        landed = is_ancestor(world.repo, pull.head_sha, sha) and not is_ancestor(
            world.repo, pull.head_sha, pull.base_sha
        )
        if landed:
            mark_merged(world, actor, issue, sha)
            pull.base_sha = sha
        else:
            pull.base_sha = sha
            refresh_refs(world, issue)
