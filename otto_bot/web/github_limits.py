"""Metrics of GitHub's limits: what was written, what had to wait, and how many installations are closed now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from otto_bot.store.database import StoreUnavailable
from otto_bot.store.installations import Installations

log = logging.getLogger(__name__)


class GitHubLimits(Collector):
    """Reads the sums when somebody looks; nothing where the database does not answer."""

    def __init__(self, installations: Installations, now: Callable[[], datetime]) -> None:
        self._installations = installations
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """The series."""
        try:
            totals = self._installations.totals(self._now())
        except StoreUnavailable as error:
            log.warning("no series about GitHub's limits: %s", error)
            return
        yield CounterMetricFamily("otto_github_writes", "Writes that were sent to GitHub", totals.writes)
        yield CounterMetricFamily("otto_github_waits", "Requests that had to come again later", totals.waits)
        yield GaugeMetricFamily(
            "otto_github_limited_installations", "Installations that GitHub's limit closes now", totals.closed
        )
