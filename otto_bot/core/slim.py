"""A run of which only what later runs of its issue inherit is kept: money, findings, words it heard, where it was."""

from __future__ import annotations

from otto_bot.core.run import Run

KEPT = (
    "id", "repo", "issue", "ordinal", "title", "actor", "caps", "kind", "started_at", "asked_at", "phase", "outcome",
    "landed", "config", "prepared", "pull_request", "branches_prefix", "base_sha", "head", "money", "minutes", "notes",
    "inherited_notes", "ids", "seen", "exposure_allowed",
)  # fmt: skip
"""Fields of a run that stay; all others are as in a run that never was at work."""


def slimmed(run: Run) -> Run:
    """The run without its plan, tasks, gates and all that was written on the way. Raises ValueError while it lives."""
    if not run.ended:
        raise ValueError(f"run {run.id} is not over")
    kept = {name: getattr(run, name) for name in KEPT}
    return Run(**kept, body="", slim=True)
