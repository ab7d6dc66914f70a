"""How much may be at work at once: runs, attempts and agents, of one installation and of the whole host."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from otto_bot.core.allowance import Allowance
from otto_bot.core.effects import EffectKind
from otto_bot.core.values import Frozen

AGENTS = frozenset(
    {
        EffectKind.PLAN,
        EffectKind.CODE,
        EffectKind.JUDGE,
        EffectKind.GATE,
        EffectKind.JOURNEYS,
        EffectKind.TRIAGE,
    }
)
"""Effects that call a model. A coder's (`code`) are attempts too."""

WORK = AGENTS | {
    EffectKind.PREPARE,
    EffectKind.OPEN_PULL_REQUEST,
    EffectKind.PUSH,
    EffectKind.VERIFY,
    EffectKind.RERUN,
    EffectKind.CANDIDATE,
    EffectKind.MERGE,
    EffectKind.TAKE_BASE,
}
"""Effects that get a run further: a run that is not admitted starts none. What is left says what there is to say,
lets a decided time come, and clears up."""

Most = Annotated[int, Field(ge=1, le=100_000)]


class AtOnce(Frozen):
    """At most so many at the same moment."""

    runs: Most
    """Runs that are neither over nor at rest."""
    attempts: Most
    """Coders at work."""
    agents: Most
    """Effects of `AGENTS` at work, coders among them."""


class HostLimits(Frozen):
    """Of one installation, and of all of them on this database."""

    installation: AtOnce = AtOnce(runs=50, attempts=16, agents=24)
    host: AtOnce = AtOnce(runs=500, attempts=64, agents=96)
    day: Allowance = Allowance()
    """What may be begun and spent in a day."""
