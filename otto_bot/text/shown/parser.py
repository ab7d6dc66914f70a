"""Markdown as GitHub reads it: CommonMark with tables and footnotes, and where in a block each part of it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, NamedTuple

from markdown_it import MarkdownIt, rules_block, rules_inline
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from otto_bot.text.shown.code_rules import backtick, bare_address
from otto_bot.text.shown.html_rules import ending, html_block, html_inline
from otto_bot.text.shown.tables import table

NESTING = 100
"""Quotes and lists within each other; what lies deeper is not parsed."""
MOST_BRACKETS = 50
"""Brackets within each other; GitHub's reader and ours may give up at other depths."""
_NOTE = re.compile(r"\[\^([^\]\s\x00]+)\]")
_TOKENS = {
    "link": "link_open", "image": "image", "html_inline": "html_inline", "entity": "text_special",
    "backticks": "code_inline", "autolink": "link_open", "footnote": "footnote",
}  # fmt: skip
_RULES = {
    "link": rules_inline.link, "image": rules_inline.image, "html_inline": rules_inline.html_inline,
    "entity": rules_inline.entity, "backticks": backtick, "autolink": rules_inline.autolink,
}  # fmt: skip
Env = MutableMapping[str, Any]


class Span(NamedTuple):
    """A part of a block's content that is more than its letters; `kind` is the parser's rule.

    `label_end` is where the words of a link end, -1 for all else.
    """

    kind: str
    start: int
    end: int
    label_end: int
    token: Token


class GitHub(MarkdownIt):
    """The parser. Addresses of any scheme make links, of which GitHub later takes the address away.

    HTML is found as GitHub's published parser (cmark-gfm) finds it; with `newer` as CommonMark 0.31 has it.
    `bare`: addresses without brackets are found.
    """

    def __init__(self, *, newer: bool = False, bare: bool = False) -> None:
        super().__init__("commonmark", {"maxNesting": NESTING, "store_labels": True})
        self.enable(["table", "strikethrough"])
        self.disable("inline")
        for name, rule in _RULES.items():
            self.inline.ruler.at(name, _recorded(name, rule))
        self.inline.ruler.after("image", "footnote", _recorded("footnote", _footnote))
        self.block.ruler.before(
            "reference", "footnote_definition", _footnote_definition, {"alt": ["paragraph", "reference", "blockquote"]}
        )
        self.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
        self.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
        block = rules_block.html_block if newer else html_block
        self.block.ruler.at("html_block", ending(block), {"alt": ["paragraph", "reference", "blockquote"]})
        if bare:
            self.inline.add_terminator_char("w")
            self.inline.add_terminator_char("W")
            self.inline.ruler.before("escape", "bare_address", bare_address)
        if not newer:
            self.inline.ruler.at("html_inline", _recorded("html_inline", html_inline))

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002 - the parser's own
        """All do."""
        return True

    def blocks(self, text: str) -> tuple[Sequence[Token], Env]:
        """The blocks of a text, without what they consist of; with definitions, rows of tables and footnotes."""
        env: Env = {"references": {}, "duplicate_refs": [], "rows": {}, "notes": set(), "spans": []}
        return self.parse(text, env), env

    def spans(self, content: str, env: Env) -> list[Span]:
        """The parts of one block's content, in order; one that holds others comes first."""
        env["spans"], env["ticks"] = [], {}
        self.inline.parse(content, self, env, [])
        return sorted(env["spans"], key=lambda span: (span.start, -span.end))


def note_name(label: str) -> str:
    """Footnotes of the same name are one."""
    return label.casefold()


def too_deep(content: str) -> bool:
    """Whether brackets stand within each other so that it is not clear what is a link or a picture."""
    depth = 0
    for match in re.finditer(r"[\[\]]", content):
        depth = depth + 1 if match.group() == "[" else max(0, depth - 1)
        if depth > MOST_BRACKETS:
            return True
    return False


_BEFORE_TABLES = (
    rules_block.fence,
    rules_block.blockquote,
    rules_block.hr,
    rules_block.list_block,
    rules_block.html_block,
    rules_block.heading,
)


def _recorded(kind: str, rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """The rule; what it finds is recorded with its place."""

    def record(state: StateInline, silent: bool) -> bool:
        start, known, made = state.pos, len(state.env["spans"]), len(state.tokens)
        if not rule(state, silent):
            return False
        if silent:
            return True
        if kind == "image":  # its description was parsed as a text of its own
            del state.env["spans"][known:]
        token = next((token for token in state.tokens[made:] if token.type == _TOKENS[kind]), None)
        if token is not None and (kind != "entity" or token.info == "entity"):
            label_end = state.md.helpers.parseLinkLabel(state, start, True) if kind == "link" else -1
            state.env["spans"].append(Span(kind, start, state.pos, label_end, token))
        return True

    return record


def _footnote(state: StateInline, silent: bool) -> bool:
    """A reference to a footnote that exists."""
    match = _NOTE.match(state.src, state.pos, state.posMax)
    if match is None or note_name(match.group(1)) not in state.env["notes"]:
        return False
    if not silent:
        state.push("footnote", "", 0).meta["label"] = note_name(match.group(1))
    state.pos = match.end()
    return True


def _footnote_definition(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A footnote: its first line, and all lines behind it that are indented."""
    begin = state.bMarks[first] + state.tShift[first]
    match = _NOTE.match(state.src, begin, state.eMarks[first])
    behind = match.end() + 1 if match else 0
    if match is None or state.is_code_block(first) or state.src[behind - 1 : behind] != ":":
        return False
    if silent:
        return True
    label = note_name(match.group(1))
    state.env["notes"].add(label)
    opened = state.push("footnote_open", "li", 1)
    opened.meta.update(label=label, place=begin)
    before = (state.bMarks[first], state.tShift[first], state.sCount[first], state.parentType)
    place = behind
    while place < state.eMarks[first] and state.src[place] in " \t":
        place += 1
    state.bMarks[first], state.tShift[first], state.sCount[first] = behind, place - behind, 0
    state.blkIndent += 4
    state.parentType = "footnote"
    if state.sCount[first] < state.blkIndent:
        state.sCount[first] += state.blkIndent
    state.md.block.tokenize(state, first, end)
    _goes_on_behind_definition(state, end)
    state.blkIndent -= 4
    state.bMarks[first], state.tShift[first], state.sCount[first], state.parentType = before
    opened.map = [first, max(state.line, first + 1)]
    state.line = max(state.line, first + 1)
    state.push("footnote_close", "li", -1)
    return True


def _goes_on_behind_definition(state: StateBlock, end: int) -> None:
    """To GitHub a definition is the beginning of a paragraph, which the next line goes on with wherever it stands."""
    line = state.line
    known = (*state.env["references"].values(), *state.env["duplicate_refs"])
    if line >= end or state.isEmpty(line) or not any(found["map"][1] == line for found in known):
        return
    before, state.parentType = state.parentType, "paragraph"
    ends = any(rule(state, line, end, True) for rule in state.md.block.ruler.getRules("paragraph"))
    state.parentType = before
    if not ends:
        rules_block.paragraph(state, line, end, False)


def _list(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A list; what cannot end a paragraph does not end a definition either, which the parser forgets."""
    before = state.parentType
    state.parentType = "paragraph" if before == "reference" else before
    found = rules_block.list_block(state, first, end, silent)
    state.parentType = before
    return found


def _table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A table, if its first line begins no other block, as an item of a list: that goes first."""
    if any(rule(state, first, end, True) for rule in (*_BEFORE_TABLES, html_block, _footnote_definition)):
        return False
    return table(state, first, end, silent)
