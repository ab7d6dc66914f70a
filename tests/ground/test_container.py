"""The image: its file is linted, and the scripts that it calls are run for real."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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


@pytest.mark.parametrize(
    ("words", "said"), [("worker --check", "there is no database"), ("--port none", "usage: otto-bot serve")]
)
def test_words_are_a_command_and_options_are_for_serve(tmp_path: Path, words: str, said: str) -> None:
    """One image for every process of a host."""
    command = [ROOT / "scripts" / "container_start.sh", *words.split()]

    done = run(*command, OTTO_STATE_DIR=str(tmp_path), OTTO_PREFIX=str(BIN.parent))

    assert done.returncode == 2
    assert said in done.stderr


def test_the_image_says_what_it_is() -> None:
    """By the names that registries read; version and commit are added by the release."""
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]+)"', dockerfile()))

    assert labels.keys() >= {"title", "description", "licenses", "source", "documentation"}
    assert labels["licenses"] == "MIT"
    assert labels["documentation"].startswith(labels["source"])


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


@pytest.fixture
def host(tmp_path: Path) -> dict[str, str]:
    """The settings of a host, on a port that was free just now."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return {
        "OTTO_PREFIX": str(BIN.parent),
        "OTTO_STATE_DIR": str(tmp_path / "state"),
        "OTTO_HOST": "127.0.0.1",
        "OTTO_PORT": str(port),
        "OTTO_APP_ID": "1",
        "OTTO_PRIVATE_KEY_FILE": str(tmp_path / "key.pem"),
        "OTTO_WEBHOOK_SECRET": "a secret for this test",
        "OTTO_GITHUB_API_URL": "http://127.0.0.1:9",
    }


def healthy(port: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether /healthz answers 200 within half a minute, while the process lives."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    return False


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / "otto_bot" / "cli.py").exists(), reason="otto_bot/cli.py does not exist yet")
def test_the_start_script_serves_until_it_is_told_to_stop(host: dict[str, str]) -> None:
    """The health check's path answers, the state is private, and SIGTERM reaches the server itself."""
    command = [ROOT / "scripts" / "container_start.sh", "--no-worker"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | host)
    try:
        assert healthy(host["OTTO_PORT"], process)
        assert Path(host["OTTO_STATE_DIR"]).stat().st_mode & 0o077 == 0
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()

    assert status in (0, -signal.SIGTERM)
