"""Pull requests, their files, commits, reviews and review comments."""

from __future__ import annotations

from otto_bot.playground.github.changes import issues as issue_changes
from otto_bot.playground.github.changes import pulls as changes
from otto_bot.playground.github.gitdiff import commits_between, is_ancestor
from otto_bot.playground.github.people import merge_now
from otto_bot.playground.github.rest.repos import moment
from otto_bot.playground.github.routing import ApiError, Call, Reply, Routes, invalid, not_found, read, write
from otto_bot.playground.github.shapes import people, pulls, repo
from otto_bot.playground.github.state import Issue, Json, ReviewComment

routes = Routes()
REVIEWS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


@routes.on("GET ~/pulls", *read("pull_requests"))
def list_pulls(call: Call) -> Reply:
    """Pull requests by state, head (`owner:branch`) and base, newest first."""
    query = call.query
    state = query.get("state", "open")
    rows = [row for row in call.world.pulls() if state in (row.state, "all")]
    if head := query.get("head"):
        owner, _, branch = head.rpartition(":")
        ours = owner.lower() in ("", call.world.config.owner.lower())
        rows = [row for row in rows if ours and pulls.part(row).head_ref == branch]
    if base := query.get("base"):
        rows = [row for row in rows if pulls.part(row).base_ref == base]
    if query.get("direction", "desc") != "asc":
        rows = rows[::-1]
    return call.page(rows, lambda row: pulls.simple(call.world, row))


@routes.on("POST ~/pulls", *write("pull_requests"))
def create_pull(call: Call) -> Reply:
    """A new pull request; GitHub's 422 for one that is there, without commits, or of unknown branches."""
    world = call.world
    title = call.text("title", limit=256)
    head, base = call.text("head").rpartition(":")[2], call.text("base")
    body, draft = call.text("body", required=False), call.body.get("draft") is True
    _check_pair(call, head, base)
    if draft and world.config.refuse_drafts:
        raise ApiError(422, "Draft pull requests are not supported in this repository.")
    issue = changes.open_pull(world, call.actor.login, title, body, head, base, draft=draft, by_app=True)
    shown = pulls.full(world, issue)
    return Reply(shown, 201, {"Location": shown["url"]})


def _check_pair(call: Call, head: str, base: str) -> None:
    heads = call.world.repo.refs()
    for name, field in ((head, "head"), (base, "base")):
        if f"refs/heads/{name}" not in heads:
            raise invalid("PullRequest", field)
    taken = [row for row in call.world.pulls_of_head(head) if row.pull and row.pull.base_ref == base]
    if taken:
        owner = call.world.config.owner
        raise invalid("PullRequest", "head", "custom", f"A pull request already exists for {owner}:{head}.")
    if is_ancestor(call.world.repo, heads[f"refs/heads/{head}"], heads[f"refs/heads/{base}"]):
        raise invalid("PullRequest", "head", "custom", f"No commits between {base} and {head}")


@routes.on("GET ~/pulls/comments", *read("pull_requests"))
def list_all_review_comments(call: Call) -> Reply:
    """Line comments of every pull request."""
    return _review_comments(call, None)


@routes.on("GET ~/pulls/comments/{id:int}", *read("pull_requests"))
def get_review_comment(call: Call) -> Reply:
    """One line comment."""
    return Reply(pulls.review_comment(call.world, _line_comment(call)))


@routes.on("PATCH ~/pulls/comments/{id:int}", *write("pull_requests"))
def edit_review_comment(call: Call) -> Reply:
    """New text for a line comment."""
    row = _line_comment(call)
    changes.edit_review_comment(call.world, call.actor.login, row, call.text("body"))
    return Reply(pulls.review_comment(call.world, row))


@routes.on("GET ~/pulls/comments/{id:int}/reactions", *read("pull_requests"))
def list_review_comment_reactions(call: Call) -> Reply:
    """Emojis on a line comment."""
    return call.page(_line_comment(call).reactions, lambda row: people.reaction(call.world, row))


@routes.on("POST ~/pulls/comments/{id:int}/reactions", *write("pull_requests"))
def react_to_review_comment(call: Call) -> Reply:
    """An emoji on a line comment; 200 when it was there."""
    content = call.text("content")
    if content not in people.CONTENTS:
        raise invalid("Reaction", "content")
    row, new = issue_changes.react(call.world, call.actor.login, _line_comment(call).reactions, content)
    return Reply(people.reaction(call.world, row), 201 if new else 200)


def _line_comment(call: Call) -> ReviewComment:
    for row in call.world.review_comments:
        if row.id == call.params["id"]:
            return row
    raise not_found()


@routes.on("GET ~/pulls/{number:int}", *read("pull_requests"))
def get_pull(call: Call) -> Reply:
    """One pull request. With `lazy_mergeable` the first look after a change answers null, as GitHub may."""
    issue = call.pull()
    pull = pulls.part(issue)
    pair = (pull.base_sha, pull.head_sha)
    ready = pull.mergeable_seen == pair or not call.world.config.lazy_mergeable
    pull.mergeable_seen = pair
    return Reply(pulls.full(call.world, issue, computed=ready))


@routes.on("PATCH ~/pulls/{number:int}", *write("pull_requests"))
def update_pull(call: Call) -> Reply:
    """Title, text, state, base. Draft is GraphQL's business."""
    issue, body, actor = call.pull(), call.body, call.actor.login
    title = call.text("title", limit=256) if body.get("title") is not None else None
    text = call.text("body") if body.get("body") is not None else None
    if (base := body.get("base")) is not None:
        if f"refs/heads/{base}" not in call.world.repo.refs():
            raise invalid("PullRequest", "base")
        changes.rebase_on(call.world, actor, issue, base)
    issue_changes.edit_issue(call.world, actor, issue, title=title, body=text)
    if body.get("state") == "closed":
        issue_changes.close_issue(call.world, actor, issue)
    elif body.get("state") == "open":
        _reopen(call, issue)
    return Reply(pulls.full(call.world, issue))


def _reopen(call: Call, issue: Issue) -> None:
    pull = pulls.part(issue)
    if pull.merged_at or f"refs/heads/{pull.head_ref}" not in call.world.repo.refs():
        raise invalid("PullRequest", "state", "invalid", "state cannot be changed: merged, or no head branch")
    issue_changes.reopen_issue(call.world, call.actor.login, issue)


@routes.on("GET ~/pulls/{number:int}/files", *read("pull_requests"))
def list_files(call: Call) -> Reply:
    """Changed files."""
    return call.page(pulls.files(call.world, call.pull()), lambda row: row)


@routes.on("GET ~/pulls/{number:int}/commits", *read("pull_requests"))
def list_commits(call: Call) -> Reply:
    """Its commits, oldest first."""
    pull = pulls.part(call.pull())
    rows = commits_between(call.world.repo, pull.base_sha, pull.head_sha)[::-1]
    return call.page(rows, lambda row: repo.commit(call.world, row))


@routes.on("PUT ~/pulls/{number:int}/merge", *write("contents"))
def merge_pull(call: Call) -> Reply:
    """Merges."""
    issue = call.pull()
    method = call.text("merge_method", required=False) or "merge"
    expected = call.text("sha", required=False)
    if expected and expected != pulls.part(issue).head_sha:
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    try:
        sha = merge_now(call.hub, call.actor.login, issue, "squash" if method == "squash" else "merge")
    except changes.CannotMergeError as error:
        raise ApiError(405, str(error)) from error
    return Reply({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@routes.on("GET ~/pulls/{number:int}/requested_reviewers", *read("pull_requests"))
def list_reviewers(call: Call) -> Reply:
    """Who was asked for a review."""
    shown = pulls.simple(call.world, call.pull())
    return Reply({"users": shown["requested_reviewers"], "teams": []})


@routes.on("POST ~/pulls/{number:int}/requested_reviewers", *write("pull_requests"))
def request_reviewers(call: Call) -> Reply:
    """Asks for a review; 422 for the author and for people without access."""
    issue, world = call.pull(), call.world
    logins = []
    for login in call.texts("reviewers"):
        user = world.user(login)
        if user is None or user.permission == "none":
            raise ApiError(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or teams "
                f"you specified is not a collaborator of the {world.full_name} repository.",
            )
        if user.login == issue.author:
            raise ApiError(422, "Review cannot be requested from pull request author.")
        logins.append(user.login)
    changes.request_review(world, call.actor.login, issue, logins)
    return Reply(pulls.simple(world, issue), 201)


@routes.on("GET ~/pulls/{number:int}/reviews", *read("pull_requests"))
def list_reviews(call: Call) -> Reply:
    """Submitted reviews."""
    number = call.pull().number
    rows = [row for row in call.world.reviews if row.number == number]
    return call.page(rows, lambda row: pulls.review(call.world, row))


@routes.on("POST ~/pulls/{number:int}/reviews", *write("pull_requests"))
def create_review(call: Call) -> Reply:
    """A review by the app; nobody approves their own."""
    issue = call.pull()
    event = call.text("event", required=False) or "COMMENT"
    if event not in REVIEWS:
        raise invalid("PullRequestReview", "event")
    if event != "COMMENT" and issue.author == call.actor.login:
        raise ApiError(422, "Unprocessable Entity", errors=["Can not approve your own pull request"])
    lines = [line for line in call.body.get("comments") or [] if isinstance(line, dict)]
    body = call.text("body", required=False)
    row = changes.add_review(call.world, call.actor.login, issue, REVIEWS[event], body, lines)
    return Reply(pulls.review(call.world, row))


@routes.on("GET ~/pulls/{number:int}/reviews/{review:int}", *read("pull_requests"))
def get_review(call: Call) -> Reply:
    """One review."""
    for row in call.world.reviews:
        if row.id == call.params["review"] and row.number == call.pull().number:
            return Reply(pulls.review(call.world, row))
    raise not_found()


@routes.on("GET ~/pulls/{number:int}/reviews/{review:int}/comments", *read("pull_requests"))
def list_comments_of_review(call: Call) -> Reply:
    """Line comments of one review. Here GitHub says no line, only the position and the piece of diff."""
    rows = [row for row in call.world.review_comments if row.review_id == call.params["review"]]

    def show(row: Json) -> Json:
        return {key: value for key, value in row.items() if key != "subject_type" and "line" not in key}

    return call.page(rows, lambda row: show(pulls.review_comment(call.world, row)))


@routes.on("GET ~/pulls/{number:int}/comments", *read("pull_requests"))
def list_review_comments(call: Call) -> Reply:
    """Line comments of one pull request."""
    return _review_comments(call, call.pull().number)


def _review_comments(call: Call, number: int | None) -> Reply:
    rows = [row for row in call.world.review_comments if number in (None, row.number)]
    if since := call.query.get("since"):
        rows = [row for row in rows if row.created_at >= moment(since)]
    return call.page(rows, lambda row: pulls.review_comment(call.world, row))


@routes.on("POST ~/pulls/{number:int}/comments", *write("pull_requests"))
def create_review_comment(call: Call) -> Reply:
    """A line comment by the app."""
    issue = call.pull()
    line = {key: call.body.get(key) for key in ("path", "line", "in_reply_to")}
    line["body"] = call.text("body")
    row = changes.add_review_comment(call.world, call.actor.login, issue, call.world.next_id(), line)
    return Reply(pulls.review_comment(call.world, row), 201)


@routes.on("POST ~/pulls/{number:int}/comments/{id:int}/replies", *write("pull_requests"))
def reply_to_comment(call: Call) -> Reply:
    """An answer to a line comment."""
    issue = call.pull()
    for row in call.world.review_comments:
        # "Replies to replies are not supported."
        if row.id == call.params["id"] and row.number == issue.number and row.in_reply_to is None:
            line = {"path": row.path, "line": row.line, "in_reply_to": row.id, "body": call.text("body")}
            new = changes.answer_comment(call.world, call.actor.login, issue, line)
            return Reply(pulls.review_comment(call.world, new), 201)
    raise not_found()
