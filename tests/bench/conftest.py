"""The helper of these tests, importable by name: test folders are no packages. And a live model's stand-in."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAME = "bench_data"

if NAME not in sys.modules:
    spec = importlib.util.spec_from_file_location(NAME, Path(__file__).with_name(f"{NAME}.py"))
    assert spec is not None
    assert spec.loader is not None
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[NAME])


class StandIn:
    """A Messages server in a process of its own that answers as a live model might: scripts by name."""

    def __init__(self, scripts: Path, url: str) -> None:
        self.scripts = scripts
        self.url = url

    def write(self, name: str, rules: list[dict[str, Any]]) -> str:
        """A new script; returns the address that answers from it."""
        (self.scripts / name).mkdir()
        said = {"issue": {"title": "stands in for a live model"}, "script": rules}
        (self.scripts / name / "scenario.yml").write_text(json.dumps(said))
        return f"{self.url}/{name}"

    @staticmethod
    def calls(address: str) -> list[dict[str, Any]]:
        """What was asked there."""
        with urllib.request.urlopen(f"{address}/_playground/calls") as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The server; the environment names no other one."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "OTTO_PRICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    scripts = tmp_path / "live-scripts"
    scripts.mkdir()
    argv = [sys.executable, "-m", "otto_bot.playground", "model", "--scripts", str(scripts)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield StandIn(scripts, json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()
