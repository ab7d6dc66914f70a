"""Rehearsals."""

from calendar import TUESDAY, Calendar
from datetime import date


def evenings(year: int, month: int) -> list[date]:
    """Every Tuesday of a month."""
    days = Calendar().itermonthdates(year, month)
    return [day for day in days if day.month == month and day.weekday() == TUESDAY]
