"""Events about learnings: what a run knows of them was written to where they outlive it."""

from __future__ import annotations

from typing import Literal

from otto_bot.core.event_base import Event
from otto_bot.core.learnings import OrderAnswer, Standing


class LearningsWritten(Event):
    """Uses of learnings were counted, people's orders carried out; `standing` is where the run's learnings stand."""

    type: Literal["LearningsWritten"] = "LearningsWritten"
    uses: dict[str, str] = {}
    answers: tuple[OrderAnswer, ...] = ()
    standing: tuple[Standing, ...] = ()
