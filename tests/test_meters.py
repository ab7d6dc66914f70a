"""A worker shows its numbers where the host wants it, counts what its rooms tell it, and bounds what others name."""

from __future__ import annotations

import asyncio
import math
import socket
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from otto_bot.core.values import Usage
from otto_bot.engine.numbers import WorkerNumbers
from otto_bot.github.answer import Answer
from otto_bot.github.errors import Unreachable
from otto_bot.github.routes import route
from otto_bot.github.watching import Watched
from otto_bot.model.calls import ModelCall, ModelReply
from otto_bot.model.errors import ProviderError
from otto_bot.model.metered import MeteredModel
from otto_bot.model.prices import Prices
from otto_bot.observe.events import Event
from otto_bot.observe.meters import Few, Meters
from otto_bot.observe.serving import Served
from otto_bot.observe.work_meters import WorkMeters
from otto_bot.store.database import open_database, writing

NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


@pytest.fixture
def meters() -> Meters:
    return Meters(CollectorRegistry(), "worker", "1.2.3")


async def test_numbers_are_shown_as_soon_as_the_port_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker before this one may still have it; no work waits for that."""
    monkeypatch.setattr("otto_bot.observe.serving.AGAIN_SECONDS", 0.01)
    registry = CollectorRegistry()
    Meters(registry, "worker", "1.2.3")
    taken = socket.create_server(("127.0.0.1", 0))
    served = Served(registry, "127.0.0.1", taken.getsockname()[1])
    keeping = asyncio.create_task(served.keep())
    async with asyncio.timeout(20):
        while not served._told:  # noqa: ASYNC110 - it tells nobody but the log
            await asyncio.sleep(0)
        assert served.port is None
        taken.close()
        await keeping
    async with httpx.AsyncClient() as http:
        text = (await http.get(f"http://127.0.0.1:{served.port}/metrics")).text
    await asyncio.to_thread(served.stop)

    assert 'otto_build_info{process="worker",python="' in text


def test_names_that_others_choose_are_bounded() -> None:
    few = Few(2)
    assert [few(name) for name in ("a", "b", "c", "a", "d")] == ["a", "b", "other", "a", "other"]


async def test_requests_to_github_are_counted_and_what_answers_say_of_limit_and_clock_is_kept(meters: Meters) -> None:
    steady = [0.0]
    head = {"x-ratelimit-remaining": "17", "date": "Sun, 29 Nov 2026 08:59:20 GMT"}

    async def exchange(*_: object, **__: object) -> Answer:
        steady[0] += 2.0
        if steady[0] > 5:
            raise Unreachable(0, "no answer")
        return Answer(200, {**head, "x-ratelimit-remaining": "17" if steady[0] < 3 else "4000"}, b"")

    for installation in (5, 6):
        watched = Watched(exchange, installation, meters, lambda: NOW, lambda: steady[0])
        await watched("app", "GET", route("/app"))
    with pytest.raises(Unreachable):
        await watched("app", "GET", route("/app"))

    registry = meters.registry
    assert [value(registry, "otto_github_requests_total", status=s) for s in ("2xx", "none", "5xx")] == [2, 1, 0]
    assert value(registry, "otto_github_request_seconds_sum") == 6
    assert value(registry, "otto_github_rate_limit_remaining") == 17
    assert value(registry, "otto_github_clock_skew_seconds") == 40
    steady[0] += 4000
    assert math.isnan(value(registry, "otto_github_rate_limit_remaining") or 0.0), "an hour later nothing is known"


class Model:
    """Answers once, then is overloaded."""

    answered = False

    async def ask(self, call: ModelCall) -> ModelReply:
        if self.answered:
            raise ProviderError("overloaded", "busy", retryable=True)
        self.answered = True
        usage = Usage(input_tokens=1_000_000, cache_read_tokens=2_000_000, output_tokens=3)
        return ModelReply(
            text="", content=[], stop_reason="end_turn", usage=usage, usage_known=True, model="x", request_id="",
            latency_seconds=1.0, raw="",
        )  # fmt: skip


async def test_calls_of_models_are_counted_with_tokens_and_cost() -> None:
    registry = CollectorRegistry()
    model = MeteredModel(Model(), WorkMeters(registry), Prices.published(), iter(range(10)).__next__)
    call = ModelCall(role="coder", run="7", model="claude-sonnet-5-5", system="", messages=[], max_tokens=9)
    await model.ask(call)
    with pytest.raises(ProviderError):
        await model.ask(call)

    named = {"role": "coder", "model": "claude-sonnet-5-5"}
    assert value(registry, "otto_model_calls_total", **named, result="done") == 1
    assert value(registry, "otto_model_calls_total", **named, result="overloaded") == 1
    assert value(registry, "otto_model_tokens_total", **named, kind="cache_read") == 2_000_000
    assert value(registry, "otto_model_cost_usd_total", **named) == pytest.approx(2 + 0.2 + 0.00003)


def test_steps_of_runs_are_counted(meters: Meters) -> None:
    meters.step(Event.ATTEMPT_ENDED, {"task": "t1", "result": "failed", "cause": "test"})
    meters.step(Event.EFFECT_FAILED, {"trouble": "permission"})
    meters.step(Event.VERIFICATION_ENDED, {"ending": "green", "seconds": 40.0})
    meters.step(Event.RUN_BARRED, {})

    assert value(meters.registry, "otto_attempts_total", result="failed", cause="test") == 1
    assert value(meters.registry, "otto_effect_failures_total", trouble="permission") == 1
    assert value(meters.registry, "otto_verification_seconds_sum", ending="green") == 40


def test_statements_are_measured_and_a_database_that_is_locked_is_counted(tmp_path: Path) -> None:
    """A broken statement of ours is no state of the database."""
    engine = open_database(f"sqlite:///{tmp_path}/x.sqlite", patience=0.01)
    numbers = WorkerNumbers(engine, tmp_path, "127.0.0.1", 0)
    with writing(engine) as c:
        c.execute(sa.text("CREATE TABLE x (y INTEGER PRIMARY KEY)"))
        c.execute(sa.text("INSERT INTO x VALUES (1)"))
    with pytest.raises(sa.exc.IntegrityError), writing(engine) as c:
        c.execute(sa.text("INSERT INTO x VALUES (1)"))
    other = open_database(f"sqlite:///{tmp_path}/x.sqlite")
    with writing(other), pytest.raises(RuntimeError), writing(engine) as c:
        c.execute(sa.text("INSERT INTO x VALUES (2)"))

    registry = numbers.registry
    assert (value(registry, "otto_database_statement_seconds_count") or 0) >= 2
    reasons = {
        r: value(registry, "otto_database_errors_total", reason=r) for r in ("locked", "full", "damaged", "gone")
    }
    assert reasons == {"locked": 1, "full": 0, "damaged": 0, "gone": 0}
    assert (
        (value(registry, "otto_state_disk_size_bytes") or 0) > (value(registry, "otto_state_disk_free_bytes") or 0) > 0
    )
    other.dispose()
    engine.dispose()
