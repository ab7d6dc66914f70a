"""Actions: runs and jobs over all pages, logs without our token, dispatch, re-run."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from otto_bot.github.errors import Conflict, GitHubError, LogsGone, NotFound, TooLarge, Unreachable
from otto_bot.github.logs import download, pour
from otto_bot.github.transport import SharedTransport

SHA = "a" * 40
BLOB = "https://logs.blob.test/abc?sig=s3cr3t"


def run(id_, **changes):
    return {"id": id_, "head_sha": SHA, "status": "completed", "conclusion": "success", "name": None, **changes}


async def test_runs_of_a_sha_over_all_pages(wire, repo):
    def answer(request):
        assert request.url.params["head_sha"] == SHA
        page = int(request.url.params.get("page", "1"))
        runs = [run(page * 10), run(page * 10 + 1), run(99, head_sha="b" * 40)]
        link = {"link": f'<https://api.github.test/x?head_sha={SHA}&per_page=100&page={page + 1}>; rel="next"'}
        return httpx.Response(200, json={"workflow_runs": runs}, headers=link if page < 3 else {})

    wire.repo("GET", "/actions/runs").mock(side_effect=answer)
    assert [r.id for r in await repo.workflow_runs(SHA)] == [10, 11, 20, 21, 30, 31]


async def test_jobs_of_one_attempt(wire, repo):
    job = {
        "id": 1,
        "run_id": 5,
        "run_attempt": 2,
        "name": "test",
        "status": "completed",
        "conclusion": "failure",
        "check_run_url": "https://elsewhere.example/check-runs/77",
        "runner_name": None,
        "steps": [{"number": 1, "name": "Set up job", "status": "completed", "conclusion": "success"}],
    }
    wire.repo("GET", "/actions/runs/5/attempts/2/jobs").respond(json={"jobs": [job, {**job, "id": 2, "steps": None}]})
    first, second = await repo.jobs(5, 2)
    assert (first.check_run_id, first.steps[0].name) == (77, "Set up job")
    assert second.steps == ()


async def test_a_log_is_read_at_once_and_without_our_token(wire, repo):
    first = wire.repo("GET", "/actions/jobs/1/logs").respond(302, headers={"location": BLOB})
    blob = wire.router.get(BLOB).respond(content=b"line 1\n")
    assert await repo.job_log(1) == b"line 1\n"
    assert first.calls.last.request.headers["authorization"] == "token ghs_secret1"
    assert "authorization" not in blob.calls.last.request.headers
    assert "cookie" not in blob.calls.last.request.headers
    assert "x-github-api-version" not in blob.calls.last.request.headers


async def test_a_log_that_is_answered_directly(wire, repo):
    wire.repo("GET", "/actions/jobs/1/logs").respond(content=b"here")
    assert await repo.job_log(1) == b"here"


@pytest.mark.parametrize(
    ("api", "blob", "error"),
    [
        (410, 200, LogsGone),
        (404, 200, NotFound),
        (302, 410, LogsGone),
        (302, 404, LogsGone),
        (302, 403, Unreachable),
        (302, 302, Unreachable),
    ],
)
async def test_a_log_that_cannot_be_had(wire, repo, api, blob, error):
    wire.repo("GET", "/actions/jobs/1/logs").respond(api, headers={"location": BLOB} if api == 302 else {})
    other = wire.router.get("https://evil.example/").respond(200)
    wire.router.get(BLOB).respond(blob, headers={"location": "https://evil.example/"})
    with pytest.raises(error) as caught:
        await repo.job_log(1)
    assert "s3cr3t" not in str(caught.value)
    assert other.call_count == 0


@pytest.mark.parametrize(
    "location", ["", "http://logs.blob.test/x", "file:///etc/passwd", "/relative", "https://u:p@h/x"]
)
async def test_a_redirect_to_something_odd_is_not_followed(wire, repo, location):
    wire.repo("GET", "/actions/jobs/1/logs").respond(302, headers={"location": location})
    with pytest.raises(GitHubError, match="redirected the log"):
        await repo.job_log(1)


async def test_the_address_of_a_log_is_not_in_the_logs(wire, repo, caplog):
    caplog.set_level("DEBUG")
    wire.repo("GET", "/actions/jobs/1/logs").respond(302, headers={"location": BLOB})
    wire.router.get(BLOB).respond(content=b"x")
    await repo.job_log(1)
    assert "s3cr3t" not in caplog.text
    assert "ghs_secret" not in caplog.text


async def _get(content: bytes, headers: dict[str, str], limit: int) -> bytes:
    transport = SharedTransport(
        httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=httpx.ByteStream(content)))
    )
    return await download(transport, "http://127.0.0.1/x", allow_http=True, limit=limit)


async def test_a_log_is_cut_at_the_limit_and_says_so():
    assert await _get(b"x" * 100, {}, 100) == b"x" * 100
    got = await _get(b"x" * 101, {}, 100)
    assert got.startswith(b"x" * 100 + b"\n")
    assert b"only the first 100 bytes" in got


async def test_a_compressed_log_is_bounded_by_what_comes_out():
    packed = gzip.compress(b"y" * 10_000_000)
    assert len(packed) < 20_000
    got = await _get(packed, {"content-encoding": "gzip"}, 5000)
    assert got.startswith(b"y" * 5000 + b"\n")
    assert len(got) < 5200


async def test_annotations(wire, repo):
    wire.repo("GET", "/check-runs/7/annotations").respond(
        json=[
            {
                "path": "a.py",
                "start_line": 3,
                "end_line": 3,
                "annotation_level": "failure",
                "message": "boom",
                "title": None,
            }
        ]
    )
    (found,) = await repo.annotations(7)
    assert (found.path, found.start_line, found.level, found.title) == ("a.py", 3, "failure", "")


@pytest.mark.parametrize(
    ("answer", "run_id"),
    [
        (httpx.Response(204), None),
        (httpx.Response(200, json={"workflow_run_id": 12}), 12),
        (httpx.Response(200, json=[]), None),
    ],
)
async def test_dispatch_tells_the_run_where_github_does(wire, repo, answer, run_id):
    route = wire.repo("POST", "/actions/workflows/otto-verify.yml/dispatches").mock(return_value=answer)
    assert await repo.dispatch("otto-verify.yml", "otto/7-1/t1", {"key": "v"}) == run_id
    assert json.loads(route.calls.last.request.content) == {"ref": "otto/7-1/t1", "inputs": {"key": "v"}}


async def test_dispatch_with_too_many_inputs(repo):
    with pytest.raises(ValueError, match="at most 25"):
        await repo.dispatch("x.yml", "main", {str(n): "" for n in range(26)})


async def test_rerun_cancel_and_reading_a_run(wire, repo):
    rerun = wire.repo("POST", "/actions/runs/5/rerun-failed-jobs").respond(201, json={})
    whole = wire.repo("POST", "/actions/runs/5/rerun").respond(201, json={})
    wire.repo("POST", "/actions/runs/5/cancel").respond(409, json={"message": "Cannot cancel a run that is completed"})
    wire.repo("GET", "/actions/runs/5").mock(side_effect=[httpx.Response(404), httpx.Response(200, json=run(5))])
    wire.repo("GET", "/actions/workflows").respond(
        json={"workflows": [{"id": 1, "name": "CI", "path": ".github/workflows/ci.yml", "state": "disabled_manually"}]}
    )
    await repo.rerun_failed(5)
    await repo.rerun(5)
    assert (rerun.call_count, whole.call_count) == (1, 1)
    with pytest.raises(Conflict, match="Cannot cancel"):
        await repo.cancel_run(5)
    assert (await repo.workflow_run(5)).run_attempt == 1
    assert (await repo.workflows())[0].state == "disabled_manually"


def artifact(id_, **changes):
    return {"id": id_, "name": f"report-{id_}", "size_in_bytes": 9, "expired": False, "created_at": None, **changes}


async def test_artifacts_of_a_run_over_all_pages(wire, repo):
    def answer(request):
        page = int(request.url.params.get("page", "1"))
        link = {"link": '<https://api.github.test/x?page=2>; rel="next"'} if page == 1 else {}
        return httpx.Response(200, json={"total_count": 2, "artifacts": [artifact(page)]}, headers=link)

    wire.repo("GET", "/actions/runs/5/artifacts").mock(side_effect=answer)
    assert [(a.id, a.name, a.expired) for a in await repo.artifacts(5)] == [
        (1, "report-1", False),
        (2, "report-2", False),
    ]


async def test_an_archive_is_read_without_our_token(wire, repo):
    wire.repo("GET", "/actions/artifacts/3/zip").respond(302, headers={"location": BLOB})
    blob = wire.router.get(BLOB).respond(content=b"PK12345")
    assert await repo.artifact_zip(3, 7) == b"PK12345"
    assert "authorization" not in blob.calls.last.request.headers


@pytest.mark.parametrize("status", [200, 302])
async def test_an_archive_is_whole_or_refused(wire, repo, status):
    headers = {"location": BLOB} if status == 302 else {}
    wire.repo("GET", "/actions/artifacts/3/zip").respond(status, headers=headers, content=b"PK123456")
    wire.router.get(BLOB).respond(content=b"PK123456")
    with pytest.raises(TooLarge, match="more than 7 bytes"):
        await repo.artifact_zip(3, 7)


@pytest.mark.parametrize(
    ("api", "blob", "error"),
    [(410, 200, LogsGone), (404, 200, NotFound), (302, 404, LogsGone), (302, 500, Unreachable)],
)
async def test_an_archive_that_cannot_be_had(wire, repo, api, blob, error):
    wire.repo("GET", "/actions/artifacts/3/zip").respond(api, headers={"location": BLOB} if api == 302 else {})
    wire.router.get(BLOB).respond(blob)
    with pytest.raises(error):
        await repo.artifact_zip(3, 7)


async def test_a_log_comes_in_chunks_however_long_it_is(wire, repo):
    wire.repo("GET", "/actions/jobs/1/logs").respond(302, headers={"location": BLOB})
    blob = wire.router.get(BLOB).respond(content=b"line\n" * 100_000)

    parts = [part async for part in await repo.job_log_parts(1, 10_000_000)]

    assert b"".join(parts) == b"line\n" * 100_000
    assert max(map(len, parts)) <= 64 * 1024
    assert "authorization" not in blob.calls.last.request.headers


async def test_a_log_in_chunks_is_cut_at_the_limit_and_says_so(wire, repo):
    wire.repo("GET", "/actions/jobs/1/logs").respond(302, headers={"location": BLOB})
    wire.router.get(BLOB).respond(content=b"x" * 101)
    wire.repo("GET", "/actions/jobs/2/logs").respond(content=b"x" * 101)

    for job in (1, 2):
        got = b"".join([part async for part in await repo.job_log_parts(job, 100)])
        assert got.startswith(b"x" * 100 + b"\n")
        assert b"only the first 100 bytes" in got


async def test_a_log_in_chunks_may_be_larger_than_any_other_answer():
    size = 60 * 1024 * 1024

    async def stream():
        for _ in range(size // 65536):
            yield b"y" * 65536

    transport = SharedTransport(httpx.MockTransport(lambda _: httpx.Response(200, content=stream())))

    assert sum([len(part) async for part in pour(transport, True, "http://127.0.0.1/x", 2 * size)]) == size


@pytest.mark.parametrize(("blob", "error"), [(410, LogsGone), (404, LogsGone), (403, Unreachable), (302, Unreachable)])
async def test_a_log_in_chunks_that_cannot_be_had(wire, repo, blob, error):
    wire.repo("GET", "/actions/jobs/1/logs").respond(302, headers={"location": BLOB})
    wire.router.get(BLOB).respond(blob, headers={"location": "https://evil.example/"})
    with pytest.raises(error) as caught:
        [part async for part in await repo.job_log_parts(1, 100)]
    assert "s3cr3t" not in str(caught.value)


async def test_one_job(wire, repo):
    wire.repo("GET", "/actions/jobs/9").respond(json={"id": 9, "run_id": 5, "name": "t", "status": "in_progress"})
    wire.repo("GET", "/actions/jobs/8").respond(404)

    assert (await repo.job(9)).status == "in_progress"
    with pytest.raises(NotFound):
        await repo.job(8)
