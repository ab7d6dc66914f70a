"""One client of the model for a whole process, made when a model is first called."""

from __future__ import annotations

from otto_bot.model.client import ModelClient


class OneModel:
    """Makes the client once: its SDK is slow to import."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._client: ModelClient | None = None

    def __call__(self) -> ModelClient:
        """The client."""
        if self._client is None:
            self._client = ModelClient(None, None, self._timeout)
        return self._client
