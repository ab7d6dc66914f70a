"""Events about money, failing effects, and what Otto has written for people to see."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from otto_bot.core.event_base import Event
from otto_bot.core.values import Usage


class MoneyReserved(Event):
    """A model call is about to be made and may cost this much at worst."""

    type: Literal["MoneyReserved"] = "MoneyReserved"
    call: str
    usd: float


class MoneySettled(Event):
    """A model call ended; no usage = its whole reservation is spent."""

    type: Literal["MoneySettled"] = "MoneySettled"
    call: str
    usage: Usage | None = None


class EffectFailed(Event):
    """An action did not work; `retry_at` None = only a person can help."""

    type: Literal["EffectFailed"] = "EffectFailed"
    key: str
    kind: str
    message: str
    retry_at: datetime | None = None


class Published(Event):
    """A surface shows this digest now."""

    type: Literal["Published"] = "Published"
    surface: str
    digest: str
    github_id: int | None = None


class Unsure(Event):
    """What a surface shows is not known: a step may have written it, and is not wanted any more before it told."""

    type: Literal["Unsure"] = "Unsure"
    surface: str


class PersonCalled(Event):
    """A person was asked to act, once for this wait."""

    type: Literal["PersonCalled"] = "PersonCalled"
    wait: str


class Replied(Event):
    """A command got its answer."""

    type: Literal["Replied"] = "Replied"
    number: int


class ActionsAsked(Event):
    """GitHub is about to be asked to start something in Actions, for which it has no key of ours to find it by.

    `key`: what for. `refused`: it said no, so that nothing was started.
    """

    type: Literal["ActionsAsked"] = "ActionsAsked"
    key: str
    refused: bool = False


class Tidied(Event):
    """A verification pull request that has served is closed."""

    type: Literal["Tidied"] = "Tidied"
    number: int
