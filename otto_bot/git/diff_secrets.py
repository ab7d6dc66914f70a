"""Secrets in what would be pushed: the host's own, tokens as gitleaks knows them, values by the words before them.

Plain words are looked for in the whole text first; only where one stands is a rule held against the text around it. So
no text, however long or hostile, costs much more than reading it.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from otto_bot.core.secret_shapes import FAMILIES, PRIVATE_KEY, Family

Knows = Callable[[bytes], bool]
"""Whether bytes hold a secret that the host has registered."""
AROUND = 400
"""Characters before and after a word that are looked at; a token that goes on behind them is read on."""
_BY_NAME = (b"authorization", b"passw", b"://")
"""Marks of the families that go by what stands beside a value: a short or plain value there is an example."""
_EXAMPLE = re.compile(
    r"example|sample|changeme|change-me|change_me|placeholder|dummy|your[-_]|redacted|xxxx|1234|abcd|foobar|hunter2$"
    r"|test|fake|secret|passw|default|insecure|localhost|random|todo|deadbeef|0{8}",
    re.IGNORECASE,
)
_IN_URL = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"<>{}$]{1,64}:(?P<password>[^\s/:@'\"<>{}$*]{6,128})@(?P<host>[a-z0-9.-]+)",
    re.IGNORECASE,
)
_LOCAL = re.compile(
    r"localhost|127\.|db$|postgres$|mysql$|redis$|rabbitmq$|mongo$|example\.(?:com|org|net)$", re.IGNORECASE
)
_PUBLISHED = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{9}EXAMPLE|wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY|je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
    r"|ghp_import-\d{1,4}(?:\.\d{1,4}){0,3}-py[0-9a-z.]{1,8}-none-any\.whl"
)
_GOES_ON = re.compile(r"[A-Za-z0-9._~+/=%-]{0,16384}+")
"""The rest of a token that is longer than AROUND, such as a JSON Web Token."""
_NAMED: tuple[tuple[str, str], ...] = (
    ("a GitHub token", r"gh[pousr]_|github_pat_|Z2h|eC1hY2Nlc3M"), ("an AWS access key", r"AKIA|ASIA"),
    ("an Anthropic key", r"sk-ant-"), ("an OpenAI key", r"sk-"), ("a Google key", r"AIza|ya29\.|GOCSPX-"),
    ("a Slack token", r"xox|xapp-|(?:services|workflows|triggers)/"), ("a Stripe key", r"[rs]k_"),
    ("a GitLab token", r"gl\w+-"), ("an npm token", r"npm_"), ("a PyPI token", r"pypi-"), ("a JSON Web Token", r"eyJ"),
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One rule of gitleaks: a regular expression that is tried where one of `keywords` (lower case) stands."""

    id: str
    pattern: re.Pattern[str]
    keywords: tuple[str, ...]
    entropy: float


@functools.cache
def gitleaks() -> tuple[Rule, ...]:
    """The rules as they ship with Otto."""
    data = json.loads(resources.files("otto_bot.git").joinpath("gitleaks.json").read_text())
    return tuple(
        Rule(one["id"], re.compile(one["regex"]), tuple(one["keywords"]), float(one["entropy"]))
        for one in data["rules"]
    )


def secrets_in(lines: Iterable[tuple[int, str]], knows: Knows | None = None) -> Iterator[tuple[int, str]]:
    """(line, kind) of what looks like a secret, one a line, in order; `lines` are numbers and texts."""
    given = [(number, text.replace("\n", " ")) for number, text in lines]
    whole = "\n".join(text for _, text in given)
    kinds: dict[int, str] = {}
    starts, at = [], 0
    for _, text in given:
        starts.append(at)
        at += len(text) + 1
    for where, kind in _found(whole, knows):
        kinds.setdefault(_line_of(starts, where), kind)
    yield from ((given[place][0], kinds[place]) for place in sorted(kinds))


def _line_of(starts: Sequence[int], where: int) -> int:
    low, high = 0, len(starts)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if starts[middle] <= where else (low, middle)
    return low


def _found(text: str, knows: Knows | None) -> Iterator[tuple[int, str]]:
    """(offset, kind) of secrets; those of the host first, because they are certain."""
    lowered = text.lower() if len(text.lower()) == len(text) else text.translate(_ASCII_LOWER)
    if knows is not None:
        at = 0
        for line in text.split("\n"):
            if knows(line.encode("utf-8", "surrogatepass")):
                yield at, "a secret of this host of Otto"
            at += len(line) + 1
    yield from ((match.start(), "a private key") for match in _PRIVATE_KEY.finditer(text))
    for start, piece in _around(text, _places(lowered, "://")):
        found = (match for match in _IN_URL.finditer(piece) if _real(match))
        yield from ((start + match.start(), "a password in a URL") for match in found)
    for family in FAMILIES:
        yield from _by_family(text, lowered, family)
    for rule in gitleaks():
        yield from _by_rule(text, lowered, rule)


_ASCII_LOWER = {number: number + 32 for number in range(65, 91)}
_PRIVATE_KEY = re.compile(PRIVATE_KEY.pattern.decode())


def _real(match: re.Match[str]) -> bool:
    """Not the password of an example, nor of a service beside the tests."""
    return not (_LOCAL.match(match["host"]) or (_EXAMPLE.search(match["password"]) and len(match["password"]) < 12))


def _by_family(text: str, lowered: str, family: Family) -> Iterator[tuple[int, str]]:
    loose = any(mark in family.marks for mark in _BY_NAME) if isinstance(family.marks, tuple) else False
    for start, piece in _pieces(text, lowered, family):
        data = piece.encode("utf-8", "surrogatepass")
        for shape in family.shapes:
            for match in shape.pattern.finditer(data):
                secret = match["secret"]
                if secret is None or not shape.holds(match) or _published(secret.decode("utf-8", "replace")):
                    continue
                if not loose or _telling(secret.decode("utf-8", "replace")):
                    yield start, _kind(secret)


def _pieces(text: str, lowered: str, family: Family) -> Iterator[tuple[int, str]]:
    if isinstance(family.marks, tuple):
        found = (at for mark in family.marks for at in _places(lowered, mark.decode()))
        return _around(text, found)
    marks = re.compile(family.marks.pattern.decode())
    return _around(text, (match.start() for match in marks.finditer(lowered)))


def _by_rule(text: str, lowered: str, rule: Rule) -> Iterator[tuple[int, str]]:
    found = (at for word in rule.keywords for at in _places(lowered, word))
    for start, piece in _around(text, found):
        for match in rule.pattern.finditer(piece):
            secret = next((group for group in match.groups() if group), match.group())
            if not _published(secret) and _entropy(secret) >= rule.entropy:
                yield start + match.start(), f"a secret (gitleaks: {rule.id})"


def _places(lowered: str, word: str) -> Iterator[int]:
    at = lowered.find(word)
    while at >= 0:
        yield at
        at = lowered.find(word, at + len(word))


def _around(text: str, places: Iterable[int]) -> Iterator[tuple[int, str]]:
    """(offset, text) around each place, within its line; places that stand close together are one."""
    first = last = -1
    for at in sorted(places):
        if min(len(text), at + AROUND) <= last:
            continue
        nearest = max(0, at - AROUND)
        begin = max(text.rfind("\n", nearest, at) + 1, nearest)
        end = text.find("\n", at, at + AROUND)
        end = _GOES_ON.match(text, min(len(text), at + AROUND)).end() if end < 0 else end  # type: ignore[union-attr]
        if begin <= last:
            last = max(last, end)
            continue
        if first >= 0:
            yield first, text[first:last]
        first, last = begin, end
    if first >= 0:
        yield first, text[first:last]


def _telling(value: str) -> bool:
    """Whether a value beside `password`, `token` or the like is one that somebody made up by machine."""
    mixed = re.search(r"[A-Za-z]", value) and re.search(r"[0-9]", value)
    if not (mixed and len(value) >= 16 and _entropy(value) >= 3.5):
        return False
    if not _EXAMPLE.search(value):
        return True
    # Four letters within something made by machine excuse nothing: what is left without them has to be plain.
    left = re.split(r"[-_.:/@ ]+", _EXAMPLE.sub("", value))
    return any(len(one) >= 14 and re.search(r"\d", one) and _entropy(one) >= 3.4 for one in left)


def _published(secret: str) -> bool:
    """Whether it is a key of AWS's documentation, or the file of a package that many lock files name: nothing real."""
    return _PUBLISHED.fullmatch(secret) is not None


def _entropy(value: str) -> float:
    """Bits a character."""
    size = len(value) or 1
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values())


def _kind(secret: bytes) -> str:
    text = secret.decode("utf-8", "replace")
    return next((name for name, begins in _NAMED if re.match(begins, text)), "a password or key")
