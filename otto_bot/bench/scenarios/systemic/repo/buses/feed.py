"""The operator's feed."""

from urllib.error import HTTPError
from urllib.request import urlopen


def status(url: str) -> int:
    """What the feed answers with."""
    try:
        with urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
