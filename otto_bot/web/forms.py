"""What a form of the pages sends: read with a bound, and held to the shape that our own forms have."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl

from fastapi import Request

LARGEST = 32_768
"""Bytes of a form of a run. Guidance of 2,000 characters of any alphabet fits: each may be 12 bytes of a form."""
MOST_FIELDS = 200
MOST_TYPED = 70_000
"""Characters of one field: GitHub takes 65,536 in an issue."""
KIND = "application/x-www-form-urlencoded"


class NoForm(Exception):
    """It is none of our forms; `status` is 413 where it is too long, 415 where it is something else, else 400."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


class Fields(NamedTuple):
    """Names and values in their order."""

    pairs: tuple[tuple[str, str], ...]

    def one(self, name: str, most: int = 5_000) -> str:
        """The first value of a name; empty where there is none, or where it is longer than any of ours."""
        found = next((value for key, value in self.pairs if key == name), "")
        return found if len(found) <= most else ""

    def every(self, name: str) -> tuple[str, ...]:
        """All values of a name."""
        return tuple(value for key, value in self.pairs if key == name)

    def text(self, name: str) -> str:
        """What somebody typed: browsers send other ends of lines than people count."""
        return self.one(name, MOST_TYPED).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


async def read(request: Request, largest: int = LARGEST) -> Fields:
    """The fields of a request's body. Raises NoForm."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        raise NoForm(415)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise NoForm(413)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:  # not even ASCII, or more fields than there are
        raise NoForm(400) from None
    return Fields(tuple(pairs))
