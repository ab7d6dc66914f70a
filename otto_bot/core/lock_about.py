"""What in a manifest only tells about a package: home page, licence, comments. An address there fetches nothing. Pure.

Only the telling itself is passed over, never what else stands on its line.
"""

from __future__ import annotations

import re

_KEY = (
    r"(?:(?:homepage|home-page|repository|bug|documentation|docs|issue|changelog|funding|licen[cs]e|author|readme|donate"
    r"|download|support|forum|website|chat|description|maintainer|keyword|icon|\$schema)s?(?:[_-]?(?:url|uri|page|tracker))?"
    r"|source[_-]?(?:code|url|uri)|(?:package)?projecturl|packagereleasenotes)"
)
_NAMED = re.compile(_KEY, re.IGNORECASE)
_PAIR = re.compile(
    rf"^[\s\"'@-]*(?:\w{{1,20}}\.)?{_KEY}[\"']?[ \t]*[:=](?![>=:])[ \t]*(?:\"[^\"]*\"|'[^']*'|[^\s\"'\[{{(,;<>]+)",
    re.IGNORECASE,
)
_ELEMENT = re.compile(rf"<((?:package)?{_KEY})>[^<>]*</\1>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(?:xmlns(?::\w+)?|xsi:\w+)[ \t]*=[ \t]*(?:\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_MARKS = (
    (re.compile(r"go\.mod|go\.work|.*\.gradle|.*\.kts|package\.swift|build\.sbt|.*\.jsonc"), ("//",)),
    (re.compile(r"\.npmrc|pip\.conf|pip\.ini|\.pypirc"), ("#", ";")),
)
_GOES_ON = re.compile(r'"""|\'\'\'|\*/|-->|#\{')


def is_about(key: str) -> bool:
    """Whether a key's plain value only tells something. Its table or list may hold anything."""
    return _NAMED.fullmatch(key) is not None


def without_about(line: str) -> str:
    """A line without the pairs, XML elements and name spaces that only tell something."""
    if "://" not in line:
        return line
    return _PAIR.sub("", _ATTRIBUTE.sub("", _ELEMENT.sub("", line)))


def without_comments(text: str) -> str:
    """XML without its comments, line for line; as it is where something could only look like one."""
    if odd_xml(text):
        return text
    parts, at = [], 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        parts += [text[at:begin], "\n" * text.count("\n", begin, end)]
        at = end + 3
    return "".join((*parts, text[at:]))


def odd_xml(text: str) -> bool:
    """Whether XML has parts that cannot be told from its text alone: raw sections, entities of its own."""
    return "<![CDATA[" in text or "<!DOCTYPE" in text or "<!ENTITY" in text


def is_comment(name: str, line: str) -> bool:
    """Whether a line is nothing but a comment, in a file of that name (lower case).

    Not where the line could end what began before it, or is more than one line to whoever splits at a lone `\\r`.
    """
    marks = next((marks for names, marks in _MARKS if names.fullmatch(name)), ("#",))
    return line.lstrip().startswith(marks) and not _GOES_ON.search(line) and len(line.splitlines()) == 1
