"""One pass over words and HTML of a text on GitHub, which keeps what is seen and counts what is not."""

from __future__ import annotations

import html
import re
from collections import Counter

from otto_bot.core.hidden_blocks import FENCE_LIKE
from otto_bot.core.hidden_spans import CODE, ENTITY, ESCAPE, closing_brackets, own_name, wordless
from otto_bot.core.unseen import UNSEEN, unseen

_SPECIAL = re.compile(r"[\\`<!\[\]$&]|data:", re.IGNORECASE)
_AUTOLINK = re.compile(r"<(?!data:|javascript:)[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*>", re.IGNORECASE)
_INSTRUCTIONS = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"))
_DECLARATION = re.compile(r"<!(?=[A-Za-z])")
_TAG = re.compile(
    r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:\s+[A-Za-z_:][\w.:-]*+(?:\s*=\s*(?:[^\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?)*+\s*/?)>"
)
_OPEN_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)(?=[\s/]|$)")
_RAW_TAG = re.compile(r"<(/?)([A-Za-z][^\s/<>]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_RAW_OPEN_TAG = re.compile(r"</?([A-Za-z][^\s/<>]*)")
_TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?")
_SAID_OF_PICTURE = re.compile(r"\b(?:alt|title|aria-[\w-]+)\s*=\s*[\"']?\s*([^\"'>]+)", re.IGNORECASE)
_PLAIN_ATTRIBUTES = frozenset(
    ("align", "border", "class", "colspan", "dir", "height", "id", "lang", "name", "open", "rel", "rowspan", "src",
     "srcset", "start", "target", "type", "valign", "width")
)  # fmt: skip
_PICTURES = frozenset(("img", "source", "picture", "video", "audio", "svg", "object", "embed", "iframe"))
_BEGUN, _OPENED = re.compile("<"), re.compile(r"\[")
_MOST_BROKEN = 200
"""Tags without an end in one block; whoever writes more of them hides something, or wants to keep us busy."""
_ADDRESS = re.compile(
    r"\(\s*(<[^<>\n]*>|[^\s()<]*(?:\([^\s()]*\)[^\s()]*)*)(\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)|\[[^\[\]\n]*\]"
)
_FORMULA = re.compile(r"\$\$?[^$]*\$\$?")
_HIDES = re.compile(r"\\(?:[hv]?phantom|(?:text|f|page)?colorbox|(?:text)?color|smash|llap|rlap|class|href|style|tiny)")
_DATA = re.compile(r"data:[\w.+/-]*(?:;[\w.+=-]+)*,[^\s\"'<>)\]]*", re.IGNORECASE)
_SHORT_DATA, _LONG_LABEL = 40, 5000
_SCRIPTED = re.compile(r"[\"'<]?\s*(?:data|javascript|vbscript):", re.IGNORECASE)


class Reader:
    """Goes once over a text, from one special character to the next. `code`: spans of code are shown as they are.

    `raw`: it is HTML, where an open comment hides everything behind it.
    """

    def __init__(self, text: str, hidden: Counter[str], *, code: bool, raw: bool) -> None:
        self._text = text
        self._hidden = hidden
        self._code = code
        self._raw = raw
        self._tags = _RAW_TAG if raw else _TAG
        self._out: list[str] = []
        self._broken = 0
        self.swallows = False
        """Whether something without an end hides all that follows."""
        self.unclosed = 0
        """What began in words and has no end there."""
        self._closing = closing_brackets(text)
        self._addresses: dict[int, tuple[str, int]] = {}
        """Behind which bracket a link's address stands, and where it ends."""

    def read(self) -> str:
        """The text as it is seen."""
        at = 0
        while (match := _SPECIAL.search(self._text, at)) is not None:
            self._out.append(self._text[at : match.start()])
            at = self._one(match.start())
        self._out.append(self._text[at:])
        return "".join(self._out)

    def _one(self, at: int) -> int:
        """Read what begins here; where it ends."""
        char = self._text[at]
        if char == "\\":
            return self._shown(None if self._raw else ESCAPE.match(self._text, at), at)
        if char == "`":
            return self._shown(CODE.match(self._text, at) if self._code else None, at)
        if char == "]":
            address, end = self._addresses.get(at, ("", at + 1))
            self._out.append(f"]{address}")
            return end
        readers = {"<": self._markup, "!": self._picture, "[": self._link, "$": self._formula, "&": self._entity}
        return readers.get(char, self._data)(at)

    def _shown(self, found: re.Match[str] | None, at: int) -> int:
        self._out.append(found.group() if found else self._text[at])
        return found.end() if found else at + 1

    def _left_out(self, kind: str, end: int) -> int:
        self._hidden[kind] += 1
        return end

    def _entity(self, at: int) -> int:
        """As the character that it shows."""
        found = ENTITY.match(self._text, at)
        shown = html.unescape(found.group()) if found else "&"
        if UNSEEN.search(shown):
            self._hidden["character"] += unseen(shown)
            shown = UNSEEN.sub("", shown)
        self._out.append(shown)
        return found.end() if found else at + 1

    def _markup(self, at: int) -> int:
        """A comment, an instruction, an address or a tag."""
        text = self._text
        line_start = not text[text.rfind("\n", 0, at) + 1 : at].strip(" \t>*+-.)0123456789")
        for opening, closing in _INSTRUCTIONS:
            if text.startswith(opening, at):
                return self._instruction(at, at + len(opening), closing, line_start)
        if _DECLARATION.match(text, at) is not None:
            end = text.find(">", at)
            hides = end < 0 or "<" in text[at + 2 : end]
            return self._without_end("comment", at, True) if hides else self._left_out("comment", end + 1)
        if (auto := _AUTOLINK.match(text, at)) is not None:
            return self._shown(auto, at)
        if self._broken < _MOST_BROKEN and (tag := self._tags.match(text, at)) is not None:
            self._tag(tag)
            clear = "<!" not in tag.group() and "<?" not in tag.group()
            clear = clear and (not self._raw or _TAG.match(text, at) is not None)
            if "\n\n" in tag.group():
                return self._without_end("attribute", at, True)
            return self._line_end(at, tag.end()) if clear else self._widened(at, at + 1, tag.end())
        return self._open_tag(at, line_start)

    def _instruction(self, at: int, behind: int, closing: str, line_start: bool) -> int:
        """What is hidden up to its end. Without one it hides everything, or is shown as it stands."""
        end = self._text.find(closing, behind)
        if end >= 0:
            return self._left_out("comment", self._widened(at, behind, end + len(closing)))
        if self._text.startswith(("<!-->", "<!--->"), at):
            return self._left_out("comment", self._text.index(">", at) + 1)
        return self._without_end("comment", at, line_start)

    def _widened(self, at: int, behind: int, end: int, *, tags: bool = False) -> int:
        """Where a comment ends, however it is read: what begins in it may end behind it."""
        seen_to = behind
        for _ in range(_MOST_BROKEN):
            openings = [match.start() for match in _BEGUN.finditer(self._text, seen_to, end)]
            tags = tags or "--" in self._text[behind : end - 3]
            ends = [
                self._end(start)
                for start in openings[:_MOST_BROKEN]
                if tags or self._text.startswith(("<!", "<?"), start)
            ]
            seen_to, wider = end, max([end, *ends])
            if wider == end:
                break
            end = wider
        return self._line_end(at, end)

    def _line_end(self, at: int, end: int) -> int:
        """The end of what is hidden; of its last line where that may begin a block of code."""
        line = self._text.rfind("\n", at, end) + 1
        if line and FENCE_LIKE.match(self._text, line):
            end = self._text.find("\n", end)
        return len(self._text) if end < 0 else end

    def _open_tag(self, at: int, line_start: bool) -> int:
        """A tag without an end: a browser takes what follows for its attributes."""
        found = (_RAW_OPEN_TAG if self._raw else _OPEN_TAG).match(self._text, at)
        if found is None:
            return self._shown(None, at)
        self._broken += 1
        return self._without_end("attribute", at, line_start or self._broken >= _MOST_BROKEN)

    def _without_end(self, kind: str, at: int, hides: bool) -> int:
        if self._raw or hides:
            self.swallows = True
            return self._left_out(kind, len(self._text))
        self.unclosed += 1
        return self._shown(None, at)

    def _tag(self, tag: re.Match[str]) -> None:
        """The tag without what it says and nobody sees."""
        closing, name, rest = tag.groups()
        if name.lower() in _PICTURES:
            self._out.append("" if closing else "[picture]" if name.lower() == "img" else f"[{name.lower()}]")
            self._hidden["picture"] += any(not own_name(said) for said in _SAID_OF_PICTURE.findall(rest))
            self._hidden["data"] += "data:" in html.unescape(rest).lower()
            return
        address = ""
        for attribute, value in _ATTRIBUTE.findall(rest):
            lower = attribute.lower()
            if lower == "href" and not _SCRIPTED.match(html.unescape(value)):
                address = f" href={value}"
            elif lower == "href":
                self._hidden["data"] += 1
            elif lower not in _PLAIN_ATTRIBUTES or " " in value.strip("\"' ") or len(value) > 200:
                self._hidden["attribute"] += 1
        self._out.append(f"<{closing}{self._name(name)}{address}>")

    def _name(self, name: str) -> str:
        """A tag's name, unless words are hidden in it."""
        if _TAG_NAME.fullmatch(name):
            return name
        self._hidden["attribute"] += 1
        return "tag"

    def _picture(self, at: int) -> int:
        close = self._closing.get(at + 1)
        if close is None:
            return self._shown(None, at)
        label = self._text[at + 2 : close]
        found = _ADDRESS.match(self._text, close + 1)
        self._hidden["picture"] += not own_name(label)
        if found is not None:
            self._hidden["title"] += bool(found.group(2))
            self._hidden["data"] += bool(_SCRIPTED.match(html.unescape(found.group(1) or "")))
        self._out.append("[picture]")
        end = found.end() if found is not None else close + 1
        # What hides words comes before what is a picture.
        inner = [
            self._closing[m.start()] + 1
            for m in _OPENED.finditer(self._text, at + 2, close)
            if m.start() in self._closing
        ]
        ends = [found.end() for place in inner[:_MOST_BROKEN] if (found := _ADDRESS.match(self._text, place))]
        return self._widened(at, at + 2, max([end, *ends]), tags=True)

    def _end(self, at: int) -> int:
        """Where what begins here and hides words ends; here, where nothing does."""
        for opening, closing in _INSTRUCTIONS:
            if self._text.startswith(opening, at):
                end = self._text.find(closing, at + len(opening))
                self.swallows |= end < 0
                return len(self._text) if end < 0 else end + len(closing)
        if _DECLARATION.match(self._text, at):
            self.swallows = True
            return len(self._text)
        tag = self._tags.match(self._text, at)
        return tag.end() if tag else at

    def _link(self, at: int) -> int:
        """`[words](address "title")`: words and address stay."""
        close = self._closing.get(at)
        found = _ADDRESS.match(self._text, close + 1) if close is not None else None
        if close is None or found is None or found.group(1) is None:
            return self._shown(None, at)
        address, title = found.group(1), found.group(2)
        self._hidden["title"] += bool(title)
        if close - at < _LONG_LABEL and wordless(self._text[at + 1 : close]):
            return self._left_out("link", found.end())
        if _SCRIPTED.match(html.unescape(address)):
            self._hidden["data"] += 1
            address = "#"
        self._addresses[close] = (f"({address})", found.end())
        return self._shown(None, at)

    def _formula(self, at: int) -> int:
        found = _FORMULA.match(self._text, at)
        if found is None or not _HIDES.search(found.group()):
            return self._shown(None, at)
        self._out.append("[formula]")
        return self._left_out("formula", found.end())

    def _data(self, at: int) -> int:
        found = _DATA.match(self._text, at)
        if found is None or found.end() - at < _SHORT_DATA:
            self._out.append(self._text[at : at + 5])
            return at + 5
        self._out.append(f"[data address of {found.end() - at} characters]")
        return self._left_out("data", found.end())
