"""What a release is held to: one version everywhere, and a section of the changelog."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "release.py"


@pytest.fixture(scope="module")
def release() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(release: ModuleType, tmp_path: Path) -> Path:
    """The files that name the version, as they stand."""
    for name in (*release.NAMED, "CHANGELOG.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_today_every_file_names_the_same_version(release: ModuleType) -> None:
    """Else no release could be begun from here."""
    said = {name: release._said(ROOT / name, pattern) for name, pattern in release.NAMED.items()}

    assert len(set(said.values())) == 1, said


def test_what_was_begun_can_be_released(release: ModuleType, tree: Path) -> None:
    release.begin(tree, "1.2.3", "2027-01-02")

    assert release.problems(tree, "v1.2.3") == []
    assert release.notes(tree, "v1.2.3").startswith("### Added")
    assert "\n## [Unreleased]\n\n## [1.2.3] - 2027-01-02\n" in (tree / "CHANGELOG.md").read_text()
    with pytest.raises(ValueError, match="begun before"):
        release.begin(tree, "1.2.3", "2027-01-02")
    release.begin(tree, "1.2.4", "2027-01-03")
    assert release.problems(tree, "v1.2.4") == [
        "CHANGELOG.md has no section `## [1.2.4] - YYYY-MM-DD` with words in it"
    ]


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2", "v01.2.3", "v1.2.3-rc1", "v1.2.3; rm -rf /", "v"])
def test_another_form_of_tag_is_refused(release: ModuleType, tree: Path, tag: str) -> None:
    assert release.problems(tree, tag) == [f"the tag {tag!r} is no vMAJOR.MINOR.PATCH"]


def test_each_file_with_another_version_is_named(release: ModuleType, tree: Path) -> None:
    release.begin(tree, "1.2.3", "2027-01-02")
    for name, pattern in release.NAMED.items():
        text = (tree / name).read_text()
        (tree / name).write_text(pattern.sub(lambda one: one[0].replace("1.2.3", "1.2.2"), text))
        assert release.problems(tree, "v1.2.3") == [f"{name} says version 1.2.2, the tag 1.2.3"]
        (tree / name).write_text(text)


def test_words_that_are_not_released_stop_it(release: ModuleType, tree: Path) -> None:
    release.begin(tree, "1.2.3", "2027-01-02")
    log = tree / "CHANGELOG.md"
    log.write_text(re.sub(r"## \[Unreleased\]\n", "## [Unreleased]\n\n- Something else.\n", log.read_text()))

    assert release.problems(tree, "v1.2.3") == [
        "CHANGELOG.md has words under Unreleased: they belong to this release, or to none"
    ]


def test_the_command_needs_nothing_installed() -> None:
    """As the workflow calls it: before anything is installed."""
    done = subprocess.run([sys.executable, "-I", SCRIPT, "check", "v99.0.0"], cwd="/", capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (1, "")
    assert "pyproject.toml says version" in done.stdout
