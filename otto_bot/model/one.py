"""One client of the model for a whole process, made when a model is first called."""

from __future__ import annotations

import os

from otto_bot.core.redact import Redactor
from otto_bot.model.client import ModelClient


class OneModel:
    """Makes the client once: its SDK is slow to import. Its keys are registered, to be taken out of what is kept."""

    def __init__(self, redactor: Redactor, timeout_seconds: float) -> None:
        self._redactor = redactor
        self._timeout = timeout_seconds
        self._client: ModelClient | None = None

    def __call__(self) -> ModelClient:
        """The client."""
        if self._client is None:
            for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
                if value := os.environ.get(name):
                    self._redactor.register(value)
            self._client = ModelClient(None, None, self._timeout)
        return self._client
