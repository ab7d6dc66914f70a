"""A skipped test may not hide in a run where everything was installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
SUITE = """
import pytest

@pytest.mark.skip(reason="no browser found")
def test_missing(): ...

@pytest.mark.skip(reason="platform: needs Linux")
def test_elsewhere(): ...

@pytest.mark.xfail(reason="known")
def test_known(): assert False
"""


def test_a_skip_fails_where_everything_was_installed(tmp_path: Path) -> None:
    """Except one about the operating system itself."""
    for file in TESTS.glob("*.py"):
        if not file.name.startswith("test_"):
            (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:asyncio"]

    done = subprocess.run(command, cwd=tmp_path, env=os.environ | {"OTTO_CI": "1"}, capture_output=True, text=True)

    assert done.returncode == 1, done.stdout
    assert "1 skipped, 1 xfailed, 1 error" in done.stdout
    assert "skipped although OTTO_CI=1: no browser found" in done.stdout
