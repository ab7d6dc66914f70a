"""Spans of what is done, where the host has named a collector; elsewhere nothing is imported and nothing made."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from otto_bot.observe.context import Value

if TYPE_CHECKING:
    from otto_bot.observe.tracing import Tracing

log = logging.getLogger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Standard variables; one that is set turns spans on. Everything else of `OTEL_…` is read by OpenTelemetry itself."""
PROTOCOL = "http/protobuf"
FLUSH_SECONDS = 0.5
"""So long a process that ends waits for its last spans to be sent."""


class Open(Protocol):
    """A span that is open, or nothing."""

    def __enter__(self) -> Open: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def put(self, **attributes: Value) -> None:
        """What is known only later; names as in `observe.tracing.KEYS`."""


class _Nothing:
    """Where spans are off: one object for all."""

    __slots__ = ()

    def __enter__(self) -> _Nothing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def put(self, **attributes: Value) -> None:
        """Nothing."""


_NOTHING = _Nothing()


class _Process:
    """Of this process, as OpenTelemetry's own provider is: set once at start, or never."""

    tracing: Tracing | None = None


def on() -> bool:
    """Whether spans are made."""
    return _Process.tracing is not None


def start(environment: Mapping[str, str], service: str, version: str, app: int, clean: Callable[[str], str]) -> None:
    """Make spans from now on if the environment names a collector. `app` is the App's number, `clean` removes secrets.

    What is missing for it is a warning in the log, and everything else goes on.
    """
    if not _wanted(environment):
        return
    try:
        from otto_bot.observe.tracing import Tracing
    except ImportError as error:
        log.warning("no spans are sent: %s is missing; install `otto-bot[otel]`", error.name)
        return
    _Process.tracing = Tracing(service, version, app, clean)


def _wanted(environment: Mapping[str, str]) -> bool:
    named = any(environment.get(name, "").strip() for name in ENDPOINTS)
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if not named or off or environment.get("OTEL_TRACES_EXPORTER", "otlp").strip() not in ("", "otlp"):
        return False
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    asked = next((said for name in names if (said := environment.get(name, "").strip())), PROTOCOL)
    if asked != PROTOCOL:
        log.warning("spans are sent as %s, not as %s: give the collector's address for that", PROTOCOL, asked[:40])
    return True


def stop() -> None:
    """The process ends: send what is left, within FLUSH_SECONDS."""
    tracing, _Process.tracing = _Process.tracing, None
    if tracing is not None:
        tracing.stop(FLUSH_SECONDS)


def span(name: str, **attributes: Value) -> Open:
    """A span below the one that is open here."""
    tracing = _Process.tracing
    return _NOTHING if tracing is None else tracing.span(name, attributes)


def span_of_run(name: str, run: int, **attributes: Value) -> Open:
    """A span in the trace of a run, whichever process makes it."""
    tracing = _Process.tracing
    return _NOTHING if tracing is None else tracing.span(name, {"run": run, **attributes}, tracing.below_run(run))


def within_run(run: int) -> AbstractContextManager[None]:
    """What is made in the block belongs into the trace of a run: DBOS takes it along to where a step is executed."""
    return nullcontext() if _Process.tracing is None else _Process.tracing.within(run)


def trace_id() -> str:
    """Of the span that is open here, as collectors write it; empty where there is none."""
    return "" if _Process.tracing is None else _Process.tracing.current()


def span_of_delivery(name: str, guid: str, **attributes: Value) -> Open:
    """A span in the trace of a delivery: one trace for its receipt, and for its being worked in elsewhere."""
    tracing = _Process.tracing
    if tracing is None:
        return _NOTHING
    return tracing.span(name, {"delivery": guid, **attributes}, tracing.of_delivery(guid))


def leads_to(run: int) -> None:
    """What is open here did something to this run: a link from one trace to the other."""
    if _Process.tracing is not None:
        _Process.tracing.link(run)


def run_is_over(run: int, since: datetime, until: datetime, **attributes: Value) -> None:
    """The span of a whole run, below which all others of it stand."""
    if _Process.tracing is not None:
        _Process.tracing.whole(run, since, until, attributes)


def is_no_error(error: BaseException) -> bool:
    """Whether what ended a span is somebody's stopping it."""
    return isinstance(error, asyncio.CancelledError | GeneratorExit)
