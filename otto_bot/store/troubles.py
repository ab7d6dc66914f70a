"""What a database's own words mean for whoever runs the host: full, locked, damaged, gone; and what to do."""

from __future__ import annotations

import re

_MEANINGS: tuple[tuple[str, str], ...] = (
    (
        r"malformed|not a database|disk image|file is encrypted|invalid page|could not read block",
        "the database is damaged: stop Otto, keep the damaged file, and put back the last backup (`otto-bot restore`)",
    ),
    (
        r"(?:database or )?disk is full|no space left|disk quota|disk full|could not extend",
        "the disk of the database is full: make room; Otto goes on by itself",
    ),
    (
        r"database (?:table |schema )?is locked|lock timeout|deadlock",
        "another program holds the database's lock: Otto waits for it",
    ),
    (r"readonly|read-only", "the database is read-only: let Otto's user write it and its folder"),
    (r"unable to open database file", "the database's file cannot be opened: check its folder and whose it is"),
)
_ANY = "the database does not answer: Otto goes on when it is back"


def meaning(said: str) -> str:
    """One sentence with what to do, for the text of a database's error."""
    return next((words for pattern, words in _MEANINGS if re.search(pattern, said, re.IGNORECASE)), _ANY)
