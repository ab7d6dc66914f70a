"""GitHub's limits, as far as a scenario asks for them: requests an hour, distance of writes, content a minute.

Counted for the App (JWT) and for its installation (token) apart; git is not counted, as at GitHub. The headers
`x-ratelimit-…` are on every answer; nothing is enforced that the config does not ask for.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import Field
from starlette.types import Scope

from otto_bot.playground.github.people_config import Strict

HOUR, MINUTE = 3600.0, 60.0
HOURLY = 5000
UNDER_WAY = 0.5
"""Seconds that a request may have been on its way."""
CONTENT = re.compile(
    r"/issues$|/issues/\d+/comments$|/issues/comments/\d+$|/pulls$|/pulls/\d+$|/pulls/\d+/requested_reviewers$"
    r"|/pulls/\d+/(reviews|comments(/\d+/replies)?)$|/pulls/comments/\d+$|^/graphql$"
)
"""Writes that count as content. The stand-in's own reading of GitHub's words, apart from the bot's."""
TOKENS = re.compile(r"^/app/installations/\d+/access_tokens$")
WRITING = frozenset({"POST", "PATCH", "PUT", "DELETE"})


class LimitConfig(Strict):
    """What is enforced; nothing of it unless it is set. `hourly` None: the headers tell of an hour that just began."""

    hourly: int | None = Field(default=None, ge=1)
    pause_ms: int = Field(default=0, ge=0, le=60_000)
    content_per_minute: int | None = Field(default=None, ge=1)
    retry_after: int = Field(default=1, ge=0, le=3600)
    """Seconds that an answer names when the pause or the content's number was not kept."""
    hold: bool = False
    """Refuse what comes before the time that a limit named. It is `while_limited` in the log; `limited_too` where it
    was on its way when the limit was named."""


@dataclass
class _Bucket:
    requests: deque[float] = field(default_factory=deque)
    content: deque[float] = field(default_factory=deque)
    wrote_at: float | None = None
    held_at: float = 0.0
    held_until: float = 0.0

    def hold(self, now: float, seconds: float) -> None:
        """Nothing more before that time."""
        self.held_at, self.held_until = now, max(self.held_until, now + seconds)


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused: the word for the log, and the seconds that the answer names."""

    fault: str
    retry_after: int
    primary: bool = False


class Limits:
    """Counts requests and says which are refused."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = defaultdict(_Bucket)

    def look(self, config: LimitConfig, scope: Scope, at: datetime) -> Refusal | None:
        """Count a request; a Refusal where it breaks a limit."""
        bucket, now = self._bucket(scope), at.timestamp()
        if bucket is None:
            return None
        _forget(bucket.requests, now - HOUR)
        _forget(bucket.content, now - MINUTE)
        if config.hold and now < bucket.held_until:
            late = now > bucket.held_at + UNDER_WAY
            return Refusal("while_limited" if late else "limited_too", _seconds(bucket.held_until - now))
        if config.hourly is not None and len(bucket.requests) >= config.hourly:
            wait = _seconds(bucket.requests[0] + HOUR - now)
            bucket.hold(now, wait)
            return Refusal("hour_used_up", wait, primary=True)
        bucket.requests.append(now)
        broken = self._write(config, bucket, scope, now)
        if broken is None:
            return None
        bucket.hold(now, config.retry_after)
        return Refusal(broken, config.retry_after)

    def _write(self, config: LimitConfig, bucket: _Bucket, scope: Scope, now: float) -> str | None:
        if scope["method"] not in WRITING or TOKENS.search(scope["path"]):
            return None
        last, bucket.wrote_at = bucket.wrote_at, now
        if last is not None and now - last < config.pause_ms / 1000:
            return "writes_too_close"
        if CONTENT.search(scope["path"]):
            bucket.content.append(now)
            if config.content_per_minute is not None and len(bucket.content) > config.content_per_minute:
                return "too_much_content"
        return None

    def named(self, scope: Scope, seconds: float, at: datetime) -> None:
        """A scripted fault named a limit of that many seconds."""
        if (bucket := self._bucket(scope)) is not None:
            bucket.hold(at.timestamp(), seconds)

    def headers(self, config: LimitConfig, scope: Scope, at: datetime) -> dict[str, str]:
        """What every answer says of the hour."""
        bucket = self._bucket(scope)
        counted = bucket.requests if bucket is not None and config.hourly is not None else deque([at.timestamp()])
        most, used = config.hourly or HOURLY, len(counted)
        begun = counted[0] if counted else at.timestamp()
        return {
            "X-RateLimit-Limit": str(most), "X-RateLimit-Remaining": str(max(most - used, 0)),
            "X-RateLimit-Used": str(used), "X-RateLimit-Reset": str(int(begun + HOUR) + 1),
            "X-RateLimit-Resource": "core",
        }  # fmt: skip

    def _bucket(self, scope: Scope) -> _Bucket | None:
        kind, _, value = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
        if value.startswith(b"ghu_"):  # a person's limits are their own
            return self._buckets[value.decode("latin-1")]
        kind = kind.lower()
        name = {b"bearer": "app", b"token": "installation"}.get(kind)
        return None if name is None else self._buckets[name]


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()


def _seconds(wait: float) -> int:
    return int(wait) + 1
