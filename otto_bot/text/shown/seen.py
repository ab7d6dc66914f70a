"""What stands in a text on GitHub and is not seen on its page: counted, and left out before a model reads it.

Comments, descriptions of pictures, titles, data addresses, definitions that nothing refers to, attributes, formulas
that can hide words, and characters without a shape. Whoever put a label on an issue has read what the page shows; only
that may steer the work. What the page shows stays word for word.
"""

from __future__ import annotations

from collections import Counter

from otto_bot.core.unseen import UNSEEN, unseen
from otto_bot.core.values import Frozen
from otto_bot.text.shown.blocks import Page
from otto_bot.text.shown.code_rules import has_bare_address
from otto_bot.text.shown.html_rules import differs
from otto_bot.text.shown.parser import GitHub
from otto_bot.text.shown.places import Edits

MOST = 100_000
"""Characters that are read at all; GitHub keeps fewer."""
_KINDS = {
    "comment": ("HTML comment", "HTML comments"),
    "attribute": ("text within an HTML tag", "texts within HTML tags"),
    "element": ("text within an element that shows none", "texts within elements that show none"),
    "picture": ("description of a picture", "descriptions of pictures"),
    "title": ("title of a link", "titles of links"),
    "link": ("link without words", "links without words"),
    "data": ("data address", "data addresses"),
    "address": ("address of words", "addresses of words"),
    "definition": ("definition that nothing refers to", "definitions that nothing refers to"),
    "formula": ("formula that can hide words", "formulas that can hide words"),
    "block": ("line of a code block that is not shown", "lines of code blocks that are not shown"),
    "cell": ("cell beyond a table's columns", "cells beyond a table's columns"),
    "deep": ("part nested too deeply to tell what is shown", "parts nested too deeply to tell what is shown"),
    "character": ("character without a shape", "characters without a shape"),
}


class Seen(Frozen):
    """A text as its reader sees it. `hidden` counts what was left out, by kind."""

    text: str
    hidden: dict[str, int] = {}

    @property
    def words(self) -> str:
        """What was left out; empty where nothing was."""
        return hidden_words(self.hidden)


def hidden_words(hidden: dict[str, int]) -> str:
    """Counts by kind as words: `2 HTML comments and 14 characters without a shape`."""
    said = [f"{hidden[kind]} {_KINDS[kind][hidden[kind] != 1]}" for kind in _KINDS if hidden.get(kind)]
    return " and ".join(part for part in (", ".join(said[:-1]), *said[-1:]) if part)


def seen(text: str) -> Seen:
    """The text of an issue or a comment as GitHub's page shows it."""
    flat = text[:MOST].replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
    edits = Edits(flat)
    try:
        for begin in range(1 + flat.startswith("\ufeff")):  # GitHub may take that mark away or not
            for parser in _parsers(flat[begin:]):
                page = Page(flat[begin:], parser)
                page.read()
                edits.also(page.edits, begin)
    except RecursionError:
        return Seen(text="", hidden={"deep": 1})
    found = edits.hidden + Counter(character=unseen(flat))
    words = UNSEEN.sub("", edits.result().replace("\u2028", " ").replace("\u2029", " "))
    return Seen(text=words, hidden={kind: found[kind] for kind in _KINDS if found[kind]})


def _parsers(text: str) -> list[GitHub]:
    """Those of which GitHub may read the text by one: what any of them finds hidden is left out."""
    bare = has_bare_address(text)
    return [
        GitHub(newer=newer, bare=taken)
        for newer in (False, True)[: 1 + differs(text)]
        for taken in (False, True)[: 1 + bare]
    ]


def with_note(text: str) -> str:
    """What a person said in a comment as it is seen; what was left out is told behind it."""
    found = seen(text)
    return f"{found.text}\n[left out, as the page does not show it: {found.words}]" if found.hidden else found.text
