"""Regular expressions of a repository's rules, matched in time linear in the text, whatever the expression is.

GitHub matches them so as well (RE2), so that there is nothing in them which needs more: no back references, no looking
around. What is not understood here raises Unknown, and nobody guesses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

LONGEST_PATTERN = 1024
MOST_STATES = 4000
LONGEST_TEXT = 100_000
_FLAGS = re.compile(r"\(\?([imsU]+)\)")
_COUNT = re.compile(r"\{(\d{1,3})(?:(,)(\d{0,3}))?\}")
_GROUP = re.compile(r"\((?:\?(?::|P?<[A-Za-z_]\w*>))?")
_CLASSES = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "0-9A-Za-z", "upper": "A-Z", "lower": "a-z", "space": r"\s",
            "word": r"\w", "xdigit": "0-9A-Fa-f", "punct": r"!-/:-@[-`{-~"}  # fmt: skip

Takes = Callable[[str], bool]
Holds = Callable[[str, int], bool]


class Unknown(ValueError):
    """An expression that is not understood here."""


@dataclass
class _State:
    """`takes` eats one character, `holds` is looked at without eating; neither: only a place to go on from."""

    takes: Takes | None = None
    holds: Holds | None = None
    to: list[int] = field(default_factory=list)


def search(pattern: str, text: str) -> bool:
    """Whether the expression matches somewhere in the text. Raises Unknown."""
    if len(text) > LONGEST_TEXT:
        raise Unknown("a text of more than 100,000 characters")
    try:
        states, start, end = _Parser(pattern).parsed()
    except RecursionError:
        raise Unknown("an expression of too many groups within each other") from None
    now = _closure(states, [start], text, 0)
    for at, char in enumerate(text):
        if end in now:
            return True
        eaten = [to for one in now if (takes := states[one].takes) and takes(char) for to in states[one].to]
        now = _closure(states, [*eaten, start], text, at + 1)
    return end in now


def _closure(states: list[_State], starts: Iterable[int], text: str, at: int) -> set[int]:
    seen: set[int] = set()
    waiting = list(starts)
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        state = states[one]
        if state.takes is None and (state.holds is None or state.holds(text, at)):
            waiting += state.to
    return seen


class _Parser:
    """Makes states of an expression; a fragment is its first and its last state."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > LONGEST_PATTERN:
            raise Unknown("an expression of more than 1,024 characters")
        self._text = pattern
        self._at = 0
        self._states: list[_State] = []
        self._flags = ""
        if found := _FLAGS.match(pattern):
            self._flags, self._at = found[1], found.end()
        if "U" in self._flags:
            raise Unknown("the flag U")

    def parsed(self) -> tuple[list[_State], int, int]:
        """States, first and last."""
        first, last = self._either()
        if self._at < len(self._text):
            raise Unknown(f"{self._text[self._at]!r} at {self._at}")
        return self._states, first, last

    def _new(self, **given: Takes | Holds) -> int:
        if len(self._states) >= MOST_STATES:
            raise Unknown("an expression that repeats too much")
        self._states.append(_State(**given))  # type: ignore[arg-type]
        return len(self._states) - 1

    def _link(self, one: int, *to: int) -> None:
        self._states[one].to += to

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _either(self) -> tuple[int, int]:
        first, last = self._new(), self._new()
        while True:
            begin, end = self._row()
            self._link(first, begin)
            self._link(end, last)
            if self._peek() != "|":
                return first, last
            self._at += 1

    def _row(self) -> tuple[int, int]:
        first = last = self._new()
        while self._peek() not in ("", "|", ")"):
            begin, end = self._repeated()
            self._link(last, begin)
            last = end
        return first, last

    def _repeated(self) -> tuple[int, int]:
        since = self._at
        piece = self._piece()
        until = self._at
        least, most = self._count()
        if (least, most) == (1, 1):
            return piece
        if self._at < len(self._text) and self._peek() in "*+?{" and self._count() != (1, 1):
            raise Unknown("a repetition of a repetition")
        first = last = self._new()
        for number in range(least if most is None else most):
            # The first copy is there; each further one is read from the same piece of the text.
            begin, end = piece if number == 0 else self._again(since, until)
            after = self._new()
            self._link(last, begin, *([after] if number >= least else []))
            self._link(end, after)
            last = after
        if most is None:
            begin, end = piece if least == 0 else self._again(since, until)
            after = self._new()
            self._link(last, begin, after)
            self._link(end, begin, after)
            last = after
        return first, last

    def _again(self, since: int, until: int) -> tuple[int, int]:
        kept, self._at = self._at, since
        piece = self._piece()
        assert self._at == until
        self._at = kept
        return piece

    def _count(self) -> tuple[int, int | None]:
        char, known = self._peek(), {"*": (0, None), "+": (1, None), "?": (0, 1)}
        found: tuple[int, int | None]
        if char in known and char:
            found, self._at = known[char], self._at + 1
        elif count := _COUNT.match(self._text, self._at):
            least = int(count[1])
            found = (least, (int(count[3]) if count[3] else None) if count[2] else least)
            self._at = count.end()
        else:
            return 1, 1
        if self._peek() == "?":  # lazy: where it matches is another question
            self._at += 1
        return found

    def _piece(self) -> tuple[int, int]:
        char = self._peek()
        if char == "(":
            opened = _GROUP.match(self._text, self._at)
            assert opened is not None
            self._at = opened.end()
            if self._peek() == "?":
                raise Unknown("a group with flags, or one that looks around")
            inside = self._either()
            if self._peek() != ")":
                raise Unknown("a group that does not end")
            self._at += 1
            return inside
        if char in "*+?":
            raise Unknown("a repetition of nothing")
        self._at += 1
        return self._single(char)

    def _single(self, char: str) -> tuple[int, int]:
        if char == "[":
            takes = self._set()
        elif char == "\\":
            return self._escaped()
        elif char == ".":
            every = "s" in self._flags
            takes = lambda one: every or one != "\n"  # noqa: E731
        elif char in "^$":
            return self._place(_line(char) if "m" in self._flags else _ends(char))
        else:
            takes = self._plain(char)
        return self._eating(takes)

    def _eating(self, takes: Takes) -> tuple[int, int]:
        one, after = self._new(takes=takes), self._new()
        self._link(one, after)
        return one, after

    def _place(self, holds: Holds) -> tuple[int, int]:
        one = self._new(holds=holds)
        return one, one

    def _plain(self, char: str) -> Takes:
        return self._by_re(re.escape(char))

    def _by_re(self, one: str) -> Takes:
        """One character by Python's own rules, in which nothing repeats."""
        try:
            compiled = re.compile(one, re.DOTALL | re.ASCII | (re.IGNORECASE if "i" in self._flags else 0))
        except (re.error, OverflowError) as error:
            raise Unknown(str(error)) from None
        return lambda char: compiled.fullmatch(char) is not None

    def _escaped(self) -> tuple[int, int]:
        char = self._peek()
        self._at += 1
        if char in "dDwWsS" and char:
            return self._eating(self._by_re(f"\\{char}"))
        if char in ("A", "z"):
            return self._place(_ends("^" if char == "A" else "$"))
        if char in ("b", "B"):
            return self._place(lambda text, at: _border(text, at) == (char == "b"))
        if char in "ntrfv" and char:
            return self._eating(self._by_re(f"\\{char}"))
        if not char or char.isalnum():
            raise Unknown(f"\\{char}")
        return self._eating(self._plain(char))

    def _set(self) -> Takes:
        since = self._at
        if self._peek() == "^":
            self._at += 1
        if self._peek() == "]":
            self._at += 1
        while self._peek() not in ("", "]"):
            if self._text.startswith("[:", self._at):
                self._at = self._text.find(":]", self._at) + 1
                if self._at == 0:
                    raise Unknown("a class that does not end")
            self._at += 2 if self._peek() == "\\" else 1
        if self._peek() != "]":
            raise Unknown("a set that does not end")
        inside = self._text[since : self._at]
        self._at += 1
        known = re.sub(r"\[:(\w+):\]", lambda one: _CLASSES.get(one[1], "[:"), inside)
        if re.search(r"\\[pPxQE0-9]|\[:", known):
            raise Unknown("a set with a class that is not known")
        return self._by_re(f"[{_safe(known)}]")


def _safe(inside: str) -> str:
    """Python warns of `[`, `--`, `&&`, `||` and `~~` in a set; there they mean themselves."""
    return re.sub(r"(?<!\\)\[|(?<=&)&|(?<=\|)\||(?<=~)~", lambda one: f"\\{one[0]}", inside)


def _ends(char: str) -> Holds:
    return (lambda _text, at: at == 0) if char == "^" else (lambda text, at: at == len(text))


def _line(char: str) -> Holds:
    if char == "^":
        return lambda text, at: at == 0 or text[at - 1] == "\n"
    return lambda text, at: at == len(text) or text[at] == "\n"


def _border(text: str, at: int) -> bool:
    def word(where: int) -> bool:
        return 0 <= where < len(text) and re.fullmatch(r"\w", text[where], re.ASCII) is not None

    return word(at - 1) != word(at)
