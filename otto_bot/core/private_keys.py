"""Private keys in text: on one line with escaped line ends, or over many lines behind time stamps and margins."""

from __future__ import annotations

import re
from typing import NamedTuple

from otto_bot.core.secret_shapes import PRIVATE_KEY, Span

MOST_LINES = 400
"""A key of 16,384 bits has about 200 lines."""

_ON_ONE_LINE = re.compile(
    rb"[ \t\"',]{0,4}(?=\\{1,3}[nrt]|[A-Za-z0-9+/=]{16})"
    rb"(?:[A-Z][A-Za-z-]{3,20}:[ ]|[A-Za-z0-9+/= \t\"',]++|\\{1,3}[nrt]|(?<=[A-Z0-9])-(?=[A-Z0-9]))*+"
    rb"(?:-----END [^\n-]{0,60}-----)?"
)
"""A body behind BEGIN: with escaped or without line ends, maybe cut. Words after a BEGIN in a sentence are none."""
_LINE_ENDS = re.compile(rb"[\"' \t\r,+]{0,8}(?=\n|\Z)")
_END = re.compile(rb"-----END [^\n-]{0,60}-----")
_MARGIN = re.compile(
    rb"(?:[^\t\n]{0,200}\t[^\t\n]{0,200}\t)?(?:\d{4}-\d\d-\d\dT[0-9:.]+Z ?)?[ \t]*(?:[|>+*#\"'-]{1,2}[ \t]*)?"
)
"""What tools put before a line: job and step, the time, a quote's or a diff's mark."""
_BODY = re.compile(rb"([A-Za-z0-9+/=]+)(?:\\{1,2}[nr])*[\"',+ \r]*")
_LONG_BODY = re.compile(rb"(?<![A-Za-z0-9+/=])([A-Za-z0-9+/=]{40,})(?:\\{1,2}[nr])*[\"',+ \r]*\Z")
_HEADER = re.compile(rb"(?:[A-Z][A-Za-z-]{3,20}: [^\n]*)?\r?\Z")


class OpenKey(NamedTuple):
    """A key that has begun and not ended: lines seen so far, and where its BEGIN stood in its line."""

    lines: int
    column: int


def key_spans(text: bytes, key: OpenKey | None) -> tuple[list[Span], OpenKey | None]:
    """Spans of keys in a piece of whole lines, and the key that is still open at its end."""
    spans: list[Span] = []
    at = 0
    while at < len(text):
        if key is None:
            if text.find(b"-----BEGIN ", at) < 0 or (begin := PRIVATE_KEY.search(text, at)) is None:
                break
            at, key = _begun(text, begin)
            if at > begin.end() or key is not None:
                spans.append((begin.start(), at))
            at = at if key is None else text.find(b"\n", at) + 1 or len(text)
            continue
        end = text.find(b"\n", at)
        end = len(text) if end < 0 else end
        span, key = _line(text[at:end], key)
        if span is not None:
            spans.append((at + span[0], at + span[1]))
        if key is not None or span is not None:
            at = end + 1
    return spans, key


def _begun(text: bytes, begin: re.Match[bytes]) -> tuple[int, OpenKey | None]:
    """The end of what follows a BEGIN on its line, and the open key where it goes on with the next one."""
    body = _ON_ONE_LINE.match(text, begin.end())
    at = body.end() if body else begin.end()
    if text[at - 5 : at] == b"-----" and body:
        return at, None
    line_ends = _LINE_ENDS.match(text, at)
    return at, OpenKey(0, begin.start() - text.rfind(b"\n", 0, begin.start()) - 1) if line_ends else None


def _line(line: bytes, key: OpenKey) -> tuple[Span | None, OpenKey | None]:
    """What of a line belongs to the open key, and whether it goes on."""
    if (end := _END.search(line)) is not None:
        return (_start(line[: end.start()]), end.end()), None
    following = OpenKey(key.lines + 1, key.column) if key.lines < MOST_LINES else None
    for start in (_start(line), key.column):
        if (body := _BODY.fullmatch(line, start)) is not None:
            return body.span(1), following
    if (body := _LONG_BODY.search(line)) is not None:
        return body.span(1), following
    return None, following if _HEADER.match(line, _start(line)) else None


def _start(line: bytes) -> int:
    """Where the key's own part of a line begins."""
    margin = _MARGIN.match(line)
    assert margin is not None
    return min(margin.end(), len(line))
