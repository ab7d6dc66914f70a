"""How much room a repository may take on this host: looked at before any model is paid."""

from __future__ import annotations

from dataclasses import dataclass

from otto_bot.core.run import Run
from otto_bot.git.mirror import Mirror
from otto_bot.github.models import RepositoryInfo
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.text.room import too_large

GIB, MIB = 1024**3, 1024**2
TROUBLE = "repository-too-large"


@dataclass(frozen=True)
class DiskCaps:
    """In bytes. `repository`: what one mirror may take. `partial`: from this size on it leaves out old contents."""

    repository: int = 20 * GIB
    partial: int = 256 * MIB


def is_partial(caps: DiskCaps, info: RepositoryInfo) -> bool:
    """Whether a mirror that is made now leaves out the contents of old commits."""
    return info.size_kib * 1024 >= caps.partial


def fits(caps: DiskCaps, info: RepositoryInfo) -> None:
    """Whether it is worth to begin with it: what GitHub says of its size. Raises NeedsPerson.

    A partial mirror takes a part of that, which nobody knows before.
    """
    said = info.size_kib * 1024
    if said > caps.repository and not is_partial(caps, info):
        raise NeedsPerson(too_large(info.full_name, said, caps.repository), TROUBLE)


async def within(caps: DiskCaps, run: Run, mirror: Mirror) -> None:
    """Whether the mirror as it is now may stay. Raises NeedsPerson."""
    taken = await mirror.size()
    if taken > caps.repository:
        raise NeedsPerson(too_large(run.repo.full_name, taken, caps.repository), TROUBLE)
