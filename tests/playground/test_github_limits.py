"""The stand-in's own limits: off by default; distance, content, the hour, and the time that a limit named."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from otto_bot.playground.github.limits import HOURLY, LimitConfig, Limits, Refusal


def request(method: str, path: str, auth: str = "token x") -> dict[str, Any]:
    return {"method": method, "path": path, "headers": [(b"authorization", auth.encode())]}


COMMENT = request("POST", "/repos/o/r/issues/1/comments")
LABEL = request("POST", "/repos/o/r/issues/1/labels")
READ = request("GET", "/repos/o/r/issues/1")
MINT = request("POST", "/app/installations/1/access_tokens", "Bearer j")


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(1_700_000_000 + seconds, UTC)


def test_nothing_is_refused_unless_it_is_asked_for() -> None:
    limits = Limits()
    assert all(limits.look(LimitConfig(), COMMENT, at(0)) is None for _ in range(HOURLY + 1))
    assert limits.headers(LimitConfig(), COMMENT, at(0))["X-RateLimit-Remaining"] == str(HOURLY - 1)


def test_writes_that_come_too_close_and_who_goes_on_nevertheless() -> None:
    limits, config = Limits(), LimitConfig(pause_ms=1000, retry_after=5, hold=True)
    assert limits.look(config, LABEL, at(0)) is None
    assert limits.look(config, READ, at(0.1)) is None
    assert limits.look(config, MINT, at(0.1)) is None
    assert limits.look(config, LABEL, at(0.9)) == Refusal("writes_too_close", 5)
    assert limits.look(config, READ, at(1.2)) == Refusal("limited_too", 5)
    assert limits.look(config, READ, at(3)) == Refusal("while_limited", 3)
    assert limits.look(config, MINT, at(3)) is None, "the App itself is not limited"
    assert limits.look(config, LABEL, at(6)) is None


def test_content_a_minute_and_requests_an_hour() -> None:
    limits, config = Limits(), LimitConfig(content_per_minute=2, hourly=5)
    for second in (0, 1):
        assert limits.look(config, COMMENT, at(second)) is None
    assert limits.look(config, LABEL, at(2)) is None
    assert limits.look(config, COMMENT, at(3)) == Refusal("too_much_content", 1)
    assert limits.headers(config, READ, at(3))["X-RateLimit-Remaining"] == "1"
    assert limits.look(config, READ, at(70)) is None
    assert limits.look(config, READ, at(71)) == Refusal("hour_used_up", 3530, primary=True)
    assert limits.look(config, READ, at(3601)) is None


@pytest.fixture
def github_settings(github_settings: dict[str, Any]) -> dict[str, Any]:
    return {**github_settings, "limits": {"hourly": 6, "content_per_minute": 1, "retry_after": 1}}


def test_it_answers_and_logs_as_github_does(github: Any) -> None:
    call = github.as_bot()
    assert call("POST", "~/issues/1/comments", json={"body": "one"}).status_code == 201
    refused = call("POST", "~/issues/1/comments", json={"body": "two"})
    assert (refused.status_code, refused.headers["retry-after"]) == (403, "1")
    assert "secondary rate limit" in refused.json()["message"]
    left = [call("GET", "~/issues/1").headers["x-ratelimit-remaining"] for _ in range(4)]
    assert left == ["3", "2", "1", "0"]
    used_up = call("GET", "~/issues/1")
    assert (used_up.status_code, used_up.headers["x-ratelimit-remaining"]) == (403, "0")
    assert int(used_up.headers["x-ratelimit-reset"]) > time.time() + 3000
    state = github.state()
    assert [row["body"] for row in state["comments"]] == ["one"]
    assert [row["fault"] for row in state["requests"] if "fault" in row] == ["too_much_content", "hour_used_up"]
