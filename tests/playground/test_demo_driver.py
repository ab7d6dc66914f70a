"""The demo's processes, its options and the files it starts from: all real."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from otto_bot.playground.demo import options as opts
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.demo.processes import Child, StartError, output
from otto_bot.playground.demo.seed import SeedError, copy_of_head, has_pull_request_workflow, without_pilot
from otto_bot.playground.demo.stand_in import EVENTS, PERMISSIONS
from otto_bot.playground.scenario import find, load

READY = "import json,sys,time;print('hello');print(json.dumps({'ready': True, 'url': 'http://x/'}),flush=True);"


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Returns when the condition holds; fails after the time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


async def test_a_child_is_stopped_with_everything_it_started(tmp_path: Path) -> None:
    nested = (
        "import subprocess,sys;p=subprocess.Popen(['sleep','1000']);print(p.pid,file=sys.stderr,flush=True);"
        + READY
        + "print('after',flush=True);time.sleep(1000)"
    )
    log = tmp_path / "child.log"
    child = await Child.start("child", [sys.executable, "-c", nested], os.environ, log)
    assert child.url == "http://x"
    grandchild = int(log.read_text().split()[0])
    assert alive(grandchild)
    await asyncio.to_thread(until, lambda: "after" in log.read_text())
    await child.stop()
    assert not child.running
    await asyncio.to_thread(until, lambda: not alive(grandchild))


async def test_a_child_that_does_not_start_says_why(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import sys;sys.exit('OTTO_APP_ID is missing')"]
    with pytest.raises(StartError, match="exit code 1") as caught:
        await Child.start("the bot", argv, os.environ, tmp_path / "bot.log")
    assert "OTTO_APP_ID is missing" in str(caught.value)


async def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(StartError, match="no such run"):
        await output([sys.executable, "-c", "import sys;sys.exit('no such run')"], os.environ, 20)


async def test_stand_in_and_model_start_and_end_together(tmp_path: Path) -> None:
    play = Playground(load(find("mixed-batch")), tmp_path / "play")
    try:
        await asyncio.gather(play.start_github(), play.start_model())
        await play.label()
        state = await play.stand_in.state("issues", "branches")
        assert state["issues"][0]["labels"] == ["otto"]
        assert list(state["branches"]) == ["main"]
        assert await play.model_calls() == []
        environment = play.bot_environment()
        assert environment["OTTO_GITHUB_API_URL"] == (play.github.url if play.github else "")
        assert environment["ANTHROPIC_API_KEY"] == "playground"
        assert environment["OTTO_PRIVATE_KEY_FILE"] == str(play.secrets.key_file)
        assert (play.secrets.key_file.stat().st_mode & 0o777) == 0o600
    finally:
        await play.stop()
    assert not any(child and child.running for child in (play.github, play.model))


def test_the_app_is_registered_as_app_yml_says() -> None:
    import yaml

    file = Path(__file__).parents[2] / "otto_bot" / "app.yml"
    app = yaml.safe_load(file.read_text())
    assert app.get("permissions", app.get("default_permissions")) == PERMISSIONS
    assert sorted(app.get("events", app.get("default_events"))) == sorted(EVENTS)


def parsed(*argv: str) -> argparse.Namespace:
    return opts.parse(argv)


@pytest.mark.parametrize(
    ("argv", "environment", "words"),
    [
        (["--repo", "."], {}, "--repo and --issue belong together"),
        (["--repo", ".", "--issue", "i.md"], {}, "--repo needs --live"),
        (["--repo", ".", "--issue", "i.md", "--scenario", "all-green"], {}, "not both"),
        (["--live"], {}, "set ANTHROPIC_API_KEY"),
        (["--time-limit", "0"], {}, "--time-limit"),
        (["--report", "/no/such/folder/r.json"], {}, "there is no folder /no/such/folder"),
        (["--live", "--repo", ".", "--issue", "/no/issue.md"], {"ANTHROPIC_API_KEY": "k"}, "cannot be read"),
    ],
)
def test_options_that_cannot_work(tmp_path: Path, argv: list[str], environment: dict[str, str], words: str) -> None:
    with pytest.raises(opts.UsageError, match=words):
        opts.job(parsed(*argv), tmp_path, environment)


def test_pages_stay_up_where_a_person_looks_on_or_it_is_asked_for(tmp_path: Path) -> None:
    made = [
        opts.job(parsed(*argv), tmp_path, {}, terminal=terminal).serve
        for terminal in (True, False)
        for argv in ([], ["--serve"], ["--no-serve"])
    ]
    assert made == [True, True, False, False, True, False]


def test_the_default_job_compares_and_others_do_not(tmp_path: Path) -> None:
    job = opts.job(parsed(), tmp_path, {})
    assert (job.scenario.name, job.compare, job.live, job.time_limit) == ("mixed-batch", True, False, 180)
    assert not opts.job(parsed("--no-compare"), tmp_path, {}).compare
    assert not opts.job(parsed("--scenario", "all-green"), tmp_path, {}).compare


def test_state_is_kept_in_an_empty_folder_only(tmp_path: Path) -> None:
    assert opts.empty_folder(tmp_path / "new").is_dir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(opts.UsageError, match="not an empty folder"):
        opts.empty_folder(tmp_path)


def git(folder: Path, *argv: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder), *argv]
    subprocess.run(command, check=True, capture_output=True)


def test_a_repository_is_copied_as_it_was_committed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / ".github" / "workflows").mkdir(parents=True)
    (source / ".github" / "workflows" / "ci.yml").write_text("on:\n  pull_request:\njobs: {}\n")
    (source / "a.txt").write_text("committed")
    git(source, "init", "-q")
    git(source, "add", ".")
    git(source, "commit", "-q", "-m", "one")
    (source / "a.txt").write_text("changed")
    copied = copy_of_head(source, tmp_path / "copy")
    assert (copied / "a.txt").read_text() == "committed"
    assert not (copied / ".git").exists()
    git(source, "rm", "-q", "--cached", ".github/workflows/ci.yml")
    git(source, "commit", "-q", "-m", "two")
    with pytest.raises(SeedError, match="no workflow that runs on pull requests"):
        copy_of_head(source, tmp_path / "again")
    with pytest.raises(SeedError, match="no git repository"):
        copy_of_head(tmp_path / "copy", tmp_path / "third")


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("on: pull_request\n", True),
        ("on: [push, pull_request]\n", True),
        ("on:\n  push:\n", False),
        ("on: [\n", False),
        ("", False),
    ],
)
def test_pull_request_workflows_are_recognised(tmp_path: Path, text: str, runs: bool) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "x.yaml").write_text(text)
    assert has_pull_request_workflow(tmp_path) is runs


def test_the_pilot_is_switched_off_in_a_copy(tmp_path: Path) -> None:
    import yaml

    scenario = load(find("mixed-batch"))
    copied = without_pilot(scenario.repo, tmp_path / "seed")
    config = yaml.safe_load((copied / ".github" / "otto.yml").read_text())
    assert config["pilot"]["enabled"] is False
    assert config["verify"]["settle_seconds"] == 1
    assert (copied / "shortlinks" / "store.py").is_file()
    assert "enabled" not in yaml.safe_load((scenario.repo / ".github" / "otto.yml").read_text())["pilot"]


def run_demo(*argv: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "otto_bot.playground", "demo", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)


def test_the_list_and_errors_of_the_command(tmp_path: Path) -> None:
    listed = run_demo("--list")
    assert listed.returncode == 0
    assert listed.stdout.startswith("mixed-batch")
    (tmp_path / "repo").mkdir()
    (tmp_path / "scenario.yml").write_text("issue: {titel: x}\n")
    bad = run_demo("--scenario", str(tmp_path))
    assert bad.returncode == 2
    assert "scenario.yml:1: issue.titel: is not a known key" in bad.stderr
    assert "repo: missing or empty" in bad.stderr
    assert json.dumps(bad.stdout) == '""'


@pytest.mark.slow
def test_nothing_goes_on_when_the_terminal_is_closed(tmp_path: Path) -> None:
    """Servers that nobody sees any more would run for days."""
    command = [sys.executable, "-m", "otto_bot.playground", "demo", "--github-only", "--keep", str(tmp_path / "kept")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as demo:
        assert demo.stdout is not None
        ready = json.loads(next(line for line in demo.stdout if line.startswith('{"ready"')))
        demo.send_signal(signal.SIGHUP)
        demo.communicate(timeout=60)

    for name in ("github", "model"):
        address = urlsplit(ready[name])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address.hostname or "", address.port or 0), timeout=5)
