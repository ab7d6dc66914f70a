"""Numbers of one process for Prometheus: what it did, how long it took, and what it reaches."""

from __future__ import annotations

import asyncio
import platform
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from otto_bot.observe.context import Value
from otto_bot.observe.events import Event

QUICK = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SLOW = (0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
LOOK_SECONDS = 1.0
MOST_NAMES = 24
"""Values of a label that others choose, such as names of models; further ones are counted as `other`."""
FRESH_SECONDS = 3600.0
"""What GitHub said of a limit longer ago is over."""
MOST_INSTALLATIONS = 4096


class Few:
    """Bounds the values of a label: the first ones stay themselves."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._known: set[str] = set()
        self._most = most

    def __call__(self, name: str) -> str:
        """The name, or `other` where there are too many."""
        if name not in self._known:
            if len(self._known) >= self._most:
                return "other"
            self._known.add(name)
        return name


class Meters:
    """What web process and worker have alike. Everything is registered with one registry, nothing globally."""

    def __init__(self, registry: CollectorRegistry, process: str, version: str) -> None:
        self.registry = registry
        about = Gauge("otto_build_info", "1; version and Python of this process", ["process", "version", "python"],
                      registry=registry)  # fmt: skip
        about.labels(process, version, platform.python_version()).set(1)
        self.loop = Histogram("otto_event_loop_lag_seconds", "How late the event loop came to what was due",
                              buckets=QUICK, registry=registry)  # fmt: skip
        self.statements = Histogram("otto_database_statement_seconds", "Statements, waiting for locks included",
                                    buckets=QUICK, registry=registry)  # fmt: skip
        self.database_errors = Counter("otto_database_errors_total", "Transactions that the database did not take",
                                       ["reason"], registry=registry)  # fmt: skip
        for reason in ("locked", "full", "damaged", "gone"):
            self.database_errors.labels(reason)
        self._github(registry)
        self._runs(registry)

    def _github(self, registry: CollectorRegistry) -> None:
        self.requests = Counter("otto_github_requests_total", "Requests to GitHub's API by the answer's kind",
                                ["status"], registry=registry)  # fmt: skip
        for status in ("2xx", "3xx", "4xx", "5xx", "none"):
            self.requests.labels(status)
        self.request_seconds = Histogram("otto_github_request_seconds", "Until GitHub answered", buckets=SLOW,
                                         registry=registry)  # fmt: skip
        self._left: dict[int, tuple[float, float]] = {}
        self._steady: Callable[[], float] = lambda: 0.0
        left = Gauge("otto_github_rate_limit_remaining",
                     "Least that an installation may still ask in this hour, of those heard of; NaN = none was",
                     registry=registry)  # fmt: skip
        left.set_function(self._least)
        self.skew = Gauge("otto_github_clock_skew_seconds", "This host's clock against GitHub's; positive = ahead",
                          registry=registry)  # fmt: skip

    def _runs(self, registry: CollectorRegistry) -> None:
        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(name, what, labels, registry=registry)

        self.begun = counter("otto_runs_started_total", "Runs that this process started")
        self.ended = counter("otto_runs_ended_total", "Runs that came to an end", "outcome")
        self.attempts = counter("otto_attempts_total", "Attempts that ended", "result", "cause")
        self.gates = counter("otto_gates_decided_total", "Decisions at gates, revisions included", "decider")
        self.failures = counter("otto_effect_failures_total", "Effects that failed, by what is wrong", "trouble")
        self.waited = Histogram("otto_verification_seconds", "From asking Actions about a commit to its last word",
                                ["ending"], buckets=SLOW, registry=registry)  # fmt: skip
        self._troubles = Few()
        self._counted: Mapping[Event, Callable[[Mapping[str, Value]], None]] = {
            Event.RUN_STARTED: lambda _: self.begun.inc(),
            Event.RUN_ENDED: lambda f: self.ended.labels(f.get("outcome") or "none").inc(),
            Event.ATTEMPT_ENDED: lambda f: self.attempts.labels(f["result"], f.get("cause") or "none").inc(),
            Event.GATE_DECIDED: lambda f: self.gates.labels(f["decider"]).inc(),
            Event.EFFECT_FAILED: lambda f: self.failures.labels(self._troubles(str(f["trouble"]))).inc(),
            Event.VERIFICATION_ENDED: self._verified,
        }

    def _verified(self, fields: Mapping[str, Value]) -> None:
        if isinstance(seconds := fields.get("seconds"), float):
            self.waited.labels(fields["ending"]).observe(seconds)

    def step(self, event: Event, fields: Mapping[str, Value]) -> None:
        """One more of these."""
        if (count := self._counted.get(event)) is not None:
            count(fields)

    def disk(self, folder: Path) -> None:
        """Room on the disk of a folder, asked when somebody looks."""
        free = Gauge("otto_state_disk_free_bytes", "Free bytes on the disk of OTTO_STATE_DIR", registry=self.registry)
        size = Gauge("otto_state_disk_size_bytes", "Size of that disk in bytes", registry=self.registry)
        free.set_function(lambda: _room(folder)[0])
        size.set_function(lambda: _room(folder)[1])

    def answered(self, status: int, seconds: float) -> None:
        """GitHub answered; 0 = it did not."""
        self.requests.labels(f"{status // 100}xx" if status else "none").inc()
        self.request_seconds.observe(seconds)

    def heard(self, installation: int, headers: Mapping[str, str], now: datetime, steady: Callable[[], float]) -> None:
        """What GitHub said beside an answer: how much is left, and what time it is there."""
        self._steady = steady
        left = headers.get("x-ratelimit-remaining", "")
        if (
            left.isascii()
            and left.isdigit()
            and len(left) < 12
            and headers.get("x-ratelimit-resource", "core") == "core"
        ):
            if installation not in self._left and len(self._left) >= MOST_INSTALLATIONS:
                self._left.clear()
            self._left[installation] = steady(), float(left)
        try:
            there = parsedate_to_datetime(headers.get("date", ""))
            self.skew.set(round((now - there).total_seconds()))
        except (ValueError, TypeError, IndexError, OverflowError):
            return  # no date, or none that says its zone: nothing is known

    def _least(self) -> float:
        since = self._steady() - FRESH_SECONDS
        return min((left for at, left in list(self._left.values()) if at > since), default=float("nan"))

    async def watch_loop(self) -> None:
        """Until it is cancelled: how late the event loop is."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            self.loop.observe(max(0.0, loop.time() - due))


def _room(folder: Path) -> tuple[float, float]:
    """Free bytes and size; NaN where it cannot be asked."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return float("nan"), float("nan")
    return float(usage.free), float(usage.total)
