"""What a call costs at most, what it cost, and names without a price."""

from typing import Any

import pytest

from otto_bot.core.values import Usage
from otto_bot.model.calls import ModelCall
from otto_bot.model.errors import UnknownPrice
from otto_bot.model.prices import Price, Prices


def call(**changes: Any) -> ModelCall:
    defaults: dict[str, Any] = {
        "role": "coder",
        "run": "7",
        "model": "claude-sonnet-5-5",
        "system": "s",
        "messages": [{"role": "user", "content": "x" * 20_000}],
        "max_tokens": 1000,
    }
    return ModelCall(**{**defaults, **changes})


def test_cost_counts_each_kind_of_token_at_its_own_rate():
    million = 1_000_000
    usage = Usage(input_tokens=million, output_tokens=million, cache_read_tokens=million, cache_write_tokens=million)
    assert Prices.published().cost(usage, "claude-opus-4-8").usd == pytest.approx(5 + 25 + 0.5 + 6.25)
    assert Prices.published().cost(usage, "claude-sonnet-5-5").usd == pytest.approx(2 + 10 + 0.1 + 2.5)


def test_a_dated_name_is_the_model_and_another_number_is_not():
    prices = Prices.published()
    assert prices.price("claude-haiku-4-5-20251001") == prices.price("claude-haiku-4-5")
    assert prices.price("claude-opus-5-5") != prices.price("claude-opus-5")
    for name in ("claude-opus-5-7", "claude-sonnet-50", "gpt", "", "claude-"):
        with pytest.raises(UnknownPrice, match="OTTO_PRICES"):
            prices.price(name)


def test_a_long_prompt_costs_the_long_price():
    price = Prices.published().price("claude-haiku-5-5")
    assert price.of(Usage(input_tokens=100_000)) == pytest.approx(0.01)
    assert price.of(Usage(input_tokens=60_000, cache_read_tokens=40_001)) == pytest.approx(0.03 + 40_001 * 0.05e-6)


def test_the_worst_case_is_above_what_any_tokenizer_makes_of_the_words():
    prices = Prices.published()
    worst = prices.worst_case(call())
    likely = Usage(input_tokens=20_000 // 3, output_tokens=1000)
    written = Usage(cache_write_tokens=20_000 // 3, output_tokens=1000)
    assert worst > prices.cost(likely, "claude-sonnet-5-5").usd
    assert worst > prices.cost(written, "claude-sonnet-5-5").usd
    densest = Usage(cache_write_tokens=20_000 // 2, output_tokens=1000)
    assert worst > prices.cost(densest, "claude-sonnet-5-5").usd, "two bytes a token, all of it written to the cache"
    assert worst < 2 * prices.cost(densest, "claude-sonnet-5-5").usd, "a bound that far off would refuse what fits"
    assert prices.worst_case(call(max_tokens=2000)) - worst == pytest.approx(0.01)
    assert prices.worst_case(call(tools=[{"name": "t" * 5000}])) > worst
    wide = [{"role": "user", "content": "\u6f22" * 20_000}]
    assert prices.worst_case(call(messages=wide)) > 2 * (worst - 0.01)


def test_a_hosts_own_prices_add_and_replace_and_a_star_stands_for_the_rest():
    prices = Prices.published().plus_json('{"local": {"input": 0, "output": 0}, "*": {"input": 1, "output": 2}}')
    assert prices.price("local").of(Usage(input_tokens=9)) == 0
    assert prices.price("anything") == Price(input=1, output=2)
    assert prices.price("claude-opus-5") == Price(input=5, output=25)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"a": 3}', '{"a": {"input": -1, "output": 1}}', '{"a": {"input": NaN, "output": 1}}', "{"]
)
def test_prices_that_cannot_be_read_say_what_is_expected(text):
    with pytest.raises(ValueError, match="OTTO_PRICES") as caught:
        Prices.published().plus_json(text)
    assert "expected e.g." in str(caught.value)
