"""The journal of a conversation: each paid turn with what its tools answered, so that nothing is paid or run twice."""

from __future__ import annotations

from typing import Any, Protocol

from otto_bot.core.records import CommandRecord
from otto_bot.core.values import Frozen, Usage


class Turn(Frozen):
    """One finished turn. `tree` is the git tree of the workspace after its tools ran; `seconds` is how long it took.

    `request_hash` tells which prompt was answered; a resumed conversation goes on with what was recorded.
    `records` are what an examiner's tools showed. An examiner's replies and the results of its tools are rows of
    their own: a row of results has no `request_hash`.
    """

    number: int
    request_hash: str
    reply_content: list[dict[str, Any]]
    stop_reason: str
    usage: Usage
    tool_results: list[dict[str, Any]]
    tree: str
    seconds: float = 0.0
    records: tuple[CommandRecord, ...] = ()


class Journal(Protocol):
    """Where turns are kept. A key names one conversation, for instance one attempt of a task."""

    async def turns(self, key: str) -> list[Turn]:
        """The recorded turns in order, starting with number 1."""

    async def save(self, key: str, turn: Turn) -> None:
        """Record a turn; it must be durable when this returns. Saving the same number again changes nothing."""
