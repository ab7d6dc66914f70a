"""Many workers as real processes on one PostgreSQL: killed, stopped and woken, asked to end, of two versions."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from otto_bot.core.config import HostCaps
from otto_bot.core.values import Person, Repo
from otto_bot.store import tables as t
from otto_bot.store.database import open_database, writing
from otto_bot.store.effect_rows import LEASE_SECONDS
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.versions import CODE_VERSION
from otto_bot.store.worker_rows import WorkerRows

PROGRAM = Path(__file__).with_name("worker_program.py")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
END_SECONDS = 13.0
"""Ten, and what a loaded machine adds."""
TAKEN_OVER_SECONDS = 20.0
"""The lease and one look of the reaper, 12 s, and what a loaded machine adds."""


class House:
    """Runs, workers, and what the workers say."""

    def __init__(self, url: str, folder: Path, stack: ExitStack) -> None:
        self.url, self.folder, self._stack = url, folder, stack
        self.engine = open_database(url)
        stack.callback(self.engine.dispose)
        self.log = folder / "log"
        self.log.touch()

    def runs(self, first: int, number: int) -> None:
        """Runs that have one effect each; those of ten repositories."""
        ledger = Ledger(self.engine)
        for issue in range(first, first + number):
            repo = Repo(id=issue % 10 + 1, installation_id=issue % 10 + 1, owner="o", name="n", default_branch="main")
            person = Person(id=1, login="anna")
            trigger = Trigger(key=f"k{issue}", repo=repo, issue=issue, title="T", body="", actor=person)
            assert ledger.start(trigger, HostCaps(), datetime.now(UTC)) is not None
        with writing(self.engine) as c:
            c.execute(t.effects.delete().where(t.effects.c.kind != "prepare"))

    def worker(self, name: str, slots: int, version: int = CODE_VERSION) -> subprocess.Popen[bytes]:
        output = self._stack.enter_context((self.folder / f"{name}.log").open("wb"))
        words = [self.url, str(self.folder), name, str(slots), str(version)]
        process = subprocess.Popen([sys.executable, str(PROGRAM), *words], cwd=ROOT, stdout=output, stderr=output)
        self._stack.callback(process.wait, 30)
        self._stack.callback(process.kill)
        return process

    def lines(self, word: str, name: str = "") -> list[str]:
        """Keys of the effects of which a worker said so."""
        said = [line.split() for line in self.log.read_text().splitlines()]
        return [one[1].split("#")[0] for one in said if one[0] == word and name in ("", one[2])]

    def until(self, true: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            logs = "".join(path.read_text()[-3000:] for path in self.folder.glob("*.log"))
            assert time.monotonic() < deadline, f"{what}\n{self.log.read_text()[-2000:]}\n{logs}"
            time.sleep(0.05)

    def leads(self) -> list[str]:
        """Who did what only one shall do, in order."""
        return (self.folder / "leads").read_text().split()

    def go(self) -> None:
        (self.folder / "go").touch()


@pytest.fixture
def house(make_database: Callable[..., str], tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(make_database("postgresql"), tmp_path, stack)


@pytest.mark.slow
def test_a_worker_killed_with_twenty_running_jobs_is_taken_over_within_seconds(house: House) -> None:
    house.runs(1, 20)
    dead = house.worker("dead", 20)
    house.until(lambda: len(house.lines("begin", "dead")) == 20, "twenty run on the first one")
    house.runs(21, 6)
    house.worker("b", 14)
    house.worker("c", 14)
    house.until(lambda: len(house.lines("begin")) == 26, "the others have begun too")
    assert set(house.leads()) == {"dead"}
    dead.kill()
    killed_at = time.monotonic()
    house.until(lambda: len(set(house.lines("begin", "b") + house.lines("begin", "c"))) == 26, "taken over")
    took = time.monotonic() - killed_at
    house.go()
    house.until(lambda: len(house.lines("made")) >= 26, "all is made")

    assert Counter(house.lines("made")).most_common(1)[0][1] == 1
    assert took < TAKEN_OVER_SECONDS
    assert house.lines("made", "dead") == []
    assert [one.name for one in WorkerRows(house.engine).all()] == ["b", "c", "dead"]
    house.until(lambda: len(set(house.leads())) > 1, "another one leads")
    assert len(set(house.leads())) == 2


@pytest.mark.slow
def test_a_worker_that_was_stopped_and_wakes_up_writes_nothing_that_others_wrote(house: House) -> None:
    """Its twenty jobs would write at once: they see `go` before anything else could tell them to stop."""
    house.runs(1, 20)
    stalled = house.worker("stalled", 20)
    house.until(lambda: len(house.lines("begin", "stalled")) == 20, "twenty run on the first one")
    stalled.send_signal(signal.SIGSTOP)
    house.worker("b", 20)
    house.until(lambda: len(house.lines("begin", "b")) == 20, "taken over")
    house.go()
    house.until(lambda: len(house.lines("made", "b")) == 20, "made by the other one")
    stalled.send_signal(signal.SIGCONT)
    house.until(lambda: len(house.lines("cancelled", "stalled")) == 20, "the first one lets go")
    house.runs(21, 4)
    house.until(lambda: len(house.lines("made")) == 24, "and both go on")

    assert Counter(house.lines("made")).most_common(1)[0][1] == 1


@pytest.mark.slow
def test_what_a_stopping_worker_had_in_hand_is_due_at_once(house: House) -> None:
    house.runs(1, 8)
    ending = house.worker("ending", 8)
    house.until(lambda: len(house.lines("begin", "ending")) == 8, "eight run")
    house.worker("b", 8)
    house.until(lambda: len(WorkerRows(house.engine).all()) == 2, "the other one is there")
    ending.terminate()
    asked_at = time.monotonic()
    assert ending.wait(30) == 0
    ended = time.monotonic() - asked_at
    house.until(lambda: len(house.lines("begin", "b")) == 8, "taken over")
    took = time.monotonic() - asked_at - ended
    house.go()
    house.until(lambda: len(house.lines("made", "b")) == 8, "made")

    assert ended < END_SECONDS
    assert took < LEASE_SECONDS / 2, "it did not wait for a lease to end"
    assert len(house.lines("made")) == 8
    with house.engine.connect() as c:
        lost = c.execute(sa.select(sa.func.sum(t.effects.c.lost))).scalar()
    assert lost == 0


@pytest.mark.slow
def test_old_and_new_workers_side_by_side(house: House) -> None:
    """The database is a migration ahead; the new worker keeps in a run what the old one does not know."""
    with writing(house.engine) as c:
        c.execute(sa.text("ALTER TABLE runs ADD COLUMN colour VARCHAR(20) NOT NULL DEFAULT ''"))
        c.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    house.runs(1, 2)
    with writing(house.engine) as c:
        c.execute(t.runs.update().where(t.runs.c.id == 1).values(version=CODE_VERSION + 1))
    house.go()
    house.worker("old", 4)
    house.until(lambda: house.lines("made", "old"), "the old one works on")
    assert house.lines("begin") == ["run/2/prepare/h0"]
    new = house.worker("new", 4, CODE_VERSION + 1)
    house.until(lambda: house.lines("made", "new") == ["run/1/prepare/h0"], "the new one works on its run")

    def state() -> str:
        with house.engine.connect() as c:
            return str(c.execute(sa.select(t.runs.c.state).where(t.runs.c.id == 1)).scalar())

    house.until(lambda: '"dance"' in state(), "marked")
    os.kill(new.pid, signal.SIGKILL)
    with house.engine.connect() as c:
        generation = sa.select(t.effects.c.generation).where(t.effects.c.key == "run/1/prepare/h0")
        house.until(lambda: c.execute(generation).scalar() == 2 or c.rollback(), "the old one finds that it is lost")
    house.runs(3, 1)
    house.until(lambda: "run/3/prepare/h0" in house.lines("made", "old"), "and works on")

    assert '"dance"' in state()
    assert Counter(house.lines("begin"))["run/1/prepare/h0"] == 1
