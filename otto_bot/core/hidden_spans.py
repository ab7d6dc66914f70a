"""Spans of code, entities and brackets in a text on GitHub, and what counts as words nobody sees."""

from __future__ import annotations

import html
import re

from otto_bot.core.unseen import UNSEEN

CODE = re.compile(r"(?<!`)(`{1,40})(?!`)[^\n]*?(?<!`)\1(?!`)")
ESCAPE = re.compile(r"\\[!-/:-@\[-`{-~]")
_CODE_OR_ESCAPE = re.compile(rf"{ESCAPE.pattern}|{CODE.pattern}")
_TABLE = re.compile(r"^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\||$)", re.MULTILINE)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BRACKET = re.compile(r"\\.|[\[\]]", re.DOTALL)
_OWN_NAME = re.compile(r"(?:image|img|screenshot|grafik|bild)?[\d _.x:-]*(?:\.\w{3,4})?", re.IGNORECASE)


def spans_are_clear(body: str) -> bool:
    """Whether every span of code ends on its own line, and in its own cell: only then is it clear what is code."""
    if "`" in _CODE_OR_ESCAPE.sub("", body):
        return False
    piped = any("|" in span.group() for span in CODE.finditer(body))
    return not (piped and _TABLE.search(body))


def closing_brackets(text: str) -> dict[int, int]:
    """Where each bracket closes."""
    opened: list[int] = []
    closing: dict[int, int] = {}
    for match in _BRACKET.finditer(text):
        if match.group() == "[":
            opened.append(match.start())
        elif match.group() == "]" and opened:
            closing[opened.pop()] = match.start()
    return closing


def wordless(label: str) -> bool:
    """Whether nobody sees a link with these words."""
    bare = UNSEEN.sub("", ENTITY.sub(lambda match: html.unescape(match.group()), label))
    return re.fullmatch(r"(?:\s|<[^<>]*>)*", bare) is not None


def own_name(words: str) -> bool:
    """Nothing, or what GitHub itself writes where a picture is dropped into an issue."""
    return _OWN_NAME.fullmatch(words.strip()) is not None
