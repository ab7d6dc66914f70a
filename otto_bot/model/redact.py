"""Keeps secrets out of prompts and transcripts: registered values first, patterns as a second net."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

REDACTED = "[redacted]"
SHORTEST = 6
"""Shorter values are words, not secrets: redacting them would destroy text and tell their length."""

_PATTERNS = (
    # Installation tokens may be `ghs_<app>_<jwt>` of 500 characters, dots included.
    re.compile(r"gh[pousr]_[A-Za-z0-9._-]{20,}"),
    re.compile(r"github_pat_[A-Za-z0-9_]{20,}"),
    re.compile(r"sk-ant-[A-Za-z0-9_-]{10,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"(?i)(?<=authorization: )(?:basic|bearer|token) [A-Za-z0-9+/=._~-]{8,}"),
    # A key that was cut loses its END line; what follows BEGIN is still secret.
    re.compile(
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:[A-Za-z0-9+/=\s]|\\[nr]|[A-Za-z-]+: [^\n]*\n){0,20000}"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?"
    ),
)

_OPAQUE = frozenset({"signature", "data", "id", "tool_use_id", "type", "media_type"})
"""Fields of content blocks that the API checks byte by byte; they hold no words."""


def _forms(value: str) -> set[str]:
    """Every shape in which a secret commonly turns up."""
    trimmed = value.strip()
    forms = {value, trimmed, quote(trimmed, safe=""), json.dumps(trimmed)[1:-1]}
    for text in (value, trimmed, f"x-access-token:{trimmed}"):
        encoded = base64.b64encode(text.encode()).decode()
        forms |= {encoded, encoded.rstrip("="), base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")}
    if "\n" in trimmed:
        forms |= {line.strip() for line in trimmed.splitlines() if not line.startswith("-----")}
    return {form for form in forms if len(form) >= SHORTEST}


class Redactor:
    """Replaces secrets in text. Register each secret when it is minted; registration only ever adds."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._values: list[str] = []
        for secret in secrets:
            self.register(secret)

    def register(self, secret: str) -> None:
        """Remember a secret in its raw, trimmed, URL, JSON, base64 and `Basic` form; words like `true` are let be."""
        if len(secret.strip()) < SHORTEST:
            return
        # Longest first: a secret that contains another one must not leave its tail behind.
        self._values = sorted({*self._values, *_forms(secret)}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without secrets."""
        for value in self._values:
            if value in text:
                text = text.replace(value, REDACTED)
        for pattern in _PATTERNS:
            text = pattern.sub(REDACTED, text)
        return text

    def json(self, value: Any) -> Any:
        """Plain JSON with every string redacted, keys and opaque fields left as they are."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {
                key: item if key in _OPAQUE and isinstance(item, str) else self.json(item)
                for key, item in value.items()
            }
        return value
