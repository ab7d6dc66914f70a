"""Contrast of the style sheet, computed from its variables: WCAG AA for text and for lines, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHEET = (Path(__file__).parents[2] / "otto_bot" / "web" / "static" / "otto.css").read_text("utf-8")
TEXTS = ("text", "dim", "link", "done", "work", "bad", "wait", "off", "todo")
LINES = ("edge", "done", "work", "bad", "wait", "off", "todo", "link")
GROUNDS = ("ground", "soft")


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", block))


LIGHT = variables(SHEET.partition("@media (prefers-color-scheme: dark)")[0])
DARK = variables(SHEET.partition("@media (prefers-color-scheme: dark)")[2].partition("}")[0])


def luminance(colour: str) -> float:
    """As WCAG 2 reckons it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_reckoned_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read_on_every_ground(colours: dict[str, str]) -> None:
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS] + [("text", "mark")]
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}

    assert {pair: found for pair, found in weak.items() if found < 4.5} == {}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_line_that_means_something_is_seen_on_every_ground(colours: dict[str, str]) -> None:
    weak = {(line, ground): contrast(colours[line], colours[ground]) for line in LINES for ground in GROUNDS}

    assert {pair: found for pair, found in weak.items() if found < 3} == {}


def test_light_and_dark_have_the_same_colours_and_no_rule_has_one_of_its_own() -> None:
    """A colour that is written into a rule is one that dark does not change."""
    rules = re.sub(r"--[a-z]+: #[0-9a-f]{6};", "", SHEET)

    assert set(LIGHT) == set(DARK)
    assert re.findall(r"(?<!&)#[0-9a-fA-F]{3,8}\b(?=[;\s,)])|rgba?\(|hsl", rules) == []
