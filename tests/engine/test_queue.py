"""The durable queue in processes of its own: once an id, and kill -9 in the middle."""

import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import databases
import pytest
import sqlalchemy as sa

from otto_bot.core.config import HostCaps
from otto_bot.core.values import Person, Repo
from otto_bot.engine.queue import queue_url, sqlite_module
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger, Trigger

PROGRAM = Path(__file__).with_name("queue_program.py")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=databases.chosen(slow=True))
def backend(request: pytest.FixtureRequest) -> str:
    """Each of these starts processes: on PostgreSQL in the slow suite."""
    found: str = request.param
    return found


def start(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROGRAM), *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process: subprocess.Popen[str]) -> None:
    out, _ = process.communicate(timeout=40)
    assert process.returncode == 0, out


def line_appears(log: Path, text: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while not any(line.startswith(text) for line in log.read_text().splitlines()):
        assert time.monotonic() < deadline, log.read_text()
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.mark.slow
def test_an_id_runs_once(tmp_path: Path, database_url: str) -> None:
    log = tmp_path / "log"
    log.touch()

    finish(start("once", database_url, log))

    lines = (
        "begin run/1/a#1", "begin run/1/a#2", "end run/1/a#1", "end run/1/a#2", "begin run/1/error#1",
        "threads are left",
    )  # fmt: skip
    assert Counter(log.read_text().splitlines()) == Counter(lines)


@pytest.mark.slow
def test_after_kill_9_the_next_generation_runs(tmp_path: Path, database_url: str) -> None:
    """The dead try never runs again under its own id; the effect is done by the next one."""
    database, log = database_url, tmp_path / "log"
    log.touch()
    engine = open_database(database)
    repo = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
    person = Person(id=1, login="anna")
    trigger = Trigger(key="k", repo=repo, issue=4, title="T", body="B", actor=person)
    run = Ledger(engine).start(trigger, HostCaps(), datetime(2026, 1, 1, tzinfo=UTC))
    assert run is not None
    with engine.begin() as c:
        c.execute(sa.text("DELETE FROM effects WHERE kind <> 'prepare'"))
    engine.dispose()
    key = f"run/{run.id}/prepare/h0"

    first = start("slow", database, log)
    line_appears(log, f"begin {key}#1", first)
    first.kill()
    first.communicate()
    (tmp_path / "go").touch()
    finish(start("slow", database, log))

    lines = log.read_text().splitlines()
    assert lines.count(f"begin {key}#1") == 1
    assert f"lost {key}#1" in lines
    assert f"end {key}#2" in lines
    assert f"end {key}#1" not in lines


@pytest.mark.parametrize(
    ("database", "queue"),
    [
        ("sqlite:////srv/otto.sqlite", "sqlite:////srv/otto-queue.sqlite"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
    ],
)
def test_where_the_queue_keeps_its_tables(database: str, queue: str) -> None:
    assert queue_url(database) == queue


def test_postgresql_needs_no_sqlite_module() -> None:
    assert sqlite_module("postgresql://h/d") == {}
