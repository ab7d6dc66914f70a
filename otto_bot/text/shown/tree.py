"""Which elements of HTML are open at a place of a page, as browsers build it: whether one of them shows nothing."""

from __future__ import annotations

from collections import Counter

from otto_bot.text.shown.tags import HIDES

_NAMES = """
address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header
hgroup main menu nav ol p search section summary ul h1 h2 h3 h4 h5 h6 pre listing form li dd dt table hr
"""
_END_P = frozenset(_NAMES.split())
"""Elements whose beginning ends a paragraph."""
_OF_TABLES = frozenset(("td", "th", "tr", "thead", "tbody", "tfoot", "caption", "colgroup"))
_OF_PICTURES = frozenset(("mi", "mo", "mn", "ms", "mtext", "annotation-xml", "foreignobject", "desc"))
_SCOPES = frozenset(
    ("table", "td", "th", "caption", "object", "template", "marquee", "applet", "button", "select", *_OF_PICTURES)
)
"""Beyond these an end tag does not look for its beginning."""
_BARRIERS = {
    **dict.fromkeys(_OF_TABLES, frozenset(("table", "template", "select"))),
    "table": frozenset(("template", "select")),
    "li": _SCOPES | {"ol", "ul"},
}
_HELD = (_END_P | _OF_TABLES | _OF_PICTURES | _SCOPES) - {"hr", "colgroup"}
_BREAKING = frozenset(
    ("blockquote", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "listing", "menu",
     "ol", "p", "pre", "table", "ul")
)  # fmt: skip
"""What is read as HTML within a picture or formula as well."""
_PASSED = HIDES - {"noscript"}
"""What an end tag looks through for its beginning, wherever it stands."""
_MOST_OPEN = 400
"""Elements within each other; browsers and GitHub give up near there."""


class Tree:
    """The open elements, of those that matter. Where browsers might differ, what shows nothing stays open longer."""

    def __init__(self) -> None:
        self._open: list[tuple[str, bool]] = []
        self._names: Counter[str] = Counter()
        self._hiding = 0
        self._lost = False
        self._odd = False
        """Whether a table began in a table and in none of its cells; readers of HTML differ about all that follows."""

    @property
    def hides(self) -> bool:
        """Whether what comes now is in an element that shows nothing."""
        return self._lost or self._hiding > 0

    @property
    def foreign(self) -> bool:
        """Whether a picture or formula is open, which is not read as HTML."""
        return self._names["svg"] + self._names["math"] > 0

    def open(self, name: str, *, hides: bool = False) -> None:
        """An element begins; it may end others."""
        if self.foreign and not hides and name not in _OF_PICTURES and name not in _BREAKING:
            return
        if name in ("li", "dd", "dt"):
            self._end_item(name)
        if name in _OF_TABLES:
            self._end_cells(name)
        if name in _END_P:
            self.close("p")
        self._odd = self._odd or (name == "table" and self._in_table())
        self._lost = self._lost or (self._odd and (hides or self._hiding > 0))
        if name not in _HELD and not hides:
            return
        if (name in _OF_TABLES and not self._names["table"]) or (name in _OF_PICTURES and not self.foreign):
            return
        if len(self._open) >= _MOST_OPEN:
            self._lost = self._lost or hides or self._hiding > 0
            return
        self._open.append((name, hides))
        self._names[name] += 1
        self._hiding += hides

    def close(self, name: str) -> None:
        """The end of an element, and of what is open in it; nothing where it does not end one."""
        if not self._names[name]:
            return
        if name == "form":  # what is open in it stays open
            self._take(max(place for place, (inner, _) in enumerate(self._open) if inner == name))
            return
        barrier = _BARRIERS.get(name, _SCOPES)
        for inner, _ in reversed(self._open):
            if inner == name:
                break
            if inner in barrier or (name in HIDES and inner not in _PASSED):
                return
        while self._take(len(self._open) - 1) != name:
            pass

    def _end_cells(self, name: str) -> None:
        """A part of a table ends those before it."""
        for other in ("td", "th", "caption", *(("tr",) if name not in ("td", "th") else ())):
            self.close(other)
        for other in ("tbody", "thead", "tfoot") if name in ("tbody", "thead", "tfoot") else ():
            self.close(other)

    def _in_table(self) -> bool:
        """Whether a table is open here, and none of its cells."""
        inner = (name for name, _ in reversed(self._open) if name in ("table", "td", "th", "caption", "template"))
        return next(inner, "") == "table"

    def _end_item(self, name: str) -> None:
        """An item of a list ends the one before it."""
        ends = ("li",) if name == "li" else ("dd", "dt")
        for inner, _ in reversed(self._open):
            if inner in ends:
                self.close(inner)
                return
            if inner not in ("div", "p", "address") and inner not in _PASSED:
                return

    def _take(self, place: int) -> str:
        name, hides = self._open.pop(place)
        self._names[name] -= 1
        self._hiding -= hides
        return name
