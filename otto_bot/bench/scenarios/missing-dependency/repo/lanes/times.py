"""Times as hundredths of a second."""

import re

TIME = re.compile(r"(?:(\d+):)?(\d{1,2})\.(\d{2})")


def hundredths(text: str) -> int:
    """`1:02.35` as 6235. Raises ValueError for anything else."""
    match = TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"no time: {text!r}")
    minutes, seconds, rest = match.groups(default="0")
    return int(minutes) * 6000 + int(seconds) * 100 + int(rest)
