"""Comment bodies below GitHub's limit: the longest parts give way first, and it is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LIMIT = 59_000
"""UTF-16 units of a body, below the 60,000 promised: the hidden marker still has to fit."""


@dataclass(frozen=True)
class Part:
    """A part of a body, and what stands there instead where the whole would be too long."""

    full: str
    short: str
    kept: bool = False
    """Gives way only when every other part has."""
    first: bool = False
    """Gives way before every other part, however short it is."""


def size(text: str) -> int:
    """Length as GitHub counts it: UTF-16 units."""
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF)


def assemble(parts: Sequence[str | Part], end: str, limit: int = LIMIT) -> str:
    """The parts, one blank line between them, then `end`; below `limit`."""
    chosen = [part for part in parts if (part.full if isinstance(part, Part) else part)]
    texts = [part.full if isinstance(part, Part) else part for part in chosen]
    total = sum(size(text) + 2 for text in texts) + size(end)
    parted = [
        (part.kept, not part.first, -size(texts[i]), i) for i, part in enumerate(chosen) if isinstance(part, Part)
    ]
    for *_, index in sorted(parted):
        if total <= limit:
            break
        part = chosen[index]
        assert isinstance(part, Part)
        total -= size(part.full) - size(part.short)
        texts[index] = part.short
    texts = [text for text in texts if text]
    if total <= limit:
        return "\n\n".join([*texts, end])
    kept = _clip("\n\n".join(texts), limit - size(end) - 100)
    return f"{kept}\n\n… cut here: too long for one comment.\n\n{end}"


def _clip(text: str, limit: int) -> str:
    """The beginning of a text in whole lines, open code blocks and folds closed."""
    kept: list[str] = []
    used = 0
    for line in text.split("\n"):
        used += size(line) + 1
        if used > limit - 200:
            break
        kept.append(line)
    return "\n".join([*kept, *_closers(kept)])


def _closers(lines: Sequence[str]) -> list[str]:
    fence, folds = "", 0
    for line in lines:
        stripped = line.lstrip("> ")
        ticks = len(stripped) - len(stripped.lstrip("`"))
        if fence:
            fence = "" if ticks >= len(fence) and not stripped.strip("` ") else fence
        elif ticks >= 3:
            fence = "`" * ticks
        else:
            folds += stripped.count("<details>") - stripped.count("</details>")
    return ([fence] if fence else []) + ["</details>"] * max(0, folds)
