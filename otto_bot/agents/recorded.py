"""Replies of an earlier time in the place of a model: the same way through a gate, held against today's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from otto_bot.model.calls import ModelCall, ModelReply
from otto_bot.model.errors import ModelError


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """One call as it went. `error` = no reply came; `reply` is None then."""

    role: str
    tries: int
    reply: ModelReply | None
    error: str = ""


class NotRecorded(ModelError):
    """Today's rules ask for a call that was never made."""

    def __init__(self, role: str, tries: int) -> None:
        super().__init__(f"there is no stored reply to {role} call {tries}: it was not asked then")
        self.role = role
        self.tries = tries


class RecordedModel:
    """Answers each call by its role and try. Makes no call to anyone; remembers what was asked and not there."""

    def __init__(self, replies: Sequence[RecordedReply]) -> None:
        self._replies = {(reply.role, reply.tries): reply for reply in replies}
        self.missing: list[NotRecorded] = []

    def redact(self, text: str) -> str:
        """What is stored was redacted before it was stored."""
        return text

    def own(self, text: str) -> str:
        """As `redact`."""
        return text

    async def ask(self, call: ModelCall) -> ModelReply:
        """The stored reply. Raises ModelError with the stored error, or NotRecorded."""
        stored = self._replies.get((call.role, call.tries))
        if stored is None:
            lost = NotRecorded(call.role, call.tries)
            self.missing.append(lost)
            raise lost
        if stored.reply is None:
            raise ModelError(stored.error)
        return stored.reply
