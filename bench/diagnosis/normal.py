"""One form for labels and excerpts, so that nobody wins or loses by colours, timestamps or blanks.

People cut labels out of logs as they saw them: without colours, some without `<` and `&`, some with what a lost escape
byte leaves behind. Both sides are brought to what all of them kept.
"""

from __future__ import annotations

import re

_COLOUR = (
    r"\x1b\[[0-9;?]*[A-Za-z]"  # what a terminal acts on
    r"|\x1b\].*?(?:\x07|\x1b\\)"
    r"|\x1b[()][A-Z0-9]|\x1b[=>]?"
    r"|\[;?(?:\d{1,3}(?:;\d{1,3})*)?[mK]|=?\[\?\d+[lh]>?"  # the same without its escape byte
)
_REMOVED = tuple(
    re.compile(pattern)
    for pattern in (
        r"^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?",
        _COLOUR,
        r"##\[(?:error|warning|group|endgroup|section|command|debug|notice)\]",
        r"travis_(?:fold|time):(?:start|end):\S*|section_(?:start|end):\d+:\w*",
        r"[\x00-\x08\x0b-\x1f\x7f<&]",
    )
)
_BLANKS = re.compile(r"\s+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_LONG = 200
_FEW = 3


def normal(line: str) -> str:
    """A line in the common form."""
    for pattern in _REMOVED:
        line = pattern.sub("", line)
    return flat(line).strip()


def flat(text: str) -> str:
    """Every run of blanks and line ends as one space."""
    return _BLANKS.sub(" ", text)


def normal_lines(text: str) -> list[str]:
    """Every line of a text in the common form."""
    return [normal(line) for line in _LINE_END.split(text)]


def tells(line: str) -> bool:
    """Whether a line in the common form has at least three letters or digits: rulers and brackets do not count."""
    return sum(character.isalnum() for character in line) >= _FEW


def needles(lines: tuple[str, ...]) -> list[str]:
    """The distinct lines of a label in the common form, in order; of a long line its first 200 characters."""
    telling = (line for line in map(normal, lines) if tells(line))
    return list(dict.fromkeys(line[:_LONG].strip() for line in telling))
