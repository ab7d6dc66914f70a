"""The lines of a change that make checks prove less, as a person has to see them before saying yes."""

from __future__ import annotations

from otto_bot.core.evidence import Cause, Failure
from otto_bot.text.markdown import code, inline
from otto_bot.text.words import CAUSES, count


def held(failure: Failure | None) -> bool:
    """Whether it is about changed checks whose places are known."""
    return failure is not None and failure.cause is Cause.TESTS_WEAKENED and bool(failure.hits)


def weakened_why(failure: Failure) -> str:
    """Why it is held, in one line."""
    return f"Why: {CAUSES[failure.cause]}: {inline(failure.detail, 400)}"


def weakened_lines(failure: Failure) -> list[str]:
    """Every place that is shown, with its line as it stands in the change; the others are counted."""
    rows = []
    for one in failure.excerpts:
        why, _, line = one.text.partition("\n")
        text = f": {code(line, 300)}" if line else ""
        rows.append(f"> - {inline(one.place, 200)} · {inline(why, 200)}{text}")
    left = len(failure.hits) - len(failure.excerpts)
    return ["", *rows, *([f"> - and {count(left, 'more place')} in the diff"] if left > 0 else [])]
