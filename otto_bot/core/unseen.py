"""Characters that nobody sees: format and direction marks, fillers, tags, variation selectors."""

from __future__ import annotations

import re

_RANGES = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
"""All of Unicode's class Cf, what it lets a program ignore, and what is drawn as nothing."""
UNSEEN = re.compile(f"[{_RANGES}]")
_RUN = re.compile(f"[{_RANGES}]+")
_OF_EMOJI = frozenset({"\ufe0e", "\ufe0f", "\u200d", "\ufe0f\u200d"})
"""Between or behind two characters these only say how a picture is drawn."""
MOST_NAMED = 500
_TOKEN = re.compile("⟦U\\+([0-9A-F]{4,6})⟧")


def without_unseen(text: str) -> str:
    """Text in which every character is seen; what ends a line or a paragraph without being seen ends a line."""
    return UNSEEN.sub("", text.replace("\u2028", "\n").replace("\u2029", "\n"))


def unseen(text: str) -> int:
    """How many such characters it holds, those left out that an ordinary emoji has, and a mark at its beginning."""
    body = text.removeprefix("\ufeff")
    return sum(len(run) for match in _RUN.finditer(body) if (run := match.group()) not in _OF_EMOJI)


def escaped(text: str, most: int = MOST_NAMED) -> str:
    """The text with a name in the place of each character that is not seen, as `⟦U+202E⟧`; emoji stay as they are.

    Behind the first `most` of them the others are left out, and a last line says how many.
    """
    total = 0

    def named(match: re.Match[str]) -> str:
        nonlocal total
        run = match.group()
        if run in _OF_EMOJI:
            return run
        left = max(0, most - total)
        total += len(run)
        return "".join(f"⟦U+{ord(char):04X}⟧" for char in run[:left])

    shown = _RUN.sub(named, text)
    return shown if total <= most else f"{shown}\n[… {total - most} more characters without a shape …]"


def restored(text: str, holds: str) -> str:
    """The text with characters again for the names of those that `holds` has; any other name is just words."""

    def char(match: re.Match[str]) -> str:
        number = int(match.group(1), 16)
        real = chr(number) if number <= 0x10FFFF else ""
        return real if real and UNSEEN.match(real) and real in holds else match.group()

    return _TOKEN.sub(char, text)
