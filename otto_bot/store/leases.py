"""When a lease is over: in time, or because it was written by a clock that ran ahead and was put right."""

from __future__ import annotations

import sqlalchemy as sa

from otto_bot.store import tables as t

TOLERANCE_SECONDS = 5.0
"""Clocks of several hosts may differ by so much before a lease counts as written by a wrong one."""


def longest(now: float, lease_seconds: float) -> float:
    """No honest lease lasts longer than this."""
    return now + lease_seconds + TOLERANCE_SECONDS


def is_over(now: float, lease_seconds: float) -> sa.ColumnElement[bool]:
    """Whether nobody keeps the lease of an effect any more."""
    until = t.effects.c.lease_until
    return (until < now) | (until > longest(now, lease_seconds))
