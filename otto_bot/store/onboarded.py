"""What was seen of how a repository is tested: kept for pages and for the next run, a cursor each."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from pydantic import ValidationError

from otto_bot.core.lanes import LaneKind
from otto_bot.core.onboarding import Facts
from otto_bot.core.values import Frozen
from otto_bot.store.cursors import Cursors

log = logging.getLogger(__name__)
PREFIX = "onboard/"


class Onboarded(Frozen):
    """One repository as its last prepared run found it. `offered_by`: the run whose plan had the offer, or 0."""

    repo_id: int
    full_name: str
    default_branch: str
    lane: LaneKind
    facts: Facts
    at: datetime
    offered_by: int = 0


def onboarded(cursors: Cursors, repo_id: int) -> Onboarded | None:
    """What is known of a repository; None where nothing is."""
    return _read(cursors.cursor(f"{PREFIX}{repo_id}"))


def keep_onboarded(cursors: Cursors, seen: Onboarded) -> None:
    """Remember it, in the place of what was known."""
    cursors.set_cursor(f"{PREFIX}{seen.repo_id}", seen.model_dump_json())


def all_onboarded(cursors: Cursors, repo_ids: Collection[int] | None = None) -> list[Onboarded]:
    """Of these repositories (None = all) what is known, by name."""
    read = (_read(value) for value in cursors.cursors(PREFIX).values())
    found = [one for one in read if one is not None and (repo_ids is None or one.repo_id in repo_ids)]
    return sorted(found, key=lambda one: one.full_name.lower())


def _read(value: str | None) -> Onboarded | None:
    try:
        return Onboarded.model_validate_json(value) if value else None
    except ValidationError as error:  # of another version: it is looked at anew
        log.info("what was kept of a repository's set-up is not read: %s", error.error_count())
        return None
