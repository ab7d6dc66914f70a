"""Pages over HTTP: how long until the first byte, and how large."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from statistics import median, quantiles
from typing import NamedTuple

WARM = 3


class Fetched(NamedTuple):
    """One page: milliseconds to the first byte of its body (median, and the 95th of 100), bytes of all of it."""

    name: str
    median: float
    p95: float
    size: int


def fetch(port: int, name: str, path: str, times: int) -> Fetched:
    """Ask for a page again and again, one after the other, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    took, size = [], 0
    for number in range(WARM + times):
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        first = answer.read(1)
        if number >= WARM:
            took.append((time.perf_counter() - began) * 1000)
        size = len(first) + len(answer.read())
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
    connection.close()
    return Fetched(name, median(took), quantiles(took, n=20)[-1], size)


def all_of(port: int, pages: Sequence[tuple[str, str]], times: int) -> list[Fetched]:
    """Every page."""
    return [fetch(port, name, path, times) for name, path in pages]
