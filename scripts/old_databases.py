"""Make databases as an older version leaves them: really played on its playground, copied while it is at work.

    python scripts/old_databases.py COMMIT FILE.tar.xz SCENARIO…

The commit is unpacked into a folder of its own and plays each scenario with this interpreter's packages. Whenever
its run stands otherwise than before (phase, tasks, what is due, what waits in the inbox), the database is copied by
SQLite's own backup: as a kill in that moment would leave it. FILE holds each copy as SQL, named `SCENARIO-NUMBER`.
What tests/store/test_upgrade.py reads was made by it; CONTRIBUTING.md says when it is made anew.
"""

from __future__ import annotations

import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOOK_SECONDS = 0.03
PLAY_SECONDS = 180
MOST = 8
"""Copies of one play: evenly taken from all, the first and the last among them."""


def unpack(commit: str, folder: Path) -> None:
    """The bot of a commit, and what stands for packages that it did not know."""
    archive = subprocess.run(["git", "archive", commit, "otto_bot"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    # Uvicorn takes it where it is there; older versions were never run with it.
    (folder / "uvloop.py").write_text("raise ImportError\n")


def play(folder: Path, scenario: str, kept: Path) -> list[tuple[str, bytes]]:
    """Play it to its rest; the copies that were made meanwhile, as name and SQL."""
    command = [sys.executable, "-m", "otto_bot", "demo", "--scenario", scenario, "--no-compare", "--keep", str(kept)]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    found: dict[str, bytes] = {}
    with (kept.parent / f"{kept.name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        until = time.monotonic() + PLAY_SECONDS
        try:
            while process.poll() is None and time.monotonic() < until:
                look(kept / "demo" / "state" / "otto.sqlite", found)
                time.sleep(LOOK_SECONDS)
            look(kept / "demo" / "state" / "otto.sqlite", found)
        finally:
            process.terminate()
            process.wait(30)
    copies = list(found.values())
    few = sorted({round(n * (len(copies) - 1) / (MOST - 1)) for n in range(MOST)}) if len(copies) > MOST else None
    print(f"{scenario}: {len(copies)} moments, exit code {process.returncode}")
    return [(f"{scenario}-{number:02}", copies[number]) for number in (few or range(len(copies)))]


def look(path: Path, found: dict[str, bytes]) -> None:
    """Copy it, where it stands as it never did before."""
    if not path.exists():
        return
    with closing(sqlite3.connect(":memory:")) as copy:
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as source:
                source.backup(copy)
            key = standing(copy)
        except sqlite3.Error:  # it is just being made
            return
        if key is not None and key not in found:
            found[key] = "\n".join(copy.iterdump()).replace(socket.gethostname(), "otto-host").encode()


def standing(copy: sqlite3.Connection) -> str | None:
    """What tells one moment of a run from another; None while there is no run."""
    row = copy.execute("SELECT phase, outcome, state FROM runs ORDER BY id DESC LIMIT 1").fetchone()
    if row is None:
        return None
    state = json.loads(row[2])
    tasks = {key: task["state"] for key, task in state["tasks"].items()}
    due = sorted({kind for (kind,) in copy.execute("SELECT kind FROM effects WHERE state IN ('due', 'running')")})
    waiting = copy.execute("SELECT count(*) FROM deliveries WHERE state = 'received'").fetchone()[0]
    hold = (state.get("hold") or {}).get("kind") if isinstance(state.get("hold"), dict) else state.get("hold")
    return json.dumps([row[0], row[1], tasks, [kind for kind in due if kind != "show"], bool(waiting), bool(hold)])


def main(argv: list[str]) -> int:
    """Returns the exit code."""
    if len(argv) < 3:
        print(__doc__)
        return 2
    commit, target, scenarios = argv[0], Path(argv[1]), argv[2:]
    with tempfile.TemporaryDirectory(prefix="otto-old-") as root:
        folder = Path(root) / "old"
        unpack(commit, folder)
        copies = [copy for name in scenarios for copy in play(folder, name, Path(root) / name)]
    with tarfile.open(target, "w:xz", preset=9) as tar:
        for name, sql in copies:
            entry = tarfile.TarInfo(f"{name}.sql")
            entry.size = len(sql)
            tar.addfile(entry, io.BytesIO(sql))
    print(f"{target}: {len(copies)} databases, {target.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
