"""Words and sentences."""

import re

WORD = re.compile(r"\w+(?:['’-]\w+)*")
SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)")


def words(text: str) -> int:
    """How many words a text has; "well-known" and "it's" are one each."""
    return len(WORD.findall(text))


def sentences(text: str) -> int:
    """How many sentences a text has; words without an end are one."""
    parts = [part for part in SENTENCE_END.split(text) if WORD.search(part)]
    return len(parts)
