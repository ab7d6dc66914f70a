"""The labels that Otto makes where they are missing."""

from __future__ import annotations

from otto_bot.github.models import Label

LABELS = (
    Label(name="otto:needs-human", color="d93f0b", description="Otto waits for a person"),
    Label(name="otto:done", color="0e8a16", description="Otto has finished"),
    Label(name="otto:verification", color="c5def5", description="A draft that only lets Actions verify a branch"),
)


def with_label(name: str) -> tuple[Label, ...]:
    """All of them, and the one that starts a run: its name is the repository's to choose."""
    return (*LABELS, Label(name=name, color="5319e7", description="Otto works on it"))
