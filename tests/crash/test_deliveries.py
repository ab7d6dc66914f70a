"""Deliveries that come twice, in another order or not at all change nothing in the end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from crash_runs import Ended, every_delivery, faulty_run
from forks import ForkServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

Json = dict[str, Any]
HELD_BACK = ("issues", "push", "workflow_run", "check_run")


def delivered(ended: Ended) -> list[Json]:
    """What reached the bot, in the order in which it did."""
    rows = [row for row in ended.report["deliveries"] if row["status"] == "OK"]
    return sorted(rows, key=lambda row: str(row["delivered_at"]))


def same_end(want: Ended, got: Ended) -> None:
    found = got.against(want)
    assert not found, "\n".join([*found, got.log])


def test_every_delivery_twice(server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path) -> None:
    got = asyncio.run(faulty_run("single-task", tmp_path / "play", server.launch, every_delivery("duplicate")))
    numbers = Counter(row["guid"] for row in delivered(got) if row["event"] != "installation")
    assert numbers
    assert set(numbers.values()) == {2}
    same_end(undisturbed("single-task"), got)


def test_deliveries_in_another_order(server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path) -> None:
    got = asyncio.run(faulty_run("single-task", tmp_path / "play", server.launch, every_delivery("reorder", HELD_BACK)))
    order = [row["id"] for row in delivered(got)]
    assert order != sorted(order)
    same_end(undisturbed("single-task"), got)


def test_no_delivery_at_all(server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path) -> None:
    got = asyncio.run(faulty_run("single-task", tmp_path / "play", server.launch, every_delivery("drop")))
    assert got.report["deliveries"]
    assert delivered(got) == []
    same_end(undisturbed("single-task"), got)


def test_no_delivery_at_all_and_people_who_tick_and_command(
    server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path
) -> None:
    """A box, an outdated number and an approval: all of it is found by looking."""
    got = asyncio.run(faulty_run("gate-approval", tmp_path / "play", server.launch, every_delivery("drop"), quiet=15))
    assert delivered(got) == []
    same_end(undisturbed("gate-approval"), got)


def test_what_was_lost_for_a_while_is_delivered_again(
    server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path
) -> None:
    """The first three deliveries of each kind do not arrive; GitHub is asked for what matters of them."""
    lost = [{**fault, "count": 3} for fault in every_delivery("drop")]
    got = asyncio.run(faulty_run("single-task", tmp_path / "play", server.launch, lost, until=redelivered))
    same_end(undisturbed("single-task"), got)


def redelivered(seen: Json) -> bool:
    """Something of what was lost has come."""
    return any(row["redelivery"] and row["status"] == "OK" for row in seen["deliveries"])
