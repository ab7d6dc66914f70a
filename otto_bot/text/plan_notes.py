"""What is said of a planner's answer that broke rules: kept with the plan, and shown in its comment."""

from __future__ import annotations

from collections.abc import Sequence

MOST_NOTES = 30
NOTE_CHARS = 400

_FALLBACKS = {
    "serial": "The planner's answer broke rules: its tasks run one after another.",
    "single": "The planner's answer broke rules: the whole issue is one task.",
}


def planner_notes(fallback: str, problems: Sequence[str]) -> tuple[str, ...]:
    """One sentence for what was done, then each broken rule; empty where nothing was."""
    if fallback == "none" and not problems:
        return ()
    lead = _FALLBACKS.get(fallback, "The planner's answer broke rules, and is shown as it is.")
    return tuple(note[:NOTE_CHARS] for note in (lead, *problems))[:MOST_NOTES]
