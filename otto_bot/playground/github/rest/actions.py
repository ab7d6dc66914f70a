"""Workflow runs, jobs, logs, artifacts and workflows; everything is asked of the Actions service."""

from __future__ import annotations

from otto_bot.playground.actions.api import Actions, ActionsError, Workflow, WorkflowRun
from otto_bot.playground.github.routing import ApiError, Call, Reply, Routes, not_found, read, write
from otto_bot.playground.github.shapes import actions as shapes
from otto_bot.playground.github.state import Json
from otto_bot.playground.github.versions import NEWER

routes = Routes()


def service(call: Call) -> Actions:
    """The Actions service; a stand-in without one answers 404, as a repository with Actions disabled."""
    if call.hub.actions is None:
        raise not_found()
    return call.hub.actions


def refused(error: ActionsError) -> ApiError:
    """The service's refusal as an answer of the API."""
    return ApiError(error.status, "Not Found" if error.status == 404 else str(error))


def _run(call: Call) -> WorkflowRun:
    try:
        return service(call).run(call.params["run"])
    except ActionsError as error:
        raise refused(error) from error


def _listed(call: Call, rows: tuple[WorkflowRun, ...]) -> Reply:
    query = call.query
    if status := query.get("status"):
        rows = tuple(row for row in rows if status in (row.status, row.conclusion))
    if actor := query.get("actor"):
        rows = tuple(row for row in rows if row.actor.lower() == actor.lower())
    if (suite := query.get("check_suite_id")) and suite.isdecimal():
        rows = tuple(row for row in rows if row.check_suite_id == int(suite))
    return call.page(rows, lambda row: shapes.run(call.world, row), key="workflow_runs")


def _chosen(call: Call) -> tuple[WorkflowRun, ...]:
    names = ("head_sha", "branch", "event")
    return service(call).runs(**{name: call.query[name] for name in names if call.query.get(name)})


@routes.on("GET ~/actions/runs", *read("actions"))
def list_runs(call: Call) -> Reply:
    """Workflow runs, newest first."""
    return _listed(call, _chosen(call))


@routes.on("GET ~/actions/runs/{run:int}", *read("actions"))
def get_run(call: Call) -> Reply:
    """One run in its latest attempt."""
    return Reply(shapes.run(call.world, _run(call)))


@routes.on("GET ~/actions/runs/{run:int}/jobs", *read("actions"))
def list_jobs(call: Call) -> Reply:
    """Jobs of the latest attempt, or of all with `filter=all`."""
    run = _run(call)
    attempts = range(1, run.run_attempt + 1) if call.query.get("filter") == "all" else [run.run_attempt]
    rows = [job for attempt in attempts for job in service(call).jobs(run.id, attempt)]
    return call.page(rows, lambda job: shapes.job(call.world, job, run.head_branch), key="jobs")


@routes.on("GET ~/actions/runs/{run:int}/attempts/{attempt:int}", *read("actions"))
def get_attempt(call: Call) -> Reply:
    """One run, if it is in that attempt."""
    run = _run(call)
    if not 1 <= call.params["attempt"] <= run.run_attempt:
        raise not_found()
    return Reply({**shapes.run(call.world, run), "run_attempt": call.params["attempt"]})


@routes.on("GET ~/actions/runs/{run:int}/attempts/{attempt:int}/jobs", *read("actions"))
def jobs_of_attempt(call: Call) -> Reply:
    """Jobs of one attempt."""
    run = _run(call)
    try:
        rows = service(call).jobs(run.id, call.params["attempt"])
    except ActionsError as error:
        raise refused(error) from error
    return call.page(rows, lambda job: shapes.job(call.world, job, run.head_branch), key="jobs")


@routes.on("GET ~/actions/jobs/{job:int}", *read("actions"))
def get_job(call: Call) -> Reply:
    """One job."""
    try:
        job = service(call).job(call.params["job"])
        return Reply(shapes.job(call.world, job, service(call).run(job.run_id).head_branch))
    except ActionsError as error:
        raise refused(error) from error


@routes.on("GET ~/actions/jobs/{job:int}/logs", *read("actions"))
def get_job_log(call: Call) -> Reply:
    """302 to a URL of its own that works for a short time and without a token."""
    try:
        service(call).log(call.params["job"])
    except ActionsError as error:
        raise refused(error) from error
    return _link(call, "job", call.params["job"])


@routes.on("GET ~/actions/runs/{run:int}/logs", *read("actions"))
def get_run_log(call: Call) -> Reply:
    """302 to the archive of a run's logs."""
    return _link(call, "run", _run(call).id)


@routes.on("GET ~/actions/runs/{run:int}/attempts/{attempt:int}/logs", *read("actions"))
def get_attempt_log(call: Call) -> Reply:
    """302 to the archive of one attempt's logs."""
    run = _run(call)
    if not 1 <= call.params["attempt"] <= run.run_attempt:
        raise not_found()
    return _link(call, f"attempt-{call.params['attempt']}", run.id)


@routes.on("GET ~/actions/artifacts/{artifact:int}/zip", *read("actions"))
def get_artifact(call: Call) -> Reply:
    """302 to an artifact's archive."""
    try:
        service(call).artifact_zip(call.params["artifact"])
    except ActionsError as error:
        raise refused(error) from error
    return _link(call, "artifact", call.params["artifact"])


def _link(call: Call, kind: str, number: int) -> Reply:
    key = call.world.token_bytes(16).hex()
    until = call.world.clock().timestamp() + call.world.config.log_url_seconds
    call.hub.links[key] = (kind, number, until)
    return Reply(status=302, headers={"Location": f"{call.world.base_url}/_blobs/{key}"})


@routes.on("GET ~/actions/runs/{run:int}/artifacts", *read("actions"))
def list_artifacts(call: Call) -> Reply:
    """What a run uploaded."""
    run = _run(call)
    rows = service(call).artifacts(run.id)
    return call.page(
        rows, lambda row: shapes.artifact(call.world, row, run.head_sha, run.head_branch), key="artifacts"
    )  # fmt: skip


@routes.on("GET ~/actions/runs/{run:int}/pending_deployments", *read("actions"))
def pending_deployments(call: Call) -> Reply:
    """The environments that the run waits for, and who may approve each."""
    return Reply(shapes.pending(call.world, service(call).pending(_run(call).id)))


async def _again(call: Call, *, failed_only: bool) -> Reply:
    try:
        await service(call).rerun(_run(call).id, failed_only=failed_only, actor=call.actor.login)
    except ActionsError as error:
        raise refused(error) from error
    return Reply({}, 201)


@routes.on("POST ~/actions/runs/{run:int}/rerun", *write("actions"))
async def rerun(call: Call) -> Reply:
    """Every job again."""
    return await _again(call, failed_only=False)


@routes.on("POST ~/actions/runs/{run:int}/rerun-failed-jobs", *write("actions"))
async def rerun_failed(call: Call) -> Reply:
    """Failed jobs again, and what depends on them."""
    return await _again(call, failed_only=True)


@routes.on("POST ~/actions/runs/{run:int}/cancel", *write("actions"))
@routes.on("POST ~/actions/runs/{run:int}/force-cancel", *write("actions"))
async def cancel(call: Call) -> Reply:
    """Stops a run; 409 when it has ended."""
    try:
        await service(call).cancel(_run(call).id, call.actor.login)
    except ActionsError as error:
        raise refused(error) from error
    return Reply({}, 202)


async def _workflows(call: Call, ref: str | None = None) -> tuple[Workflow, ...]:
    sha = call.world.repo.resolve(ref or call.world.config.default_branch)
    return await service(call).workflows(sha) if sha else ()


@routes.on("GET ~/actions/workflows", *read("actions"))
async def list_workflows(call: Call) -> Reply:
    """Workflow files of the default branch."""
    return call.page(await _workflows(call), lambda row: shapes.workflow(call.world, row), key="workflows")


async def _workflow(call: Call) -> Workflow:
    key = call.params["workflow"]
    for row in await _workflows(call):
        if key in (str(row.id), row.path, row.path.rsplit("/", 1)[-1]):
            return row
    raise not_found()


@routes.on("GET ~/actions/workflows/{workflow}", *read("actions"))
async def get_workflow(call: Call) -> Reply:
    """One workflow by id or file name."""
    return Reply(shapes.workflow(call.world, await _workflow(call)))


@routes.on("GET ~/actions/workflows/{workflow}/runs", *read("actions"))
async def runs_of_workflow(call: Call) -> Reply:
    """Runs of one workflow."""
    found = await _workflow(call)
    return _listed(call, tuple(row for row in _chosen(call) if row.workflow_id == found.id))


@routes.on("POST ~/actions/workflows/{workflow}/dispatches", *write("actions"))
async def dispatch(call: Call) -> Reply:
    """Starts a workflow by hand. The newer version names the run, the older where that is asked for, a server never."""
    found, ref = await _workflow(call), call.text("ref")
    sha = call.world.repo.resolve(ref)
    inputs = call.body.get("inputs") or {}
    if sha is None:
        raise ApiError(422, f"No ref found for: {ref}")
    if not isinstance(inputs, dict):
        raise ApiError(422, "Invalid request.\n\nFor 'properties/inputs', it is not an object.")
    words = {str(key): str(value) for key, value in inputs.items()}
    full = ref if ref.startswith("refs/") else _full_ref(call, ref)
    try:
        number = await service(call).dispatch(
            found.path, ref=full, head_sha=sha, inputs=words, actor=call.actor.login
        )  # fmt: skip
    except ActionsError as error:
        raise refused(error) from error
    if call.world.config.enterprise or (call.version < NEWER and not call.body.get("return_run_details")):
        return Reply(status=204)
    body: Json = {"workflow_run_id": number, "run_url": f"{call.world.api}/actions/runs/{number}"}
    return Reply({**body, "html_url": f"{call.world.html}/actions/runs/{number}"})


def _full_ref(call: Call, ref: str) -> str:
    tag = f"refs/tags/{ref}"
    return tag if tag in call.world.repo.refs("refs/tags/") else f"refs/heads/{ref}"
