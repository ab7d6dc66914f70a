"""What a run has to be told of its effect rows: steps that do not get further, surfaces that show nobody knows what."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import EffectFailed, RunEvent, Unsure
from otto_bot.core.run import Run

REPEAT_LIMIT = 8
"""An effect that ran this often without the run getting further stops."""


class Synced(NamedTuple):
    """Keys that ran too often, and surfaces that an unwanted step may have written.

    A row behind one of `unsure` is left as it is: the run wants it when it has been told.
    """

    stuck: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def told(found: Synced, at: datetime) -> list[RunEvent]:
    """The events that tell it. An effect that is asked for again and again although it ran is a person's."""
    words = f"this step ran {REPEAT_LIMIT} times without getting further: "
    stuck = [EffectFailed(at=at, key=key, kind="repeats", message=words + key) for key in found.stuck]
    return [*stuck, *(Unsure(at=at, surface=surface) for surface in found.unsure)]


def unsure_of(run: Run, effect: Effect, state: str, generation: int) -> str:
    """The surface that an unwanted effect may have written although the run believes to know what it shows; or empty.

    A try runs, or one that ran has not told. Without this a run which comes back to what it had shown before would be
    believed to be shown so.
    """
    begun = state == "running" or generation > 1
    known = effect.kind is EffectKind.SHOW and run.shown.get(effect.target)
    return effect.target if begun and known else ""
