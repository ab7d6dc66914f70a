"""A really full disk (a small file system of its own): named, nothing half, nothing lost, and it goes on with room."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from otto_bot.git import errors
from otto_bot.jobs.host_troubles import DISK
from otto_bot.sandbox.cage import Cage

PROBE = Cage.probe()
PROGRAM = Path(__file__).with_name("disk_program.py")
ROOT = Path(__file__).resolve().parents[2]
SIZE = 16 * 1024 * 1024


@pytest.fixture
def found(upstream, tmp_path: Path) -> dict[str, Any]:
    """What the program saw on its small disk."""
    upstream.server.token = None
    upstream.commit({"big.bin": os.urandom(3 * 1024 * 1024)})
    small = tmp_path / "small"
    small.mkdir()
    mounts = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--size", str(SIZE), "--tmpfs", str(small)]
    words = [sys.executable, str(PROGRAM), str(small), f"{upstream.server.url}/o/r.git"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    bwrap = str(PROBE.start and PROBE.start.bwrap)
    ran = subprocess.run([bwrap, *mounts, "--", *words], env=env, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


@pytest.mark.slow
@pytest.mark.skipif(not PROBE.ok, reason=PROBE.reason)
def test_a_full_disk_is_waited_for(found: dict[str, Any]) -> None:
    for step in ("fetch", "workspace", "snapshot"):
        assert found[step][1] == DISK, found[step]
    assert found["after fetch"] == []
    assert found["after workspace"] == [False, False]
    assert found["after snapshot"] == []
    assert found["snapshot again"] is True
    assert found["undone"] is True
    for step in ("ledger", "journal"):
        assert found[step].startswith("the disk of the database is full: make room"), found[step]
    assert found["unchanged"] is True
    assert found["whole"] == "ok"
    assert found["kept"] == [2, 1]


def test_where_git_does_not_say_why_the_disk_does() -> None:
    said = "error: unable to write file big.bin"
    assert type(errors.failure(["git", "read-tree"], 128, said)) is errors.GitFailed
    assert type(errors.failure(["git", "read-tree"], 128, said, full=True)) is errors.DiskFull
    assert type(errors.failure(["git", "read-tree"], 128, "fatal: bad object", full=True)) is errors.GitFailed


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("fatal: write error: No space left on device", errors.DiskFull),
        ("error: unable to write file x: Disk quota exceeded\nfatal: no", errors.DiskFull),
        ("remote: fatal: write error: No space left on device\nerror: remote unpack failed", errors.GitFailed),
        ("fatal: bad object", errors.GitFailed),
    ],
)
def test_whose_disk_is_full(said: str, kind: type[errors.GitFailed]) -> None:
    assert type(errors.failure(["git", "fetch"], 128, said)) is kind
