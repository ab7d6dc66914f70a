"""Words of issues and plans: stems, quotes, negations. A net for English; other languages are let through."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_MARKS = re.compile(r"[*_`~]+")
_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\([^)\n]{0,1000}\)")
_LINE_START = re.compile(r"^[ \t]*(?:(?:[-+>#]+|\*|\d{1,3}[.)]|\[[ xX]\])[ \t]+)+", re.MULTILINE)
_LEFT_OUT = re.compile(r"…|\.\.\.|\[\]")
MOST_PIECES = 3
_ENGLISH = frozenset(
    {
        "the", "a", "an", "and", "of", "to", "for", "in", "on", "is", "are", "be", "it", "this", "that", "with", "we",
        "i", "you", "should", "please", "can", "add", "when", "not", "as", "at", "from",
    }
)  # fmt: skip
_EMPTY = frozenset(
    {
        "a", "an", "the", "this", "that", "these", "those", "its", "it", "their", "they", "there", "and", "or", "of",
        "to", "for", "from", "in", "on", "at", "by", "with", "as", "is", "are", "be", "been", "was", "were", "will",
        "would", "can", "may", "must", "should", "shall", "do", "does", "did", "has", "have", "had", "we", "you", "i",
        "our", "your", "my", "also", "only", "just", "any", "all", "each", "every", "some", "other", "than", "then",
        "so", "if", "when", "where", "which", "who", "what", "how", "into", "onto", "out", "up", "over", "per", "via",
        "about", "within", "nothing", "anything", "something", "no", "not", "never", "without", "add", "adds",
        "adding", "added", "support", "supports", "supporting", "build", "building", "implement", "implementing",
        "make", "making", "provide", "providing", "new", "between", "among", "through", "across", "during",
        "against", "under", "after", "before", "again",
    }
)  # fmt: skip
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nothing|nobody|neither|nor|without|cannot|can't|isn't|aren't|doesn't|don't|won't|"
    r"unchanged|untouched|unaffected|refuse[sd]?|reject(?:s|ed)?|ignore[sd]?|instead of|rather than|as before|"
    r"stays?|remains?|kept|keeps?|still|forbidden|denied|401|403|404)\b|n't\b",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:ations?|ing|ings|ers?|ed|es|s|ies|y|e|ment|ments)$")


def squeezed(text: str) -> str:
    """Lower case, one blank between words, without Markdown's marks and kinds of quotation marks."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("“", '"').replace("”", '"')
    plain = _LINK.sub(r"\1", _LINE_START.sub("", plain))
    return re.sub(r"\s+", " ", _MARKS.sub("", plain)).strip().casefold()


def stands_in(quote: str, texts: Iterable[str]) -> bool:
    """Whether a quote stands in one of the texts; "…" in it leaves words out, twice at most."""
    pieces = [part.strip("\"'., ") for part in _LEFT_OUT.split(squeezed(quote))]
    wanted = [piece for piece in pieces if piece]
    if not 1 <= len(wanted) <= MOST_PIECES or any(len(re.sub(r"\W", "", piece)) < 3 for piece in wanted):
        return False
    return any(_in_order(wanted, squeezed(text)) for text in texts)


def _in_order(pieces: Sequence[str], text: str) -> bool:
    place = 0
    for piece in pieces:
        found = text.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return True


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A word without its ending: `expired`, `expires` and `expiring` are the same."""
    low = re.sub(r"['’]s?$", "", word.casefold())
    if len(low) <= 4:
        return low.rstrip("s") if len(low) == 4 else low
    cut = _SUFFIX.sub("", low)
    return cut if len(cut) >= 3 else low


def tokens(text: str) -> list[str]:
    """The words of a text as they stand."""
    return _WORD.findall(text)


def content(text: str) -> list[str]:
    """Stems of the words that say something, in order."""
    return [stem(word) for word in tokens(text) if word.casefold() not in _EMPTY]


def sentences(text: str) -> Iterator[str]:
    """Sentences and lines of a text."""
    for part in re.split(r"(?<=[.!?;])\s+|\n+", text):
        if part.strip():
            yield part.strip()


def negations(text: str) -> int:
    """How often a text says that something is not so, or stays as it is."""
    return len(_NEGATION.findall(text))


def together(wanted: Sequence[str], stems: Sequence[str]) -> bool:
    """Whether all stems stand close to one another, in any order."""
    width, need = len(wanted) + 2, set(wanted)
    if not need <= set(stems):
        return False
    return any(need <= set(stems[at : at + width]) for at in range(max(1, len(stems) - width + 1)))


def english(text: str) -> bool:
    """Whether the words look like English: what is refused for words that are missing is asked only of these."""
    found = [word.casefold() for word in tokens(text)]
    return sum(1 for word in found if word in _ENGLISH) * 10 >= len(found) if len(found) > 3 else True


def shown(text: str, limit: int = 80) -> str:
    """A short quotation in a reason."""
    flat = " ".join(text.split())
    return f'"{flat if len(flat) <= limit else flat[: limit - 1] + "…"}"'
