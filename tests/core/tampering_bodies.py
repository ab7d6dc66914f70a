"""Diffs of test files from the bodies of their hunks."""

from __future__ import annotations

from tampering_table import changed, patch

from otto_bot.core.patches import ChangedFile, Line, hunks


def lines(text: str) -> tuple[Line, ...]:
    (hunk,) = hunks(patch(["@@", *text.split("\n")]))
    return hunk.lines


def python(*bodies: str, path: str = "tests/test_a.py") -> ChangedFile:
    return changed(path, *(line for body in bodies for line in ("@@", *body.split("\n"))))
