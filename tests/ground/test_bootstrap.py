"""Installing: what `make` does first in a fresh clone."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "bootstrap.py"


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As much of a clone as the script reads."""
    (tmp_path / "scripts").mkdir()
    for name in ("uv.lock", "pyproject.toml", "scripts/uv.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "scripts" / "bootstrap.py").write_bytes(SCRIPT.read_bytes())
    return tmp_path


def built(clone: Path, bootstrap: ModuleType) -> None:
    """Give the clone an environment whose stamp is right."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (clone / ".venv" / ".otto-stamp").write_text(bootstrap.fingerprint(clone, sys.executable))


def start(clone: Path, **environ: str) -> subprocess.Popen[str]:
    """Run the script of the clone."""
    command = [sys.executable, str(clone / "scripts" / "bootstrap.py")]
    return subprocess.Popen(
        command, env=os.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_pinned_uv_understands_the_lock(bootstrap: ModuleType) -> None:
    """The lock has a format that the pinned version reads, and every package comes from the public index."""
    lock = (ROOT / "uv.lock").read_text()

    assert lock.startswith("version = 1\n")
    assert bootstrap.UV.count(".") == 2
    assert "file://" not in lock


def test_a_second_call_installs_nothing(clone: Path, bootstrap: ModuleType) -> None:
    """The stamp is right, so no tool is even looked for."""
    built(clone, bootstrap)

    process = start(clone)

    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0
    assert not list((clone / ".tools").glob("uv-*"))


def test_a_changed_lock_makes_the_stamp_wrong(clone: Path, bootstrap: ModuleType) -> None:
    """A pull brings new packages: the next command installs them."""
    before = bootstrap.fingerprint(clone, sys.executable)
    (clone / "uv.lock").write_text("version = 1\n")

    assert bootstrap.fingerprint(clone, sys.executable) != before


def test_a_second_command_waits_for_the_first(clone: Path, bootstrap: ModuleType) -> None:
    """It goes on when the lock is free, and finds that there is nothing left to do."""
    (clone / ".tools").mkdir()
    with (clone / ".tools" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = start(clone)
        assert process.stderr is not None
        assert "waiting for it" in process.stderr.readline()
        built(clone, bootstrap)

    _, rest = process.communicate(timeout=30)

    assert (process.returncode, rest) == (0, "")


def test_an_unsupported_python_is_refused_with_what_to_do(clone: Path) -> None:
    """The message names the variable and the versions."""
    process = start(clone, OTTO_PYTHON="/bin/false")

    _, said = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "OTTO_PYTHON=/bin/false is not a working Python 3.11 to 3.13" in said


@pytest.mark.slow
def test_an_unreachable_registry_is_explained(clone: Path, tmp_path: Path) -> None:
    """pip is pointed at a port where nobody listens."""
    process = start(
        clone,
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_CONFIG_FILE=os.devnull,
        PIP_FIND_LINKS=str(tmp_path),
        PIP_RETRIES="0",
        PIP_NO_CACHE_DIR="1",
    )

    _, said = process.communicate(timeout=100)

    assert process.returncode == 1
    assert "Installing uv failed" in said
    assert "the package registry cannot be reached" in said
    assert not (clone / ".venv" / ".otto-stamp").exists()


@pytest.mark.parametrize(("home", "own_cache"), [("", True), ("/", None)])
def test_the_cache_goes_where_it_can_be_written(bootstrap: ModuleType, home: str, own_cache: bool | None) -> None:
    """Without a home directory the packages are kept inside the clone."""
    variables = bootstrap.environment(Path("/clone"), {"HOME": home, "VIRTUAL_ENV": "/elsewhere"})
    expected = own_cache if own_cache is not None else not os.access(home, os.W_OK)

    assert (variables.get("UV_CACHE_DIR") == "/clone/.tools/cache") is expected
    assert "VIRTUAL_ENV" not in variables


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_commands_in_a_fresh_clone_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Both installations end well, with an empty home directory, and only one of them installed."""
    home, clone = tmp_path / "home", tmp_path / "clone"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    environ = os.environ | {"HOME": str(home)}
    command = ["make", "env", f"PYTHON={sys.executable}"]
    started = time.monotonic()

    both = [subprocess.Popen(command, cwd=clone, env=environ, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=500)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    assert sum("installing the locked packages" in text for text in said) == 1
    assert (clone / ".venv" / "bin" / "otto-bot").exists()
    assert time.monotonic() - started < 500
