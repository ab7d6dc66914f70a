"""One model call and its reply, as plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from otto_bot.core.values import Usage

Role = Literal["planner", "coder", "judge", "pilot", "replan", "journeys", "triage"]
Block = dict[str, Any]
"""A content block or message of the Messages API, as plain JSON."""

CALL_HEADER = "x-otto-call"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One request to the Messages API. `turn` counts a conversation's calls, `tries` repeats of one question.

    `timeout` is in seconds over everything, retries included; None = the client's own.
    `cache` asks the API to cache the prompt, for the next call of this conversation and, up to the end of `system`, for
    every other one of the role: so `system` holds nothing that only one conversation has. That is `fences`, the end of
    the instructions.
    """

    role: Role
    run: str
    model: str
    system: str
    messages: list[Block]
    max_tokens: int
    task: str = ""
    attempt: int = 0
    gate: int = 0
    tries: int = 1
    turn: int = 0
    tools: list[Block] = field(default_factory=list)
    schema: type[BaseModel] | None = None
    timeout: float | None = None
    cache: bool = False
    fences: str = ""

    @property
    def instructions(self) -> str:
        """Everything that the model is told as its system prompt."""
        return f"{self.system}\n\n{self.fences}" if self.fences else self.system

    @property
    def key(self) -> str:
        """The same for the same call of the same run, whenever it is made: what money is reserved under."""
        return (
            f"run/{self.run}/{self.role}/{self.task or '-'}/a{self.attempt}/g{self.gate}/n{self.turn}/try{self.tries}"
        )

    @property
    def header(self) -> str:
        """`run=7;role=coder;task=t1;attempt=2;gate=0;try=1`; anything a header cannot carry becomes `_`."""
        parts = {
            "run": self.run,
            "role": self.role,
            "task": self.task,
            "attempt": self.attempt,
            "gate": self.gate,
            "try": self.tries,
        }
        return ";".join(f"{name}={re.sub(r'[^A-Za-z0-9._/-]', '_', str(value))}" for name, value in parts.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    """What came back. `usage.usd` is 0 until prices are applied; `raw` is the body as it was sent.

    `usage_known` is False where the reply did not say what it cost: then the whole reservation counts as spent.
    """

    text: str
    content: list[Block]
    stop_reason: str
    usage: Usage
    usage_known: bool
    model: str
    request_id: str
    latency_seconds: float
    raw: str

    @property
    def tool_calls(self) -> list[Block]:
        """The `tool_use` blocks, in order."""
        return tool_calls_in(self.content)

    @property
    def unfinished(self) -> str | None:
        """Why the words of this reply are not a whole answer; None = they are."""
        return why_unfinished(self.stop_reason)


def why_unfinished(stop_reason: str) -> str | None:
    """Why words that ended for this reason are not a whole answer; None = they are."""
    reasons = {
        "max_tokens": "the answer was cut at the token limit; answer more briefly",
        "model_context_window_exceeded": "the prompt and the answer did not fit into the context window",
        "refusal": "the model refused to answer",
    }
    return reasons.get(stop_reason)


def tool_calls_in(content: list[Block]) -> list[Block]:
    """The `tool_use` blocks of a reply, in order."""
    return [block for block in content if block.get("type") == "tool_use"]


def text_in(content: list[Block]) -> str:
    """The words of a reply, its text blocks together."""
    return "".join(str(block.get("text") or "") for block in content if block.get("type") == "text")
