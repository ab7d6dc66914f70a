"""What a run is called in lists: repository and title, in columns of its row, so that no snapshot is opened for it."""

from __future__ import annotations

from otto_bot.core.run import Run
from otto_bot.core.values import writable

NAME, TITLE = 200, 300
"""Characters; GitHub allows fewer of both."""


def heading(run: Run) -> dict[str, str]:
    """Columns of a run's row."""
    return {"repo_name": writable(run.repo.full_name)[:NAME], "title": writable(run.title)[:TITLE]}
