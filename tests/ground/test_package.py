"""The package that people install: whole, the same each time, and a demo by `uvx` from nothing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
WHEEL = f"otto_bot-{VERSION}-py3-none-any.whl"
MADE_AT = "1767225600"


@pytest.fixture(scope="module")
def uv() -> Path:
    """The pinned one, which `make env` has installed."""
    found = [*sorted(ROOT.glob(".tools/uv-*/bin/uv")), *(Path(one) for one in [shutil.which("uv")] if one)]
    if not found:
        pytest.skip("no uv: `make env` installs it")
    return found[0]


@pytest.fixture(scope="module")
def dist(uv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source distribution, and the wheel that is built from it."""
    return build(uv, tmp_path_factory.mktemp("dist"))


def build(uv: Path, folder: Path, *options: str) -> Path:
    command = [str(uv), "build", "--quiet", *options, "--out-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, env=os.environ | {"SOURCE_DATE_EPOCH": MADE_AT}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def in_git() -> set[str]:
    listed = subprocess.run(["git", "ls-files", "-z", "otto_bot"], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}


@pytest.mark.slow
def test_the_wheel_holds_what_git_has_and_nothing_else(dist: Path) -> None:
    """Templates, migrations, scenarios, presets, fonts: what is read at run time is there, each byte of it."""
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        names = {name for name in wheel.namelist() if not name.endswith("/")}
        ours = {name for name in names if not name.startswith(f"otto_bot-{VERSION}.dist-info/")}
        different = [name for name in ours if wheel.read(name) != (ROOT / name).read_bytes()]
        head = message_from_string(wheel.read(f"otto_bot-{VERSION}.dist-info/METADATA").decode())
        entries = wheel.read(f"otto_bot-{VERSION}.dist-info/entry_points.txt").decode()

    assert ours == in_git()
    assert different == []
    assert {"otto_bot/py.typed", "otto_bot/git/gitleaks.json", "otto_bot/web/static/otto.css"} <= ours
    assert (head["Name"], head["Version"], head["License-Expression"]) == ("otto-bot", VERSION, "MIT")
    assert {"dev", "otel", "playground"} == set(head.get_all("Provides-Extra") or ())
    assert entries == "[console_scripts]\notto-bot = otto_bot.cli:main\n"


@pytest.mark.slow
def test_it_is_built_the_same_twice_and_also_from_its_source(dist: Path, uv: Path, tmp_path: Path) -> None:
    """The wheel of the source distribution and the wheel of the tree are one file, whatever the files' times."""
    straight = build(uv, tmp_path, "--wheel")

    assert digest(straight / WHEEL) == digest(dist / WHEEL)
    with tarfile.open(dist / f"otto_bot-{VERSION}.tar.gz") as source:
        names = {name.partition("/")[2] for name in source.getnames()}
        times = {int(one.mtime) for one in source.getmembers()}
    assert {"pyproject.toml", "uv.lock", "app.yml", "CHANGELOG.md", "LICENSE", "scripts/bootstrap.py"} <= names
    assert not {name for name in names if name.startswith((".tools", ".venv", "dist")) or name.endswith(".pyc")}
    assert times == {int(MADE_AT)}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def visitor(uv: Path, dist: Path, tmp_path: Path) -> dict[str, str]:
    """Somebody with uv and nothing of ours; uv's own cache, and the lock's versions, so that nothing new surprises."""
    options = ["--quiet", "--frozen", "--all-extras", "--no-emit-project", "--no-hashes"]
    locked = subprocess.run([uv, "export", *options], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (tmp_path / "locked.txt").write_text(locked)
    cache = subprocess.run([uv, "cache", "dir"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    proxies = {
        name: value for name, value in os.environ.items() if re.search("proxy|_CERT|_INDEX", name, re.IGNORECASE)
    }
    (tmp_path / "home").mkdir()
    return proxies | {
        "HOME": str(tmp_path / "home"), "PATH": "/usr/local/bin:/usr/bin:/bin", "UV_CACHE_DIR": cache,
        "UV_CONSTRAINT": str(tmp_path / "locked.txt"), "UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never",
        "UV_TOOL_DIR": str(tmp_path / "tools"), "UV_NO_CONFIG": "1",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_uvx_plays_the_demo_from_nothing(uv: Path, dist: Path, visitor: dict[str, str], tmp_path: Path) -> None:
    """Nobody has said that act and pytest are needed: the demo fetches them, in the version that was asked for."""

    def uvx(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(uv), "tool", "run", "--from", str(dist / WHEEL), "otto-bot", *words]
        return subprocess.run(command, cwd=tmp_path / "home", env=visitor, capture_output=True, text=True, timeout=280)

    done = uvx("demo", "--scenario", "single-task", "--no-serve")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "The demo needs more than a bot, and is started with it: " in done.stderr
    assert "single-task: done (t1 merged)" in done.stdout


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """By the command and as a module alike: both are `main`."""
    from otto_bot.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"otto-bot {VERSION}\n"
