"""Check boxes: ticking one does what its command does, through the same permission check."""

from __future__ import annotations

from collections.abc import Sequence


def box(command: str, words: str) -> str:
    """One unticked box; the command stands first, in code, so that an edit can be read back."""
    return f"- [ ] `{command}` {words}"


def boxes(rows: Sequence[tuple[str, str]]) -> str:
    """Boxes under one line that says what they do; nothing where there are none."""
    if not rows:
        return ""
    return "\n".join(
        ["Tick a box, or say the command in a comment:", "", *(box(command, words) for command, words in rows)]
    )
