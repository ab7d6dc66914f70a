"""`otto-bot doctor`: every check of the host, and of a repository where one is named."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from otto_bot.core.finding import Finding, wrong
from otto_bot.discretion import discreet
from otto_bot.doctor.host import opened
from otto_bot.doctor.host_checks import HOST_CHECKS
from otto_bot.doctor.place import Place
from otto_bot.doctor.printing import as_json, as_text
from otto_bot.doctor.reading import given
from otto_bot.doctor.repository_checks import REPOSITORY_CHECKS
from otto_bot.doctor.running import examined
from otto_bot.text.links import DOCS_URL

WELL, WRONG, UNUSABLE = 0, 1, 2


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for: `repo` is `owner/name` or empty."""

    repo: str = ""
    login: str = ""
    as_json: bool = False


def run(
    wanted: Wanted,
    environment: Mapping[str, str],
    folder: Path,
    out: TextIO = sys.stdout,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    trouble: str = "",
) -> int:
    """The exit code: 0 nothing is wrong; 1 something is, or could not be looked at; 2 settings cannot be used.

    `trouble` is what keeps the `.env` file from being read.
    """
    logging.basicConfig(level="WARNING", format="%(levelname)s %(name)s: %(message)s")
    read = given(environment, folder)
    if trouble:
        read = replace(read, problems=(trouble, *read.problems))
    redactor = discreet(read.hidden)

    async def looked() -> list[tuple[str, Sequence[Finding]]]:
        async with opened(read, redactor, now) as host:
            hosts = examined(HOST_CHECKS, host, redactor)
            if not wanted.repo:
                return [("host", await hosts)]
            owner, _, name = wanted.repo.partition("/")
            place = Place(host, owner, name, wanted.login)
            both = await asyncio.gather(hosts, examined(REPOSITORY_CHECKS, place, redactor))
            return list(zip(("host", wanted.repo), both, strict=True))

    parts = asyncio.run(looked())
    if wanted.as_json:
        as_json(parts, out)
    else:
        as_text(parts, read.settings.docs_url if read.settings is not None else DOCS_URL, out)
    if read.problems:
        return UNUSABLE
    return WRONG if wrong(one for _, findings in parts for one in findings) else WELL
