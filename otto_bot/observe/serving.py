"""The numbers of a process that has no pages: a small server of their own, where the host wants one."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import start_http_server

log = logging.getLogger(__name__)

AGAIN_SECONDS = 10.0
"""A port that is taken (the worker before this one still ends) is tried again: work does not wait for it."""


class Served:
    """`GET /metrics` on an address of the host's choice, from a thread beside the event loop."""

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        self._registry, self._host, self._wanted = registry, host, port
        self._server: Any = None
        self._told = False

    @property
    def port(self) -> int | None:
        """Where it listens; None = nowhere yet."""
        return None if self._server is None else int(self._server.server_port)

    async def keep(self) -> None:
        """Listen as soon as the port is free."""
        while not self._began():  # noqa: ASYNC110 - whoever has the port does not tell us
            await asyncio.sleep(AGAIN_SECONDS)

    def _began(self) -> bool:
        try:
            self._server, _ = start_http_server(self._wanted, self._host, self._registry)
        except OSError as error:
            if not self._told:
                log.warning("no metrics on %s:%s yet: %s", self._host, self._wanted, error.strerror)
            self._told = True
            return False
        return True

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
