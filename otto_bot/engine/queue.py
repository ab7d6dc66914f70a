"""The queue behind a small interface: start, enqueue, stop. DBOS does it; nothing else here knows DBOS."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from otto_bot.core.effect import run_of
from otto_bot.observe import spans
from otto_bot.store.effect_rows import Ticket

APPLICATION_VERSION = "otto-1"
"""Pinned: otherwise every deployment would strand the jobs of the one before."""
POLL_SECONDS = 0.5
"""How often DBOS looks for messages between workflows. There are none (a ticket starts at once when it is enqueued), a
look at none costs nothing, and whoever leaves DBOS waits until it looks up."""
CONNECTIONS = 5
STEP_TIMEOUT_SECONDS = 4 * 3600.0

Execute = Callable[[Ticket], Awaitable[None]]


class Queue(Protocol):
    """A durable wake-up call. It may be lost: the loop asks again with the next generation."""

    async def start(self, execute: Execute) -> None:
        """Begin to work; `execute` is called for each ticket, at least once."""

    async def enqueue(self, ticket: Ticket) -> None:
        """Ask for one execution. The same ticket twice is one."""

    async def stop(self) -> None:
        """Finish what runs, start nothing more."""


class DbosQueue:
    """DBOS on SQLite or PostgreSQL. One in a process, as DBOS is."""

    def __init__(self, url: str, worker: str) -> None:
        self._url = url
        self._worker = worker
        self._dbos: Any = None
        self._workflow: Any = None

    async def start(self, execute: Execute) -> None:
        """Launch DBOS and register the one workflow there is: execute a ticket."""
        from dbos import DBOS, DBOSConfig

        logging.getLogger("dbos").setLevel(logging.WARNING)
        config: DBOSConfig = {
            "name": "otto-bot",
            "system_database_url": self._url,
            "application_version": APPLICATION_VERSION,
            "executor_id": self._worker,
            "log_level": "WARNING",
            # With a collector DBOS makes spans by the provider that `observe.spans` has set; endpoints it is not given.
            "enable_otlp": spans.on(),
            "otel_attribute_format": "semconv",
            "notification_listener_polling_interval_sec": POLL_SECONDS,
            "sys_db_pool_size": CONNECTIONS,
        }
        kwargs = sqlite_module(self._url)
        if kwargs:
            config["db_engine_kwargs"] = kwargs
        logging.getLogger("dbos").addFilter(_is_news)
        self._dbos = DBOS(config=config)

        @DBOS.step(name="execute", timeout_seconds=STEP_TIMEOUT_SECONDS)
        async def step(key: str, generation: int) -> None:
            await execute(Ticket(key=key, generation=generation))

        @DBOS.workflow(name="effect")
        async def workflow(key: str, generation: int) -> None:
            await step(key, generation)

        self._workflow = workflow
        DBOS.launch()

    async def enqueue(self, ticket: Ticket) -> None:
        """Start the ticket's workflow under its own id: durable before this returns, and at once.

        The loop has already claimed the effect, so a queue of DBOS's own would only add a second wait.
        """
        from dbos import DBOS, SetWorkflowID

        with SetWorkflowID(ticket.id), spans.within_run(run_of(ticket.key)):
            await DBOS.start_workflow_async(self._workflow, ticket.key, ticket.generation)

    async def stop(self) -> None:
        """Leave DBOS."""
        from dbos import DBOS

        if self._dbos is not None:
            # What it would still like to write down of cancelled jobs, nobody reads.
            logging.getLogger("dbos").setLevel(logging.CRITICAL)
            DBOS.destroy(workflow_completion_timeout_sec=0)
            # It had made its threads the event loop's own, and ended them: what is still to be done needs others.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())


def _is_news(record: logging.LogRecord) -> bool:
    """That it sends no logs to a collector is meant: they go to standard error."""
    return "logger provider not set" not in str(record.msg)


def queue_url(database_url: str) -> str:
    """Where the queue keeps its tables: beside SQLite's file, inside the same PostgreSQL database."""
    if database_url.startswith("sqlite:///"):
        path = Path(database_url.removeprefix("sqlite:///"))
        return f"sqlite:///{path.with_name(path.stem + '-queue.sqlite')}"
    return database_url


def sqlite_module(url: str) -> dict[str, Any]:
    """Engine arguments for SQLite; Python >= 3.12 with SQLite < 3.42 needs the bundled one."""
    import sqlite3
    import sys

    old = sqlite3.sqlite_version_info < (3, 42)
    if not (url.startswith("sqlite") and sys.hexversion >= 0x030C0000 and old):
        return {}
    import pysqlite3

    return {"module": pysqlite3}
