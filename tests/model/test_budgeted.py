"""Money around a call: reserved first, settled by what came back."""

import asyncio
from typing import Any

import pytest

from otto_bot.core.redact import Redactor
from otto_bot.model.budgeted import BudgetedModel
from otto_bot.model.calls import ModelCall
from otto_bot.model.errors import BudgetSpent, ProviderError, UnknownPrice
from otto_bot.model.prices import Prices


def call(**changes: Any) -> ModelCall:
    defaults: dict[str, Any] = {
        "role": "judge",
        "run": "7",
        "model": "claude-sonnet-5-5",
        "system": "s",
        "messages": [{"role": "user", "content": "my key is hunter2-is-secret"}],
        "max_tokens": 1000,
    }
    return ModelCall(**{**defaults, **changes})


@pytest.fixture
def purse(kit):
    return kit.MoneyPurse(cap=1)


@pytest.fixture
def model(client, purse):
    return BudgetedModel(client, purse, Prices.published(), Redactor(["hunter2-is-secret"]))


async def test_a_call_is_settled_by_its_usage_and_the_reply_says_what_it_cost(server, kit, model, purse):
    server.script(kit.says("hi", usage={"input_tokens": 1000, "output_tokens": 100}))
    reply = await model.ask(call())
    assert reply.usage.usd == pytest.approx(0.002 + 0.001)
    assert purse.money.settled == pytest.approx(0.003)
    assert purse.money.reserved == {}
    assert purse.money.calls == 1


async def test_the_model_never_sees_a_registered_secret(server, kit, model):
    server.script(kit.says("hi"))
    await model.ask(call(system="hunter2-is-secret"))
    assert "hunter2" not in server.prompt()
    assert "[redacted]" in server.prompt()


async def test_what_does_not_fit_is_refused_before_anything_is_sent(server, kit, model, purse):
    with pytest.raises(BudgetSpent, match="/otto budget"):
        await model.ask(call(max_tokens=200_000))
    assert server.requests == []
    assert purse.money.committed == 0


async def test_without_a_usage_the_whole_reservation_is_spent(server, kit, model, purse):
    server.script(kit.says("hi", usage=None))
    reply = await model.ask(call())
    assert not reply.usage_known
    assert reply.usage.usd == pytest.approx(Prices.published().worst_case(call()), rel=0.01)
    assert purse.money.settled == pytest.approx(reply.usage.usd)


async def test_an_error_that_cannot_be_paid_gives_the_money_back(server, kit, model, purse):
    server.script(kit.refuses(401, "authentication_error", "no"))
    with pytest.raises(ProviderError):
        await model.ask(call())
    assert purse.money.committed == 0


async def test_a_lost_reply_counts_as_paid(server, kit, model, purse):
    reply = kit.says("hi")
    reply.cut = 10
    server.script(reply)
    with pytest.raises(ProviderError):
        await model.ask(call())
    assert purse.money.settled > 0.01
    assert purse.money.reserved == {}


async def test_a_cancelled_call_keeps_its_reservation(server, kit, model, purse):
    server.script(kit.Reply(hang=True))
    asking = asyncio.create_task(model.ask(call()))
    async with asyncio.timeout(10):
        while not server.requests:
            await asyncio.wait([asking], timeout=0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert list(purse.money.reserved) == [call().key]


async def test_a_model_without_a_price_is_never_called(server, model):
    with pytest.raises(UnknownPrice):
        await model.ask(call(model="mystery-1"))
    assert server.requests == []
