"""Glob patterns of files and branches, matched in time linear in the text, whatever the pattern is.

A pattern comes from a repository. As a regular expression `*a*a*a*a…` takes exponential time; here each character of
the text moves one set of places in the pattern, held as bits of a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

MOST_PATTERNS = 100
LONGEST_PATTERN = 256
MOST_STARS = 20
LONGEST_TEXT = 4096
"""GitHub and Linux allow no longer path; a longer text is matched by nothing that is not `**`."""

Takes = Callable[[str], bool]


class BadGlob(ValueError):
    """A pattern that is not used; says which limit it breaks."""


def checked(pattern: str) -> str:
    """The pattern itself. Raises BadGlob, which says what to change."""
    if not pattern.strip():
        raise BadGlob("a pattern may not be empty")
    if len(pattern) > LONGEST_PATTERN:
        raise BadGlob(f"a pattern of {len(pattern)} characters; at most {LONGEST_PATTERN} are allowed")
    if pattern.count("*") > MOST_STARS:
        raise BadGlob(f"a pattern with {pattern.count('*')} stars; at most {MOST_STARS} are allowed")
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in pattern):
        raise BadGlob("a pattern with a control character")
    return pattern


def checked_all(patterns: Sequence[str]) -> tuple[str, ...]:
    """The patterns themselves. Raises BadGlob."""
    if len(patterns) > MOST_PATTERNS:
        raise BadGlob(f"{len(patterns)} patterns; at most {MOST_PATTERNS} are allowed")
    return tuple(checked(pattern) for pattern in patterns)


@dataclass(frozen=True)
class _Token:
    """One place of a pattern. `skip`: how many tokens further one may go without taking anything; 0 = not at all."""

    takes: Takes
    loops: bool = False
    skip: int = 0


class Glob:
    """A compiled pattern. `below`: what lies in a matching folder matches, too."""

    def __init__(self, tokens: Sequence[_Token], *, below: bool = False) -> None:
        self._tokens = tokens
        self._below = below
        self._skips = [(at, token) for at, token in enumerate(tokens) if token.skip]
        self._moves: dict[str, tuple[int, int]] = {}

    def matches(self, text: str) -> bool:
        """Whether the whole text is matched."""
        end, places = 1 << len(self._tokens), self._start()
        for char in text[: LONGEST_TEXT + 1]:
            if self._below and char == "/" and places & end:
                return True
            places = self._after(places, char)
            if not places:
                return False
        return bool(places & end) and len(text) <= LONGEST_TEXT

    def may_begin(self, prefix: str) -> bool:
        """Whether some text with this prefix could be matched."""
        places = self._start()
        for char in prefix:
            places = self._after(places, char)
        return bool(places)

    def _start(self) -> int:
        return self._closed(1)

    def _after(self, places: int, char: str) -> int:
        moves = self._moves.get(char)
        if moves is None:
            moves = self._moves.setdefault(char, self._moves_of(char))
        step, stay = moves
        return self._closed((places & step) << 1 | places & stay)

    def _moves_of(self, char: str) -> tuple[int, int]:
        step = stay = 0
        for at, token in enumerate(self._tokens):
            if token.takes(char):
                if token.loops:
                    stay |= 1 << at
                else:
                    step |= 1 << at
        return step, stay

    def _closed(self, places: int) -> int:
        """With every place that is reached without taking anything."""
        for at, token in self._skips:
            if places >> at & 1:
                places |= 1 << at + token.skip
                if token.takes is _nothing:  # an entry: its group may also begin
                    places |= 1 << at + 1
        return places


def _nothing(_char: str) -> bool:
    return False


def _anything(_char: str) -> bool:
    return True


def _within_a_folder(char: str) -> bool:
    return char != "/"


def _exactly(wanted: str) -> Takes:
    return lambda char: char == wanted


ANY = _Token(_anything, loops=True, skip=1)
SEGMENT = _Token(_within_a_folder, loops=True, skip=1)
ONE = _Token(_within_a_folder)
FOLDERS = (_Token(_nothing, skip=3), ANY, _Token(_exactly("/")))
"""`**/`: any number of folders, also none."""


def ignore_glob(pattern: str) -> Glob:
    """A pattern as in .gitignore: without a slash it is matched at any depth, and a folder covers what is in it."""
    return Glob(_path_tokens(pattern), below=True)


def attribute_glob(pattern: str) -> Glob:
    """A pattern as in .gitattributes: as in .gitignore, but a folder says nothing of what is in it."""
    return Glob(_path_tokens(pattern))


def _path_tokens(pattern: str) -> list[_Token]:
    text = pattern.strip()
    while "**/**/" in text:
        text = text.replace("**/**/", "**/")
    body = text.strip("/")
    tokens: list[_Token] = [] if "/" in text.rstrip("/") else [*FOLDERS]
    at = 0
    while at < len(body):
        if body.startswith("**/", at):
            tokens, at = [*tokens, *FOLDERS], at + 3
        elif body.startswith("**", at):
            tokens, at = [*tokens, ANY], at + 2
        else:
            tokens.append({"*": SEGMENT, "?": ONE}.get(body[at]) or _Token(_exactly(body[at])))
            at += 1
    return tokens


def filter_glob(pattern: str) -> Glob:
    """A filter pattern of GitHub Actions, for branches and paths.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
    One with a range that goes backwards stands for itself.
    """
    tokens: list[_Token] = []
    plain = False  # a quantifier says something of one plain character, and nothing of a star or a quantifier
    pieces = list(_pieces(pattern))
    if any(low > high for piece in pieces if _is_class(piece) for low, high in _ranges(piece[1:-1])):
        return Glob([_Token(_exactly(char)) for char in pattern])
    for piece in pieces:
        before, plain = plain, piece not in ("**/", "**", "*", "?", "+")
        if piece == "**/":
            tokens += FOLDERS
        elif piece in ("**", "*"):
            tokens.append(ANY if piece == "**" else SEGMENT)
        elif piece in ("?", "+") and tokens:
            tokens = [*tokens[:-1], *_repeated(piece, tokens[-1])] if before else tokens
        elif _is_class(piece):
            tokens.append(_Token(_within(_ranges(piece[1:-1]))))
        else:
            tokens.append(_Token(_exactly(piece[-1])))
    return Glob(tokens)


def _repeated(quantifier: str, last: _Token) -> tuple[_Token, ...]:
    if quantifier == "?":
        return (_Token(last.takes, skip=1),)
    return last, _Token(last.takes, loops=True, skip=1)


def _pieces(pattern: str) -> Iterator[str]:
    at = 0
    while at < len(pattern):
        end = pattern.find("]", at + 1)
        if pattern.startswith("**/", at):
            size = 3
        elif pattern.startswith("**", at) or (pattern[at] == "\\" and at + 1 < len(pattern)):
            size = 2
        elif pattern[at] == "[" and end > at + 1:
            size = end + 1 - at
        else:
            size = 1
        yield pattern[at : at + size]
        at += size


def _is_class(piece: str) -> bool:
    return len(piece) > 2 and piece[0] == "["


def _ranges(body: str) -> list[tuple[str, str]]:
    """`a-z0`: first and last character of each part."""
    ranges: list[tuple[str, str]] = []
    at = 0
    while at < len(body):
        size = 3 if at + 2 < len(body) and body[at + 1] == "-" else 1
        ranges.append((body[at], body[at + size - 1]))
        at += size
    return ranges


def _within(ranges: Sequence[tuple[str, str]]) -> Takes:
    return lambda char: any(low <= char <= high for low, high in ranges)
