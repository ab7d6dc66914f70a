"""Money around a call: reserved first, settled by what came back."""

import asyncio
from typing import Any

import pytest

from otto_bot.agents.structured import repair
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


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": 0, "output_tokens": 5},
        {"input_tokens": True, "output_tokens": 5},
        {"input_tokens": 10},
        {"output_tokens": 10},
        {"input_tokens": 10, "output_tokens": -5},
        {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": -1},
        {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": "7"},
        {"input_tokens": 10, "output_tokens": 2.5},
        {"input_tokens": 10, "output_tokens": 10**400},
        {"input_tokens": 10, "output_tokens": 1001},
        {"input_tokens": 900_000, "output_tokens": 5},
        [],
        "10",
    ],
)
async def test_a_usage_that_is_partial_negative_or_absurd_spends_the_reservation(server, kit, model, purse, usage):
    server.script(kit.says("hi", usage=usage))
    reply = await model.ask(call())
    assert not reply.usage_known
    assert purse.money.settled == pytest.approx(Prices.published().worst_case(call()), rel=0.01)
    assert reply.usage.usd == purse.money.settled
    assert purse.money.reserved == {}


async def test_what_a_proxy_gave_up_may_be_paid_and_is_neither_repeated_nor_given_back(server, kit, model, purse):
    """Five hundreds in the provider's own words were not charged; those of something in between may have been."""
    server.script(*[kit.Reply(status=504, body=b"<html>gateway time-out</html>")] * 3)
    with pytest.raises(ProviderError, match="504") as caught:
        await model.ask(call())
    assert len(server.requests) == 1
    assert (caught.value.may_be_paid, caught.value.retryable) == (True, True)
    assert purse.money.settled == pytest.approx(caught.value.usd)
    assert caught.value.usd > 0.01


async def test_repeats_of_refused_requests_share_one_reservation(server, kit, model, purse):
    server.script(
        kit.refuses(529, "overloaded_error", "busy", retry_after_ms="1"),
        kit.refuses(500, "api_error", "broken", retry_after_ms="1"),
        kit.says("hi", usage={"input_tokens": 1000, "output_tokens": 100}),
    )
    await model.ask(call())
    assert len(server.requests) == 3
    assert purse.money.settled == pytest.approx(0.003)


async def test_a_repair_reserves_for_all_it_says_again(server, kit, model):
    """The rejected answer goes back as input: each call is bounded by its own words."""
    prices = Prices.published()
    first = call()
    again = call(messages=repair(first.messages, "x" * 60_000, ("too long",)))
    assert prices.worst_case(again) - prices.worst_case(first) > 40_000 * 2e-6


async def test_a_conversation_that_goes_on_is_bounded_by_what_was_counted(server, kit, client, purse):
    """The first call by its bytes, the next by the tokens the reply named plus the bytes that are new."""
    seen = []

    class Watched:
        async def reserve(self, call_id, usd):
            seen.append(usd)
            return await purse.reserve(call_id, usd)

        async def settle(self, call_id, usage):
            await purse.settle(call_id, usage)

    model = BudgetedModel(client, Watched(), Prices.published())
    messages = [{"role": "user", "content": "word " * 10_000}]
    server.script(*[kit.says("yes", usage={"input_tokens": 9_000, "output_tokens": 100})] * 4)
    reply = await model.ask(call(messages=messages))
    messages += [{"role": "assistant", "content": reply.content}, {"role": "user", "content": "go on"}]
    await model.ask(call(messages=messages, turn=2))
    longer = [*messages[:2], {"role": "user", "content": "a" * 30_000}]
    await model.ask(call(messages=longer, turn=3))
    await model.ask(call(messages=messages, turn=4, system="another"))
    whole, known, new, other = seen
    assert whole > 50_000 * 2.5e-6
    assert 9_100 * 2.5e-6 < known - 0.01 < 12_000 * 2.5e-6
    assert new - known > 29_000 * 2.5e-6
    assert other > whole
