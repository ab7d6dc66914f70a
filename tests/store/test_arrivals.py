"""Many deliveries in one transaction, on every database: each is told rightly, and a bad one spoils no other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from otto_bot.store import tables as t
from otto_bot.store.arrivals import Arrival
from otto_bot.store.inbox import Inbox

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def arrival(guid: str | None) -> Arrival:
    return Arrival(guid, "issues", "labeled", b"\x00\xff body", NOW)  # type: ignore[arg-type]


def stored(engine: sa.Engine) -> list[str]:
    with engine.connect() as c:
        return list(c.execute(sa.select(t.deliveries.c.guid).order_by(t.deliveries.c.id)).scalars())


@pytest.mark.parametrize("rows", [1, 3, 64, 87, 200])
def test_a_group_of_any_size_keeps_its_order_and_its_values(engine: sa.Engine, inbox: Inbox, rows: int) -> None:
    group = [arrival(f"g{number}") for number in range(rows)]

    assert inbox.add_all(group) == ["stored"] * rows
    assert stored(engine) == [one.guid for one in group]
    with engine.connect() as c:
        row = c.execute(sa.select(t.deliveries)).first()
    assert row is not None
    assert (row.event, row.action, row.body, row.received_at) == (
        "issues",
        "labeled",
        b"\x00\xff body",
        NOW.timestamp(),
    )
    assert (row.state, row.attempts, row.not_before) == ("received", 0, 0)


def test_known_ones_among_new_ones_are_told_apart(engine: sa.Engine, inbox: Inbox) -> None:
    inbox.add_all([arrival("a"), arrival("b")])

    assert inbox.add_all([arrival(guid) for guid in ("b", "c", "c", "d")]) == [
        "duplicate", "stored", "duplicate", "stored",
    ]  # fmt: skip
    assert stored(engine) == ["a", "b", "c", "d"]


def test_a_row_that_cannot_be_stored_is_refused_alone(
    engine: sa.Engine, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    assert inbox.add_all([arrival("a"), arrival(None), arrival("b")]) == ["stored", "refused", "stored"]
    assert stored(engine) == ["a", "b"]
    assert "cannot be stored" in caplog.text
    assert "body" not in caplog.text
    with pytest.raises(ValueError, match="cannot be stored"):
        inbox.add(None, "push", None, b"", NOW)  # type: ignore[arg-type]


def test_nothing_is_a_group_too(inbox: Inbox) -> None:
    assert inbox.add_all([]) == []
