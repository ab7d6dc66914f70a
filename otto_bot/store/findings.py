"""What the doctor found last on this host, kept for the page that shows it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from otto_bot.core.finding import Finding
from otto_bot.store.cursors import Cursors

CURSOR = "doctor"


class Kept(NamedTuple):
    """When it was looked at, in seconds since 1970 (0 = never), and what was found."""

    at: float = 0.0
    findings: tuple[Finding, ...] = ()


class Findings:
    """One row. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._cursors = Cursors(engine)

    def put(self, findings: Sequence[Finding], at: datetime) -> None:
        """This is how it stands now."""
        told = {"at": at.timestamp(), "findings": [one.model_dump() for one in findings]}
        self._cursors.set_cursor(CURSOR, json.dumps(told))

    def last(self) -> Kept:
        """As it was found last; nothing where another version wrote it."""
        said = self._cursors.cursor(CURSOR)
        try:
            found = json.loads(said) if said else {}
            return Kept(float(found.get("at", 0)), tuple(map(Finding.model_validate, found.get("findings", ()))))
        except (ValueError, TypeError, AttributeError):
            return Kept()
