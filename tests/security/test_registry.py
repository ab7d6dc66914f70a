"""The registry itself: enough attacks, each with a source that can be looked up and words that can be read."""

from __future__ import annotations

import re

import pytest
from security_registry import ATTACKS, DEFENCES, Attack, Defence, load, switched_off

from otto_bot.bench.simulate.planting import Change
from otto_bot.text import markdown

load()
POINTS = range(12)
ENOUGH = 60
PROGRAMS = frozenset({"git", "npm", "pip", "bubblewrap"})
"""Names that are written small, also where a sentence begins."""
KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SOURCE = re.compile(
    r"https?://[\w.-]+\.[a-z]{2,}(?:/|\b)|\bCVE-\d{4}-\d{4,}\b|\bGHSA(?:-[23456789cfghjmpqrvwx]{4}){3}\b"
    r"|[A-Za-z0-9][\w.-]*/[\w.-]+#\d+|^own: \w.{10,}"
)
"""An address, an advisory, an issue as `owner/name#1`, or `own: ` and why."""


@pytest.mark.parametrize("point", POINTS)
def test_every_point_is_attacked(point: int) -> None:
    assert [one.name for one in ATTACKS.values() if one.point == point]


def test_there_are_enough_attacks() -> None:
    assert len(ATTACKS) >= ENOUGH
    assert {one.point for one in ATTACKS.values()} <= set(POINTS)


def unreadable(one: Attack | Defence) -> str | None:
    """What is wrong with how an attack or a defence is named, described or sourced."""
    says = one.says if isinstance(one, Attack) else one.promise
    if not KEBAB.fullmatch(one.name):
        return f"{one.name}: small letters, digits and single hyphens"
    if len(says.split()) < 5 or not (says[0].isupper() or not says[0].isalpha() or says.split()[0] in PROGRAMS):
        return f"{one.name}: {says!r} is no sentence"
    if isinstance(one, Attack) and not says.endswith((".", "!", "?", "”", '."')):
        return f"{one.name}: {says!r} does not end"
    if isinstance(one, Attack) and not SOURCE.search(one.source):
        return f"{one.name}: {one.source!r} cannot be looked up; write `own: why` where it is ours"
    return None


def test_every_attack_and_defence_can_be_read_and_looked_up() -> None:
    wrong = [why for one in (*ATTACKS.values(), *DEFENCES.values()) if (why := unreadable(one)) is not None]
    assert not wrong, "\n".join(wrong)


def test_the_look_finds_what_it_looks_for() -> None:
    good = Attack("a-name", 1, "Somebody says that it is so.", "CVE-2025-32711", (), lambda _: None, slow=False)
    assert unreadable(good) is None
    for wrong in (
        {"name": "A_Name"}, {"says": "somebody says that it is so."}, {"says": "Somebody says so"},
        {"source": "somewhere"}, {"source": "own: it"},
    ):  # fmt: skip
        assert unreadable(Attack(**{**vars(good), **wrong})) is not None


def test_two_changes_of_one_function_are_both_off_and_both_put_back() -> None:
    where = ("otto_bot.text.markdown", "sentence")
    capital = Defence("capital", "", (Change(*where, "ended[:1].upper()", "ended[:1]"),))
    stop = Defence("stop", "", (Change(*where, 'else f"{text}."', "else text"),))
    with switched_off(capital, stop):
        assert markdown.sentence("so it is") == "so it is"
    assert markdown.sentence("so it is") == "So it is."
