"""Tags of HTML: which of them a browser shows, and what stays of one when a model is told it."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from markdown_it.common.html_blocks import block_names

FILTERED = frozenset(("title", "textarea", "style", "xmp", "iframe", "noembed", "noframes", "script", "plaintext"))
"""GitHub shows these tags as they were typed."""
HIDES = frozenset(("rp", "video", "audio", "svg", "math", "noscript"))
"""What stands between such a tag and its end is on no page."""
DRAWN = frozenset(("mermaid", "math", "geojson", "topojson", "stl"))
"""Languages of code of which GitHub shows a drawing."""
_EMPTY = frozenset(
    ("area", "base", "basefont", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param", "source",
     "track", "wbr")
)  # fmt: skip
_PICTURES = frozenset(("img", "source", "picture", "video", "audio", "svg", "object", "embed", "canvas"))
_KNOWN = (frozenset((*block_names, "pre")) - FILTERED) | _EMPTY | HIDES | _PICTURES | frozenset(
    ("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "button", "cite", "code", "data", "del", "dfn", "em", "font",
     "i", "ins", "kbd", "label", "mark", "output", "progress", "q", "rt", "ruby", "s", "samp", "select", "small",
     "span", "strike", "strong", "sub", "sup", "template", "time", "tt", "u", "var")
)  # fmt: skip
"""Names of elements; any other name is seen nowhere, and a row of them spells a sentence."""
_SAYING = frozenset(("alt", "title"))
_PLAIN = frozenset(
    ("align", "border", "class", "colspan", "dir", "height", "href", "id", "lang", "name", "open", "rel", "rowspan",
     "src", "srcset", "start", "target", "type", "valign", "width")
)  # fmt: skip
_SCRIPTED = re.compile(r"[\s\x00-\x20]*(?:data|javascript|vbscript):", re.IGNORECASE)
_OWN_NAME = re.compile(r"(?:image|img|screenshot|grafik|bild)?[\d _.x:-]*(?:\.\w{3,4})?", re.IGNORECASE)
_MOST_OF_AN_ATTRIBUTE = 200
_BEGIN = re.compile(r"</?([A-Za-z][^\s/>]*)")
_AFTER = re.compile(r"\s|/?>")
_GAP = re.compile(r"[\s/]*")
_ATTRIBUTE = re.compile(r"[^\s/>][^\s/>=]*")
_EQUALS = re.compile(r"\s*=\s*")
_VALUE = re.compile(r"[^\s>]*")


class Tag(NamedTuple):
    """A tag as a browser takes it apart. `end` is behind it; -1 where it has none.

    `quoted`: what has no end is a quoted value, which goes on in whatever follows.
    """

    name: str
    closing: bool
    attributes: dict[str, str]
    end: int
    quoted: bool = False


def begins(text: str, at: int) -> re.Match[str] | None:
    """The beginning of a tag here that GitHub leaves one."""
    found = _BEGIN.match(text, at)
    if found is None or (found.group(1).lower() in FILTERED and _AFTER.match(text, found.end())):
        return None
    return found


def read(text: str, found: re.Match[str]) -> Tag:
    """The tag that begins so."""
    name, closing = found.group(1).lower(), text.startswith("</", found.start())
    attributes: dict[str, str] = {}
    at = found.end()
    while True:
        gap = _GAP.match(text, at)
        at = gap.end() if gap else at
        if at >= len(text):
            return Tag(name, closing, attributes, -1)
        if text[at] == ">":
            return Tag(name, closing, attributes, at + 1)
        said = _ATTRIBUTE.match(text, at)
        assert said is not None
        at, value, unended = _value(text, said.end())
        attributes.setdefault(said.group().lower(), html.unescape(value))
        if unended:
            return Tag(name, closing, attributes, -1, quoted=True)


def _value(text: str, at: int) -> tuple[int, str, bool]:
    """Behind an attribute's value, the value, and whether it is quoted without an end."""
    equals = _EQUALS.match(text, at)
    if equals is None:
        return at, "", False
    at = equals.end()
    quote = text[at : at + 1]
    if quote and quote in "\"'":
        end = text.find(quote, at + 1)
        return (len(text), text[at + 1 :], True) if end < 0 else (end + 1, text[at + 1 : end], False)
    bare = _VALUE.match(text, at)
    assert bare is not None
    return bare.end(), bare.group(), False


def cleaned(tag: Tag) -> tuple[str, list[str]]:
    """What stays of a tag that says more than its name, and the kinds of what does not."""
    slash = "/" * tag.closing
    if tag.name in _PICTURES:
        said = [value for name, value in tag.attributes.items() if name in _SAYING or name.startswith("aria-")]
        kinds = ["picture"] * any(not own_name(value) for value in said)
        kinds += ["data"] * any(scripted(value) for value in tag.attributes.values())
        return ("" if tag.closing else "[picture]" if tag.name == "img" else f"[{tag.name}]"), kinds
    if tag.name == "rp":
        return "", []
    if tag.name not in _KNOWN:
        return "<…>", ["attribute"]
    href = tag.attributes.get("href", "")
    unfit = no_address(href)
    kinds = [unfit] * bool(unfit)
    kinds += ["attribute" for name, value in tag.attributes.items() if not _plain(name, value)]
    address = f' href="{html.escape(href)}"' if href and not unfit else ""
    return f"<{slash}{tag.name}{address}>", kinds


def _plain(name: str, value: str) -> bool:
    return name == "href" or (name in _PLAIN and not re.search(r"\s", value) and len(value) <= _MOST_OF_AN_ATTRIBUTE)


def scripted(address: str) -> bool:
    """Whether an address holds what it leads to."""
    return _SCRIPTED.match(address) is not None


def no_address(address: str) -> str:
    """The kind of what is no address though it stands for one; empty where it is one."""
    return "data" if scripted(address) else "address" if re.search(r"\s", address.strip()) else ""


def own_name(words: str) -> bool:
    """Nothing, or what GitHub itself writes where a picture is dropped into an issue."""
    return _OWN_NAME.fullmatch(words.strip()) is not None
