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
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
SIGNS = {"id-token": "write", "attestations": "write"}
RIGHTS = {
    "check": {"contents": "read"},
    "test": {"contents": "read"},
    "build": {"contents": "read"},
    "attest": SIGNS,
    "image": {"contents": "read", "packages": "write", **SIGNS},
    "pypi": {"contents": "read", "id-token": "write"},
    "release": {"contents": "write"},
}
"""Of the one workflow whose jobs may do more than read."""


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
            assert path == RELEASE or set(job["permissions"].values()) <= {"read"}
            checkouts = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
            assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_release_gives_each_job_what_it_needs_and_no_job_that_runs_our_code_may_write() -> None:
    """Tests and the build of the package read; who signs, uploads or publishes executes nothing of the repository."""
    workflow = yaml.safe_load(RELEASE.read_text())
    jobs = workflow["jobs"]
    words = {name: "\n".join(str(step.get("run", "")) for step in job["steps"]) for name, job in jobs.items()}

    assert workflow[True] == {"push": {"tags": ["v*"]}}, "not by a pull request, by hand or by another workflow"
    assert {name: job["permissions"] for name, job in jobs.items()} == RIGHTS
    for name in ("attest", "image", "pypi", "release"):
        assert not any(call in words[name] for call in ("make ", ".ci/run", "scripts/release.py", "uv build", "pytest"))
        assert set(re.findall(r"scripts/\S+", words[name])) <= {"scripts/uv.txt"}
    assert {name for name, job in jobs.items() if "environment" in job} == {"image", "pypi", "release"}
    needs = {name: job.get("needs", ()) for name, job in jobs.items()}
    assert needs["test"] == "check", "nothing is done for a tag that is not the version"
    assert needs["build"] == needs["image"] == "test"
    assert (needs["attest"], needs["pypi"], needs["release"]) == ("build", ["attest", "image"], "pypi")
    assert all("${{" not in text for text in words.values()), "nothing is put into a script but by its environment"
