"""Room for mirrors: the ones used longest ago go first, none that is in use, and a process may die in the middle."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from otto_bot.core.run import Run
from otto_bot.keeping.collect import Retention, collect_files
from otto_bot.keeping.mirrors import LATELY_SECONDS, make_room, told
from otto_bot.store.host_facts import HostFacts

At = Callable[[float], datetime]
SIZE = 1000


def mirror(state: Path, number: int, used: datetime, size: int = SIZE) -> Path:
    path = state / "mirrors" / f"{number}-octo-app.git"
    (path / "objects" / "pack").mkdir(parents=True)
    (path / "objects" / "pack" / "p.pack").write_bytes(b"x" * size)
    (path / "used").touch()
    for inner in (path / "used", path / "objects", path):
        os.utime(inner, (used.timestamp(),) * 2)
    return path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_the_least_recently_used_go_until_the_rest_fits(engine: sa.Engine, state: Path, at: At) -> None:
    old, middle, new = (mirror(state, n, at(days)) for n, days in ((11, 1), (12, 3), (13, 5)))
    dry, _ = make_room(state, engine, 2 * SIZE, at(10), dry=True)
    assert (dry.evicted, old.exists()) == (1, True)
    room, removed = make_room(state, engine, 2 * SIZE, at(10))
    assert [path.exists() for path in (old, middle, new)] == [False, True, True]
    assert (room.count, room.bytes, room.evicted, removed.bytes) == (2, 2 * SIZE, 1, SIZE)


def test_none_that_is_in_use_goes(
    engine: sa.Engine, start: Callable[..., Run], state: Path, at: At, caplog: pytest.LogCaptureFixture
) -> None:
    start(1, at(0), ended=False)  # of repository 7
    living, borrowed, fetched, lately = (mirror(state, n, at(1)) for n in (7, 12, 13, 14))
    work = state / "work" / "run-3-t1-a1" / ".git" / "objects" / "info"
    work.mkdir(parents=True)
    (work / "alternates").write_text(f"{borrowed.absolute() / 'objects'}\n")
    (lately / "used").touch()
    os.utime(lately / "used", (at(10).timestamp() - LATELY_SECONDS / 2,) * 2)
    with fetched.with_name(fetched.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        room, _ = make_room(state, engine, SIZE, at(10))
        assert all(path.exists() for path in (living, borrowed, fetched, lately))
    assert (room.evicted, room.bytes) == (0, 4 * SIZE)
    assert "raise it" in caplog.text
    shutil.rmtree(state / "work")
    assert make_room(state, engine, SIZE, at(10))[0].evicted == 2
    assert [path.exists() for path in (living, borrowed, fetched, lately)] == [True, False, False, True]


def test_one_that_was_only_moved_aside_goes_the_next_time_and_is_counted_no_more(
    engine: sa.Engine, state: Path, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = mirror(state, 11, at(1))
    kept = Retention("", state, 90, SIZE // 2, "here")
    with monkeypatch.context() as dying:
        # The process is killed between the two: what follows the move never happens.
        dying.setattr(shutil, "rmtree", lambda *_given, **_more: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            make_room(state, engine, SIZE // 2, at(10))
    aside = state / "mirrors" / ".gone-11-octo-app.git"
    assert (old.exists(), aside.exists()) == (False, True)
    dict(collect_files(engine, kept, at(10)))
    assert not aside.exists()
    assert HostFacts(engine).mirrors()[0].bytes == 0


def test_how_it_stands_is_written_down_by_machine(engine: sa.Engine, state: Path, at: At) -> None:
    mirror(state, 11, at(1)), mirror(state, 12, at(2))
    kept = Retention("", state, 90, SIZE, "here")
    found = dict(collect_files(engine, kept, at(10)))
    assert found["mirrors, for room (OTTO_MIRRORS_GIB)"].rows == 1
    dict(collect_files(engine, kept, at(10)))
    (told_here,) = HostFacts(engine).mirrors()
    assert (told_here.host, told_here.count, told_here.bytes, told_here.cap) == ("here", 1, SIZE, SIZE)
    assert told_here.evicted == 1
    told(engine, "there", make_room(state, engine, SIZE, at(10))[0], at(10))
    assert [one.host for one in HostFacts(engine).mirrors()] == ["here", "there"]
