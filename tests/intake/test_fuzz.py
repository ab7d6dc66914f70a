"""Stored deliveries with anything in them: each ends, none blocks the next, and none makes an error of ours."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from otto_bot.github.errors import GitHubError
from otto_bot.intake.desk import NotYetKnown
from otto_bot.store import tables as t

EXPECTED = (GitHubError, NotYetKnown)
"""What GitHub says against a number or a name that is none, and what it does not know yet."""


def _bodies() -> Any:
    """Test folders are no packages: the module is loaded by path."""
    path = Path(__file__).resolve().parents[1] / "security" / "webhook_bodies.py"
    spec = importlib.util.spec_from_file_location("webhook_bodies_for_intake", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def real(bench: Any, payload: Any) -> Any:
    """The payload with the stand-in's own ids, so that what is not broken reaches as deep as it can."""
    ids = {("repository", "id"): bench.repo.id, ("installation", "id"): bench.repo.installation_id}
    module = _bodies()
    dev = bench.stand_in.hub.world.users["dev"]
    for path, value in {**ids, ("sender", "id"): dev.id, ("comment", "user", "id"): dev.id}.items():
        if path[0] in payload and (len(path) < 3 or isinstance(payload[path[0]].get(path[1]), dict)):
            payload = module.changed(payload, path, value)
    return payload


@pytest.mark.slow
async def test_no_delivery_of_any_content_is_an_error_of_ours_or_stops_the_inbox(
    bench: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = _bodies()
    events = tuple((event, real(bench, payload)) for event, payload in module.EVENTS)
    monkeypatch.setattr(module, "EVENTS", events)
    await bench.do(label={"name": "otto"})
    await bench.planned()
    wrong: list[str] = []
    for number, (event, action, body) in enumerate(module.drawn(module.bodies(), 60) + module.impossible()):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            await bench.put(event, action, body)
        for record in caplog.records:
            if record.exc_info and not isinstance(record.exc_info[1], EXPECTED):
                wrong.append(f"{number} {event}.{action}: {record.exc_info[1]!r} for {body[:600]!r}")
    with bench.engine.connect() as c:
        states = dict(c.execute(sa.select(t.deliveries.c.state, sa.func.count()).group_by(t.deliveries.c.state)).all())
    assert wrong == []
    assert set(states) <= {"done", "failed"}, "nothing is in hand, nothing waits for its first try"
    await bench.put("issue_comment", "created", module.json.dumps(events[4][1]).encode())
    assert bench.rows()[-1].state == "done", "a sound delivery behind all of them is worked in"
