"""Health, readiness and metrics against a real database."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from otto_bot.core.rights import NEEDED, Granted
from otto_bot.keeping.mirrors import Room, told
from otto_bot.store.database import open_database
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.glances import Glances
from otto_bot.store.granted import Grants
from otto_bot.store.inbox import Inbox
from otto_bot.store.needs import needs
from otto_bot.web.health import Metrics, router


class Web:
    """The endpoints, their database and whether a worker lives."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.inbox, self.metrics, self.worker = engine, Inbox(engine), Metrics(), True
        app = FastAPI()
        app.include_router(
            router(
                Glances(engine), self.metrics, lambda: self.worker,
                lambda gauges: gauges.fill(engine, datetime.now(UTC)),
            )
        )  # fmt: skip
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://otto.test")

    def lose_tables(self) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE deliveries")


@pytest.fixture
async def web(database_url: str) -> AsyncIterator[Web]:
    engine = open_database(database_url)
    web = Web(engine)
    async with web.http:
        yield web
    engine.dispose()


async def test_a_living_process_with_database_and_worker_is_ready(web: Web) -> None:
    assert [(await web.http.get(path)).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3


async def test_a_database_that_needs_newer_code_is_said(web: Web) -> None:
    with web.engine.begin() as c:
        needs(c, "9.0.0")

    answer = await web.http.get("/readyz")

    assert answer.status_code == 503
    assert "needs Otto 9.0.0 or later" in answer.text


async def test_without_a_worker_it_lives_and_is_not_ready(web: Web) -> None:
    web.worker = False

    answer = await web.http.get("/readyz")

    assert (answer.status_code, answer.text) == (503, "no worker is running\n")
    assert (await web.http.get("/healthz")).status_code == 200
    assert (await web.http.get("/metrics")).status_code == 200


async def test_without_its_database_it_lives_and_is_not_ready(web: Web) -> None:
    web.lose_tables()

    answer = await web.http.get("/readyz")

    assert (answer.status_code, answer.text) == (503, "the database does not answer\n")
    metrics = await web.http.get("/metrics")
    assert metrics.status_code == 200
    assert "otto_database_up 0.0" in metrics.text
    assert "otto_workers NaN" in metrics.text
    assert "otto_inbox{" not in metrics.text
    assert (await web.http.get("/healthz")).status_code == 200


async def test_metrics_are_counters_of_this_process_and_states_of_the_database(web: Web) -> None:
    web.metrics.count("issues", "stored")
    web.metrics.count("issues", "stored")
    web.metrics.count("other", "refused_401")
    web.inbox.add("g1", "issues", "labeled", b"{}", datetime.now(UTC))
    web.inbox.add("g2", "issues", "labeled", b"{}", datetime.now(UTC))

    lines = (await web.http.get("/metrics")).text.splitlines()

    assert 'otto_deliveries_total{event="issues",result="stored"} 2.0' in lines
    assert 'otto_deliveries_total{event="other",result="refused_401"} 1.0' in lines
    assert 'otto_inbox{state="received"} 2.0' in lines
    assert "# TYPE otto_effects gauge" in lines


async def test_metrics_show_how_deliveries_are_grouped(web: Web) -> None:
    web.metrics.group(1)
    web.metrics.group(40)
    web.metrics.watch(lambda: 3)

    lines = (await web.http.get("/metrics")).text.splitlines()

    assert 'otto_inbox_group_bucket{le="32.0"} 1.0' in lines
    assert "otto_inbox_group_sum 41.0" in lines
    assert "otto_inbox_waiting 3.0" in lines


async def test_a_state_that_is_left_is_not_shown_any_more(web: Web) -> None:
    web.inbox.add("g1", "issues", "labeled", b"{}", datetime.now(UTC))
    assert 'otto_inbox{state="received"} 1.0' in (await web.http.get("/metrics")).text
    delivery = web.inbox.next(datetime.now(UTC))
    assert delivery is not None
    web.inbox.end(delivery)

    text = (await web.http.get("/metrics")).text

    assert 'otto_inbox{state="done"} 1.0' in text
    assert "received" not in text


async def test_series_that_ask_the_database_hold_up_no_webhook(web: Web) -> None:
    """They are collected beside the event loop, which answers deliveries meanwhile."""
    threads: list[int] = []

    class Asks(Collector):
        def collect(self) -> Iterator[Metric]:
            threads.append(threading.get_ident())
            yield GaugeMetricFamily("otto_asked", "Asked", 1)

    web.metrics.registry.register(Asks())
    threads.clear()
    assert "otto_asked 1.0" in (await web.http.get("/metrics")).text
    assert threads
    assert threading.get_ident() not in threads


async def test_two_processes_in_one_interpreter_do_not_mix() -> None:
    first, second = Metrics(), Metrics()
    first.count("issues", "stored")

    assert second.registry.get_sample_value("otto_deliveries_total", {"event": "issues", "result": "stored"}) is None


async def test_how_far_behind_the_host_is_has_series(web: Web) -> None:
    """Each limit has its series also where nobody waits for it: an alert must not begin with no data."""
    EffectRows(web.engine).renew("host-1", [], datetime.now(UTC))
    rights = {**NEEDED, "checks": "read", "actions": "read"}
    Grants(web.engine).put([Granted(id=3, permissions=rights)], datetime.now(UTC))
    told(web.engine, "host-1", Room(count=1, bytes=1000, cap=5000), datetime.now(UTC))

    text = (await web.http.get("/metrics")).text

    for line in (
        "otto_database_up 1.0", "otto_workers 1.0", "otto_runs_resting_oldest_seconds 0.0",
        "otto_inbox_oldest_seconds 0.0", "otto_effects_oldest_due_seconds 0.0", 'otto_runs{state="waiting"} 0.0',
        'otto_missing_permissions 2.0',
        'otto_mirrors_bytes{host="host-1"} 1000.0',
        'otto_runs_parked{why="github_limit"} 0.0', 'otto_worker_heartbeat_age_seconds{worker="host-1"}',
    ):  # fmt: skip
        assert line in text
