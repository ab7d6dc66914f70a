"""Pages of gates and tasks are live too: what others did to them comes in, and their forms stay as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from core_builders import said, started
from live_server import LiveServer, take
from test_live import address


@pytest.fixture
async def live(host: Any, database_url: str, tmp_path: Path) -> AsyncIterator[LiveServer]:
    server = LiveServer(database_url, tmp_path)
    await server.begin()
    yield server
    await server.end()


async def test_an_open_gate_is_told_that_somebody_approved_it(host: Any, live: LiveServer) -> None:
    run = host.at_gate()
    page = (await live.get(f"/runs/{run.id}/gates/1")).text

    async with live.open(address(page)) as stream:
        first = (await take(stream, "parts"))[0]
        host.add(run, said("/otto approve r2"))
        parts = (await take(stream, "parts"))[0].data["parts"]

    assert set(first.data["parts"]) == {"nobody"}, "the page shows all others as they are"
    assert "approved" in parts["head"]
    loaded = (await live.get(f"/runs/{run.id}/gates/1")).text
    assert all(html in loaded for html in parts.values())
    assert all("<form" not in html for html in parts.values())


async def test_an_open_task_is_told_of_its_next_attempt(host: Any, live: LiveServer) -> None:
    run = host.executing()
    page = (await live.get(f"/runs/{run.id}/tasks/t1")).text
    assert "No coder has started on it yet." in page

    async with live.open(address(page)) as stream:
        await take(stream, "parts")
        host.add(run, started("t1"))
        parts = (await take(stream, "parts"))[0].data["parts"]

    assert 'id="a1"' in parts["body"]
    assert "<form" not in parts["body"]


@pytest.mark.parametrize("part", ["gate=9", "gate=x", "task=t99", f"task={'t' * 300}"])
async def test_a_gate_or_task_that_is_not_there_sends_its_page_to_be_loaded(
    host: Any, live: LiveServer, part: str
) -> None:
    run = host.at_gate()

    async with live.open(f"/runs/{run.id}/live?{part}") as stream:
        await take(stream, "reload")
