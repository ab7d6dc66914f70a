"""Check runs, check suites, annotations and commit statuses."""

from __future__ import annotations

from datetime import datetime

from otto_bot.playground.github.changes import checks as changes
from otto_bot.playground.github.rest.repos import moment
from otto_bot.playground.github.routing import ApiError, Call, Reply, Routes, invalid, not_found, read, write
from otto_bot.playground.github.shapes import checks, repo
from otto_bot.playground.github.state import CheckRun, CheckSuite, Json, Status
from otto_bot.playground.github.world import ACTIONS_APP_ID

routes = Routes()
MAX_ANNOTATIONS = 50
MAX_ACTIONS = 3
MAX_TEXT = 65_535
MAX_STATUS_TEXT = 140
CONCLUSIONS = (
    "success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required", "stale",
)  # fmt: skip
STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
BUTTON_LIMITS = {"label": 20, "description": 40, "identifier": 20}


@routes.on("POST ~/check-runs", *write("checks"))
def create_check(call: Call) -> Reply:
    """A new check run by the app."""
    world, sha = call.world, call.text("head_sha")
    if world.repo.object_type(sha) != "commit":
        raise ApiError(422, f"No commit found for SHA: {sha}")
    suite = world.ensure_suite(world.config.app.id, sha)
    row = CheckRun(world.next_id(), suite.id, suite.app_id, call.text("name"), sha, started_at=world.now())
    _apply(call, row)
    changes.add_check(world, row)
    return Reply(_shown(call, row), 201)


@routes.on("PATCH ~/check-runs/{id:int}", *write("checks"))
def update_check(call: Call) -> Reply:
    """A new state; annotations are added to those already there. Only the app's own."""
    row = _check(call)
    if row.app_id != call.world.config.app.id:
        raise ApiError(403, "Invalid app_id `{}` - check run can only be modified by the GitHub App that created it.")
    was = row.status
    row.name = call.text("name", required=False) or row.name
    _apply(call, row)
    changes.changed_check(call.world, row, was)
    return Reply(_shown(call, row))


def _shown(call: Call, row: CheckRun) -> Json:
    return checks.run(call.world, row)


def _check(call: Call) -> CheckRun:
    for row in call.world.checks:
        if row.id == call.params["id"]:
            return row
    raise not_found()


def _apply(call: Call, row: CheckRun) -> None:
    """Everything checked before anything is changed, so that a refused request leaves no trace."""
    body = call.body
    status, conclusion = body.get("status", row.status), body.get("conclusion")
    if conclusion is not None:
        status = "completed"
    if status not in STATUSES or (conclusion is not None and conclusion not in CONCLUSIONS):
        raise invalid("CheckRun", "conclusion" if conclusion else "status")
    if status == "completed" and conclusion is None and row.conclusion is None:
        raise ApiError(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied: completed checks need one.')
    output, annotations, buttons = _output(body), _annotations(body), _buttons(body)
    started, completed = _time(body, "started_at"), _time(body, "completed_at")
    row.external_id = call.text("external_id", required=False) or row.external_id
    row.details_url = call.text("details_url", required=False) or row.details_url
    row.started_at = started or row.started_at
    if status != "completed":
        row.conclusion, row.completed_at = None, None
    else:
        row.conclusion = conclusion or row.conclusion
        row.completed_at = completed or row.completed_at or call.world.now()
    row.status = status
    row.output = {**row.output, **output}
    row.annotations = [*row.annotations, *annotations]
    row.actions = buttons if "actions" in body else row.actions


def _time(body: Json, name: str) -> datetime | None:
    return moment(str(body[name])) if body.get(name) else None


def _output(body: Json) -> Json:
    output = body.get("output")
    if output is None:
        return {}
    if not isinstance(output, dict) or not output.get("title") or output.get("summary") is None:
        raise ApiError(422, 'Invalid request.\n\n"title", "summary" weren\'t supplied.')
    for name in ("summary", "text"):
        if len(str(output.get(name) or "")) > MAX_TEXT:
            raise invalid("CheckRun", name, "too_long", f"{name} exceeds a maximum character limit of {MAX_TEXT}")
    return {name: output.get(name) for name in ("title", "summary", "text") if name in output}


def _annotations(body: Json) -> list[Json]:
    output = body.get("output")
    rows = output.get("annotations") or [] if isinstance(output, dict) else []
    if not isinstance(rows, list) or len(rows) > MAX_ANNOTATIONS:
        raise ApiError(422, f"Invalid request.\n\nNo more than {MAX_ANNOTATIONS} items are allowed in annotations.")
    for row in rows:
        missing = {"path", "start_line", "end_line", "annotation_level", "message"} - row.keys()
        if missing:
            raise ApiError(422, f"Invalid request.\n\n{', '.join(sorted(missing))} weren't supplied.")
    return list(rows)


def _buttons(body: Json) -> list[Json]:
    rows = body.get("actions") or []
    if len(rows) > MAX_ACTIONS:
        raise ApiError(422, f"Invalid request.\n\nNo more than {MAX_ACTIONS} items are allowed in actions.")
    for row in rows:
        for name, limit in BUTTON_LIMITS.items():
            if not row.get(name) or len(row[name]) > limit:
                raise ApiError(422, f"Invalid request.\n\nactions.{name} must have 1 to {limit} characters.")
    return list(rows)


@routes.on("GET ~/check-runs/{id:int}", *read("checks"))
def get_check(call: Call) -> Reply:
    """One check run."""
    return Reply(_shown(call, _check(call)))


@routes.on("GET ~/check-runs/{id:int}/annotations", *read("checks"))
def list_annotations(call: Call) -> Reply:
    """Its annotations."""
    row = _check(call)
    return call.page(row.annotations, lambda item: checks.annotation(call.world, item, row.head_sha))


@routes.on("POST ~/check-runs/{id:int}/rerequest", *write("checks"))
def rerequest(call: Call) -> Reply:
    """Asks the owning app to run it again."""
    changes.tell(call.world, _check(call), "rerequested", call.actor.login)
    return Reply({}, 201)


def _filtered(call: Call, rows: list[CheckRun]) -> Reply:
    query = call.query
    if name := query.get("check_name"):
        rows = [row for row in rows if row.name == name]
    if status := query.get("status"):
        rows = [row for row in rows if row.status == status]
    if (app := query.get("app_id")) and app.isdecimal():
        rows = [row for row in rows if row.app_id == int(app)]
    if query.get("filter", "latest") == "latest":
        latest = {(row.suite_id, row.name): row for row in rows}
        rows = list(latest.values())
    return call.page(rows[::-1], lambda row: _shown(call, row), key="check_runs")


@routes.on("GET ~/commits/{ref:path}/check-runs", *read("checks"))
def checks_of_ref(call: Call) -> Reply:
    """Check runs of a commit; the latest of each name unless `filter=all`."""
    sha = call.commit(call.params["ref"])
    return _filtered(call, [row for row in call.world.checks if row.head_sha == sha])


@routes.on("GET ~/commits/{ref:path}/check-suites", *read("checks"))
def suites_of_ref(call: Call) -> Reply:
    """Check suites of a commit, the never-used ones included."""
    sha = call.commit(call.params["ref"])
    rows = [row for row in call.world.suites if row.head_sha == sha]
    if (app := call.query.get("app_id")) and app.isdecimal():
        rows = [row for row in rows if row.app_id == int(app)]
    return call.page(rows, lambda row: checks.suite(call.world, row), key="check_suites")


def _suite(call: Call) -> CheckSuite:
    for row in call.world.suites:
        if row.id == call.params["id"]:
            return row
    raise not_found()


@routes.on("GET ~/check-suites/{id:int}", *read("checks"))
def get_suite(call: Call) -> Reply:
    """One suite."""
    return Reply(checks.suite(call.world, _suite(call)))


@routes.on("GET ~/check-suites/{id:int}/check-runs", *read("checks"))
def checks_of_suite(call: Call) -> Reply:
    """Check runs of a suite."""
    suite = _suite(call)
    return _filtered(call, [row for row in call.world.checks if row.suite_id == suite.id])


def is_actions(row: CheckRun) -> bool:
    """True for the check run of an Actions job."""
    return row.app_id == ACTIONS_APP_ID


@routes.on("POST ~/statuses/{sha}", *write("statuses"))
def create_status(call: Call) -> Reply:
    """A commit status by the app."""
    sha = call.commit(call.params["sha"])
    state, description = call.text("state"), call.text("description", required=False)
    if state not in ("error", "failure", "pending", "success"):
        raise invalid("Status", "state")
    if len(description) > MAX_STATUS_TEXT:
        raise invalid("Status", "description", "custom", f"description is too long (maximum is {MAX_STATUS_TEXT})")
    context, target = call.text("context", required=False) or "default", call.text("target_url", required=False) or None
    row = changes.add_status(call.world, call.actor.login, sha, state, context, description or None, target)
    return Reply(checks.status(call.world, row), 201)


@routes.on("GET ~/commits/{ref:path}/statuses", *read("statuses"))
@routes.on("GET ~/statuses/{ref:path}", *read("statuses"))
def list_statuses(call: Call) -> Reply:
    """Every status of a commit, newest first."""
    sha = call.commit(call.params["ref"])
    rows = [row for row in reversed(call.world.statuses) if row.sha == sha]
    return call.page(rows, lambda row: checks.status(call.world, row))


@routes.on("GET ~/commits/{ref:path}/status", *read("statuses"))
def combined_status(call: Call) -> Reply:
    """The latest status of each context, and what they add up to."""
    world, sha = call.world, call.commit(call.params["ref"])
    latest: dict[str, Status] = {row.context: row for row in world.statuses if row.sha == sha}
    states = {row.state for row in latest.values()}
    word = "failure" if states & {"failure", "error"} else "pending" if "pending" in states or not states else "success"
    url = f"{world.api}/commits/{sha}"
    return Reply({
        "state": word, "sha": sha, "total_count": len(latest), "repository": repo.minimal(world),
        "statuses": [checks.status(world, row, creator=False) for row in latest.values()],
        "commit_url": url, "url": f"{url}/status",
    })  # fmt: skip
