"""The prompt cache of the Messages API: what of a request was sent before, by equality of its beginning.

As the API documents it: the order is tools, system, messages; what is kept ends at a block that is marked (or at the
last one, where the request itself is); a later request reads the longest kept beginning that ends at one of its marks
or at most 20 blocks before one; short beginnings are not kept; what nobody read for five minutes is forgotten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from otto_bot.playground.model_call import texts

Json = dict[str, Any]

CHARS_PER_TOKEN = 4
LEAST_TOKENS = 1024
LOOK_BACK = 20
KEPT = timedelta(minutes=5)
MOST_KEPT = 20_000


class Cached(NamedTuple):
    """Tokens of one request that were read from the cache, and that were written to it."""

    read: int = 0
    written: int = 0


class _Place(NamedTuple):
    """The end of one block: what the request is up to there, how many tokens, and whether it is to be kept."""

    digest: bytes
    tokens: int
    marked: bool


class PromptCache:
    """What this model was sent lately."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._until: dict[bytes, datetime] = {}

    def use(self, body: Json) -> Cached:
        """What of a request is known; from now on all of it is that is marked."""
        now = self._clock()
        places = list(_places(body))
        marks = [index for index, place in enumerate(places) if place.marked and place.tokens >= LEAST_TOKENS]
        if not marks:
            return Cached()
        read = self._longest(places, marks, now)
        for index in marks:
            self._until[places[index].digest] = now + KEPT
        self._forget(now)
        return Cached(read, max(0, places[marks[-1]].tokens - read))

    def _longest(self, places: list[_Place], marks: list[int], now: datetime) -> int:
        for mark in reversed(marks):
            for place in reversed(places[max(0, mark - LOOK_BACK) : mark + 1]):
                if self._until.get(place.digest, now) > now:
                    self._until[place.digest] = now + KEPT
                    return place.tokens
        return 0

    def _forget(self, now: datetime) -> None:
        if len(self._until) > MOST_KEPT:
            self._until = {digest: until for digest, until in self._until.items() if until > now}


def _places(body: Json) -> Iterator[_Place]:
    """Every place where a beginning of the request can end, in the API's order."""
    digest = hashlib.sha256(json.dumps([body.get("model"), body.get("output_config")], sort_keys=True).encode())
    blocks = [("tool", tool) for tool in body.get("tools") or []]
    blocks += [("system", block) for block in _blocks(body.get("system") or [])]
    for message in body.get("messages") or []:
        blocks += [(str(message.get("role")), block) for block in _blocks(message.get("content") or [])]
    characters = 0
    for index, (kind, block) in enumerate(blocks):
        plain = {key: value for key, value in block.items() if key != "cache_control"}
        digest.update(json.dumps([kind, plain], sort_keys=True).encode())
        characters += len(json.dumps(plain)) if kind == "tool" else sum(map(len, texts(plain)))
        last = index == len(blocks) - 1 and bool(body.get("cache_control"))
        yield _Place(digest.digest(), characters // CHARS_PER_TOKEN, last or bool(block.get("cache_control")))


def _blocks(content: str | list[Json]) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
