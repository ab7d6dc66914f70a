"""Words for pages: our sentences without Markdown, and others' words as they are, with nothing hidden in them."""

from __future__ import annotations

import html
import re

from otto_bot.core.unseen import escaped, without_unseen

_LINK = re.compile(r"\[([^\]\n]*)\]\([^)\s]*\)")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_TICKS = re.compile(r"(`{2,}) ?(.+?) ?\1")
_ESCAPED = re.compile(r"\\([\\`*~|_\[\]\$&\-+#=/:!.)(])")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def spoken(markdown: str) -> str:
    """A sentence that was written for a comment, for a page: links become their words, `code` stays marked."""
    plain = _LINK.sub(r"\1", markdown.replace("<br>", " "))
    plain = _TICKS.sub(r"`\2`", _BOLD.sub(r"\1", plain))
    return html.unescape(_ESCAPED.sub(r"\1", plain)).strip()


def capital(words: str) -> str:
    """Words that begin with a capital letter."""
    return words[:1].upper() + words[1:]


def line(text: str, limit: int = 300) -> str:
    """Someone's words on one line, cut at `limit` characters; what nobody would see is not there."""
    flat = " ".join(_bare(without_unseen(text[: limit * 8])).split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def exact(text: str, limit: int = 8_000) -> tuple[str, bool]:
    """Someone's lines as they are, hidden characters by their names; and whether the end was cut off.

    `limit` is in bytes of HTML: pages stay small whatever is written in them.
    """
    shown = escaped(_bare(text[: limit * 2].replace("\r\n", "\n"))).expandtabs(4)
    kept = shown[:limit]
    while (size := weight(kept)) > limit:
        kept = kept[: min(len(kept) - 1, len(kept) * limit // size)]
    return kept, len(kept) < len(shown) or len(text) > limit * 2


def weight(text: str) -> int:
    """Bytes of a text in HTML."""
    return len(html.escape(text).encode("utf-8", "replace"))


def _bare(text: str) -> str:
    """Without colours and control characters; lines stay lines."""
    return _CONTROL.sub("", _ANSI.sub("", text.replace("\r", "\n"))).encode("utf-8", "replace").decode("utf-8")
