"""A page as a reader meets it: its anchors, links, pictures, code blocks and words in code style."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
_GONE = re.compile(r"[^\w\- ]")
"""What GitHub takes out of a heading to make its anchor."""


@dataclass
class Page:
    """One document; places are lines, counted from 1."""

    path: Path
    headings: list[str] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    pictures: list[tuple[int, str]] = field(default_factory=list)
    fences: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, language, text."""
    spans: list[tuple[int, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Where it is in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def anchors(self) -> frozenset[str]:
        """What can be linked to: one for each heading, numbered where headings are the same."""
        found, seen = set(), Counter[str]()
        for heading in self.headings:
            anchor = anchor_of(heading)
            found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
            seen[anchor] += 1
        return frozenset(found)


def anchor_of(heading: str) -> str:
    """The anchor that GitHub gives a heading, whose words are without markup."""
    return _GONE.sub("", heading.lower()).replace(" ", "-")


def documents() -> tuple[Path, ...]:
    """Every document for people."""
    return tuple(sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.md")]))


def read(path: Path) -> Page:
    """A page, by the grammar that GitHub reads it with."""
    page = Page(path)
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    for at, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "fence":
            page.fences.append((line, token.info.strip(), token.content))
        elif token.type == "inline":
            if at and tokens[at - 1].type == "heading_open":
                page.headings.append(_words(token))
            _inline(page, token, line)
    return page


def _words(token: Token) -> str:
    return "".join(child.content for child in token.children or () if child.type in ("text", "code_inline"))


def _inline(page: Page, token: Token, line: int) -> None:
    for child in token.children or ():
        if child.type == "link_open":
            page.links.append((line, str(child.attrGet("href"))))
        elif child.type == "image":
            page.pictures.append((line, str(child.attrGet("src"))))
        elif child.type == "code_inline":
            page.spans.append((line, child.content))


def strings(tree: object) -> Iterator[str]:
    """Texts that code holds, one for each literal; what is filled in is a single NUL."""
    import ast

    assert isinstance(tree, ast.AST)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
