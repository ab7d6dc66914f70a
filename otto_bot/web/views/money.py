"""What a run cost by phase against its cap: a bar, and the table that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.run import Run
from otto_bot.store.run_pages import RoleCost
from otto_bot.text.footer import money_words
from otto_bot.text.pages import MONEY_PARTS, ROLES
from otto_bot.text.spoken import line, spoken
from otto_bot.text.words import count, several

WIDE, LEAST = 596, 3
"""Pixels of the whole cap, and what every part has besides its share, so that each is seen and all of them fit."""
GROUPS = (
    ("work", "work", ("planner", "coder")),
    ("check", "done", ("judge", "journeys", "triage")),
    ("gates", "wait", ("pilot", "replan", "shadow")),
)
"""Phases that are one part of the bar: more could not be told apart."""


class CostRow(NamedTuple):
    """What one kind of call cost."""

    phase: str
    calls: int
    tokens: str
    usd: str
    share: str


class BarPart(NamedTuple):
    """A part of the bar, in pixels."""

    tone: str
    x: int
    width: int


class Money(NamedTuple):
    """Cost against the cap. `name` is what a screen reader says of the bar."""

    words: str
    rows: tuple[CostRow, ...]
    rest: str
    name: str
    bar: tuple[BarPart, ...]
    legend: tuple[tuple[str, str], ...]


def money_view(run: Run, costs: Sequence[RoleCost]) -> Money:
    """As it is shown. What no call accounts for (earlier runs of the issue, a usage that is not known) is a part."""
    money = run.money
    unknown = money.settled - sum(one.usd for one in costs)
    rest = [f"${money.held:.2f} are put aside for {count(len(money.reserved), 'call')} under way"] * bool(money.held)
    rest += [f"${unknown:.2f} are counted for calls whose usage is not known"] * (unknown > 0.005)
    rest += [f"${money.inherited:.2f} were spent by earlier runs of the issue"] * (money.inherited > 0.005)
    rest += [f"${money.left:.2f} are left"]
    said = spoken(money_words(run))
    known = [(key, tone, sum(one.usd for one in costs if one.role in roles)) for key, tone, roles in GROUPS]
    grouped = {role for _, _, roles in GROUPS for role in roles}
    other = money.inherited + max(0.0, unknown) + sum(one.usd for one in costs if one.role not in grouped)
    parts = [
        (key, tone, usd) for key, tone, usd in [*known, ("other", "off", other), ("held", "bad", money.held)] if usd > 0
    ]
    legend = tuple((tone, f"{MONEY_PARTS[key]} ${usd:.2f}") for key, tone, usd in parts)
    spoken_parts = ", ".join([*(words for _, words in legend), f"${money.left:.2f} left"])
    return Money(
        words=f"{said}.",
        rows=tuple(_row(one, money.cap) for one in costs),
        rest=f"{several(rest)}.",
        name=f"Of ${money.cap:.2f}: {spoken_parts}.",
        bar=_bar([(tone, usd) for _, tone, usd in parts], money.cap),
        legend=legend,
    )


def _row(one: RoleCost, cap: float) -> CostRow:
    phase = ROLES.get(one.role, line(one.role, 20))
    of_cap = 100 * one.usd / cap if cap > 0 else 0.0
    share = "below 1 %" if 0 < of_cap < 1 else f"{of_cap:.0f} %"
    return CostRow(phase, one.calls, f"{one.input_tokens:,} / {one.output_tokens:,}", f"${one.usd:.2f}", share)


def _bar(parts: Sequence[tuple[str, float]], cap: float) -> tuple[BarPart, ...]:
    """One part after the other, none beyond the cap's end."""
    found, x, whole = [], 2, max(cap, sum(usd for _, usd in parts), 0.01)
    room = WIDE - LEAST * len(parts)
    for tone, usd in parts:
        found.append(BarPart(tone, x, LEAST + int(room * usd / whole)))
        x += found[-1].width
    return tuple(found)
