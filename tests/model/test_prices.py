"""What a call costs at most, what it cost, and names without a price."""

import json
from datetime import date
from typing import Any, get_args

import anthropic
import pytest
from anthropic.types.model import Model

from otto_bot.core.config import DEFAULT_MODEL
from otto_bot.core.decision import PilotDecision, ReplanOrder
from otto_bot.core.plan import Plan
from otto_bot.core.values import Usage
from otto_bot.core.verdict import Verdict
from otto_bot.model.calls import ModelCall
from otto_bot.model.errors import NoWorstCase, UnknownPrice
from otto_bot.model.prices import AS_OF, PUBLISHED, Price, Prices


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
    """A token is at least one byte, whether it is new, written to the cache, or read from it."""
    prices = Prices.published()
    worst = prices.worst_case(call())
    densest = Usage(cache_write_tokens=20_000, output_tokens=1000)
    assert worst > prices.cost(densest, "claude-sonnet-5-5").usd
    assert worst < 1.3 * prices.cost(densest, "claude-sonnet-5-5").usd
    assert prices.worst_case(call(max_tokens=2000)) - worst == pytest.approx(0.01)
    assert prices.worst_case(call(tools=[{"name": "t" * 5000}])) - worst > 5000 * 2.5e-6
    assert prices.worst_case(call(system="s" * 5001)) - worst == pytest.approx(5000 * 2.5e-6)
    wide = [{"role": "user", "content": "\u6f22" * 20_000}]
    assert prices.worst_case(call(messages=wide)) > 2 * (worst - 0.01)


@pytest.mark.parametrize("shape", [Plan, Verdict, PilotDecision, ReplanOrder])
def test_a_schema_counts_as_it_is_sent(shape):
    prices = Prices.published()
    sent = len(json.dumps(anthropic.transform_schema(shape)))
    assert prices.worst_case(call(schema=shape)) - prices.worst_case(call()) > sent * 2.5e-6


def test_an_image_counts_and_what_cannot_be_bounded_is_not_sent():
    prices = Prices.published()

    def holding(block: dict[str, Any]) -> ModelCall:
        return call(messages=[{"role": "user", "content": [{"type": "tool_result", "content": [block]}]}])

    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aaaa"}}
    text = {"type": "text", "text": "a" * 80}
    assert prices.worst_case(holding(image)) - prices.worst_case(holding(text)) > 4_900 * 2.5e-6
    for block in (
        {"type": "image", "source": {"type": "url", "url": "https://x.test/y.png"}},
        {"type": "image", "source": {"type": "file", "file_id": "f"}},
        {"type": "document", "source": {"type": "base64", "data": "aaaa"}},
        {"type": "container_upload", "file_id": "f"},
    ):
        with pytest.raises(NoWorstCase, match="cannot be bounded"):
            prices.worst_case(holding(block))


def test_a_prompt_that_may_be_long_reserves_the_long_price():
    """Also where its bytes only may make so many tokens, and where the long price is the lower one."""
    prices = Prices.published()
    words = [{"role": "user", "content": "x" * 99_000}]
    long = prices.worst_case(call(model="claude-haiku-5-5", messages=words))
    assert long > 99_000 * 0.5e-6
    cheap = Price(input=5, output=5, long_over=10, long=Price(input=1, output=1))
    assert cheap.most(20, 0) == pytest.approx(20 * 6.25e-6)
    assert Price(input=1, output=1, cache_read=9).most(1_000_000, 0) == 9


@pytest.mark.parametrize("half", [{"long_over": 5}, {"long": {"input": 1, "output": 1}}])
def test_half_of_a_long_price_is_no_price(half):
    with pytest.raises(ValueError, match="go together"):
        Price.model_validate({"input": 1, "output": 1, **half})


def test_the_table_is_complete_and_dated():
    """Every model that the SDK names has a price, or is known to have none; the default is in it."""
    known = set(get_args(get_args(Model)[0]))
    unpriced = {name for name in known if not _priced(name)}
    assert unpriced == {"claude-fable-5-2", "claude-mythos-5-2", "claude-mythos-preview"}, "read the prices anew"
    assert _priced(DEFAULT_MODEL)
    assert date(2026, 1, 1) < date.fromisoformat(AS_OF)
    for price in PUBLISHED.values():
        assert 0 < price.input < price.output


def _priced(name: str) -> bool:
    try:
        Prices.published().price(name)
    except UnknownPrice:
        return False
    return True


def test_an_unknown_name_brings_known_ones_near_it():
    with pytest.raises(UnknownPrice, match=r"near it: claude-sonnet-5") as caught:
        Prices.published().price("claude-sonet-5")
    assert caught.value.near[0] == "claude-sonnet-5"
    assert Prices.published().near("gpt-oss") == ()
    assert "*" not in Prices.published().plus_json('{"*": {"input": 1, "output": 1}}').near("*")


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
