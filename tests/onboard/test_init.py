"""`otto-bot init` on folders of this machine, also such as nobody would wish for, and `otto-bot schema`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from otto_bot.cli import main
from otto_bot.core.config import Config, HostCaps, read_config
from otto_bot.core.config_schema import schema
from otto_bot.github.safe_yaml import load
from otto_bot.onboard.local_tree import default_branch, small_text, work_tree
from otto_bot.onboard.shipped import schema_text

ROOT = Path(__file__).resolve().parents[2]
VERIFY, CONFIG = ".github/workflows/otto-verify.yml", ".github/otto.yml"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree with a module of Go and an app of Node."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "trunk"], cwd=tmp_path, check=True)
    put(tmp_path, "api/go.mod", "module api\n")
    put(tmp_path, "web/package.json", '{"scripts": {"test": "vitest run"}}')
    put(tmp_path, "web/package-lock.json", "{}")
    return tmp_path


def put(root: Path, path: str, text: str | bytes) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_it_writes_both_files_says_what_it_saw_and_what_comes_next(
    tree: Path, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    assert main(["init", str(tree)]) == 0

    said = capsys.readouterr().out.replace(str(tree), "FOLDER")
    assert {"said": said, VERIFY: (tree / VERIFY).read_text(), CONFIG: (tree / CONFIG).read_text()} == snapshot
    assert [one.path for one in read_config(load((tree / CONFIG).read_text()), HostCaps()).paths.projects] == [
        "api",
        "web",
    ]


def test_again_it_finds_both_as_they_would_be_written(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(tree)])
    assert main(["init", str(tree / "web")]) == 0
    assert capsys.readouterr().out.count("as it would be written") == 2


def test_what_is_there_is_overwritten_only_by_force(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tree, CONFIG, "label: robot\n")

    assert main(["init", str(tree)]) == 1
    assert (tree / CONFIG).read_text() == "label: robot\n"
    assert (tree / VERIFY).exists()
    assert "--force" in capsys.readouterr().out

    assert main(["init", str(tree), "--force"]) == 0
    assert "api" in (tree / CONFIG).read_text()


@pytest.mark.parametrize("flag", ["--dry-run", "--print"])
def test_nothing_is_written_where_only_words_are_wanted(
    tree: Path, capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    assert main(["init", str(tree), flag]) == 0
    out = capsys.readouterr().out
    assert VERIFY in out
    assert not (tree / ".github").exists()


def test_outside_of_a_work_tree_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        assert main(["init", str(folder)]) == 2
    assert "no git work tree" in (said := capsys.readouterr().err)
    assert "is no folder" in said


@pytest.mark.parametrize("link", [".github", ".github/workflows", VERIFY, CONFIG])
def test_it_writes_through_no_link(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], link: str
) -> None:
    """Also by force, and nothing of it is written then."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (target := elsewhere / "file").write_text("mine")
    (tree / link).parent.mkdir(parents=True, exist_ok=True)
    (tree / link).symlink_to(target if link.endswith(".yml") else elsewhere)

    assert main(["init", str(tree), "--force"]) == 2

    assert f"{link} is a link" in capsys.readouterr().err
    assert (target.read_text(), sorted(elsewhere.iterdir())) == ("mine", [target])
    assert link == ".github" or not [path for path in tree.glob(".github/**/*.yml") if not path.is_symlink()]


def test_a_hostile_tree_is_read_as_far_as_it_can_be(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Binary, huge, a pipe, links out of the tree, names with line breaks and escapes: none of it ends it or is run."""
    put(tree, "bin/package.json", b"\x00\x01\xff")
    put(tree, "huge/package.json", '{"scripts": {"test": "x"}, "a": "' + "a" * 300_000 + '"}')
    put(tree, "deep/package.json", "[" * 100_000)
    put(tree, "bomb/pyproject.toml", "a" + ".a" * 5_000 + " = 1")
    put(tree, "\x1b[2Jodd\n/go.mod", "module odd")
    put(tree, ".github/workflows/ci.yml", "a: &a [1]\nb: *a\n" + "- " * 1_000)
    put(tree, ".gitattributes", b"\xff\xfe")
    (tree / "out").mkdir()
    (tree / "out" / "package.json").symlink_to("/etc/passwd")
    os.mkfifo(tree / "Makefile")
    subprocess.run(["git", "config", "core.fsmonitor", f"touch {tree}/ran; false"], cwd=tree, check=True)

    assert main(["init", str(tree)]) == 0

    said = capsys.readouterr().out
    assert "  api (Go" in said
    assert "  web (JavaScript" in said
    assert "\x1b" not in said
    assert not (tree / "ran").exists()


def test_a_file_is_read_within_the_tree_only(tree: Path) -> None:
    (tree / "link").symlink_to("/etc")
    for path in ("link/passwd", "../x", "/etc/passwd", "api", "none", ""):
        assert small_text(tree, path) is None
    assert small_text(tree, "api/go.mod") == "module api\n"
    assert small_text(tree, "api/go.mod", most=3) is None


def test_the_default_branch_is_that_of_origin_or_what_is_checked_out(tree: Path) -> None:
    assert default_branch(work_tree(tree / "api")) == "trunk"
    subprocess.run(["git", "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/dev"], cwd=tree, check=True)
    assert default_branch(tree) == "dev"


def test_the_shipped_schema_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == schema_text() == (ROOT / "docs" / "otto.schema.json").read_text()


def test_the_schema_says_what_the_models_take() -> None:
    """Each key, its default, fractions, and `false` for what can be switched off."""
    made = json.loads(schema_text())
    parts = made["$defs"]

    def inner(said: dict[str, Any]) -> dict[str, Any]:
        ref = said.get("$ref") or said["anyOf"][0]["$ref"]
        found: dict[str, Any] = parts[ref.rpartition("/")[2]]
        return found

    assert set(made["properties"]) == set(Config.model_fields)
    assert made["additionalProperties"] is False
    for name in ("pilot", "qa", "learnings", "journeys"):
        assert {"type": "boolean"} in made["properties"][name]["anyOf"]
        assert getattr(read_config({name: False}, HostCaps()), name).enabled is False
    assert inner(made["properties"]["pilot"])["properties"]["grace_minutes"]["type"] == "number"
    assert inner(made["properties"]["verify"])["properties"]["settle_seconds"]["type"] == "number"
    assert schema()["properties"]["label"]["default"] == "otto"
