"""Reads a page as a careful reader would: what it links to, and whether everybody can find their way in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "path", "rect", "img", "hr"}
ALLOWED = {
    "html", "head", "meta", "title", "link", "body", "a", "header", "nav", "main", "footer", "p", "h1", "h2", "h3",
    "h4", "section", "article", "div", "span", "dl", "dt", "dd", "ul", "li", "table", "thead", "tbody", "tr", "th",
    "td",
    "code", "pre", "mark", "figure", "figcaption", "time", "form", "label", "input", "select", "option", "datalist",
    "button", "meter", "svg", "text", "path", "g", "rect", "br", "details", "summary", "blockquote", "q",
    "textarea", "fieldset", "legend", "script",
    "defs", "pattern",
    "template",
}  # fmt: skip
"""What the templates use. Anything else came out of somebody's words."""
ATTRIBUTES = {
    "lang", "charset", "name", "content", "rel", "href", "type", "class", "id", "tabindex", "role", "aria-label",
    "aria-labelledby", "aria-current", "scope", "datetime", "method", "action", "value", "list", "autocomplete",
    "selected", "min", "max", "disabled", "required", "checked", "maxlength", "rows", "inputmode", "aria-describedby",
    "src", "defer", "viewbox", "width", "height", "x", "y", "rx", "d",
    "data-part", "data-standing", "data-first", "data-last", "data-marks", "data-start", "data-find",
    "aria-hidden", "focusable", "preserveaspectratio", "fill", "patternunits", "text-anchor",
    "hidden", "data-live", "data-after", "data-seen", "data-on", "data-off",
    "data-over", "data-begin", "data-words",
    "open", "data-now", "data-head",
}  # fmt: skip


class Reader(HTMLParser):
    """Tags, links, ids and headings of a page, and what is wrong with it."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.tags: list[str] = []
        self.names: list[str] = []
        self.wrong: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        self._check()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.append(tag)
        self.wrong += [f"<{tag}>"] if tag not in ALLOWED else []
        self.wrong += [f"<{tag} {name}>" for name in told if name not in ATTRIBUTES]
        if tag == "script" and not re.fullmatch(r"/static/[a-z]+\.[0-9a-f]{16}\.js", told.get("src") or ""):
            self.wrong.append("a script that is not ours")
        if tag in ("a", "link"):
            self.links.append(told.get("href") or "")
        self.ids += [told["id"] or ""] if "id" in told else []
        self.names += f"{told.get('aria-labelledby') or ''} {told.get('aria-describedby') or ''}".split()
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "th" and told.get("scope") not in ("col", "row"):
            self.wrong.append("a head of a table without a scope")
        if tag in ("input", "select", "textarea") and "label" not in self._open and told.get("type") != "hidden":
            self.wrong.append(f"<{tag}> without a label")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        self.words += data

    def _check(self) -> None:
        self.wrong += [f"<{tag}> is never closed" for tag in self._open]
        self.wrong += [f"the id {name} twice" for name in {one for one in self.ids if self.ids.count(one) > 1}]
        self.wrong += [f"nothing has the id {name}" for name in self.names if name not in self.ids]
        self.wrong += [f"no #{one[1:]} here" for one in self.links if one.startswith("#") and one[1:] not in self.ids]
        if self.headings[:1] != [1] or self.headings.count(1) != 1:
            self.wrong.append("not one heading of the first level")
        steps = zip(self.headings, self.headings[1:], strict=False)
        self.wrong += [f"h{after} follows h{before}" for before, after in steps if after > before + 1]
        for landmark in ("header", "nav", "main", "footer"):
            self.wrong += [f"no <{landmark}>"] if landmark not in self.tags else []
        if "#content" not in self.links:
            self.wrong.append("no link past the navigation")
