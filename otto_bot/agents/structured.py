"""One question with a structured answer: asked, kept raw, validated by us, and the words of a repair."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from otto_bot.agents.fence import reason
from otto_bot.core.validation import twice_named
from otto_bot.core.values import Frozen, Usage
from otto_bot.model.calls import Block, ModelCall, ModelReply
from otto_bot.model.errors import ModelError, ProviderError

Shape = TypeVar("Shape", bound=BaseModel)

MOST_PROBLEMS = 20
LONGEST_ECHO = 40_000
"""Characters of a rejected answer that are shown again to its author."""


class Asks(Protocol):
    """Who answers: the budgeted model, or the replies of an earlier time."""

    async def ask(self, call: ModelCall) -> ModelReply:
        """One reply. Raises ModelError where there is none."""

    def redact(self, text: str) -> str:
        """Text as it may be stored."""

    def own(self, text: str) -> str:
        """Text as it may be acted on: without the host's own secrets."""


class Record(Frozen):
    """One call as it is stored whatever comes of it. `error` is set where no reply came.

    `prompt_hash` leaves the nonce out, so that the same input has the same hash.
    """

    role: str
    tries: int
    prompt_hash: str
    model: str
    text: str = ""
    raw: str = ""
    stop_reason: str = ""
    request_id: str = ""
    latency_seconds: float = 0.0
    usage: Usage = Usage()
    usage_known: bool = True
    error: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer(Generic[Shape]):
    """A valid value, or the problems that make it none; the record either way."""

    value: Shape | None
    problems: tuple[str, ...]
    record: Record


async def ask_for(model: Asks, call: ModelCall, shape: type[Shape], nonce: str) -> Answer[Shape]:
    """Ask for a JSON object of this shape. Raises ModelError where no reply came.

    It is read without the host's own secrets, which would go on into the ledger and to whoever comes next.
    """
    reply = await model.ask(call)
    value, problems = read_answer(shape, model.own(reply.text), reply.unfinished)
    record = Record(
        role=call.role,
        tries=call.tries,
        prompt_hash=prompt_hash(call, nonce),
        model=reply.model or call.model,
        text=model.redact(reply.text),
        raw=model.redact(reply.raw),
        stop_reason=reply.stop_reason,
        request_id=reply.request_id,
        latency_seconds=reply.latency_seconds,
        usage=reply.usage,
        usage_known=reply.usage_known,
        problems=problems,
    )
    return Answer(value=value, problems=problems, record=record)


def read_answer(shape: type[Shape], text: str, unfinished: str | None) -> tuple[Shape | None, tuple[str, ...]]:
    """The value that an answer's words are, or the problems that make it none."""
    if unfinished:
        return None, (unfinished,)
    try:
        value = shape.model_validate_json(text)
    except ValidationError as error:
        return None, validation_problems(error)
    if twice := twice_named(text):
        return None, tuple(f"{key[:40]}: this key stands twice in one object" for key in twice[:10])
    return value, ()


Keep = Callable[[Record], Awaitable[None]]
"""Takes each call's record as soon as it is there: what was paid is stored, whatever comes after it."""


async def keep_nothing(_record: Record) -> None:
    """For whoever stores the records otherwise."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[Shape]):
    """A value that stands, or why none does after the repair; every call on the way."""

    value: Shape | None
    problems: tuple[str, ...]
    records: tuple[Record, ...]


async def ask_checked(
    model: Asks, call: ModelCall, shape: type[Shape], nonce: str, check: Callable[[Shape], tuple[str, ...]],
    keep: Keep = keep_nothing,
) -> Asked[Shape]:  # fmt: skip
    """One call, and one repair with the reasons of `check`. Raises ModelError where no reply came, its record kept."""
    records: list[Record] = []
    problems: tuple[str, ...] = ()
    for tries in (1, 2):
        call = replace(call, tries=tries)
        try:
            answer = await ask_for(model, call, shape, nonce)
        except ModelError as error:
            await keep(failed_record(call, nonce, error))
            raise
        problems = answer.problems if answer.value is None else check(answer.value)
        records.append(answer.record.model_copy(update={"problems": problems}))
        await keep(records[-1])
        if answer.value is not None and not problems:
            return Asked(answer.value, (), tuple(records))
        call = replace(call, messages=repair(call.messages, answer.record.text, problems))
    return Asked(None, problems, tuple(records))


def failed_record(call: ModelCall, nonce: str, error: Exception) -> Record:
    """The record of a call that brought no reply; it may have been paid all the same."""
    usd = error.usd if isinstance(error, ProviderError) else 0.0
    return Record(
        role=call.role,
        tries=call.tries,
        prompt_hash=prompt_hash(call, nonce),
        model=call.model,
        usage=Usage(usd=usd),
        usage_known=not usd,
        error=str(error)[:500],
    )


def prompt_hash(call: ModelCall, nonce: str) -> str:
    """Hash of everything the model was told, the nonce aside."""
    words = json.dumps([call.instructions, call.messages], sort_keys=True).replace(nonce, "NONCE")
    return hashlib.sha256(words.encode()).hexdigest()


def validation_problems(error: ValidationError) -> tuple[str, ...]:
    """What is wrong with an answer, field by field, in words its author can use."""
    found = []
    for item in error.errors(include_url=False, include_context=False, include_input=False)[:MOST_PROBLEMS]:
        place = ".".join(str(part) for part in item["loc"]) or "the answer"
        found.append(f"{place}: {item['msg']}")
    return tuple(found)


def repair(messages: list[Block], text: str, problems: tuple[str, ...]) -> list[Block]:
    """The conversation that asks once more, with the rejected answer and every reason."""
    words = rejection(problems)
    if not text.strip():
        return [*messages, {"role": "user", "content": words}]
    return [
        *messages,
        {"role": "assistant", "content": text[:LONGEST_ECHO].rstrip()},
        {"role": "user", "content": words},
    ]


def rejection(problems: tuple[str, ...]) -> str:
    """What an author is told whose answer cannot stand."""
    reasons = "\n".join(f"- {reason(problem)}" for problem in problems[:MOST_PROBLEMS])
    return f"Your answer was rejected as a whole:\n{reasons}\n\nGive the complete corrected answer in the same form."


def total(records: tuple[Record, ...]) -> Usage:
    """What these calls used together."""
    used = Usage()
    for record in records:
        used = used.plus(record.usage)
    return used
