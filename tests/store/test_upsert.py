"""Two workers write the same row at the same moment: both have written it, and none has failed."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.database import writing
from otto_bot.store.deliveries import Deliveries
from otto_bot.store.looks import Looks

At = Callable[[float], datetime]
SHA = hashlib.sha256(b"log").hexdigest()
ARTIFACT = {"sha256": SHA, "kind": "log", "body": b"", "created_at": 1.0}
CAME = {"guid": "g", "event": "push", "body": b"body", "received_at": 1.0}
BESIDE: dict[str, tuple[sa.Table, dict[str, object], Callable[[sa.Engine, datetime], object]]] = {
    "artifact": (t.artifacts, ARTIFACT, lambda engine, at: Archive(engine).keep("log", b"log", at)),
    "cursor": (t.cursors, {"name": "x", "value": "1"}, lambda engine, _at: Archive(engine).set_cursor("x", "2")),
    "heard": (t.cursors, {"name": "heard/3", "value": "1"}, lambda engine, at: Looks(engine).heard(3, at)),
    "delivery": (t.deliveries, CAME, lambda engine, at: Deliveries(engine).put("g", "push", None, b"again", at)),
}


@pytest.mark.parametrize("what", BESIDE)
def test_a_row_that_another_one_is_writing_too(engine: sa.Engine, at: At, what: str) -> None:
    table, row, write = BESIDE[what]
    asked = threading.Event()

    def notice(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT"):
            asked.set()

    with ThreadPoolExecutor(1) as other, writing(engine) as c:
        c.execute(table.insert().values(**row))
        sa.event.listen(engine, "before_cursor_execute", notice)
        written = other.submit(write, engine, at(60))
        asked.wait(0.5)
        c.commit()
        written.result(20)
    with engine.connect() as c:
        [found] = c.execute(sa.select(*(table.c[name] for name in row))).all()
    assert found != tuple(row.values())
