"""OpenTelemetry behind `spans`: ids that every process computes alike, an exporter that lets only known names out."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from types import TracebackType
from typing import Any

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags

from otto_bot.observe.context import Value
from otto_bot.observe.spans import is_no_error

KEYS = {
    "run": "otto.run.id", "task": "otto.task", "attempt": "otto.attempt", "effect": "otto.effect.key",
    "effect_kind": "otto.effect.kind", "generation": "otto.effect.generation", "delivery": "otto.delivery.id",
    "event": "otto.delivery.event", "action": "otto.delivery.action", "installation": "otto.installation.id",
    "role": "otto.model.role", "model": "gen_ai.request.model", "method": "http.request.method",
    "route": "url.template", "status": "http.response.status_code", "git": "otto.git.command",
    "exit_code": "process.exit.code", "stopped_by": "otto.cage.stopped_by", "result": "otto.result",
    "outcome": "otto.run.outcome", "usd": "otto.run.usd",
}  # fmt: skip
"""Our own attributes: the name in code, and the one that is sent."""
OF_LIBRARIES = frozenset(
    {
        "anthropic.message.stop_reason", "anthropic.request.id", "error.type", "gen_ai.operation.name",
        "gen_ai.provider.name", "gen_ai.request.max_tokens", "gen_ai.response.id", "gen_ai.response.model",
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens", "http.request.resend_count", "http.route", "server.address", "server.port",
        "dbos.operation.workflow_id", "dbos.operation.type", "dbos.executor.id",
    }
)  # fmt: skip
"""What DBOS, the Anthropic SDK and FastAPI may say. Nothing else leaves: no URL, path, message or body."""
SENT = frozenset(KEYS.values()) | OF_LIBRARIES
LONGEST = 200

_IDS: ContextVar[tuple[int, int] | None] = ContextVar("otto_span_ids", default=None)
"""Trace and span id that the next root span is given."""


class Discreet(SpanExporter):
    """Before an exporter: attributes by the list, texts without secrets, no events (they quote errors) and no words of
    a status."""

    def __init__(self, inner: SpanExporter, clean: Callable[[str], str]) -> None:
        self._inner, self._clean = inner, clean

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        return self._inner.export([self._bare(span) for span in spans])

    def shutdown(self) -> None:
        """Close it."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what it holds."""
        return bool(self._inner.force_flush(timeout_millis))

    def _bare(self, span: ReadableSpan) -> ReadableSpan:
        kept = {name: self._value(value) for name, value in (span.attributes or {}).items() if name in SENT}
        return ReadableSpan(
            name=self._clean(span.name)[:LONGEST],
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=kept,
            links=[Link(link.context) for link in span.links],
            kind=span.kind,
            status=Status(span.status.status_code),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _value(self, value: Any) -> Any:
        return self._clean(value)[:LONGEST] if isinstance(value, str) else value


class _Ids(RandomIdGenerator):
    """Random ids, but for the one span whose ids everybody computes."""

    def generate_trace_id(self) -> int:
        chosen = _IDS.get()
        return super().generate_trace_id() if chosen is None else chosen[0]

    def generate_span_id(self) -> int:
        chosen = _IDS.get()
        return super().generate_span_id() if chosen is None else chosen[1]


class Tracing:
    """Of one process. Sets OpenTelemetry's global provider: DBOS, the Anthropic SDK and FastAPI make spans by that."""

    def __init__(self, service: str, version: str, app: int, clean: Callable[[str], str]) -> None:
        given = Resource.create()  # what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say
        said = str(given.attributes.get("service.name", ""))
        name = service if said.startswith("unknown_service") else said
        self._provider = TracerProvider(
            resource=given.merge(Resource({"service.name": name, "service.version": version})),
            id_generator=_Ids(),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(Discreet(OTLPSpanExporter(), clean)))
        trace.set_tracer_provider(self._provider)
        self._tracer = self._provider.get_tracer("otto-bot", version)
        self._app = app

    def span(self, name: str, attributes: Mapping[str, Value], parent: otel.Context | None = None) -> Span:
        """A span below `parent`, or below what is open here."""
        return Span(self._tracer, name, attributes, parent)

    def of_run(self, run: int) -> otel.Context:
        """The trace of a run. Its whole span is made when it is over; others may stand below it before."""
        return self._below(*ids(f"otto/{self._app}/run/{run}"))

    def below_run(self, run: int) -> otel.Context | None:
        """The same, or None where what is open here stands in that trace already."""
        context = self.of_run(run)
        here = trace.get_current_span().get_span_context().trace_id
        return None if trace.get_current_span(context).get_span_context().trace_id == here else context

    @contextmanager
    def within(self, run: int) -> Iterator[None]:
        """A block in the trace of a run."""
        token = otel.attach(self.of_run(run))
        try:
            yield
        finally:
            otel.detach(token)

    def current(self) -> str:
        """Trace id of the span that is open here."""
        here = trace.get_current_span().get_span_context()
        return trace.format_trace_id(here.trace_id) if here.is_valid else ""

    def of_delivery(self, guid: str) -> otel.Context:
        """The trace of a delivery."""
        return self._below(*ids(f"otto/{self._app}/delivery/{guid}"))

    def link(self, run: int) -> None:
        """From the span that is open here to a run."""
        context = trace.get_current_span(self.of_run(run)).get_span_context()
        now = trace.get_current_span()
        if now.get_span_context().trace_id != context.trace_id:
            now.add_link(context)

    def whole(self, run: int, since: datetime, until: datetime, attributes: Mapping[str, Value]) -> None:
        """The span of a run from beginning to end."""
        token = _IDS.set(ids(f"otto/{self._app}/run/{run}"))
        try:
            made = self._tracer.start_span(
                "run",
                context=otel.Context(),
                attributes=named({"run": run, **attributes}),
                start_time=int(since.timestamp() * 1e9),
            )
        finally:
            _IDS.reset(token)
        made.end(int(until.timestamp() * 1e9))

    def stop(self, seconds: float) -> None:
        """Send what is left; a collector that hangs is not waited for any longer."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(seconds)

    def _below(self, trace_id: int, span_id: int) -> otel.Context:
        # The sampler decides by the trace's id, so that every process of a host decides alike.
        sampled = self._provider.sampler.should_sample(otel.Context(), trace_id, "run").decision.is_sampled()
        flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
        above = NonRecordingSpan(SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags))
        return trace.set_span_in_context(above, otel.Context())


class Span:
    """One span, as a context manager."""

    def __init__(
        self, tracer: trace.Tracer, name: str, attributes: Mapping[str, Value], parent: otel.Context | None
    ) -> None:
        self._made = tracer.start_span(name, context=parent, attributes=named(attributes))
        self._token: Any = None

    def __enter__(self) -> Span:
        self._token = otel.attach(trace.set_span_in_context(self._made))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        otel.detach(self._token)
        if error is not None and not is_no_error(error):
            self._made.set_status(Status(StatusCode.ERROR))
            self._made.set_attribute("error.type", type(error).__name__)
        self._made.end()

    def put(self, **attributes: Value) -> None:
        """What is known only later."""
        self._made.set_attributes(named(attributes))


def named(attributes: Mapping[str, Value]) -> dict[str, str | int | float | bool]:
    """Attributes by the names that are sent; what says nothing is left out."""
    return {KEYS[name]: value for name, value in attributes.items() if value is not None and value != ""}


def ids(what: str) -> tuple[int, int]:
    """Trace and span id of something that has a name everywhere."""
    digest = hashlib.blake2b(what.encode(), digest_size=24).digest()
    return int.from_bytes(digest[:16], "big") | 1, int.from_bytes(digest[16:], "big") | 1
