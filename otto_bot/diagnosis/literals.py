"""Where any of a thousand plain texts stands in a piece of a log, in about the time of one walk over it.

Of each text the pieces of four bytes at two neighbouring offsets are remembered. The log is read as numbers of four
bytes at every second byte, so one of the two must turn up wherever the text stands; only there is the text compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import compress

_PIECE = 4
_STEP = 2
SHORT = _PIECE + _STEP - 1
"""Texts shorter than this are searched for one by one."""


class Literals:
    """Plain texts (bytes, lower case) to search for together."""

    def __init__(self, texts: Iterable[bytes]) -> None:
        chosen = tuple(dict.fromkeys(texts))
        self._short = tuple(text for text in chosen if len(text) < SHORT)
        long = [text for text in chosen if len(text) >= SHORT]
        common = Counter(_number(text[at : at + _PIECE]) for text in long for at in range(len(text) - _PIECE + 1))
        self._pieces: dict[int, list[tuple[bytes, int]]] = {}
        for text in long:
            best = min(range(len(text) - SHORT + 1), key=lambda at: _commonness(common, text, at))
            for offset in range(best, best + _STEP):
                self._pieces.setdefault(_number(text[offset : offset + _PIECE]), []).append((text, offset))

    def places(self, low: bytes, most: int) -> Iterator[tuple[int, bytes]]:
        """Offset and text of at most `most` occurrences of each text in `low`, of each text the last ones."""
        left: dict[bytes, int] = {}
        for at, number in self._pieces_in(low):
            for text, offset in self._pieces[number]:
                start = at - offset
                if start >= 0 and left.get(text, most) and low.startswith(text, start):
                    left[text] = left.get(text, most) - 1
                    yield start, text
        for text in self._short:
            at = low.rfind(text)
            for _ in range(most):
                if at < 0:
                    break
                yield at, text
                at = low.rfind(text, 0, at)

    def _pieces_in(self, low: bytes) -> list[tuple[int, int]]:
        """Offsets of known pieces with their numbers, last first."""
        known = self._pieces
        found: list[tuple[int, int]] = []
        for shift in range(0, _PIECE, _STEP):
            usable = (len(low) - shift) // _PIECE * _PIECE
            if usable <= 0:
                continue
            numbers = memoryview(low)[shift : shift + usable].cast("I").tolist()
            hits = compress(range(len(numbers)), map(known.__contains__, numbers))
            found += [(at * _PIECE + shift, numbers[at]) for at in hits]
        found.sort(reverse=True)
        return found


def _number(piece: bytes) -> int:
    return int(memoryview(piece).cast("I")[0])


def _commonness(common: Counter[int], text: bytes, at: int) -> int:
    return sum(common[_number(text[offset : offset + _PIECE])] for offset in range(at, at + _STEP))
