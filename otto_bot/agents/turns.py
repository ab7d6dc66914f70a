"""What every journalled conversation with tools has in common: its signals, and which calls of a reply are run."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from otto_bot.model.calls import Block, ModelCall

Signal = Literal["go", "pause", "stop"]

MOST_TOOLS_A_TURN = 32
LEAST_TOKENS = 256
"""Output tokens below which another call cannot say anything."""


def why_not_run(stop_reason: str, place: int, calls: int) -> str | None:
    """Why the call at `place` (from 0) of a reply with so many calls is answered without being run; None = run it."""
    if stop_reason == "max_tokens" and place == calls - 1:
        return "not run: your reply was cut at the token limit; use smaller steps"
    if place >= MOST_TOOLS_A_TURN:
        return f"not run: at most {MOST_TOOLS_A_TURN} calls a turn; use smaller steps"
    return None


def said(content: list[Block]) -> Block:
    """A reply as a message of the conversation; the API refuses an empty one."""
    return {"role": "assistant", "content": content or [{"type": "text", "text": "(nothing)"}]}


def tool_result(block: Block, text: str, *, is_error: bool) -> Block:
    """The answer to one `tool_use` block."""
    return {"type": "tool_result", "tool_use_id": str(block.get("id")), "content": text, "is_error": is_error}


def request_hash(call: ModelCall) -> str:
    """Hash of what was sent, so that a journal tells which prompt was answered."""
    words: list[Any] = [call.model, call.instructions, call.messages, call.tools, call.max_tokens]
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()
