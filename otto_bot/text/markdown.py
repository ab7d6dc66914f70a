"""Text that others wrote, made safe to stand in a comment: no mention, link, reference, HTML or command acts."""

from __future__ import annotations

import re

from otto_bot.core.unseen import without_unseen
from otto_bot.text.other_bots import unheard, unheard_lines

_CODE = re.compile(r"(?<!`)`(?!`)[^`]+`(?!`)")
_WORD = re.compile(r"[^\s`]+")
_LIVE = re.compile(r"@\w|://|www\.|mailto:|xmpp:|#\d|\bgh-\d", re.IGNORECASE)
"""What makes a word live; looked for word by word, so that a long one takes no longer than its length."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_SPECIAL = re.compile(
    r"[\\`*~|]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # emphasis; not the ones within names
    r"|\](?=[(\[:])"  # links, images, definitions
    r"|(?<!\s)\$"  # what could end a formula
    r"|&(?=#?\w+;)"
)
"""What Markdown would act on; everything else stays readable as it is."""
_SLASH_WORD = re.compile(r"(?<![\w/.:~%=-])/(?!otto\b)(?=[A-Za-z][\w-]*(?![\w/.-]))")
"""What a workflow may look for in a comment."""
_WHO = r"ci|actions|checks|travis|circle(?:ci)?|netlify|vercel|azp|azurepipelines|appveyor|drone|deploy|release"
_SKIP = re.compile(
    rf"\[\s*(?:skip[\s-]*(?:{_WHO})|(?:{_WHO})[\s-]*skip|no[\s-]*ci)\s*\]|\*{{3}}NO_CI\*{{3}}", re.IGNORECASE
)
_SKIP_TRAILER = re.compile(r"skip-checks\s*:", re.IGNORECASE)
_ACTS_IN_A_COMMIT = (
    (re.compile(r"https?://\S+/(?:issues|pull)/(\d+)\S*", re.IGNORECASE), r"\1"),
    (re.compile(r"(?:[\w.-]+/[\w.-]+)?[#＃﹟]+(?=\d)"), ""),
    (re.compile(r"(?<![A-Za-z0-9])gh-(?=\d)", re.IGNORECASE), ""),
    (re.compile(r"(?<!\w)[@＠﹫]+(?=\w)"), ""),
    (
        re.compile(r"#(?=(?:major|minor|patch|none|close|closed|done|resolve|resolved|time|comment))", re.IGNORECASE),
        "",
    ),
    (re.compile(r"\+semver:", re.IGNORECASE), "semver "),
)
"""References, mentions, and words by which trackers and release tools are told something."""


def clean(text: str) -> str:
    """Text without colours, characters that nobody sees, and commands for other bots; lines end in a newline."""
    plain = _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    seen = without_unseen(_CONTROL.sub("", plain))
    return unheard(seen).encode("utf-8", "replace").decode("utf-8")


def one_line(text: str, limit: int = 300) -> str:
    """Text on one line, cut at `limit` characters with an ellipsis."""
    flat = re.sub(r"\s+", " ", clean(text[: limit * 8])).strip()
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def inline(text: str, limit: int = 300) -> str:
    """Someone's words within a line: shown as they are, acting on nothing.

    Their `code` stays code; everything that GitHub would turn into a mention, link or reference becomes code.
    """
    flat = one_line(text, limit)
    pieces: list[str] = []
    at = 0
    for match in _CODE.finditer(flat):
        pieces += [*_words(flat[at : match.start()]), code(match.group()[1:-1], limit)]
        at = match.end()
    pieces += _words(flat[at:])
    return _line_start(_join(pieces))


def cell(text: str, limit: int = 200) -> str:
    """Someone's words in a table cell."""
    return _escape_pipes(inline(text, limit))


def code(text: str, limit: int = 300) -> str:
    """Text as a code span, fenced by more backticks than it holds."""
    flat = _no_comment(one_line(text, limit)) or " "
    ticks = "`" * (_longest_run(flat) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def command_line(text: str, limit: int = 300) -> str:
    """A shell command as a code span; where a line of it ends is shown, as that may end a command."""
    lines = [line.strip() for line in text[: limit * 8].splitlines() if line.strip()]
    return code(" ⏎ ".join(lines), limit)


def fence(text: str, limit: int = 6000, info: str = "text") -> str:
    """Text as a code block, fenced by more backticks than it holds; the middle is left out where it is long.

    Many bots read code as well: no line of it begins as a command.
    """
    body = unheard_lines(_no_comment(clean(cut_middle(text, limit)))).strip("\n")
    ticks = "`" * max(3, _longest_run(body) + 1)
    return f"{ticks}{info}\n{body}\n{ticks}"


def quoted(text: str, limit: int = 2000) -> str:
    """Guidance and the like after a colon: in quotation marks on one line, or as a block where it has several."""
    if "\n" in text.strip():
        return "\n\n" + fence(text.strip(), limit)
    return f' "{inline(text, limit)}"'


def fold(title: str, body: str) -> str:
    """A part that opens with a click. `title` is our own words."""
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def plain(text: str, limit: int = 200) -> str:
    """Someone's words as plain text, for titles and commit messages: no reference, mention or skip token works."""
    flat = one_line(text, limit * 2)
    before = None
    while before != flat:  # taking one thing out may make another
        before = flat
        for pattern, instead in _ACTS_IN_A_COMMIT:
            flat = pattern.sub(instead, flat)
        flat = one_line(without_skip(_no_comment(flat)), limit * 2)
    return unheard_lines(one_line(flat, limit))


def without_skip(text: str) -> str:
    """Text in which nothing tells GitHub to skip its checks; taking one out may not make another."""
    before = None
    while before != text:
        before = text
        text = _SKIP_TRAILER.sub("skip checks ", _SKIP.sub("", text))
    return text


def cut_middle(text: str, limit: int) -> str:
    """At most about `limit` characters: beginning and end, and a line that says how much is missing."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"


def link(words: str, url: str) -> str:
    """Our own words as a link, or just the words where there is no address."""
    return f"[{words}]({url})" if url else words


def sentence(text: str) -> str:
    """Words that begin with a capital letter and end with a full stop or a question mark."""
    ended = text if text.endswith((".", "?", "!", "…")) else f"{text}."
    return ended[:1].upper() + ended[1:]


def _words(text: str) -> list[str]:
    pieces: list[str] = []
    at = 0
    for match in _WORD.finditer(text):
        if _LIVE.search(match.group()) is None:
            continue
        core = match.group().strip("()[]{}<>\"'.,;:!?*_~")
        start = match.start() + match.group().find(core)
        pieces += [_escape(text[at:start]), code(core, len(core) + 1)]
        at = start + len(core)
    return [*pieces, _escape(text[at:])]


def _join(pieces: list[str]) -> str:
    out = ""
    for piece in filter(None, pieces):
        gap = " " if out.endswith("`") and piece.startswith("`") and not out.endswith("\\`") else ""
        out += gap + piece
    return out


def _escape(text: str) -> str:
    escaped = _SPECIAL.sub(lambda match: "&amp;" if match.group() == "&" else "\\" + match.group(), text)
    return _SLASH_WORD.sub("&#47;", escaped.replace("<", "&lt;").replace(">", "&gt;"))


def _line_start(text: str) -> str:
    """What would begin a heading, list, rule or command at the start of a line does not."""
    number = re.match(r"\d+(?=[.)](?:\s|$))", text)
    if number:
        return text[: number.end()] + "\\" + text[number.end() :]
    return "\\" + text if text.startswith(("-", "+", "#", "=", "/", "[", ":", "!")) else text


def _escape_pipes(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def _no_comment(text: str) -> str:
    return text.replace("<!--", "<! --").replace("-->", "-- >")


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
