"""What a person has to see before saying yes: changed checks with their lines, and what the gate before a push held."""

from __future__ import annotations

from otto_bot.core.acceptance import acceptable
from otto_bot.core.evidence import Failure
from otto_bot.text.markdown import code, inline
from otto_bot.text.words import CAUSES, count


def held(failure: Failure | None) -> bool:
    """Whether only a person's yes is missing, and the places are known."""
    return acceptable(failure)


def weakened_why(failure: Failure) -> str:
    """Why it is held, in one line."""
    return f"Why: {CAUSES[failure.cause]}: {inline(failure.detail, 400)}"


def weakened_lines(failure: Failure) -> list[str]:
    """Every place that is shown, with its line as it stands in the change; the others are counted."""
    rows = []
    for one in failure.excerpts:
        why, *lines = one.text.split("\n")
        text = f": {code(lines[0], 300)}" if len(lines) == 1 and lines[0] else ""
        rows.append(f"> - {inline(one.place, 200)} · {inline(why, 200)}{text}")
        rows += [f">   {code(line, 200)}" for line in lines if line.strip()] if len(lines) > 1 else []
    left = len(failure.hits) + failure.more - len(failure.excerpts)
    after = f"> - and {count(left, 'more place')}: a yes is to what is listed here, and these are asked about after it"
    return ["", *rows, *([after] if left > 0 else [])]
