"""A command whose cage dies, cannot start or goes too far: a result for the model, and nothing runs outside."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from otto_bot.agents.toolbox import Toolbox
from otto_bot.jobs.caged import CagedRunner
from otto_bot.model.toolset import FileTools
from otto_bot.sandbox.cage import Cage, Runs
from otto_bot.sandbox.result import Limits, Result

PROBE = Cage.probe()
pytestmark = pytest.mark.skipif(not PROBE.ok, reason=PROBE.reason)


@dataclass
class Place:
    """As much of a workspace as a command needs."""

    path: Path
    readable: tuple[Path, ...] = ()


@dataclass
class Tight:
    """The real cage with little room."""

    cage: Cage
    limits: Limits

    async def run(self, command: str, **more: Any) -> Result:
        return await self.cage.run(command, **{**more, "limits": self.limits})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "work" / ".git").mkdir(parents=True)
    return Place(tmp_path / "work")


def toolbox(place: Place, cage: Runs, seconds: float = 20.0) -> Toolbox:
    async def nothing(*_: object) -> str:
        return ""

    runner = CagedRunner(cage, place, seconds)  # type: ignore[arg-type]
    return Toolbox(files=FileTools(place.path), snapshot=nothing, restore=nothing, runner=runner)


async def run(tools: Toolbox, command: str, more: Mapping[str, object] | None = None) -> str:
    result = await tools.call("run", {"command": command, **(more or {})}, 20.0)
    assert result.is_error
    return result.text


def cages(mark: str) -> list[int]:
    """Process ids of bubblewrap itself that run a command with this mark, the outermost first."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "comm").read_text().startswith("bwrap") and mark.encode() in (
                    entry / "cmdline"
                ).read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended meanwhile
    return sorted(found)


async def test_a_cage_that_is_killed_is_told_and_the_next_command_runs(place: Place) -> None:
    tools = toolbox(place, PROBE.cage())
    running = asyncio.create_task(run(tools, "touch started; sleep 63.125"))
    deadline = time.monotonic() + 10
    while not (place.path / "started").exists():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    for pid in cages("63.125")[:1]:
        os.kill(pid, signal.SIGKILL)
    assert (await running).endswith("[exit code 137: killed from outside (SIGKILL), often because memory ran out]")
    assert cages("63.125") == []
    assert (await tools.call("run", {"command": "echo on"}, 20.0)).text == "on\n\n[exit code 0]"


async def test_a_command_that_the_kernel_kills_is_told(place: Place) -> None:
    said = await run(toolbox(place, PROBE.cage()), "echo begun; kill -9 $$")
    assert said.startswith("begun")
    assert "[exit code 137: killed from outside" in said


async def test_a_cage_that_is_gone_runs_nothing(place: Place, tmp_path: Path) -> None:
    """bubblewrap was uninstalled while the worker ran: never without it."""
    assert PROBE.start is not None
    own = tmp_path / "bwrap"
    shutil.copy(PROBE.start.bwrap, own)
    tools = toolbox(place, Cage(replace(PROBE.start, bwrap=own)))
    assert (await tools.call("run", {"command": "touch one"}, 20.0)).text == "[exit code 0]"
    own.unlink()
    said = await run(tools, "touch two")
    assert "the command was not run: " in said
    assert said.endswith("[killed: it never started]")
    assert sorted(path.name for path in place.path.iterdir()) == [".git", "one"]


async def test_a_cage_that_may_not_start_any_more_runs_nothing(place: Place, tmp_path: Path) -> None:
    """User namespaces were forbidden while the worker ran."""
    own = tmp_path / "bwrap"
    own.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    own.chmod(0o755)
    said = await run(toolbox(place, Cage(replace(PROBE.start, bwrap=own))), "touch two")
    assert "No permissions" in said
    assert said.endswith("[exit code 1]")
    assert not (place.path / "two").exists()


async def test_too_much_memory_is_named(place: Place) -> None:
    cage = Tight(PROBE.cage(), Limits(memory=60 * 1024 * 1024))
    said = await run(toolbox(place, cage), "head -c 200000000 /dev/zero | tail -c 200000000 | sleep 30")
    assert said.endswith("[killed: it used more memory than a command may]")


async def test_a_command_that_hangs_is_stopped(place: Place) -> None:
    assert (await run(toolbox(place, PROBE.cage(), 0.5), "sleep 60 & sleep 60")).endswith("[stopped after 20 s]")


async def test_a_command_that_cannot_be_one_is_told(place: Place) -> None:
    said = await run(toolbox(place, PROBE.cage()), "#" * 200_000)
    assert "write a script file and run that" in said
