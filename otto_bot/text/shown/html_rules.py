"""Where HTML begins and ends in a text, as GitHub's published parser (cmark-gfm) finds it."""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown_it import rules_block, rules_inline
from markdown_it.common.html_re import HTML_OPEN_CLOSE_TAG_STR
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_DIFFERS = re.compile(r"<(?:!|/?(?:search|source)\b)", re.IGNORECASE)
_NO_COMMENT = re.compile("-?>")
_COMMENT_END = re.compile("(?:---)*-->")
_LATER_COMMENT_END = re.compile("(?<!-)(?:---)*-->")
_DATA_END = re.compile(r"(?<!\])(?:\]\]\])*\]\]>")
_INSTRUCTION_END = re.compile(r"(?:\?\?)*\?>")
_LATER_INSTRUCTION_END = re.compile(r"(?<!\?)(?:\?\?)*\?>")
_DECLARATION = re.compile(r"<![A-Z]+\s+[^>]*>")
_NO_BLOCK = re.compile(r"</?search(?:\s|/?>|$)|<![a-z]", re.IGNORECASE)
_BLOCK = re.compile(r"</?source(?:\s|/?>|$)", re.IGNORECASE)
ALONE = re.compile(HTML_OPEN_CLOSE_TAG_STR + r"\s*$")


def differs(text: str) -> bool:
    """Whether the newer reader may read it otherwise."""
    return _DIFFERS.search(text) is not None


def line_of(state: StateBlock, number: int) -> str:
    """A line without what quotes and lists put before it, and without its indentation."""
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def ending(rule: Callable[[StateBlock, int, int, bool], bool]) -> Callable[[StateBlock, int, int, bool], bool]:
    """Any HTML ends a table, and a quote or list that its line does not go on; also such as ends no paragraph."""

    def block(state: StateBlock, first: int, end: int, silent: bool) -> bool:
        line = line_of(state, first)
        outside = state.parentType in ("table", "blockquote") or 0 <= state.sCount[first] < state.blkIndent
        if silent and outside and not state.is_code_block(first) and ALONE.match(line):
            return True
        return rule(state, first, end, silent)

    return block


def html_inline(state: StateInline, silent: bool) -> bool:
    """HTML in a block. Behind a comment or CDATA without an end GitHub's parser looks for no other one."""
    begin = state.pos
    kind = next((kind for kind in ("<!--", "<![", "<!", "<?") if state.src.startswith(kind, begin)), "")
    if not kind:
        return rules_inline.html_inline(state, silent)
    if state.html_terminator_last(">") < begin:
        return False
    source, endless = state.env.get("endless", ("", {}))
    if source is not state.src:
        endless = {}
        state.env["endless"] = (state.src, endless)
    if begin > min(endless.get("<!--", begin) if kind != "<?" else begin, endless.get(kind, begin)):
        return False
    end = _ENDS[kind](state.src, begin)
    if end < 0:
        if kind != "<!":
            endless[kind] = begin
        return False
    if end > state.posMax:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = state.src[begin:end]
    state.pos = end
    return True


def _comment_end(source: str, begin: int) -> int:
    """Behind a comment that begins here; -1 where it has no end. Three dashes in it are no part of its end."""
    inner = begin + len("<!--")
    if (soon := _NO_COMMENT.match(source, inner)) is not None:
        return soon.end()
    return _ended(_COMMENT_END.match(source, inner) or _LATER_COMMENT_END.search(source, inner))


def _data_end(source: str, begin: int) -> int:
    """Behind CDATA that begins here; -1 where it has no end. Three brackets in it are no part of its end."""
    if not source.startswith("<![CDATA[", begin):
        return -1
    return _ended(_DATA_END.search(source, begin + len("<![CDATA[")))


def _declaration_end(source: str, begin: int) -> int:
    return _ended(_DECLARATION.match(source, begin))


def _ended(found: re.Match[str] | None) -> int:
    return found.end() if found is not None else -1


def _instruction_end(source: str, begin: int) -> int:
    inner = begin + len("<?")
    return _ended(_INSTRUCTION_END.match(source, inner) or _LATER_INSTRUCTION_END.search(source, inner))


_ENDS = {"<!--": _comment_end, "<![": _data_end, "<!": _declaration_end, "<?": _instruction_end}


def html_block(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A block of HTML: `source` begins one anywhere, `search` is as any other element, no declaration is small."""
    line = line_of(state, first)
    anywhere = _BLOCK.match(line) is not None
    if not anywhere and (not _NO_BLOCK.match(line) or re.match("<![A-Z]", line)):
        return rules_block.html_block(state, first, end, silent)
    if state.is_code_block(first) or not (anywhere or ALONE.match(line)):
        return False
    if silent:
        return anywhere
    behind = first + 1
    while behind < end and state.sCount[behind] >= state.blkIndent and not state.isEmpty(behind):
        behind += 1
    state.line = behind
    token = state.push("html_block", "", 0)
    token.map = [first, behind]
    token.content = state.getLines(first, behind, state.blkIndent, True)
    return True
