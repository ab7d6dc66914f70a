"""Control groups: they bound whatever is started in a cage, hold nobody up, and none stays behind."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from otto_bot.playground.actions import cage as actions_cage
from otto_bot.sandbox.bwrap import started
from otto_bot.sandbox.cage import Cage, Shared
from otto_bot.sandbox.groups import Groups, counting, joined
from otto_bot.sandbox.mounts import View
from otto_bot.sandbox.result import Limits

PROBE = Cage.probe()
MEBIBYTE = 1024 * 1024
pytestmark = pytest.mark.skipif(
    not PROBE.ok or None in (counting("pids"), counting("memory")), reason="no control groups can be made here"
)
GREEDY = ["/bin/sh", "-c", "head -c 90M /dev/zero | tail -c 90M | wc -c"]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited 10 s"
        time.sleep(0.01)


def printed(line: list[str], handles: tuple[int, ...]) -> str:
    return subprocess.run(line, capture_output=True, text=True, timeout=20, env={}, pass_fds=handles).stdout


def test_readers_and_jobs_are_bounded_as_commands_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Limits(memory=40 * MEBIBYTE)
    with PROBE.cage().enclosed(GREEDY) as (line, handles):
        assert int(printed(line, handles)) == 90 * MEBIBYTE
    with PROBE.cage(Shared(limits=small)).enclosed(GREEDY) as (line, handles):
        assert int(printed(line, handles)) == 0
    monkeypatch.setattr(actions_cage, "Limits", lambda: small)
    kind = actions_cage.choose("auto")
    with actions_cage.wrapped(kind, GREEDY, {}, job=tmp_path, readable=(), hidden=()) as (line, handles):
        assert int(printed(line, handles)) == 0


def test_what_is_left_in_them_ends_with_the_context(tmp_path: Path) -> None:
    assert PROBE.start is not None
    with started(PROBE.start, ["/bin/sleep", "60.5"], View(), {}, Limits()) as cage:
        running = subprocess.Popen(cage.line, env={}, pass_fds=cage.handles, start_new_session=True)
        until(lambda: str(running.pid) in (cage.groups.folders[0][1] / "cgroup.procs").read_text().split())
    assert running.wait(10) != 0
    until(lambda: not any(folder.exists() for _, folder in cage.groups.folders))


def test_one_that_is_not_empty_yet_holds_nobody_up() -> None:
    """It is waited for beside the event loop that its command ran in."""
    with joined(Limits()) as groups:
        folder = groups.folders[0][1]
        (folder / "inner").mkdir()
        before = time.monotonic()
    assert time.monotonic() - before < 1
    assert folder.exists()
    (folder / "inner").rmdir()
    until(lambda: not folder.exists())


def test_what_a_killed_worker_has_left_is_removed() -> None:
    root = counting("pids")
    assert root is not None
    old, fresh, other = (root / name for name in ("otto-cage-test_old", "otto-cage-test_new", "otto-test-old.slice"))
    try:
        for folder in (old, fresh, other):
            folder.mkdir()
        os.utime(old, (0, 0))
        os.utime(other, (0, 0))
        with joined(Limits()):
            assert [folder.exists() for folder in (old, fresh, other)] == [False, True, True]
    finally:
        for folder in (old, fresh, other):
            if folder.exists():
                folder.rmdir()


async def test_without_groups_there_is_nothing_to_wait_for() -> None:
    await Groups().ended()
    assert Groups().prefix == []
