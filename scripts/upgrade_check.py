"""Upgrade a bot while its run is at work: it begins on an older version, is killed, and today's code ends it.

    python scripts/upgrade_check.py [COMMIT] [--scenario NAME] [--after EVENTS]

The older version is unpacked from git; the playground, GitHub and the scripted model are today's. It is killed without
warning once so many events are recorded, and the new one is started in its place, on the same database and folders.
The end must be the scenario's own. `make upgrade-check` calls it; it is no test, because a clone need not hold the
older commit. A version whose prompts the scripted model does not know any more does not come far, and that is said:
for such ones stand the stored databases of `tests/data/upgrade`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from old_databases import unpack

from otto_bot.playground.demo.expect import differences
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.demo.processes import Child, StartError
from otto_bot.playground.demo.promise import broken
from otto_bot.playground.scenario import find, load

ROOT = Path(__file__).resolve().parents[1]
LIMIT_SECONDS = 600


class Old:
    """Starts the bot from the older version's folder until it is told not to."""

    def __init__(self, folder: Path) -> None:
        self.folder: Path | None = folder

    def _path(self, name: str, env: Mapping[str, str]) -> dict[str, str]:
        place = self.folder if name == "the bot" and self.folder is not None else ROOT
        # Not the folder that it is started in, either.
        return {**env, "PYTHONPATH": str(place), "PYTHONSAFEPATH": "1"}

    async def launch(self, name: str, argv: Sequence[str], env: Mapping[str, str], log: Path) -> Child:
        return await Child.start(name, argv, self._path(name, env), log)


async def upgraded(commit: str, scenario: str, after: int, root: Path) -> list[str]:
    """What is wrong at the end; empty where nothing is."""
    unpack(commit, root / "old")
    old = Old(root / "old")
    async with Playground(load(find(scenario)), root / "play", launch=old.launch) as play:
        await play.label()
        async with asyncio.timeout(LIMIT_SECONDS):
            while True:
                with contextlib.suppress(StartError, json.JSONDecodeError):
                    # The new code would bring the schema up to date by reading it: the old one's own command is asked.
                    seen = await asked(play, root / "old")
                    if seen["phase"] == "done" or len(seen["events"]) >= after:
                        break
                await asyncio.sleep(0.2)
        print(f"killed in phase {seen['phase']} after {len(seen['events'])} events; tasks: {seen['tasks']}")
        await play.kill_bot()
        old.folder = None
        await play.start_bot()
        await play.wait_rest(LIMIT_SECONDS)
        report = await play.full_report()
        print(f"today's code ended it: {report['outcome']}, {len(report['events'])} events; tasks: {report['tasks']}")
        return [*differences(play.scenario.script.expect, report), *broken(report), *await play.outstanding()]


async def asked(play: Playground, folder: Path) -> dict[str, list[object]]:
    env = {**play.bot_environment(), "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
    argv = [sys.executable, "-m", "otto_bot", "report", "--json", "--run", "1"]
    process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out, _ = await process.communicate()
    found: dict[str, list[object]] = json.loads(out)
    return found


def main(argv: Sequence[str]) -> int:
    """The exit code: 0 it ended as the scenario says."""
    parser = argparse.ArgumentParser(description="Upgrade a bot while its run is at work.")
    parser.add_argument("commit", nargs="?", default="98953f6", help="the older version [98953f6: schema 0005]")
    parser.add_argument("--scenario", default="mixed-batch")
    parser.add_argument("--after", type=int, default=40, help="events after which the old one is killed [40]")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="otto-upgrade-", ignore_cleanup_errors=True) as folder:
        try:
            found = asyncio.run(upgraded(options.commit, options.scenario, options.after, Path(folder)))
        except TimeoutError:
            found = [f"it did not come so far within {LIMIT_SECONDS} s"]
        if found:
            print("\n".join(found))
            for log in sorted(Path(folder, "play").glob("*.log")):
                print(f"--- {log.name}\n{log.read_text()[-4000:]}")
    print("not as the scenario says" if found else "as the scenario says")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
