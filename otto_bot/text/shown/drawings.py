"""Blocks of code of which GitHub shows a drawing: the lines of them that people see."""

from __future__ import annotations

import re

from otto_bot.text.shown.formulas import hides_words
from otto_bot.text.shown.tags import DRAWN

NOTE = "[GitHub shows a drawing of this: names of its parts may not be seen]"
_STATEMENT = r"(?:^|;)\s*"
_STYLED = re.compile(
    rf"{_STATEMENT}(?:style|linkStyle|classDef|cssClass|rect|box|UpdateElementStyle|UpdateRelStyle)\b|%%\s*\{{|"
    r"^---\s*$|themeVariables|themeCSS",
    re.IGNORECASE,
)
"""What can colour words as their ground."""
_SILENT = re.compile(
    rf"%%|{_STATEMENT}(?:accTitle\s*:|accDescr\s*[:{{]|click\b|links?\b|callback\b|href\b|properties\b|details\b|"
    r"class\s+[\w,-]+\s+[\w-]+\s*(?:;|$)|dateFormat\b|axisFormat\b|tickInterval\b|todayMarker\b|excludes\b|includes\b|"
    r"weekday\b)|<(?!br\s*/?>|<)(?=[a-z!?/])|&(?:#|[a-z]+;)",
    re.IGNORECASE,
)
"""Statements that the drawing does not show."""
_DESCRIPTION = re.compile(rf"{_STATEMENT}accDescr\s*\{{", re.IGNORECASE)


def is_drawn(language: str) -> bool:
    """Whether GitHub draws a block of this language."""
    return language in DRAWN


def seen_of(language: str, lines: list[str]) -> tuple[list[int], str]:
    """Numbers of the lines of a drawn block that people do not see, and what is said behind the others."""
    if language == "math":
        hidden = hides_words("\n".join(lines), percent=True)
        return (list(range(len(lines))), "[formula]") if hidden else ([], "")
    if language != "mermaid" or any(_STYLED.search(line) for line in lines):
        return list(range(len(lines))), "[a drawing]"
    silent, described = [], False
    for number, line in enumerate(lines):
        begins = _DESCRIPTION.search(line) is not None
        if described or begins or _SILENT.search(line):
            silent.append(number)
        described = (described or begins) and "}" not in line
    return silent, NOTE
