"""What comes from others comes by hash, a week old, and gets no secret: lock, tools, build, workflows, templates."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from otto_bot.core.onboarding import Facts, verify_workflow
from otto_bot.text.journeys_line import workflow_template

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
TEMPLATES = {
    "otto-verify.yml": verify_workflow(Facts()),
    "empty.yml": verify_workflow(Facts(empty=True)),
    "otto-journeys.yml": workflow_template(),
}
"""Workflows that people are handed to add to their repositories; those that fit one: tests/onboard/test_facts.py."""
_PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40}  # v\d")
_HASHED = re.compile(r"(?:[A-Za-z0-9._-]+==[^\s;]+(?: ; [^\\]+)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)+")


@pytest.fixture(scope="module")
def lock() -> dict[str, Any]:
    return tomllib.loads((ROOT / "uv.lock").read_text())


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_file_of_every_locked_package_has_its_hash_and_comes_from_the_index(lock: dict[str, Any]) -> None:
    """No branch of a repository, no address, no folder: what cannot be hashed cannot be locked."""
    others = [one for one in lock["package"] if one["name"] != "otto-bot"]
    files = [file for one in others for file in (*one.get("wheels", ()), *([one["sdist"]] if "sdist" in one else ()))]

    assert {one["source"].get("registry") for one in others} == {"https://pypi.org/simple"}
    assert len(files) >= len(others) > 50
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", file["hash"]) for file in files)
    assert all(file["url"].startswith("https://files.pythonhosted.org/") for file in files)


def test_a_version_is_a_week_old_before_it_is_locked(lock: dict[str, Any], project: dict[str, Any]) -> None:
    """As a span: a date would stand still, and hide fixes."""
    assert project["tool"]["uv"]["exclude-newer"] == "7 days"
    assert lock["options"]["exclude-newer-span"] == "P7D"
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    assert {one["package-ecosystem"] for one in updates} == {"github-actions", "uv", "docker"}
    assert all(one["cooldown"]["default-days"] >= 7 for one in updates)


def test_what_builds_the_package_is_exact(project: dict[str, Any]) -> None:
    pinned = project["tool"]["uv"]["build-constraint-dependencies"]

    assert "hatchling" in {one.partition("==")[0] for one in pinned}
    assert all(re.fullmatch(r"[a-z-]+==[0-9.]+", one) for one in pinned)


@pytest.mark.parametrize("name", ["uv.txt", "audit.txt"])
def test_tools_that_are_installed_beside_the_lock_have_hashes(name: str) -> None:
    text = (ROOT / "scripts" / name).read_text()

    assert _HASHED.fullmatch("".join(line for line in text.splitlines(keepends=True) if not line.startswith("#")))


def test_the_installer_is_the_version_it_says_and_is_taken_by_hash() -> None:
    script = (ROOT / "scripts" / "bootstrap.py").read_text()
    version = re.search(r'^UV = "([0-9.]+)"$', script, re.MULTILINE)
    container = (ROOT / "scripts" / "container_install.sh").read_text()

    assert version is not None
    assert f"\nuv=={version[1]} \\\n" in (ROOT / "scripts" / "uv.txt").read_text()
    for text in (script, container):
        assert "--require-hashes" in text
        assert "--only-binary=:all:" in text
        assert '"--frozen"' in text or " --frozen " in text
        assert "uv==" not in text


def test_no_workflow_of_ours_is_given_a_secret() -> None:
    """Nothing that a pull request or a poisoned package runs there could take one along."""
    stored = r"\bsecrets\b|GITHUB_TOKEN|pull_request_target|workflow_run"
    secret = re.compile(rf"{stored}|github\.token|id-token")

    assert len(WORKFLOWS) >= 3
    for path in WORKFLOWS:
        text = path.read_text()
        # A release, of a tag: its token is of the job, short-lived, and in the hands of pinned commands alone.
        assert (re.compile(stored) if path.name == "release.yml" else secret).search(text) is None
        assert all(_PINNED.search(line) for line in text.splitlines() if "uses:" in line), path.name


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_we_hand_to_others_is_as_strict(name: str, tmp_path: Path) -> None:
    """A tag that is moved (tj-actions) reaches nobody through a workflow that Otto proposed."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / name).write_text(TEMPLATES[name])
    lint = subprocess.run([BIN / "actionlint", folder / name], capture_output=True, text=True)
    weak = subprocess.run(
        [BIN / "zizmor", "--offline", "--quiet", "--min-severity=low", ".github"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip

    assert (lint.returncode, weak.returncode) == (0, 0), lint.stdout + weak.stdout
    assert all(_PINNED.search(line) for line in TEMPLATES[name].splitlines() if "uses:" in line)
    assert yaml.safe_load(TEMPLATES[name])["permissions"] == {"contents": "read"}
