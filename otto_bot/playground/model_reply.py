"""Turns a rule's reply into a message of the Messages API: content blocks, stop reason, plausible usage."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from otto_bot.playground.model_cache import CHARS_PER_TOKEN, Cached
from otto_bot.playground.model_call import Call, texts
from otto_bot.playground.model_compose import Draw, composed_order, composed_pilot
from otto_bot.playground.model_evidence import ReplyError, cited
from otto_bot.playground.scenario import Reply

__all__ = ["Draw", "ReplyError", "content", "events", "input_tokens", "message"]

Json = dict[str, Any]


def input_tokens(body: Json) -> int:
    """About how many tokens a request has: its texts, tools and schema, by length."""
    words = [*texts(body.get("system")), *(t for m in body.get("messages", []) for t in texts(m.get("content")))]
    extra = sum(len(json.dumps(body[key])) for key in ("tools", "output_config") if body.get(key))
    return max(1, (sum(map(len, words)) + extra) // CHARS_PER_TOKEN)


def content(reply: Reply, call: Call, draw: Draw = Draw()) -> list[Json]:  # noqa: B008 - a frozen value
    """The content blocks of the answer. Raises ReplyError when the script has no turn or no evidence for it."""
    value = _value(reply, call, draw)
    if value is not None:
        return [{"type": "text", "text": json.dumps(value, ensure_ascii=False, indent=1)}]
    if reply.turns is None:
        return [{"type": "text", "text": reply.text or "…"}]
    if call.turn > len(reply.turns):
        raise ReplyError(f"the rule has {len(reply.turns)} turns and the conversation is at turn {call.turn}")
    blocks: list[Json] = []
    for index, item in enumerate(reply.turns[call.turn - 1]):
        if item.json_ is not None:
            said = cited(item.json_, call.prompt)
            blocks.append({"type": "text", "text": json.dumps(said, ensure_ascii=False, indent=1)})
        elif item.text is not None:
            blocks.append({"type": "text", "text": item.text})
        else:
            seed = f"{call.identity}:{index}"
            tool_id = "toolu_" + hashlib.sha256(seed.encode()).hexdigest()[:24]
            blocks.append({"type": "tool_use", "id": tool_id, "name": item.tool, "input": item.input})
    return blocks


def _value(reply: Reply, call: Call, draw: Draw) -> Any:
    """The structured answer: as it is scripted, or put together for this very prompt."""
    if reply.json_ is not None:
        return cited(reply.json_, call.prompt)
    if reply.pilot is not None:
        return composed_pilot(reply.pilot, draw, call.gate, call.prompt)
    return composed_order(call.prompt) if reply.order is not None else None


def message(
    reply: Reply,
    call: Call,
    body: Json,
    seq: int,
    draw: Draw = Draw(),  # noqa: B008
    cached: Cached = Cached(),  # noqa: B008
) -> Json:
    """The whole answer as the API returns it unstreamed. Raises ReplyError."""
    blocks = content(reply, call, draw)
    usual = "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
    said = sum(len(json.dumps(block, ensure_ascii=False)) for block in blocks)
    given = reply.usage
    if given.input_tokens is None:
        prompt = {
            "input_tokens": max(0, input_tokens(body) - sum(cached)),
            "cache_read_input_tokens": cached.read,
            "cache_creation_input_tokens": cached.written,
        }
    else:
        prompt = {
            "input_tokens": given.input_tokens,
            "cache_read_input_tokens": given.cache_read_input_tokens,
            "cache_creation_input_tokens": given.cache_creation_input_tokens,
        }
    usage = {
        **prompt,
        "output_tokens": max(1, said // CHARS_PER_TOKEN) if given.output_tokens is None else given.output_tokens,
        "service_tier": "standard",
    }
    return {
        "id": f"msg_playground_{seq:06d}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model", ""),
        "content": blocks,
        "stop_reason": reply.stop_reason or usual,
        "stop_sequence": None,
        "usage": usage,
    }


def events(answer: Json, pieces: int = 3) -> list[tuple[str, Json]]:
    """The same answer as server-sent events, each text and tool input cut into at most `pieces` parts."""
    start = {**answer, "content": [], "stop_reason": None, "usage": {**answer["usage"], "output_tokens": 1}}
    found: list[tuple[str, Json]] = [("message_start", {"message": start}), ("ping", {})]
    for index, block in enumerate(answer["content"]):
        empty: Json
        if block["type"] == "text":
            empty, whole, kind, field = {"type": "text", "text": ""}, block["text"], "text_delta", "text"
        else:
            empty, whole = {**block, "input": {}}, json.dumps(block["input"], ensure_ascii=False)
            kind, field = "input_json_delta", "partial_json"
        found.append(("content_block_start", {"index": index, "content_block": empty}))
        size = max(1, -(-len(whole) // pieces))
        for at in range(0, len(whole), size):
            delta = {"type": kind, field: whole[at : at + size]}
            found.append(("content_block_delta", {"index": index, "delta": delta}))
        found.append(("content_block_stop", {"index": index}))
    delta = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
    found.append(("message_delta", {"delta": delta, "usage": {"output_tokens": answer["usage"]["output_tokens"]}}))
    found.append(("message_stop", {}))
    return [(name, {"type": name, **data}) for name, data in found]
