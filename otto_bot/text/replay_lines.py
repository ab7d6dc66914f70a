"""The command lines that decide a gate once more, each with what it does."""

from __future__ import annotations

MODEL = "NAME"
"""Stands for a name that the person puts in."""


def replay_lines(run_id: int, gate: int) -> tuple[tuple[str, str], ...]:
    """Every variant of `otto-bot replay` that there is, the one that costs nothing first."""
    line = f"otto-bot replay {run_id} --gate {gate}"
    return (
        (line, "Its stored replies, by today's rules. Asks no model."),
        (f"{line} --rules", "What the rules alone make of it. Asks no model."),
        (f"{line} --replan", "The plain replan, with the recorded model. Costs at most $1 (`--usd`)."),
        (f"{line} --model {MODEL}", f"Another model as the pilot: its name for {MODEL}. Costs at most $1 (`--usd`)."),
    )
