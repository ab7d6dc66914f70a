"""Health, readiness and metrics for whoever hosts Otto."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from otto_bot.observe.meters import Meters
from otto_bot.store.database import NewerDatabase, StoreUnavailable
from otto_bot.store.glances import Glances
from otto_bot.store.versions import CODE_VERSION, shown
from otto_bot.web.gauges import Gauges


class Metrics:
    """Counters and gauges of this process; nothing is registered globally."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "otto_deliveries_total",
            "Webhook deliveries by what became of them",
            ["event", "result"],
            registry=self.registry,
        )
        self.inbox = Gauge("otto_inbox", "Stored deliveries by state", ["state"], registry=self.registry)
        self.groups = Histogram(
            "otto_inbox_group",
            "Deliveries that were committed in one transaction",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
            registry=self.registry,
        )
        self.waiting = Gauge(
            "otto_inbox_waiting", "Deliveries that wait for their transaction now", registry=self.registry
        )
        self.effects = Gauge("otto_effects", "Effects by state", ["state"], registry=self.registry)
        self.gauges = Gauges(self.registry)
        self.meters = Meters(self.registry, "web", shown(CODE_VERSION))
        self.database = Gauge("otto_database_up", "Whether the database answers this scrape", registry=self.registry)

        self._counts: dict[tuple[str, str], Counter] = {}

    def count(self, event: str, result: str) -> None:
        """One more delivery."""
        count = self._counts.get((event, result))
        if count is None:
            count = self._counts[event, result] = self.deliveries.labels(event=event, result=result)
        count.inc()

    def group(self, rows: int) -> None:
        """So many deliveries were committed together."""
        self.groups.observe(rows)

    def watch(self, waiting: Callable[[], int]) -> None:
        """How many deliveries wait is asked when somebody looks."""
        self.waiting.set_function(waiting)


def router(
    store: Glances,
    metrics: Metrics,
    worker_alive: Callable[[], bool],
    fill: Callable[[Gauges], None] = lambda _gauges: None,
) -> APIRouter:
    """`/healthz` says the process lives, `/readyz` that it can accept a webhook, `/metrics` what it has seen.

    `fill` reads how far behind the host is; it may raise StoreUnavailable.
    """
    api = APIRouter()

    @api.get("/healthz")
    async def healthz() -> Response:
        return Response("ok\n", media_type="text/plain")

    @api.get("/readyz")
    async def readyz() -> Response:
        trouble = await asyncio.to_thread(_unusable, store)
        if trouble is None and not worker_alive():
            trouble = "no worker is running"
        return Response(f"{trouble or 'ready'}\n", status_code=503 if trouble else 200, media_type="text/plain")

    @api.get("/metrics")
    async def scrape() -> Response:
        try:
            for gauge, counts in (
                (metrics.inbox, await asyncio.to_thread(store.deliveries)),
                (metrics.effects, await asyncio.to_thread(store.effects)),
            ):
                gauge.clear()
                for state, number in counts.items():
                    gauge.labels(state=state).set(number)
            await asyncio.to_thread(fill, metrics.gauges)
            metrics.database.set(1)
        except StoreUnavailable:
            # What this process counted itself is needed most of all then; what is stored has no series meanwhile.
            metrics.database.set(0)
            for gauge in (metrics.inbox, metrics.effects):
                gauge.clear()
            metrics.gauges.forget()
        # Some series ask the database when they are written: no webhook may wait for that.
        written = await asyncio.to_thread(generate_latest, metrics.registry)
        return Response(written, media_type="text/plain; version=0.0.4")

    return api


def _unusable(store: Glances) -> str | None:
    """Why a delivery could not be stored now; None = it could."""
    try:
        store.usable()
        store.deliveries()
    except NewerDatabase as error:
        return str(error)
    except StoreUnavailable:
        return "the database does not answer"
    return None
