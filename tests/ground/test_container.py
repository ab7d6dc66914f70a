"""The image: its file is linted, and the scripts that it calls are run for real."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def dockerfile() -> str:
    """The text of the Dockerfile, continued lines joined."""
    return (ROOT / "Dockerfile").read_text().replace("\\\n", " ")


def run(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project to its end."""
    return subprocess.run(command, cwd=ROOT, env=os.environ | more, capture_output=True, text=True, timeout=300)


def test_the_dockerfile_passes_hadolint() -> None:
    """No known mistake in it."""
    done = run(BIN / "hadolint", "Dockerfile")

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_runs_as_a_plain_user_with_a_health_check() -> None:
    """The user is numeric, so that a cluster can verify it is not root."""
    users = re.findall(r"^USER (\S+)", dockerfile(), re.MULTILINE)

    assert users == ["10001:10001"]
    assert re.search(r"^HEALTHCHECK .*/healthz", dockerfile(), re.MULTILINE)


def test_the_image_copies_nothing_that_the_context_leaves_out() -> None:
    """Each COPY from the context names something that .dockerignore lets in and that exists."""
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(), re.MULTILINE)
    sources = {source.removeprefix("./") for line in copies for source in line.split()}

    assert sources
    assert all((ROOT / source).exists() for source in sources)
    assert {source.split("/")[0] for source in sources} <= let_in


@pytest.mark.slow
def test_the_queue_works_on_this_python() -> None:
    """The assertion that the image makes while it is built."""
    done = run(sys.executable, "scripts/check_queue.py")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("queue: works")


def test_starting_without_a_writable_state_folder_says_what_to_do(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    taken = tmp_path / "taken"
    taken.write_text("")

    done = run(ROOT / "scripts" / "container_start.sh", OTTO_STATE_DIR=str(taken), OTTO_PREFIX=str(BIN.parent))

    assert done.returncode == 1
    assert "mount a volume there" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_install_script_makes_a_complete_installation(tmp_path: Path) -> None:
    """From the lock, not editable, without the tools of development, and with a queue that works."""
    prefix = tmp_path / "otto"

    done = run(ROOT / "scripts" / "container_install.sh", prefix, OTTO_PYTHON=sys.executable)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "queue: works" in done.stdout
    assert (prefix / "bin" / "otto-bot").exists()
    assert not (prefix / "bin" / "pytest").exists()
    home = run(prefix / "bin" / "python", "-I", "-c", "import otto_bot; print(otto_bot.__file__)").stdout.strip()
    assert Path(home).is_relative_to(prefix)
