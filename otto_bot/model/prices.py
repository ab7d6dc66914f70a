"""What model calls cost: one dated price table, the worst case before a call, the cost after it."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from otto_bot.core.values import Frozen, Usage
from otto_bot.model.calls import Block, ModelCall, ModelReply
from otto_bot.model.errors import NoWorstCase, UnknownPrice

AS_OF = "2026-11-01"
"""The day the table was read from https://platform.claude.com/docs/en/about-claude/pricing"""

PER_CALL_TOKENS = 2000
"""Tokens the provider adds for tools and structured output."""

IMAGE_TOKENS = 5000
"""More than the largest image costs; images are scaled down to it."""

_READ_AS_WORDS = frozenset({"text", "tool_use", "tool_result", "thinking", "redacted_thinking"})

_MILLION = 1_000_000
_DATED = re.compile(r"(-\d{8}|-latest)?")

Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Price(Frozen):
    """US dollars per million tokens. Missing cache rates follow the usual factors: write 1.25, read 0.1.

    Prompts of more than `long_over` tokens, cached ones included, cost the `long` price.
    """

    input: Rate
    output: Rate
    cache_write: Rate | None = None
    cache_read: Rate | None = None
    long_over: int | None = None
    long: Price | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Price:
        if (self.long is None) != (self.long_over is None):
            raise ValueError("`long` and `long_over` go together")
        return self

    def of(self, usage: Usage) -> float:
        """US dollars for these tokens."""
        prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        if self.long is not None and self.long_over is not None and prompt > self.long_over:
            return self.long.of(usage)
        return self._flat(usage)

    def _flat(self, usage: Usage) -> float:
        write = self.input * 1.25 if self.cache_write is None else self.cache_write
        read = self.input * 0.1 if self.cache_read is None else self.cache_read
        total = usage.input_tokens * self.input + usage.output_tokens * self.output
        total += usage.cache_write_tokens * write + usage.cache_read_tokens * read
        return total / _MILLION

    def most(self, prompt: int, output: int) -> float:
        """The most US dollars that so many tokens of prompt, cached or not, and of output can cost."""
        each = (
            Usage(input_tokens=prompt, output_tokens=output),
            Usage(cache_write_tokens=prompt, output_tokens=output),
            Usage(cache_read_tokens=prompt, output_tokens=output),
        )
        dearest = max(self._flat(usage) for usage in each)
        if self.long is not None and self.long_over is not None and prompt > self.long_over:
            dearest = max(dearest, self.long.most(prompt, output))
        return dearest


_OPUS = Price(input=5, output=25)
_FABLE = Price(input=10, output=50)
PUBLISHED: dict[str, Price] = {
    "claude-fable-5": _FABLE,
    "claude-mythos-5": _FABLE,
    "claude-fable-5-1": Price(input=10, output=50, cache_read=0.25),
    "claude-mythos-5-1": Price(input=10, output=50, cache_read=0.25),
    "claude-opus-5-5": Price(input=4, output=20, cache_read=0.2),
    "claude-opus-5": _OPUS,
    "claude-opus-4-8": _OPUS,
    "claude-opus-4-7": _OPUS,
    "claude-opus-4-6": _OPUS,
    "claude-opus-4-5": _OPUS,
    "claude-sonnet-5-5": Price(input=2, output=10, cache_read=0.1),
    "claude-sonnet-5": Price(input=2, output=10),
    "claude-sonnet-4-6": Price(input=3, output=15),
    "claude-sonnet-4-5": Price(input=3, output=15),
    "claude-haiku-5-5": Price(input=0.1, output=0.5, long_over=100_000, long=Price(input=0.5, output=2.5)),
    "claude-haiku-4-5": Price(input=1, output=5),
}


class Prices(Frozen):
    """A price table. A name stands for itself and its dated versions, never for a model of another number."""

    table: dict[str, Price]

    @classmethod
    def published(cls) -> Prices:
        """The list prices as of `AS_OF`."""
        return cls(table=PUBLISHED)

    def plus_json(self, text: str) -> Prices:
        """This table with the entries of a JSON object over it; the name `*` stands for every other model.

        Raises ValueError naming what is wrong.
        """
        try:
            added = TypeAdapter(dict[str, Price]).validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the text"
            raise ValueError(
                f'OTTO_PRICES: {place}: {first["msg"]}; expected e.g. {{"my-model": {{"input": 3, "output": 15}}}}'
            ) from None
        return Prices(table={**self.table, **added})

    def price(self, model: str) -> Price:
        """The model's price. Raises UnknownPrice."""
        for name in sorted(self.table, key=len, reverse=True):
            if model.startswith(name) and _DATED.fullmatch(model[len(name) :]):
                return self.table[name]
        if "*" in self.table:
            return self.table["*"]
        raise UnknownPrice(model, self.near(model))

    def near(self, model: str) -> tuple[str, ...]:
        """Known names like this one, the nearest first, at most three."""
        names = [name for name in self.table if name != "*"]
        return tuple(get_close_matches(model, names, n=3, cutoff=0.5))

    def worst_case(self, call: ModelCall, *, known: int = 0, messages: list[Block] | None = None) -> float:
        """The most this call can cost in US dollars. Raises UnknownPrice and NoWorstCase.

        A token is at least one byte of what is sent, so bytes bound tokens whatever the tokenizer does. With `known`,
        tokens that the provider has counted for the beginning of the conversation, only `messages` are bounded so.
        """
        if messages is None:
            words: dict[str, Any] = {"system": call.instructions, "messages": call.messages, "tools": call.tools}
            if call.schema is not None:
                # What is sent is longer than pydantic's own schema, because limits become words; never twice as long.
                words["schema"] = [call.schema.model_json_schema()] * 2
        else:
            words = {"messages": messages}
        size = len(json.dumps(words, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        prompt = known + size + PER_CALL_TOKENS + IMAGE_TOKENS * _images(words["messages"])
        return self.price(call.model).most(prompt, call.max_tokens)

    def cost(self, usage: Usage, model: str) -> Usage:
        """The usage with its US dollars filled in. Raises UnknownPrice."""
        return usage.model_copy(update={"usd": self.price(model).of(usage)})

    def reply_cost(self, call: ModelCall, reply: ModelReply) -> Usage:
        """What a reply cost, by the model that was asked for: a served alias may carry any name."""
        return self.cost(reply.usage, call.model)


def _images(messages: list[Block]) -> int:
    """How many images the messages hold. Raises NoWorstCase for anything whose size its bytes do not bound."""
    found = 0
    for message in messages:
        content = message.get("content")
        if isinstance(content, list):
            found += sum(_images_in(block) for block in content)
    return found


def _images_in(block: Block) -> int:
    kind = block.get("type")
    if kind == "image":
        source = block.get("source")
        if not isinstance(source, dict) or source.get("type") != "base64":
            raise NoWorstCase("an image that is only named")
        return 1
    if kind not in _READ_AS_WORDS:
        raise NoWorstCase(f"a block of the kind {kind!r}")
    inner = block.get("content")
    return sum(_images_in(part) for part in inner) if isinstance(inner, list) else 0
