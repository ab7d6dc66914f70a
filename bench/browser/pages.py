"""Every page of Mission Control by its name: an address, and what a visitor finds there; the pictures show the same."""

from __future__ import annotations

PAGES: dict[str, str] = {
    "runs": "/",
    "run": "/runs/1",
    "task": "/runs/1/tasks/t2",
    "attempt": "/runs/1/tasks/t2/attempts/1",
    "transcript": "/runs/1/tasks/t2/attempts/1/log",
    "gate": "/runs/1/gates/1",
    "insight": "/insight",
    "health": "/health",
    "new-run": "/new",
}
"""Of the demo's run, after its end."""

OF_GITHUB: dict[str, str] = {
    "logs": "/runs/1/logs",
    "diff": "/runs/1/diff",
}
"""Pages that ask GitHub, which must be there."""

LOG_LINK = "open the log here"
"""Leads from the evidence of a gate to the exact lines of a job's log, whose number nobody knows before."""

LOST: dict[str, str] = {
    "no-such-run": "/runs/99",
    "no-such-task": "/runs/1/tasks/t99",
    "no-such-gate": "/runs/1/gates/9",
    "no-such-page": "/what/ever",
}
"""Addresses that lead nowhere: their pages say what to do."""

WAITING: dict[str, str] = {
    "asked-run": "/runs/1",
    "asked-gate": "/runs/1/gates/1",
}
"""Of a run whose retry plan waits for somebody's yes."""

REGIONS: dict[str, tuple[str, str]] = {
    "tour-failed": ("/runs/1/gates/1", "Facts"),
    "tour-why": ("/runs/1/gates/1", "Why each task failed"),
    "tour-next": ("/runs/1", "Done: every task"),
}
"""Parts of the demo's pages that the tour shows: page, and the region's name."""
