"""The project's own workflows: linted, pinned, and with no right that they do not need."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_actionlint_finds_nothing() -> None:
    """Expressions, contexts and shell lines are right."""
    done = subprocess.run([BIN / "actionlint", *WORKFLOWS], cwd=ROOT, capture_output=True, text=True)

    assert WORKFLOWS
    assert done.returncode == 0, done.stdout


def test_zizmor_finds_nothing() -> None:
    """No known weakness, looked for without the network."""
    done = subprocess.run([BIN / "zizmor", "--offline", ".github"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_actions_are_pinned_by_commit_and_say_their_version() -> None:
    """A tag can be moved; a commit cannot."""
    uses = [line.strip() for path in WORKFLOWS for line in path.read_text().splitlines() if "uses:" in line]

    assert uses
    assert all(re.search(r"uses: [\w./-]+@[0-9a-f]{40}  # v\d", line) for line in uses)


def test_workflows_start_without_rights_and_keep_no_credentials() -> None:
    """Each job names what it needs; the checkout leaves no token behind."""
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {}, path.name
        for job in workflow["jobs"].values():
            assert set(job["permissions"].values()) <= {"read"}
            checkouts = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
            assert all(step["with"]["persist-credentials"] is False for step in checkouts)
