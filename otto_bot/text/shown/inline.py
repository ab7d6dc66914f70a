"""What stands in a block of a page: its words, links, pictures, code and HTML, and which of them are not seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it.common.utils import normalizeReference

from otto_bot.core.unseen import UNSEEN
from otto_bot.text.shown.formulas import hidden_formulas
from otto_bot.text.shown.markup import Markup
from otto_bot.text.shown.parser import Env, Span
from otto_bot.text.shown.places import Edits
from otto_bot.text.shown.tags import own_name, scripted

_SPACED = re.compile(r"\]\(\s*<[^<>\n]*\s[^<>\n]*>")
_SHAPES = re.compile(rf"(?:(?!{UNSEEN.pattern})\S)+")


@dataclass
class Known:
    """What the blocks of a page know in common."""

    edits: Edits
    page: Markup
    env: Env
    labels: set[str] = field(default_factory=set)
    """Definitions whose names are seen where they are referred to."""
    referred: set[str] = field(default_factory=set)
    """All that are referred to."""
    notes: dict[str, int] = field(default_factory=dict)
    """Numbers of footnotes, as the page shows them."""


class Inline:
    """One block. `places` says where in the text each character of its content stands."""

    def __init__(self, known: Known, content: str, places: Sequence[int]) -> None:
        self._known = known
        self._content = content
        self._places = places
        self._words: list[tuple[int, int]] = []
        """What is words, from where to where; in formulas code counts as well."""
        self._shown = bytearray(len(content))
        """Which characters stand for something that is seen."""

    def read(self, spans: Sequence[Span]) -> None:
        """Leave out what is not seen of the block."""
        at = 0
        for start, end, span in _in_order(spans):
            if start < at:
                continue
            self._plain(at, start)
            self._span(start, end, span)
            at = end
        self._plain(at, len(self._content))
        for span in spans:
            if span.kind == "link":
                self._bare(span)
        for start, end in hidden_formulas(self._content, self._words):
            self._put(start, end, "[formula]", "formula")

    def _plain(self, start: int, end: int) -> None:
        if start >= end:
            return
        if self._known.page.words(self._places[start], self._places[end - 1] + 1):
            self._words.append((start, end))
            for match in _SHAPES.finditer(self._content, start, end):
                self._mark(match.start(), match.end())

    def _mark(self, start: int, end: int) -> None:
        self._shown[start:end] = b"\1" * (end - start)

    def _span(self, start: int, end: int, span: Span) -> None:
        begin, behind = self._places[start], self._places[end - 1] + 1
        if span.kind == "html_inline":
            self._known.page.typed(self._content[start:end], self._places[start:end])
        elif span.kind == "entity":
            if _SHAPES.search(span.token.content):
                self._mark(start, end)
            self._known.page.entity(begin, behind)
        elif self._known.page.hides:
            self._known.page.words(begin, behind)
            self._refers(span)
        elif span.kind == "image":
            self._picture(start, end, span)
        elif span.kind == "footnote":
            self._footnote(start, end, span)
        elif span.kind == "link":
            self._address(start, end, span)
        else:
            self._code(start, end, span)

    def _code(self, start: int, end: int, span: Span) -> None:
        """Code and addresses are shown as they are; between dollars code is a formula."""
        self._known.page.words(self._places[start], self._places[end - 1] + 1)
        self._mark(start, end)
        if span.kind == "backticks" and self._content[start - 1 : start] == "$" == self._content[end : end + 1]:
            self._words.append((start, end))

    def _picture(self, start: int, end: int, span: Span) -> None:
        self._refers(span)
        self._mark(start, end)
        kinds = ["picture"] * (not own_name(span.token.content))
        kinds += ["title"] * bool(span.token.attrs.get("title"))
        kinds += ["data"] * scripted(str(span.token.attrs.get("src", "")))
        self._known.page.shown(self._places[start], self._places[end - 1] + 1, "[picture]", kinds)

    def _footnote(self, start: int, end: int, span: Span) -> None:
        """By the number that the page shows."""
        self._refers(span)
        number = self._known.notes[span.token.meta["label"]]
        self._mark(start, end)
        self._known.page.shown(self._places[start], self._places[end - 1] + 1, f"[^{number}]")

    def _refers(self, span: Span) -> None:
        """Footnotes and definitions are used, also where the reference is hidden."""
        label = span.token.meta.get("label")
        if span.kind == "footnote":
            self._known.notes.setdefault(str(label), len(self._known.notes) + 1)
        elif label is not None:
            self._known.referred.add(str(label))

    def _address(self, start: int, end: int, span: Span) -> None:
        """What stands behind a link's words: its address stays, titles and names that nobody sees do not."""
        self._refers(span)
        href, title = str(span.token.attrs.get("href", "")), span.token.attrs.get("title")
        label = span.token.meta.get("label")
        own = label is not None and label == normalizeReference(self._content[span.start + 1 : span.label_end])
        if own:
            self._known.labels.add(str(label))
        spaced = label is None and _SPACED.match(self._content, start) is not None
        if scripted(href) or spaced:
            self._put(start, end, "](#)", "address" if spaced else "data")
        elif label is None and title:
            self._put(start, end, f"]({href})", "title")
        elif label is not None and not own:
            self._put(start, end, f"]({href})", "title" if title else "")

    def _bare(self, span: Span) -> None:
        """A link without words is not seen."""
        if not any(self._shown[span.start + 1 : span.label_end]):
            self._put(span.start, span.end, "", "link")

    def _put(self, start: int, end: int, words: str, kind: str) -> None:
        self._known.edits.put(self._places[start], self._places[end - 1] + 1, words, kind)


def _in_order(spans: Sequence[Span]) -> Iterator[tuple[int, int, Span]]:
    """The parts from front to back; of a link, what stands behind its words."""
    parts = [
        (span.label_end if span.kind == "link" and span.label_end > 0 else span.start, span.end, span) for span in spans
    ]
    yield from sorted(parts, key=lambda part: (part[0], part[1]))
