"""`/otto stop` while a coder's command runs: seconds until every process of it has ended, and what was pushed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.latency.play import Book, hosted, own_scenario
from bench.latency.spans import Json

COMMANDS = ("60.0625", "61.0625", "62.0625")
"""Arguments that no other process of the machine has; see stop.yml: itself, a child, and a child that detached."""
LOOK_SECONDS = 0.02
BEGIN_SECONDS = 180.0
END_SECONDS = 90.0
WRITTEN = "textstats/reading.py"


class Stopped(NamedTuple):
    """Seconds from the word until the command had ended and until the work was pushed; the ledger's word of it."""

    ended: float
    pushed: float
    cancelled: bool
    kept: bool
    """Whether the file that was written before the command stands on the attempt's branch."""


async def stopped(folder: Path, write_pause: float) -> Stopped:
    """Play it. Raises TimeoutError where the command does not begin or does not end."""
    scenario = own_scenario("stop", folder / "scenario")
    async with hosted(scenario, folder / "play", write_pause) as (host, book):
        await host.label()
        await _until(lambda: len(running(folder)) == len(COMMANDS), BEGIN_SECONDS)
        said = time.monotonic()
        speaking = asyncio.create_task(host.stand_in.do({"comment": {"where": "issue/1", "body": "/otto stop"}}))
        await _until(lambda: not running(folder), END_SECONDS)
        ended = time.monotonic() - said
        await speaking
        attempt = await _told(book)
        pushed = time.monotonic() - said
        report = await book.over()
    branch = f"refs/heads/{_branch(report)}"
    git = next((folder / "play" / "github" / "git").glob("*.git"))
    kept = attempt["sha"] is not None and await _holds(git, branch, attempt["sha"])
    return Stopped(ended, pushed, report["outcome"] == "cancelled", kept)


async def _until(holds: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - another process tells nobody when it begins and ends
            await asyncio.sleep(LOOK_SECONDS)


async def _told(book: Book) -> Json:
    async with asyncio.timeout(END_SECONDS):
        while (event := _stop_event(await book.look())) is None:  # noqa: ASYNC110 - as above
            await asyncio.sleep(LOOK_SECONDS)
    return event


def running(folder: Path) -> list[int]:
    """Processes of the command below a folder, seen from outside of its cage: also those that left their parents."""
    found, root = [], str(folder.resolve())
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _is_ours(entry, root):
            found.append(int(entry.name))
    return found


def _is_ours(entry: Path, root: str) -> bool:
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
        named = len(words) > 1 and words[0] == b"sleep" and words[1].decode() in COMMANDS
        return named and _below(entry, root)
    except (OSError, UnicodeDecodeError):
        return False


def _below(entry: Path, root: str) -> bool:
    """Whether the process works below `root`: two benches on one machine must not see each other's."""
    return str((entry / "cwd").readlink()).startswith(root)


def _stop_event(report: Json) -> Json | None:
    return next((event for event in report.get("events", []) if event["type"] == "AttemptStopped"), None)


def _branch(report: Json) -> str:
    return str(next(event["branch"] for event in report["events"] if event["type"] == "AttemptStarted"))


async def _holds(git: Path, branch: str, sha: str) -> bool:
    """Whether the branch stands at this commit, and the file that was written is in it."""
    head = await _git(git, "rev-parse", branch)
    return head == sha and bool(await _git(git, "ls-tree", "--name-only", sha, WRITTEN))


async def _git(git: Path, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "git", "--git-dir", str(git), *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    output, _ = await process.communicate()
    return output.decode().strip()
