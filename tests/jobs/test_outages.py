"""The model's service fails, over a real Messages server: the step comes again, nothing is failed or charged for it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from otto_bot.jobs.outages import GATE_PATIENCE, LONGEST_ASKED, PatientModel
from otto_bot.jobs.outcomes import NeedsPerson, Retry
from otto_bot.jobs.registry import translate
from otto_bot.model.budgeted import BudgetedModel
from otto_bot.model.calls import ModelCall
from otto_bot.model.client import ModelClient
from otto_bot.model.errors import ProviderError
from otto_bot.model.prices import Prices


def _kit() -> ModuleType:
    """The helper module of the model's tests, loaded by path: test folders are no packages."""
    name = "otto_messages_server"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / "model" / "messages_server.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


kit = _kit()


class House:
    """A real client, a real purse, a scripted server."""

    def __init__(self, server: Any, client: ModelClient) -> None:
        self.server = server
        self.purse = kit.MoneyPurse(cap=10.0)
        self.model = BudgetedModel(client, self.purse, Prices.published())

    async def fails(self, model: Any = None) -> Exception:
        """What a call raises."""
        call = ModelCall(
            run="1", role="pilot", model="claude-sonnet-5-5", system="s", messages=[{"role": "user", "content": "x"}],
            max_tokens=100, timeout=2,
        )  # fmt: skip
        with pytest.raises((ProviderError, Retry)) as caught:
            await (model or self.model).ask(call)
        return caught.value


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with kit.MessagesServer() as server, ModelClient("key", server.url, timeout_seconds=20) as client:
        yield House(server, client)


BUSY = {"retry_after_ms": "1"}


def cut() -> Any:
    reply = kit.says("hi")
    reply.cut = 20
    return reply


@pytest.mark.parametrize(
    ("replies", "after", "outage", "paid"),
    [
        pytest.param([kit.refuses(429, "rate_limit_error", "slow", **BUSY)] * 3, 0.001, True, False, id="429"),
        pytest.param([kit.refuses(529, "overloaded_error", "busy", **BUSY)] * 3, 0.001, True, False, id="529"),
        pytest.param([kit.refuses(500, "api_error", "oops", **BUSY)] * 3, 0.001, True, False, id="500"),
        pytest.param([kit.refuses(503, "api_error", "oops", **BUSY)] * 3, 0.001, True, False, id="503"),
        pytest.param([kit.refuses(429, "rate_limit_error", "x", retry_after="45")], 45, True, False, id="long wait"),
        pytest.param(
            [kit.refuses(429, "rate_limit_error", "x", retry_after="864000")], LONGEST_ASKED, True, False, id="absurd"
        ),
        pytest.param([kit.Reply(status=502, body="<html>")], 0, False, True, id="a proxy gave up"),
        pytest.param([cut()], 0, False, True, id="cut in the middle"),
        pytest.param([kit.Reply(hang=True)], 0, False, True, id="no answer"),
    ],
)
async def test_a_provider_that_is_down_is_tried_again(
    house: House, replies: list[Any], after: float, outage: bool, paid: bool
) -> None:
    house.server.script(*replies)
    outcome = translate(await house.fails())
    assert isinstance(outcome, Retry)
    assert (outcome.kind, outcome.after_seconds, outcome.outage) == ("provider", pytest.approx(after), outage)
    assert (house.purse.money.spent > 0) is paid, "what may have been paid counts, what was refused does not"
    assert len(house.server.requests) == len(replies)


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_what_waiting_does_not_mend_is_a_persons(house: House, status: int) -> None:
    house.server.script(kit.refuses(status, "error", "no"))
    assert isinstance(translate(await house.fails()), NeedsPerson)


async def test_a_gate_waits_for_the_model_and_then_goes_on_without_it(house: House) -> None:
    busy = kit.refuses(529, "overloaded_error", "busy", **BUSY)
    for tried in range(GATE_PATIENCE):
        house.server.script(*[busy] * 3)
        error = await house.fails(PatientModel(house.model, tried))
        assert isinstance(error, Retry) and error.outage
    house.server.script(*[busy] * 3)
    assert isinstance(await house.fails(PatientModel(house.model, GATE_PATIENCE)), ProviderError)
    assert house.purse.money.spent == 0


@pytest.mark.parametrize("reply", [cut(), kit.refuses(401, "authentication_error", "no")])
async def test_a_gate_does_not_wait_where_each_try_costs_or_is_in_vain(house: House, reply: Any) -> None:
    house.server.script(reply)
    assert isinstance(await house.fails(PatientModel(house.model, 0)), ProviderError)
