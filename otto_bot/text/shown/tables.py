"""Tables as GitHub finds them; the parser's own want a bar in the first line, and forget cells without a column."""

from __future__ import annotations

import re

from markdown_it import rules_block
from markdown_it.rules_block import StateBlock

from otto_bot.text.shown.html_rules import ALONE, line_of
from otto_bot.text.shown.places import BLANKS, cells

_RULER = re.compile(r"\|?[ \t\v\f]*:?-+:?[ \t\v\f]*(?:\|[ \t\v\f]*:?-+:?[ \t\v\f]*)*\|?[ \t\v\f]*$")
_OF_ONE_COLUMN = re.compile(r"(?=[^|]*\|)\|?[ \t\v\f]*:?-+:?[ \t\v\f]*\|?[ \t\v\f]*$")


def table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A table. Where its rows stand is put into `rows`, by line: from where to where."""
    if not silent and ALONE.match(line_of(state, first)):
        return False
    if not rules_block.table(state, first, end, silent) and not _of_one_column(state, first, end, silent):
        return False
    if silent:  # in a paragraph GitHub looks for the beginning of a table once
        return not any(_RULER.match(line_of(state, line)) for line in range(state.line + 1, first + 1))
    for line in range(first, state.line):
        state.env["rows"][line] = (state.bMarks[line] + state.tShift[line], state.eMarks[line])
    return True


def _of_one_column(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A table of one column, whose first line has no bar."""
    if first + 2 > end or "|" in line_of(state, first) or state.is_code_block(first):
        return False
    below = first + 1
    if state.sCount[below] < state.blkIndent or state.is_code_block(below):
        return False
    if not _OF_ONE_COLUMN.match(line_of(state, below)):
        return False
    if silent:
        return True
    before, state.parentType = state.parentType, "table"
    opened = state.push("table_open", "table", 1)
    _row(state, first, "th")
    behind = first + 2
    while behind < end and not _ends(state, behind, end):
        _row(state, behind, "td")
        behind += 1
    state.push("table_close", "table", -1)
    opened.map = [first, behind]
    state.line, state.parentType = behind, before
    return True


def _ends(state: StateBlock, line: int, end: int) -> bool:
    if state.sCount[line] < state.blkIndent or state.isEmpty(line) or state.is_code_block(line):
        return True
    return any(rule(state, line, end, True) for rule in state.md.block.ruler.getRules("blockquote"))


def _row(state: StateBlock, line: int, tag: str) -> None:
    state.push("tr_open", "tr", 1).map = [line, line + 1]
    state.push(f"{tag}_open", tag, 1)
    begin = state.bMarks[line] + state.tShift[line]
    row = cells(state.src, begin, begin + len(line_of(state, line).rstrip(BLANKS)))
    inner = state.push("inline", "", 0)
    inner.map, inner.children = [line, line + 1], []
    inner.content = "".join(state.src[place] for place in row[0]).strip(BLANKS) if row else ""
    state.push(f"{tag}_close", tag, -1)
    state.push("tr_close", "tr", -1)
