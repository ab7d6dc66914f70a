"""A GitHub without any App, and Otto's commands as a new user types them, in a folder of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

OWN = ("OTTO_", "ANTHROPIC_", "GITHUB_", "GH_", "DISPLAY", "WAYLAND_", "SSH_")


def environment() -> dict[str, str]:
    """Without anything of this machine that could set up Otto, or open a browser."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    return {**kept, "PYTHONUNBUFFERED": "1", "NO_PROXY": "127.0.0.1,localhost"}


@contextmanager
def command(*argv: str, cwd: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A command of Otto's; ended with whatever it started."""
    with subprocess.Popen(
        [sys.executable, "-m", "otto_bot", *argv], cwd=cwd, env=env, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)


def line_with(process: subprocess.Popen[str], word: str) -> str:
    """The next line of its output with this in it."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        if word in line:
            return line
        seen.append(line)
    raise AssertionError(f"{word!r} was not said: {''.join(seen)}")


@contextmanager
def github(place: Path) -> Iterator[dict[str, Any]]:
    """`otto-bot demo --github-only`: its addresses, and `state()` of it."""
    with command("demo", "--github-only", "--keep", str(place / "github"), cwd=place, env=environment()) as process:
        ready = json.loads(line_with(process, '{"ready"'))
        token = json.loads((place / "github" / "github.json").read_text())["control_token"]

        def state() -> Any:
            headers = {"x-playground-token": token}
            return httpx.get(
                f"{ready['github']}/_playground/state", headers=headers, timeout=30, trust_env=False
            ).json()

        yield {**ready, "state": state}


def wait_for(test: Callable[[], Any], what: str, seconds: float) -> Any:
    """The first true value; fails naming `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := test():
            return found
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds} s: {what}")
