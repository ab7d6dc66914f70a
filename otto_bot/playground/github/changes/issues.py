"""Changes of issues, labels, comments and reactions."""

from __future__ import annotations

from otto_bot.playground.github.shapes import issues, pulls
from otto_bot.playground.github.state import Comment, Edit, Issue, IssueEvent, Json, Label, Reaction
from otto_bot.playground.github.world import World


def tell(world: World, issue: Issue, action: str, actor: str, **more: object) -> None:
    """Announces an `issues` or `pull_request` event, whichever the number is."""
    if issue.pull:
        body: Json = {"number": issue.number, "pull_request": pulls.full(world, issue), **more}
        world.announce("pull_request", action, actor, body, issue.where)
    else:
        world.announce("issues", action, actor, {"issue": issues.issue(world, issue), **more}, issue.where)


def record(
    world: World, issue: Issue, event: str, actor: str, label: str | None = None, via_app: int | None = None
) -> None:
    """Adds a line to the timeline. `via_app`: the App that did it in the actor's name."""
    line = IssueEvent(world.next_id(), issue.number, event, actor, world.now(), label, via_app=via_app)
    world.issue_events.append(line)


def open_issue(
    world: World,
    actor: str,
    title: str,
    body: str,
    labels: list[str],
    *,
    by_app: bool = False,
    via_app: int | None = None,
) -> Issue:
    """A new issue, its labels included."""
    now = world.now()
    issue = Issue(world.next_id(), len(world.issues) + 1, title, body, actor, now, now, by_app=by_app)
    world.issues.append(issue)
    tell(world, issue, "opened", actor)
    add_labels(world, actor, issue, labels, via_app)
    return issue


def edit_issue(world: World, actor: str, issue: Issue, *, title: str | None = None, body: str | None = None) -> None:
    """New title or body; nothing is announced when nothing changed."""
    changes: Json = {}
    now = world.now()
    if title is not None and title != issue.title:
        changes["title"] = {"from": issue.title}
        issue.edits.append(Edit(now, actor, "title"))
        renamed = (issue.title, title)
        world.issue_events.append(IssueEvent(world.next_id(), issue.number, "renamed", actor, now, renamed=renamed))
        issue.title = title
    if body is not None and body != issue.body:
        changes["body"] = {"from": issue.body}
        issue.edits.append(Edit(now, actor, "body"))
        issue.body = body
    if changes:
        issue.updated_at = world.now()
        tell(world, issue, "edited", actor, changes=changes)


def close_issue(world: World, actor: str, issue: Issue, reason: str | None = "completed") -> None:
    """Closes an issue or (unmerged) pull request."""
    if issue.state == "closed":
        return
    issue.state, issue.closed_by, issue.closed_at = "closed", actor, world.now()
    issue.state_reason = None if issue.pull else reason
    issue.updated_at = issue.closed_at
    record(world, issue, "closed", actor)
    tell(world, issue, "closed", actor)


def reopen_issue(world: World, actor: str, issue: Issue) -> None:
    """Opens a closed one again."""
    if issue.state == "open":
        return
    issue.state, issue.closed_by, issue.closed_at = "open", None, None
    issue.state_reason = None if issue.pull else "reopened"
    issue.updated_at = world.now()
    record(world, issue, "reopened", actor)
    tell(world, issue, "reopened", actor)


def ensure_label(world: World, name: str, actor: str, color: str = "ededed", description: str | None = None) -> Label:
    """The repository's label of that name, made when absent."""
    found = world.label(name)
    if found:
        return found
    row = Label(world.next_id(), name, color, description)
    world.labels.append(row)
    world.announce("label", "created", actor, {"label": issues.label(world, row)})
    return row


def add_labels(world: World, actor: str, issue: Issue, names: list[str], via_app: int | None = None) -> None:
    """Puts labels on; those already there change nothing."""
    for name in names:
        row = ensure_label(world, name, actor)
        if row.name in issue.labels:
            continue
        issue.labels.append(row.name)
        issue.updated_at = world.now()
        record(world, issue, "labeled", actor, row.name, via_app)
        tell(world, issue, "labeled", actor, label=issues.label(world, row))


def remove_label(world: World, actor: str, issue: Issue, name: str, via_app: int | None = None) -> bool:
    """Takes a label off; False when it was not there."""
    row = world.label(name)
    if row is None or row.name not in issue.labels:
        return False
    issue.labels.remove(row.name)
    issue.updated_at = world.now()
    record(world, issue, "unlabeled", actor, row.name, via_app)
    tell(world, issue, "unlabeled", actor, label=issues.label(world, row))
    return True


def add_comment(
    world: World, actor: str, issue: Issue, body: str, *, by_app: bool = False, via_app: int | None = None
) -> Comment:
    """A new comment."""
    now = world.now()
    row = Comment(world.next_id(), issue.number, actor, body, now, now, by_app, via_app=via_app)
    world.comments.append(row)
    issue.updated_at = now
    _tell_comment(world, row, issue, "created", actor)
    return row


def edit_comment(world: World, actor: str, row: Comment, body: str) -> None:
    """New text of a comment."""
    issue = world.issue(row.number)
    assert issue is not None
    if body == row.body:
        return
    before, row.body, row.updated_at = row.body, body, world.now()
    row.was.append(before)
    row.edits += 1
    row.editor = actor
    _tell_comment(world, row, issue, "edited", actor, changes={"body": {"from": before}})


def delete_comment(world: World, actor: str, row: Comment) -> None:
    """Removes a comment."""
    issue = world.issue(row.number)
    assert issue is not None
    _tell_comment(world, row, issue, "deleted", actor)
    world.comments.remove(row)


def _tell_comment(world: World, row: Comment, issue: Issue, action: str, actor: str, **more: object) -> None:
    body = {"issue": issues.issue(world, issue), "comment": issues.comment(world, row), **more}
    world.announce("issue_comment", action, actor, body, issue.where)


def react(world: World, actor: str, rows: list[Reaction], content: str) -> tuple[Reaction, bool]:
    """Adds an emoji once a person; True when it is new. GitHub sends no webhook for it."""
    for row in rows:
        if row.user == actor and row.content == content:
            return row, False
    rows.append(Reaction(world.next_id(), content, actor, world.now()))
    return rows[-1], True
