"""Which version of Otto wrote a run: old code leaves alone what newer code has touched.

While a new version is deployed, old and new workers work side by side on one database. Tables only grow by
migrations, so old code goes on. A run's state is another matter: newer code may keep in it what older code does not
know and would lose. So each write of a run says by which version, and an older one neither reads nor works on it.
"""

from __future__ import annotations


class NewerVersion(LookupError):
    """A newer version of Otto has worked on this run; only that one, or one newer still, may go on."""

    def __init__(self, run_id: int, found: int, ours: int) -> None:
        super().__init__(
            f"run {run_id} was worked on by Otto {shown(found)}, and this is {shown(ours)}: workers of the newer "
            "version go on with it. If there are none any more, install that version again"
        )


def understood(run_id: int, found: int, ours: int) -> None:
    """Raises NewerVersion where newer code than ours has written the run."""
    if found > ours:
        raise NewerVersion(run_id, found, ours)


def number(text: str) -> int:
    """A version as a number that orders: 1.2.3 is 1002003. What follows the third number does not count."""
    parts = [int(part) for part in text.split("+", maxsplit=1)[0].split(".")[:3] if part.isdigit()]
    first, second, third = (*parts, 0, 0, 0)[:3]
    return first * 1_000_000 + second * 1_000 + third


def shown(value: int) -> str:
    """The number as people write it."""
    return f"{value // 1_000_000}.{value // 1_000 % 1_000}.{value % 1_000}"


CODE_VERSION = number("0.1.0")
"""Of this code; a test compares it with the package's."""
