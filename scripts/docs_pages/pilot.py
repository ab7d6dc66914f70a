"""The made part of docs/pilot.md: the rules that a pilot's answer is held against, in the words of the code."""

from __future__ import annotations

import re

from otto_bot.core.validation import RULES
from scripts.docs_pages.marks import cell, table

NUMBER = re.compile(r"^Rule [^:]+: ")


def rules() -> str:
    """One row a rule, under the name of its function. Raises ValueError where one does not say what it holds."""
    shape = ("the shape", "the answer is one JSON object of the schema, and no object in it names a key twice")
    rows = [shape]
    for rule in RULES:
        if not rule.__doc__:
            raise ValueError(f"{rule.__name__} does not say what it holds")
        words = NUMBER.sub("", cell(rule.__doc__))
        rows.append((f"`{rule.__name__}`", f"{words[:1].lower()}{words[1:]}"))
    return table(("rule", "what must hold"), rows)
