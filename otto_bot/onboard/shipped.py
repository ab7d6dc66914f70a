"""The schema of `.github/otto.yml` as it is printed, and shipped as `docs/otto.schema.json`."""

from __future__ import annotations

import json

from otto_bot.core.config_schema import schema


def schema_text() -> str:
    """JSON, two spaces a level, with a line break at the end."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
