"""HTML of a page from its beginning to its end, as a browser reads it: what of it is seen."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from otto_bot.core.unseen import UNSEEN, unseen
from otto_bot.text.shown import tags
from otto_bot.text.shown.places import Edits
from otto_bot.text.shown.tags import Tag
from otto_bot.text.shown.tree import Tree

_MARKUP = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


class Markup:
    """Goes over the page in its order: tags that Markdown makes, words, and HTML that was typed.

    What is not seen is left out of `edits`. A comment or tag without an end hides what follows as long as it would on
    the page; a quoted value without an end hides all of it.
    """

    def __init__(self, edits: Edits) -> None:
        self._edits = edits
        self._unended = ""
        self._tree = Tree()
        self._link: tuple[int, bool] | None = None
        """Which edit an open link is, and whether words were seen in it."""

    @property
    def hides(self) -> bool:
        """Whether what comes now is seen by nobody."""
        return bool(self._unended) or self._tree.hides

    def opened(self, name: str) -> None:
        """The beginning of an element that Markdown makes."""
        if not self.made():
            self._tree.open(name)

    def closed(self, name: str) -> None:
        """The end of an element that Markdown makes."""
        if not self.made():
            self._tree.close(name)

    def made(self) -> bool:
        """A tag that Markdown makes; True where it only ends one that was typed without an end."""
        ends = self._unended == "tag"
        self._unended = "" if ends else self._unended
        return ends

    def words(self, start: int, end: int) -> bool:
        """Words at this place of the text; False where nobody sees them, and they are left out."""
        if start >= end:
            return not self.hides
        shows = bool(UNSEEN.sub("", self._edits.text[start:end]).strip())
        if self.hides:
            self._edits.put(start, end, "", "element" if shows and not self._unended else "")
        elif shows and self._link is not None:
            self._link = self._link[0], True
        return not self.hides

    def shown(self, start: int, end: int, words: str, kinds: Sequence[str] = ()) -> None:
        """`words` are seen for what stands at this place."""
        if self.words(start, end):
            self._edits.put(start, end, words)
            self._edits.hidden.update(kinds)

    def entity(self, start: int, end: int) -> None:
        """A character by its name: the character, if it has a shape."""
        char = re.sub(r"\s", " ", html.unescape(self._edits.text[start:end]))
        if self.hides or UNSEEN.sub("", char).strip():
            self.shown(start, end, UNSEEN.sub("", char), ["character"] * unseen(char))
        else:
            self._edits.put(start, end, UNSEEN.sub("", char))
            self._edits.hidden["character"] += unseen(char)

    def typed(self, text: str, places: Sequence[int]) -> list[tuple[int, int]]:
        """HTML that was typed, and where each of its characters stands; from where to where it holds words."""
        seen: list[tuple[int, int]] = []
        at = self._resumed(text, places)
        while at < len(text):
            if self._unended:
                at = self._gone(places, at, len(text), "")
                continue
            begun = _MARKUP.search(text, at)
            end = begun.start() if begun else len(text)
            if begun and end == at:
                found = tags.begins(text, at)
                if found is None and text[at + 1] not in "!?/":
                    end = at + 1  # GitHub shows this tag as words
                else:
                    at = self._tag(text, places, at, found) if found else self._comment(text, places, at)
                    continue
            seen += self._typed_words(text, places, at, end)
            at = end
        return seen

    def _typed_words(self, text: str, places: Sequence[int], at: int, end: int) -> list[tuple[int, int]]:
        for match in _ENTITY.finditer(text, at, end):
            if not self.hides:
                self.entity(places[match.start()], places[match.end() - 1] + 1)
        return [(at, end)] if self.words(places[at], places[end - 1] + 1) else []

    def _resumed(self, text: str, places: Sequence[int]) -> int:
        """Behind what began in HTML before this."""
        if not self._unended:
            return 0
        mark = {"comment": "-->", "tag": ">"}.get(self._unended, "")
        end = text.find(mark) if mark else -1
        if self._unended == "tag" and re.search("[\"']", text[: end if end >= 0 else len(text)]):
            self._unended, end = "all", -1
        if end >= 0:
            self._unended = ""
        return self._gone(places, 0, end + len(mark) if end >= 0 else len(text), "")

    def _comment(self, text: str, places: Sequence[int], at: int) -> int:
        """A comment, or what browsers take for one; where it ends."""
        if text.startswith("<!--", at):
            end, length, goes_on = text.find("-->", at + 4), 3, "comment"
        elif self._tree.foreign and text.startswith("<![CDATA[", at):
            end, length, goes_on = text.find("]]>", at), 3, "all"
        elif tags.begins(text, at) is None and text.startswith("</", at) and text[at + 2 : at + 3].isalpha():
            return self._shown_tag(text, places, at)
        else:
            end, length = text.find(">", at), 1
            said = text[at : end if end >= 0 else len(text)]
            quoted = said.startswith("<!") and re.search("[\"']", said) is not None
            goes_on = "all" if quoted else "tag"
            end = -1 if quoted else end
        if end < 0:
            self._gone(places, at, len(text), "comment")
            self._unended = goes_on
            return len(text)
        return self._gone(places, at, end + length, "comment")

    def _shown_tag(self, text: str, places: Sequence[int], at: int) -> int:
        """The beginning of a tag that GitHub shows."""
        self._typed_words(text, places, at, at + 2)
        return at + 2

    def _tag(self, text: str, places: Sequence[int], at: int, found: re.Match[str]) -> int:
        """A tag without what it says and nobody sees; where it ends."""
        tag = tags.read(text, found)
        if tag.end < 0:
            self._gone(places, at, len(text), "attribute")
            self._unended = "all" if tag.quoted else "tag"
            return len(text)
        start, end = places[at], places[tag.end - 1] + 1
        if self.hides:
            self._edits.put(start, end)
        else:
            self._replaced(tag, start, end)
        self._entered(tag)
        return tag.end

    def _replaced(self, tag: Tag, start: int, end: int) -> None:
        words, kinds = tags.cleaned(tag)
        if not tag.attributes and not kinds and words[:1] == "<":
            words = self._edits.text[start:end]  # as it was typed
        number = self._edits.put(start, end, words)
        self._edits.hidden.update(kinds)
        if words[:1] == "[" and self._link is not None:
            self._link = self._link[0], True
        if tag.name == "a":
            self._linked(number if "href=" in words else None)

    def _linked(self, number: int | None) -> None:
        """A link begins or ends; one without words has no address either."""
        if self._link is not None and not self._link[1]:
            self._edits.instead(self._link[0], "<a>")
            self._edits.hidden["link"] += 1
        self._link = None if number is None else (number, False)

    def ended(self) -> None:
        """The page ends."""
        self._linked(None)

    def _entered(self, tag: Tag) -> None:
        if tag.name in tags.FILTERED:  # GitHub does not know it so, and a browser takes all that follows for its own
            self._unended = "all"
        elif tag.closing:
            self._tree.close(tag.name)
        else:
            drawn = tag.name == "pre" and tag.attributes.get("lang", "").lower() in tags.DRAWN
            self._tree.open(tag.name, hides=drawn or tag.name in tags.HIDES)

    def _gone(self, places: Sequence[int], at: int, end: int, kind: str) -> int:
        if end > at:
            self._edits.put(places[at], places[end - 1] + 1, "", "" if self._unended else kind)
        return end
