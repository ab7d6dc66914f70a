"""Texts are cut so that they still render, and say that they were cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.github.limits import CUT_NOTE, clip, clip_line, open_fence, units


def test_a_short_text_stays():
    assert clip("hello\n") == "hello\n"


def test_an_open_fence_is_closed():
    cut = clip("intro\n````python\n" + "x = 1\n" * 200, 500)
    assert cut.endswith("\n````" + CUT_NOTE)
    assert open_fence(cut) == ""


@pytest.mark.parametrize(
    ("text", "fence"),
    [
        ("```\nx", "```"),
        ("```\nx\n```", ""),
        ("````\n```\n", "````"),
        ("```\n~~~\n", "```"),
        ("~~~ py\n```\n", "~~~"),
        ("```\n``` py\n", "```"),
        ("    ```\n", ""),
        ("``` a`b\n", ""),
        ("text ``` more", ""),
    ],
)
def test_open_fence(text, fence):
    assert open_fence(text) == fence


def test_a_comment_is_not_left_open():
    cut = clip("a\n" * 150 + "<!-- " + "x" * 400 + " -->", 500)
    assert "<!--" not in cut


def test_emoji_count_double_and_are_not_split():
    cut = clip("😀" * 400, 500)
    assert units(cut) <= 500
    assert "\ufffd" not in cut


def test_what_json_cannot_carry_is_dropped():
    assert clip("a\x00b\ud800c") == "ab?c"


@given(st.text(alphabet="`~ \n<!->xé😀", max_size=900))
def test_never_longer_than_the_limit_and_never_an_open_fence(text):
    cut = clip(text, 300)
    assert units(cut) <= 300
    if units(text) > 300:
        assert cut.endswith(CUT_NOTE)
        assert open_fence(cut) == ""


def test_one_line():
    assert clip_line("a\n b\tc", 10) == "a b c"
    assert clip_line("x" * 20, 10) == "x" * 9 + "…"
