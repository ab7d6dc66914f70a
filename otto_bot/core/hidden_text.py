"""What stands in a text on GitHub and is not seen on its page: counted, and left out before a model reads it.

Comments, descriptions of pictures, titles, data addresses, definitions that nothing refers to, attributes, coloured
formulas, entities that become such things, and characters without a shape. Whoever put a label on an issue has read
what the page shows; only that may steer the work. Where it is not clear how GitHub reads a text, more is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from otto_bot.core.hidden_blocks import Kind, blocks
from otto_bot.core.hidden_markup import Reader
from otto_bot.core.hidden_spans import spans_are_clear
from otto_bot.core.unseen import unseen, without_unseen
from otto_bot.core.values import Frozen

MOST = 100_000
"""Characters that are read at all; GitHub keeps fewer."""
_KINDS = {
    "comment": ("HTML comment", "HTML comments"),
    "attribute": ("text within an HTML tag", "texts within HTML tags"),
    "picture": ("description of a picture", "descriptions of pictures"),
    "title": ("title of a link", "titles of links"),
    "link": ("link without words", "links without words"),
    "data": ("data address", "data addresses"),
    "definition": ("definition that nothing refers to", "definitions that nothing refers to"),
    "formula": ("formula that can hide words", "formulas that can hide words"),
    "block": ("line of a code block that is not shown", "lines of code blocks that are not shown"),
    "character": ("character without a shape", "characters without a shape"),
}
_INFO = re.compile(r"^([ \t>*+\-\d.)]*)(`{3,}(?=[^`\n]*$)|~{3,})[ \t]*(\S*)([^\n]*)$", re.MULTILINE)
_LANGUAGE = re.compile(r"[\w+#.-]{0,20}")
_DRAWN = frozenset({"geojson", "topojson", "stl"})
_DEFINITION = re.compile(
    r"^[ \t>*+-]*\[((?:[^\[\]\\]|\\.)+)\]:[ \t]*\n?[ \t]*(<[^<>\n]*>|[^\s<]\S*)"
    r"([ \t]*\n?[ \t]*(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?[ \t]*$",
    re.MULTILINE,
)
_FOOTNOTE = re.compile(r"^[ \t>]*\[\^([^\[\]\\\n]+)\]:[^\n]*(?:\n(?![ \t]*\n)[^\n]+)*", re.MULTILINE)
_OPEN_DEFINITION = re.compile(r"^[ \t>*+-]*\[[^\[\]]*(?:\]:|\Z)", re.MULTILINE)
_LABEL = re.compile(r"\[([^\[\]]+)\]")


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
    hidden: Counter[str] = Counter({"character": unseen(text[:MOST])})
    flat = without_unseen(text[:MOST].replace("\r\n", "\n").replace("\r", "\n"))
    labels = Counter(_same(label) for label in _LABEL.findall(flat)) if "]:" in flat else Counter()
    found = _read(blocks(flat), labels, Counter(hidden)) or _read([("markup", flat)], labels, hidden)
    assert found is not None
    return found


def _read(parts: Sequence[tuple[Kind, str]], labels: Counter[str], hidden: Counter[str]) -> Seen | None:
    """Block by block; None where a comment seems to go on from one into another, so that they are no blocks."""
    shown = []
    for place, (kind, text) in enumerate(parts):
        if kind == "code":
            shown.append(_code_block(text, hidden))
            continue
        body = _without_definitions(text, labels, hidden) if labels else text
        if labels and _goes_on(body) and place + 1 < len(parts):
            return None
        code = kind == "words" and spans_are_clear(body)
        reader = Reader(body, hidden, code=code, raw=kind == "markup")
        words = reader.read()
        shown.append(_INFO.sub(lambda match: _fence_line(match, hidden), words) if kind == "markup" else words)
        if reader.unclosed and _ends_later(body, parts[place + 1 :]):
            return None
        if reader.swallows:
            break
    return Seen(text="\n".join(shown), hidden={kind: hidden[kind] for kind in _KINDS if hidden[kind]})


def with_note(text: str) -> str:
    """What a person said in a comment as it is seen; what was left out is told behind it."""
    found = seen(text)
    return f"{found.text}\n[left out, as the page does not show it: {found.words}]" if found.hidden else found.text


def _code_block(body: str, hidden: Counter[str]) -> str:
    """A fenced block: without the words behind its language, and without what its drawing does not show."""
    first, *rest = body.split("\n")
    head = _INFO.match(first)
    if head is None:
        return body
    first, ticks, language = _fence_line(head, hidden), head.group(2), head.group(3)
    if language.lower() in _DRAWN:
        hidden["block"] += len(rest)
        rest = ["[a drawing]", ticks]
    elif language.lower() == "mermaid":
        shown = [line for line in rest if not line.lstrip().startswith("%%")]
        hidden["block"] += len(rest) - len(shown)
        rest = shown
    return "\n".join([first, *rest])


def _fence_line(match: re.Match[str], hidden: Counter[str]) -> str:
    """How a block of code begins, without words behind its language."""
    before, ticks, language, more = match.groups()
    if more.strip() or not _LANGUAGE.fullmatch(language):
        hidden["block"] += 1
    return f"{before}{ticks}{language if _LANGUAGE.fullmatch(language) else ''}"


def _ends_later(body: str, rest: Sequence[tuple[Kind, str]]) -> bool:
    """Whether what has no end in these words may have one in what follows."""
    joined = bool(body.rpartition("\n")[2].strip()) and bool(rest) and ">" in rest[0][1]
    return joined or any(end in text for _, text in rest for end in ("-->", "?>", "]]>"))


def _same(label: str) -> str:
    return " ".join(label.split()).casefold()


def _goes_on(body: str) -> bool:
    """Whether a definition that begins in the last paragraph may end in the next block."""
    last = body.rpartition("\n\n")[2]
    return bool(last.strip()) and _OPEN_DEFINITION.search(last) is not None


def _without_definitions(text: str, labels: Counter[str], hidden: Counter[str]) -> str:
    """Addresses that are referred to stay, without their titles; the others are seen nowhere."""
    behind = 0

    def definition(match: re.Match[str]) -> str:
        nonlocal behind
        label, address, title = match.groups()
        line_before = text[: match.start()].rstrip("\n").rpartition("\n")[2] if match.start() != behind else ""
        if text[: match.start()].endswith("\n\n") or not re.match(r"\s*[^\W_]", line_before):
            behind = match.end() + 1
            if labels[_same(label)] < 2 or "data:" in address.lower():
                hidden["definition"] += 1
                return ""
            hidden["title"] += bool(title)
            return f"[{label}]: {address}"
        return match.group()  # it goes on with a paragraph, and is seen

    def footnote(match: re.Match[str]) -> str:
        if labels[_same(f"^{match.group(1)}")] > 1:
            return match.group()
        hidden["definition"] += 1
        return ""

    return _DEFINITION.sub(definition, _FOOTNOTE.sub(footnote, text))
