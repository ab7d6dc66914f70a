"""The label printer, as far as it matters."""

from calendar import month_name

TIMES = {*month_name[1:], "any month"}


def refuses(text: str) -> bool:
    """A label needs a name and a time."""
    name, _, when = text.partition("\nsow in ")
    return not name or when not in TIMES
