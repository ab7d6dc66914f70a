"""Refusals that are about the repository or the installation as a whole: no step can mend them, and none failed."""

from __future__ import annotations

from otto_bot.git.errors import ReadOnly
from otto_bot.github.errors import Archived, Suspended
from otto_bot.github.verbs import Repository
from otto_bot.jobs.outcomes import ShutOut

ARCHIVED = "the repository is archived: nothing can be written there"
SUSPENDED = "the App's installation is suspended: nothing can be read or written"


def shut_out(error: Exception) -> ShutOut | None:
    """What bars the run; None where the error is about something else."""
    if isinstance(error, Archived | ReadOnly):
        return ShutOut("archived", ARCHIVED)
    return ShutOut("suspended", SUSPENDED) if isinstance(error, Suspended) else None


async def still_open(repository: Repository) -> None:
    """A refused push is believed only of a repository that is open. Raises ShutOut, and Suspended of GitHub."""
    info = await repository.info()
    if info.archived:
        raise ShutOut("archived", ARCHIVED)
