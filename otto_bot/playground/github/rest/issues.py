"""Issues, their comments, labels, events and reactions."""

from __future__ import annotations

from otto_bot.playground.github.changes import issues as changes
from otto_bot.playground.github.rest.repos import moment
from otto_bot.playground.github.routing import ApiError, Call, Reply, Routes, invalid, not_found, read, write
from otto_bot.playground.github.shapes import issues, people
from otto_bot.playground.github.state import Comment, Issue, Reaction
from otto_bot.playground.github.world import PERMISSION_RANK

routes = Routes()
BOTH_READ = read("issues", "pull_requests")
BOTH_WRITE = write("issues", "pull_requests")
MAX_LABELS = 100
MAX_BODY = 65_536


def for_write(call: Call) -> Issue:
    """The issue named by the path; a token with only the other kind's permission is refused."""
    issue = call.issue()
    resource = "pull_requests" if issue.pull else "issues"
    if not (call.actor.may((resource, "write")) or (issue.pull and call.actor.may(("issues", "write")))):
        raise ApiError(403, "Resource not accessible by integration")
    return issue


def may_label(call: Call) -> bool:
    """The App may, and people with triage."""
    person = call.world.user(call.actor.login)
    return call.actor.kind != "user" or (person is not None and PERMISSION_RANK[person.permission] >= 2)


@routes.on("GET ~/issues", *BOTH_READ)
def list_issues(call: Call) -> Reply:
    """Issues and pull requests, newest first, by state, labels, creator and time."""
    query = call.query
    state = query.get("state", "open")
    wanted = [name.lower() for name in query.get("labels", "").split(",") if name]
    rows = [row for row in call.world.issues if state in (row.state, "all") and not row.gone]
    rows = [row for row in rows if set(wanted) <= {name.lower() for name in row.labels}]
    if since := query.get("since"):
        rows = [row for row in rows if row.updated_at >= moment(since)]
    if creator := query.get("creator"):
        rows = [row for row in rows if row.author.lower() == creator.lower()]
    field = "updated_at" if query.get("sort") == "updated" else "created_at"
    rows.sort(key=lambda row: (getattr(row, field), row.number), reverse=query.get("direction", "desc") != "asc")
    return call.page(rows, lambda row: issues.issue(call.world, row))


@routes.on("POST ~/issues", *write("issues"))
def create_issue(call: Call) -> Reply:
    """A new issue; labels of somebody who may not label are left out, as GitHub does."""
    title, body = call.text("title", limit=256), call.text("body", required=False, limit=MAX_BODY)
    labels = call.texts("labels") if may_label(call) else []
    issue = changes.open_issue(call.world, call.actor.login, title, body, labels, by_app=True, via_app=call.via_app)
    return Reply(issues.issue(call.world, issue), 201)


@routes.on("GET ~/issues/comments", *BOTH_READ)
def list_all_comments(call: Call) -> Reply:
    """Comments of every issue."""
    return _comments(call, call.world.comments)


@routes.on("GET ~/issues/comments/{id:int}", *BOTH_READ)
def get_comment(call: Call) -> Reply:
    """One comment."""
    return Reply(issues.comment(call.world, _comment(call)))


@routes.on("PATCH ~/issues/comments/{id:int}", *BOTH_WRITE)
def edit_comment(call: Call) -> Reply:
    """New text for a comment."""
    row = _comment(call)
    changes.edit_comment(call.world, call.actor.login, row, _body(call))
    return Reply(issues.comment(call.world, row))


@routes.on("DELETE ~/issues/comments/{id:int}", *BOTH_WRITE)
def delete_comment(call: Call) -> Reply:
    """Removes a comment."""
    changes.delete_comment(call.world, call.actor.login, _comment(call))
    return Reply(status=204)


def _comment(call: Call) -> Comment:
    for row in call.world.comments:
        if row.id == call.params["id"]:
            return row
    raise not_found()


def _body(call: Call) -> str:
    body = call.text("body", limit=10**9)
    if len(body) > MAX_BODY:
        raise invalid("IssueComment", "body", "unprocessable", f"Body is too long (maximum is {MAX_BODY} characters)")
    if not body.strip():
        raise invalid("IssueComment", "body", "missing_field", "Body cannot be blank")
    return body


def _comments(call: Call, rows: list[Comment]) -> Reply:
    if since := call.query.get("since"):
        start = moment(since)
        rows = [row for row in rows if row.updated_at >= start]
    if call.query.get("direction") == "desc":
        rows = rows[::-1]
    return call.page(rows, lambda row: issues.comment(call.world, row))


@routes.on("GET ~/issues/comments/{id:int}/reactions", *BOTH_READ)
def list_comment_reactions(call: Call) -> Reply:
    """Emojis on a comment."""
    return call.page(_comment(call).reactions, lambda row: people.reaction(call.world, row))


@routes.on("POST ~/issues/comments/{id:int}/reactions", *BOTH_WRITE)
def react_to_comment(call: Call) -> Reply:
    """An emoji on a comment; 200 when it was there."""
    return _react(call, _comment(call).reactions)


@routes.on("DELETE ~/issues/comments/{id:int}/reactions/{reaction:int}", *BOTH_WRITE)
def unreact_to_comment(call: Call) -> Reply:
    """Takes an emoji back."""
    return _unreact(call, _comment(call).reactions)


def _react(call: Call, rows: list[Reaction]) -> Reply:
    content = call.text("content")
    if content not in people.CONTENTS:
        raise invalid("Reaction", "content")
    row, new = changes.react(call.world, call.actor.login, rows, content)
    return Reply(people.reaction(call.world, row), 201 if new else 200)


def _unreact(call: Call, rows: list[Reaction]) -> Reply:
    for row in rows:
        if row.id == call.params["reaction"]:
            rows.remove(row)
            return Reply(status=204)
    raise not_found()


@routes.on("GET ~/issues/{number:int}", *BOTH_READ)
def get_issue(call: Call) -> Reply:
    """One issue or pull request."""
    return Reply(issues.issue(call.world, call.issue()))


@routes.on("PATCH ~/issues/{number:int}", *BOTH_WRITE)
def update_issue(call: Call) -> Reply:
    """Title, text, state, labels."""
    issue, body, actor = for_write(call), call.body, call.actor.login
    title = call.text("title", limit=256) if body.get("title") is not None else None
    text = call.text("body", limit=MAX_BODY) if body.get("body") is not None else None
    if "labels" in body:
        _set_labels(call, issue, call.texts("labels"))
    changes.edit_issue(call.world, actor, issue, title=title, body=text)
    if body.get("state") == "closed":
        changes.close_issue(call.world, actor, issue, body.get("state_reason") or "completed")
    elif body.get("state") == "open":
        changes.reopen_issue(call.world, actor, issue)
    return Reply(issues.issue(call.world, issue))


@routes.on("GET ~/issues/{number:int}/comments", *BOTH_READ)
def list_comments(call: Call) -> Reply:
    """Comments of one issue, oldest first."""
    issue = call.issue()
    return _comments(call, [row for row in call.world.comments if row.number == issue.number])


@routes.on("POST ~/issues/{number:int}/comments", *BOTH_WRITE)
def create_comment(call: Call) -> Reply:
    """A new comment by the app."""
    issue = for_write(call)
    by_app = call.via_app is None
    row = changes.add_comment(call.world, call.actor.login, issue, _body(call), by_app=by_app, via_app=call.via_app)
    shown = issues.comment(call.world, row)
    return Reply(shown, 201, {"Location": shown["url"]})


@routes.on("GET ~/issues/{number:int}/events", *BOTH_READ)
@routes.on("GET ~/issues/{number:int}/timeline", *BOTH_READ)
def list_events(call: Call) -> Reply:
    """What happened to one issue."""
    number = call.issue().number
    rows = [row for row in call.world.issue_events if row.number == number]
    return call.page(rows, lambda row: issues.event(call.world, row))


@routes.on("GET ~/issues/{number:int}/reactions", *BOTH_READ)
def list_reactions(call: Call) -> Reply:
    """Emojis on an issue."""
    return call.page(call.issue().reactions, lambda row: people.reaction(call.world, row))


@routes.on("POST ~/issues/{number:int}/reactions", *BOTH_WRITE)
def react_to_issue(call: Call) -> Reply:
    """An emoji on an issue."""
    return _react(call, for_write(call).reactions)


@routes.on("DELETE ~/issues/{number:int}/reactions/{reaction:int}", *BOTH_WRITE)
def unreact_to_issue(call: Call) -> Reply:
    """Takes an emoji back."""
    return _unreact(call, for_write(call).reactions)


@routes.on("GET ~/issues/{number:int}/labels", *BOTH_READ)
def list_issue_labels(call: Call) -> Reply:
    """Labels on one issue."""
    return call.page(call.issue().labels, lambda name: issues.labels(call.world, [name])[0])


@routes.on("POST ~/issues/{number:int}/labels", *BOTH_WRITE)
def add_issue_labels(call: Call) -> Reply:
    """Puts labels on."""
    issue = for_write(call)
    names = call.texts("labels")
    if len({*issue.labels, *names}) > MAX_LABELS:
        raise invalid("Issue", "labels", "custom", f"at most {MAX_LABELS} labels")
    changes.add_labels(call.world, call.actor.login, issue, names, call.via_app)
    return Reply(issues.labels(call.world, issue.labels))


@routes.on("PUT ~/issues/{number:int}/labels", *BOTH_WRITE)
def set_issue_labels(call: Call) -> Reply:
    """Replaces the labels."""
    issue = for_write(call)
    _set_labels(call, issue, call.texts("labels"))
    return Reply(issues.labels(call.world, issue.labels))


def _set_labels(call: Call, issue: Issue, names: list[str]) -> None:
    wanted = {name.lower() for name in names}
    for name in [name for name in issue.labels if name.lower() not in wanted]:
        changes.remove_label(call.world, call.actor.login, issue, name, call.via_app)
    changes.add_labels(call.world, call.actor.login, issue, names, call.via_app)


@routes.on("DELETE ~/issues/{number:int}/labels/{name:path}", *BOTH_WRITE)
def remove_issue_label(call: Call) -> Reply:
    """Takes one label off."""
    issue = for_write(call)
    if not changes.remove_label(call.world, call.actor.login, issue, call.params["name"], call.via_app):
        raise ApiError(404, "Label does not exist")
    return Reply(issues.labels(call.world, issue.labels))
