"""What the real Messages API refuses, refused here too: so that a request that passes here would pass there."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
_UNSUPPORTED = (
    "minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "maxItems",
)  # fmt: skip


def problem(body: Any, *, counting: bool = False) -> str | None:
    """Why the API would answer 400, in its manner of speaking; None when the request is good."""
    if not isinstance(body, dict):
        return "Input should be a valid dictionary"
    needed = ("model", "messages") if counting else ("model", "max_tokens", "messages")
    for key in needed:
        if key not in body:
            return f"{key}: Field required"
    limit = body.get("max_tokens", 1)
    if not isinstance(limit, int) or limit < 1:
        return "max_tokens: must be greater than or equal to 1"
    return _messages_problem(body["messages"]) or _format_problem(body)


def _messages_problem(messages: Any) -> str | None:
    if not isinstance(messages, list) or not messages:
        return "messages: at least one message is required"
    open_calls: set[str] = set()
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            return f"messages.{index}.role: Input should be 'user' or 'assistant'"
        blocks = message.get("content")
        if not isinstance(blocks, str | list) or (not blocks and index < len(messages) - 1):
            return f"messages.{index}: all messages must have non-empty content"
        blocks = blocks if isinstance(blocks, list) else []
        results = {b.get("tool_use_id") for b in blocks if isinstance(b, dict) and b.get("type") == "tool_result"}
        if open_calls - results:
            return (
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                + ", ".join(sorted(open_calls - results))
            )
        if results - open_calls:
            return (
                f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {sorted(map(str, results))}"
            )
        open_calls = {b["id"] for b in blocks if isinstance(b, dict) and b.get("type") == "tool_use" and "id" in b}
    return 'messages: first message must use the "user" role' if messages[0]["role"] != "user" else None


def _format_problem(body: Json) -> str | None:
    wanted = (body.get("output_config") or {}).get("format")
    if wanted is None:
        return None
    if (
        not isinstance(wanted, dict)
        or wanted.get("type") != "json_schema"
        or not isinstance(wanted.get("schema"), dict)
    ):
        return "output_config.format: must be {type: json_schema, schema: {…}}"
    return _schema_problem(wanted["schema"], "output_config.format.schema")


def _schema_problem(schema: Any, place: str) -> str | None:
    """Structured output takes a part of JSON schema only; objects are closed and lengths have no limits."""
    if isinstance(schema, list):
        return next(filter(None, (_schema_problem(s, f"{place}.{i}") for i, s in enumerate(schema))), None)
    if not isinstance(schema, dict):
        return None
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return f"{place}: For 'object' type, 'additionalProperties' must be explicitly set to false"
    for key in _UNSUPPORTED:
        if key in schema and not isinstance(schema[key], dict):
            return f"{place}: For '{schema.get('type')}' type, property '{key}' is not supported"
    named = [(k, v) for key in ("properties", "$defs", "definitions") for k, v in (schema.get(key) or {}).items()]
    inner = [(key, schema.get(key)) for key in ("items", "anyOf", "allOf", "oneOf")]
    return next(filter(None, (_schema_problem(value, f"{place}.{key}") for key, value in [*named, *inner])), None)
