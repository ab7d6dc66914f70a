"""The text of a `.env` file becomes names and values: pure, exact, and without expanding anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from otto_bot.environment.faults import GivenError

MOST_CHARACTERS = 256 * 1024
_NAME = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_PLAIN = re.compile(r"[^\n]*")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|$)")
_SAFE = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`", "\n": ""}


def parse(text: str, name: str = ".env") -> dict[str, str]:
    """Names and values, the last one of a name. Raises GivenError with `name` and the number of the line.

    `NAME=VALUE`, also with `export`; `#` begins a comment at the start of a line and after a space. In single quotes
    everything is as it stands, in double quotes `\\n`, `\\"`, `\\\\` and the like are read; both may go over several
    lines. Nothing is expanded: a `$` of a secret stays one.
    """
    if len(text) > MOST_CHARACTERS:
        raise GivenError(f"{name} is longer than {MOST_CHARACTERS} characters; it is no file of settings")
    if "\0" in text:
        raise GivenError(f"{name} holds a zero byte; it is no text file")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        line = _PLAIN.match(text, at)
        assert line is not None
        if not line.group().strip() or line.group().lstrip().startswith("#"):
            at = line.end() + 1
            continue
        start = at + len(line.group()) - len(line.group().lstrip())
        key, value, at = _one(text, start, f"{name}, line {text.count(chr(10), 0, start) + 1}")
        found[key] = value
    return found


def _one(text: str, at: int, place: str) -> tuple[str, str, int]:
    named = _NAME.match(text, at)
    if named is None:
        raise GivenError(f"{place}: this is no NAME=VALUE")
    key, at = named.group(1), named.end()
    quote = text[at : at + 1]
    if quote not in ("'", '"'):
        line = _PLAIN.match(text, at)
        assert line is not None
        return key, re.split(r"(?:^|[ \t])#", line.group(), maxsplit=1)[0].strip(), line.end() + 1
    quoted = (_SINGLE if quote == "'" else _DOUBLE).match(text, at)
    if quoted is None:
        raise GivenError(f"{place}: the value of {key} begins with {quote} and has no second one")
    rest = _REST.match(text, quoted.end())
    if rest is None:
        raise GivenError(f"{place}: something stands behind the quoted value of {key}")
    inner = quoted.group(1)
    return key, inner if quote == "'" else _unescaped(inner), rest.end()


def _unescaped(inner: str) -> str:
    return re.sub(r"\\(.)", lambda one: _ESCAPES.get(one.group(1), one.group()), inner, flags=re.DOTALL)


def written(name: str, value: str) -> str:
    """One line that `parse`, a shell and systemd's EnvironmentFile read alike. Raises GivenError where none can be."""
    if any(not (char.isprintable()) for char in value):
        raise GivenError(
            f"the value of {name} cannot stand in a .env file: it holds a line break or a control character"
        )
    if _SAFE.fullmatch(value):
        return f"{name}={value}"
    if "'" not in value:
        return f"{name}='{value}'"
    escaped = re.sub(r'(["\\$`])', r"\\\1", value)
    return f'{name}="{escaped}"'


def merged(text: str, values: Mapping[str, str], drop: Sequence[str] = (), heading: str = "") -> str:
    """The text of a file with these values in it: lines of others stay as they are, ours are written in place or below.

    Lines of `drop` go. `heading` is a comment above what is new. The text must be one that `parse` reads.
    """
    parse(text)
    left = dict(values)
    kept: list[str] = []
    for piece, name in _pieces(text.removeprefix("\ufeff").replace("\r\n", "\n")):
        if name in drop and name not in values:
            continue
        if name in values:
            if name in left:
                kept.append(written(name, left.pop(name)) + "\n")
            continue
        kept.append(piece if piece.endswith("\n") else piece + "\n")
    if left:
        if heading and f"# {heading}\n" not in kept:
            kept += ["\n"] if kept and kept[-1] != "\n" else []
            kept.append(f"# {heading}\n")
        kept += [written(name, value) + "\n" for name, value in left.items()]
    return "".join(kept)


def _pieces(text: str) -> list[tuple[str, str]]:
    """The text cut into whole statements and other lines, each with the name that it sets."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        line = _PLAIN.match(text, at)
        assert line is not None
        stripped = line.group().lstrip()
        if not stripped or stripped.startswith("#"):
            end, name = line.end() + 1, ""
        else:
            name, _, end = _one(text, at + len(line.group()) - len(stripped), "")
        found.append((text[at:end], name))
        at = end
    return found
