"""The JSON schema of `.github/otto.yml`, for editors: made from the models that read the file."""

from __future__ import annotations

import re
from typing import Any

from otto_bot.core.config import Config

ID = "https://raw.githubusercontent.com/otto-bot/otto/main/docs/otto.schema.json"
SWITCHES = ("pilot", "qa", "learnings", "journeys")
"""Settings for which `false` is short for `{enabled: false}`: a validator of `Config`, which no schema shows."""


LINK = re.compile(r" ?\(\[[^]]*\]\([^)]*\)\)")


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12. It accepts what Otto accepts, host caps and checks of single values apart."""
    made = _readable(Config.model_json_schema())
    for name in SWITCHES:
        said = made["properties"][name]
        default = {"default": said["default"]} if "default" in said else {}
        made["properties"][name] = {"anyOf": [{"$ref": said["$ref"]}, {"type": "boolean"}], **default}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        **made,
        "title": "Otto: .github/otto.yml",
    }


def _readable(part: Any) -> Any:
    """Without links in descriptions: they lead from one of our documents to another."""
    if isinstance(part, list):
        return [_readable(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: LINK.sub("", value) if key == "description" and isinstance(value, str) else _readable(value)
        for key, value in part.items()
    }
