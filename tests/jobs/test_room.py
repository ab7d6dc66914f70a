"""A repository that is too large rests before any model is paid, with words that say who can change what."""

from __future__ import annotations

import pytest

from otto_bot.github.models import RepositoryInfo
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.jobs.room import GIB, MIB, DiskCaps, fits, is_partial


def info(kib: int) -> RepositoryInfo:
    return RepositoryInfo.model_validate({"id": 1, "name": "app", "owner": {"login": "octo"}, "size": kib})


@pytest.mark.parametrize(
    ("mib", "caps", "partial", "refused"),
    [
        (100, DiskCaps(), False, False),
        (300, DiskCaps(), True, False),
        (30 * 1024, DiskCaps(), True, False),  # nobody knows before what is left without old contents
        (30 * 1024, DiskCaps(partial=100 * GIB), False, True),
        (0, DiskCaps(partial=0), True, False),
        (2, DiskCaps(repository=MIB, partial=GIB), False, True),
    ],
)
def test_what_github_says_of_the_size_decides_first(mib: int, caps: DiskCaps, partial: bool, refused: bool) -> None:
    asked = info(mib * 1024)
    assert is_partial(caps, asked) is partial
    if not refused:
        fits(caps, asked)
        return
    with pytest.raises(NeedsPerson, match=r"octo/app needs .* raise OTTO_REPOSITORY_GIB") as told:
        fits(caps, asked)
    assert told.value.kind == "repository-too-large"
