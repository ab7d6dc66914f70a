"""What is wrong with how a setting was given."""

from __future__ import annotations


class GivenError(ValueError):
    """A file or a form that cannot be used; the text names the variable or the line, never what stands there."""
