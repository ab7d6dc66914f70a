"""What keeps a set-up from going on, in words for the person who does it."""

from __future__ import annotations


class SetupError(ValueError):
    """The text says what is wrong and what to do; it holds no secret."""
