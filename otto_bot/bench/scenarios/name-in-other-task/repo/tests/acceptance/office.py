"""What the harbour office's folder looks like."""

from datetime import date, timedelta
from pathlib import Path


def fill(folder: Path, last: date, days: int) -> None:
    """One file for each of the last days."""
    for back in range(days):
        day = last - timedelta(days=back)
        (folder / (day.strftime("%Y%m%d") + "-harbour.csv")).touch()
