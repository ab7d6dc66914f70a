"""What secrets look like: tokens by their own marks, and values by the words before them.

A shape is looked for only in lines in which its mark was found, because marks are found many times faster than shapes.
Marks are lower case and searched for in a lower-cased copy; shapes are held against the text itself. Quantifiers are
possessive or bounded and every run is read once, so that no text, however hostile, costs more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Span = tuple[int, int]
"""First byte, and the one after the last."""


class Shape(NamedTuple):
    """`pattern`'s group `secret` is the secret, where `holds` says so."""

    pattern: re.Pattern[bytes]
    holds: Callable[[re.Match[bytes]], bool]


class Family(NamedTuple):
    """Shapes that share marks: plain ones to be found, or a pattern of marks.

    `begins`: the shapes begin with the mark, so that nothing else of the line has to be read.
    """

    marks: tuple[bytes, ...] | re.Pattern[bytes]
    shapes: tuple[Shape, ...]
    begins: bool = False


_WORDS = re.compile(rb"(?:[A-Za-z]+[0-9]{0,3}|[0-9]{1,4})(?:[-_.:/@+][a-z]+[0-9]{0,3}|[-_.:/@+][0-9]{1,4})*+")
"""Names, versions and paths: words and small numbers with marks between them."""
_NAME = re.compile(rb"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_LETTER, _DIGIT, _SYMBOL = re.compile(rb"[A-Za-z]"), re.compile(rb"[0-9]"), re.compile(rb"[!@#$%^&*+=~]")
_PLACEHOLDERS = (b"***", b"{", b"redacted", b"xxxxx", b"XXXXX")
_OPENERS = b"$%<{[(*/.\\"


def is_placeholder(value: bytes) -> bool:
    """Whether a value only says that a secret belongs here: masked, a variable, a template, a path."""
    return value[:1] in _OPENERS or any(words in value for words in _PLACEHOLDERS)


def _always(_match: re.Match[bytes]) -> bool:
    return True


def _with_digit(match: re.Match[bytes]) -> bool:
    return _DIGIT.search(match["secret"]) is not None


def _shape(pattern: bytes, holds: Callable[[re.Match[bytes]], bool] = _always) -> Shape:
    return Shape(re.compile(pattern), holds)


def _assigned(match: re.Match[bytes]) -> bool:
    """Whether what follows `password=`, `token:` … is a value and not a word, a name, a call or a placeholder."""
    value = match["secret"]
    following = match.string[match.end("secret") : match.end("secret") + 1]
    if is_placeholder(value) or following in (b"(", b"[") or _NAME.fullmatch(value):
        return False
    letters, digits = _LETTER.search(value), _DIGIT.search(value)
    if match["word"][:2].lower() in (b"pa", b"pw"):
        return bool(digits or (letters and _SYMBOL.search(value)))
    return bool(len(value) >= (12 if letters else 20) and digits and not _WORDS.fullmatch(value))


def _header(match: re.Match[bytes]) -> bool:
    """Whether an Authorization header holds a value: after a scheme anything but one plain word."""
    value = match["secret"]
    if is_placeholder(value):
        return False
    return bool(not (value.isalpha() and value.islower()) if match["scheme"] else _DIGIT.search(value))


def _user_info(match: re.Match[bytes]) -> bool:
    return not is_placeholder(match["secret"].rpartition(b":")[2]) and b"{" not in match["secret"]


_KEYS = ("api", "access", "account", "secret", "private", "signing", "encryption", "auth", "master", "service")
_BEFORE_KEY = b"|".join(b"(?<=%s)|(?<=%s[_-])" % (word.encode(), word.encode()) for word in _KEYS)
_ASSIGNMENT = (
    rb"(?i:(?P<word>passw(?:or)?d|passphrase|pwd|secret|(?<!x-access-)token|(?:"
    + _BEFORE_KEY
    + rb")key)(?:_?[0-9]{1,2})?)"
    rb"(?:\\?[\"'\]]){0,2}(?:[ \t]{0,3}(?::=|=>|[:=])[ \t]{0,3}|(?<=--token)[ ]|(?<=--password)[ ]|(?<=--api-key)[ ])"
    rb"(?:\\?[\"'])?(?P<secret>[^\s\"'\\`,;(){}\[\]<>|]{6,}+)"
)
_AUTHORIZATION = (
    rb"(?i:authorization(?:\\?[\"'])?[ \t]{0,3}[:=][ \t]{0,3}(?:\\?[\"'])?"
    rb"(?:(?P<scheme>basic|bearer|token|digest|negotiate|apikey)[ \t]+)?)(?P<secret>[^\s\"'\\,;]{6,}+)"
)
_USER_INFO = rb"://(?P<secret>[^\s/?#@:\"'<>\\]{0,256}:[^\s/?#@\"'<>\\]{1,1024}|[^\s/?#@:\"'<>\\]{20,1024})(?=@)"
_KEPT_APART = rb"(?<![A-Za-z0-9])"

OWN_TOKENS: tuple[Family, ...] = (
    Family((b"ghs_",), (_shape(rb"(?P<secret>ghs_[A-Za-z0-9._-]{20,}+)"),)),
    # In the base64 of `x-access-token:TOKEN` (git's Basic header), and of anything else that the token stands in.
    Family((b"ec1hy2nlc3mtdg9rzw46",), (_shape(rb"(?P<secret>eC1hY2Nlc3MtdG9rZW46[A-Za-z0-9+/=_-]{8,}+)"),)),
    Family((b"z2hz",), (_shape(rb"(?P<secret>Z2hzX[A-Za-z0-9+/=_-]{24,}+)"),)),
    Family((b"doc1",), (_shape(rb"(?P<secret>doc1[89][A-Za-z0-9+/=_-]{24,}+)"),)),
    Family((b"ahnf",), (_shape(rb"(?P<secret>n?aHNf[A-Za-z0-9+/=_-]{24,}+)"),)),
    Family((b"6768735f",), (_shape(rb"(?i:(?P<secret>6768735f[0-9a-f]{40,}+))"),)),
)  # fmt: skip
"""Tokens of installations, as Otto has them, in every form that gives them away."""

PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")

FAMILIES: tuple[Family, ...] = (
    Family(
        re.compile(
            rb"_(?<=[psouretcm]_)(?:(?<=gh[pousr]_)|(?<=pat_)|(?<=npm_)|(?<=[rs]k_live_)|(?<=[rs]k_test_)|(?<=whsec_))"
        ),
        (
            # Installation tokens may be `ghs_<app>_<jwt>` of 500 characters, dots included.
            _shape(rb"(?P<secret>gh[pousr]_[A-Za-z0-9._-]{20,}+)"),
            _shape(rb"(?P<secret>(?:github|dckr)_pat_[A-Za-z0-9_-]{20,}+)"),
            _shape(rb"(?P<secret>npm_[A-Za-z0-9]{30,}+)"),
            _shape(rb"(?P<secret>[rs]k_(?:live|test)_[A-Za-z0-9]{16,}+)"),
            _shape(rb"(?P<secret>whsec_[A-Za-z0-9+/=_-]{16,}+)"),
        ),
    ),
    Family(
        re.compile(
            rb"-(?<=[kabeoprstix]-)(?:(?<=sk-)|(?<=xox[abeoprs]-)|(?<=xapp-)|(?<=glpat-)|(?<=pypi-)|(?<=gocspx-))"
        ),
        (
            _shape(rb"(?P<secret>sk-(?:ant|proj|svcacct|admin)-[A-Za-z0-9_-]{10,}+)"),
            _shape(_KEPT_APART + rb"(?P<secret>sk-[A-Za-z0-9]{32,}+)"),
            _shape(rb"(?P<secret>(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}+)", _with_digit),
            _shape(rb"(?P<secret>glpat-[A-Za-z0-9_.-]{18,}+)"),
            _shape(rb"(?P<secret>pypi-Ag[A-Za-z0-9_-]{40,}+)"),
            _shape(rb"(?P<secret>GOCSPX-[A-Za-z0-9_-]{20,}+)"),
        ),
    ),
    # The first part always matches, so that a run without a second part is read once and not from each of its `eyJ`.
    Family((b"eyj",), (_shape(rb"(?P<secret>eyJ[A-Za-z0-9_-]*+(?P<rest>(?:\.[A-Za-z0-9_-]{8,}+){2,4}+)?)",
                              lambda m: m["rest"] is not None),)),
    Family((b"akia", b"asia"),
           (_shape(rb"(?P<secret>(?:AKIA|ASIA)[0-9A-Z]{16})"),)),
    Family((b"aiza",), (_shape(rb"(?P<secret>AIza[0-9A-Za-z_-]{35})"),)),
    Family((b"ya29.",), (_shape(rb"(?P<secret>ya29\.[0-9A-Za-z_-]{20,}+)"),)),
    Family((b"azdo",), (_shape(_KEPT_APART + rb"(?P<secret>[A-Za-z0-9]{80,90}+)(?![A-Za-z0-9])",
                               lambda m: m["secret"][-8:-4] == b"AZDO"),)),
    Family((b"8q~",), (_shape(rb"(?P<secret>[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{30,40})"),)),
    Family((b"sig=",), (_shape(rb"(?<=[?&;]sig=)(?P<secret>[A-Za-z0-9%+/=_-]{20,}+)"),)),
    Family((b"://",), (
        _shape(_USER_INFO, _user_info),
        _shape(rb"://hooks\.slack\.com/(?P<secret>(?:services|workflows|triggers)/[A-Za-z0-9/_+-]{20,}+)"),
    ), begins=True),
    Family((b"z2h",), (_shape(rb"(?P<secret>Z2h[wv1zy]X[A-Za-z0-9+/=_-]{24,}+)"),)),
    *OWN_TOKENS[1:2], *OWN_TOKENS[3:],
    Family((b"authorization",), (_shape(_AUTHORIZATION, _header),)),
    Family(
        (b"passw", b"passphrase", b"pwd", b"secret", b"token", b"key"), (_shape(_ASSIGNMENT, _assigned),), begins=True
    ),
)  # fmt: skip
