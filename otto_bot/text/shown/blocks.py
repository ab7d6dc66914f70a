"""The page of a text, block by block, and what of the text is not on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from otto_bot.text.shown import drawings
from otto_bot.text.shown.formulas import hidden_formulas
from otto_bot.text.shown.inline import Inline, Known
from otto_bot.text.shown.languages import is_language
from otto_bot.text.shown.markup import Markup
from otto_bot.text.shown.parser import GitHub, too_deep
from otto_bot.text.shown.places import BLANKS, Edits, Lines, cells
from otto_bot.text.shown.tags import scripted

_LABEL = re.compile(r"\[(?:[^\[\]\\]|\\.)*\]", re.DOTALL)
_NO_SPACES = dict.fromkeys(
    (0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
    "\u2060",
)
"""Spaces to Python and not to Markdown or HTML; each becomes a character without a shape while a text is read."""
_EMPTY_TASK = re.compile(r"^([ \t]*(?:[-+*]|\d{1,9}[.)])[ \t]+)\[[ xX]\]([ \t]+)$", re.MULTILINE)
"""An item of a list that is a box and nothing else; to GitHub no paragraph begins there for the next line to go on."""
_TASK_OF_DEFINITION = re.compile(r"\[[ xX]\]\s+\[(?:[^\[\]\\]|\\.)+\]:")
_HOLDERS = ("blockquote_open", "bullet_list_open", "ordered_list_open", "list_item_open", "footnote_open")
"""Blocks that hold others."""
_NOTE = re.compile(r"\[\^[^\]\s]+\]:")
_LETTER = re.compile(r"[^\W\d_]")


class Page:
    """Reads a text once. `edits` then say what of it is not seen."""

    def __init__(self, text: str, parser: GitHub) -> None:
        self.edits = Edits(text)
        self._text = _EMPTY_TASK.sub(lambda task: f"{task.group(1)}___{task.group(2)}", text.translate(_NO_SPACES))
        self._lines = Lines(self._text)
        self._parser = parser
        self._tokens, env = self._parser.blocks(self._text)
        self._page = Markup(self.edits)
        self._known = Known(self.edits, self._page, env)
        self._read: set[int] = set()
        """Lines that are part of a block."""
        self._row: list[list[int]] = []

    def read(self) -> None:
        """Find all that is not seen."""
        body, notes = _apart(self._tokens)
        self._walk(body)
        read: set[str] = set()
        while later := [label for label in self._known.notes if label not in read]:  # a footnote may refer to others
            read.update(later)
            for label in later:
                self._walk(notes[label][0])
        self._page.ended()
        self._footnotes(notes)
        self._definitions()
        for number, line in enumerate(self._lines.lines):
            if number not in self._read and _LETTER.search(line):
                self.edits.put(self._lines.start(number), self._lines.end(number), "", "deep")

    def _footnotes(self, notes: dict[str, list[list[Token]]]) -> None:
        """The first of each name stays where something refers to it, by its number."""
        for label, found in notes.items():
            for place, tokens in enumerate(found):
                opened = tokens[0]
                assert opened.map is not None
                number = None if place else self._known.notes.get(label)
                begin = opened.meta["place"]
                self._read.add(opened.map[0])
                if number is not None:
                    self.edits.put(begin, self._text.index("]", begin), f"[^{number}")
                    continue
                end = self._lines.end(self._lines.filled(*opened.map) - 1)
                self.edits.put(begin, max(begin, end), "", "definition")
                self._read.update(range(*opened.map))

    def _definitions(self) -> None:
        """Addresses that are referred to by their names stay, without their titles; the others are seen nowhere."""
        env = self._known.env
        for label, found in env["references"].items():
            self._definition(found, label in self._known.labels, label in self._known.referred)
        for found in env["duplicate_refs"]:
            self._definition(found, False, False)

    def _definition(self, found: dict[str, Any], stays: bool, used: bool) -> None:
        first, end = found["map"]
        self._read.update(range(first, end))
        start = self._text.index("[", self._lines.start(first))
        while (note := _NOTE.match(self._text, start)) is not None:  # it is the first of a footnote
            start = self._text.index("[", note.end())
        behind = self._lines.end(end - 1)
        named = _LABEL.match(self._text, start, behind)
        spaced = "%20" in found["href"] and "%20" not in self._text[start:behind]
        if not stays or named is None or scripted(found["href"]) or spaced:
            self.edits.put(start, behind, "", "address" if stays and spaced else "" if used else "definition")
        elif found["title"]:
            self.edits.put(start, behind, f"{named.group()}: {found['href']}", "title")

    def _walk(self, tokens: Sequence[Token]) -> None:
        for place, token in enumerate(tokens):
            if token.map is not None and token.type not in _HOLDERS:
                self._read.update(range(*token.map))
            if token.type == "tr_open" and token.map is not None:
                self._row = self._cells(token.map[0])
            elif token.type == "tr_close":
                self._row_ended()
            elif token.type in ("fence", "code_block"):
                self._code(token)
            elif token.type == "html_block":
                self._html(token)
            elif token.type == "inline":
                self._content(token, in_cell=tokens[place - 1].tag in ("td", "th"))
            if token.nesting == 1 and not token.hidden:
                self._page.opened(token.tag)
            elif token.nesting == -1 and not token.hidden:
                self._page.closed(token.tag)

    # blocks

    def _lost(self, token: Token, kind: str = "deep") -> None:
        """Leave out a block."""
        assert token.map is not None
        self._lines_out(token.map[0], token.map[1], kind)

    def _lines_out(self, first: int, end: int, kind: str, words: str = "") -> None:
        start = self._lines.start(first)
        line = self._lines.lines[first]
        marks = re.match(r"[ \t>]*", line)
        begin = start + (marks.end() if marks else 0)
        self.edits.put(begin, max(begin, self._lines.end(self._lines.filled(first, end) - 1)), words, kind)

    def _code(self, token: Token) -> None:
        assert token.map is not None
        self._page.made()
        if self._page.hides:
            self._lost(token, "")
        elif token.type == "fence":
            self._fence(token, token.map[0])

    def _fence(self, token: Token, first: int) -> None:
        """A block of code without words behind its language, and without what a drawing of it does not show."""
        said = unescapeAll(token.info).split()
        language = said[0] if said else ""
        drawn = re.split(r"[^a-z]", language.lower())[0]
        known = language if is_language(language) else ""
        if len(said) > 1 or known != language:
            start = self._lines.end(first) - len(token.info) - len(token.markup)
            self.edits.put(start, self._lines.end(first), token.markup + known, "block")
        if drawings.is_drawn(drawn) and token.content.strip():
            self._drawing(drawn, token.content.rstrip("\n").split("\n"), first + 1)

    def _drawing(self, language: str, inner: list[str], first: int) -> None:
        """A drawing's lines without those that it does not show."""
        hidden, note = drawings.seen_of(language, inner)
        for number in hidden:
            line = first + number
            self.edits.put(self._lines.start(line) - 1, self._lines.end(line), "", "block")
        if note:
            last = first + len(inner) - 1
            before = re.match(r"[\s>]*", self._lines.lines[last])
            self.edits.put(self._lines.end(last), self._lines.end(last), f"\n{before.group() if before else ''}{note}")

    def _html(self, token: Token) -> None:
        assert token.map is not None
        places = self._lines.places(token.map[0], token.content)
        if places is None:
            self._lost(token)
            return
        words = self._page.typed(token.content, places)
        self._formulas(token.content, places, words)

    def _cells(self, line: int) -> list[list[int]]:
        """Where the cells of a row stand, the next one last."""
        start, end = self._known.env["rows"].get(line, (0, 0))
        row = self._text[start:end].rstrip(BLANKS)
        return cells(self._text, start, start + len(row))[::-1]

    def _row_ended(self) -> None:
        """Cells beyond the table's columns are not shown."""
        rest = [place for cell in self._row for place in cell]
        if rest:
            self.edits.put(min(rest), max(rest) + 1, "", "cell")
        self._row = []

    # what stands in a block

    def _content(self, token: Token, *, in_cell: bool) -> None:
        assert token.map is not None
        content = token.content
        places: list[int] | None
        if in_cell:
            cell = self._row.pop() if self._row else []
            shown = "".join(self._text[place] for place in cell)
            lead = len(shown) - len(shown.lstrip(BLANKS))
            places = cell[lead : lead + len(content)] if shown.strip(BLANKS) == content else None
        else:
            places = self._lines.places(token.map[0], content)
        if places is None or too_deep(content):
            self._lost(token)
        elif _TASK_OF_DEFINITION.match(content):
            self.edits.put(places[content.index("]") + 1], places[-1] + 1, " ", "definition")
        elif content:
            Inline(self._known, content, places).read(self._parser.spans(content, self._known.env))

    def _formulas(self, content: str, places: Sequence[int], words: Sequence[tuple[int, int]]) -> None:
        for start, end in hidden_formulas(content, words):
            self.edits.put(places[start], places[end - 1] + 1, "[formula]", "formula")


def _apart(tokens: Sequence[Token]) -> tuple[list[Token], dict[str, list[list[Token]]]]:
    """The page without its footnotes, and the footnotes of each name; one within another is apart from it."""
    body: list[Token] = []
    notes: dict[str, list[list[Token]]] = {}
    within = [body]
    for token in tokens:
        if token.type == "footnote_open":
            within.append([])
            notes.setdefault(token.meta["label"], []).append(within[-1])
        within[-1].append(token)
        if token.type == "footnote_close":
            within.pop()
    return body, notes
