"""Characters that nobody sees, and the names by which they are told."""

from __future__ import annotations

import sys
import unicodedata

from otto_bot.core.unseen import UNSEEN, escaped, restored, unseen, without_unseen


def test_every_format_character_of_unicode_is_unseen() -> None:
    missing = [char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) == "Cf"]
    assert all(UNSEEN.match(char) for char in missing)
    for number in (
        0xAD,
        0x34F,
        0x61C,
        0x115F,
        0x1160,
        0x180E,
        0x3164,
        0xFE00,
        0xFE0F,
        0xFFA0,
        0xE0001,
        0xE0041,
        0xE01EF,
    ):
        assert UNSEEN.match(chr(number))
    assert not any(UNSEEN.match(char) for char in "aé漢ا́ \t\n\u00a0")


def test_unseen_characters_have_names_that_lead_back_to_them() -> None:
    text = "if x:\u202e\u2066 # \U0001f468\u200d\U0001f4bb"
    assert escaped(text) == "if x:⟦U+202E⟧⟦U+2066⟧ # \U0001f468\u200d\U0001f4bb"
    assert restored(escaped(text), text) == text
    assert restored("⟦U+202E⟧ ⟦U+0041⟧ ⟦U+FFFFFF⟧", "nothing of it A") == "⟦U+202E⟧ ⟦U+0041⟧ ⟦U+FFFFFF⟧"
    assert unseen("\ufeffa") == 0
    assert without_unseen("a\u2028b\u200bc") == "a\nbc"
