"""What a plan may cost, and what that is reckoned from: values only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from otto_bot.core.values import Frozen, Usd

Size = Literal["S", "M", "L"]
Source = Literal["history", "sizes", "both"]


class Sample(Frozen):
    """One earlier task that has ended: what its coder and judge cost, and how long it took from its first attempt on.

    `minutes` is None where it is not known, `here` whether it was of the same repository.
    """

    size: Size
    usd: Usd
    minutes: Annotated[float, Field(ge=0)] | None = None
    attempts: Annotated[int, Field(ge=1)] = 1
    here: bool = True


class History(Frozen):
    """Earlier tasks, newest first; `overheads`: for each earlier run, all other calls as a share of its tasks' cost."""

    samples: tuple[Sample, ...] = ()
    overheads: tuple[float, ...] = ()


class Estimate(Frozen):
    """What a plan may cost, in US dollars, and how long its tasks may take.

    `samples` earlier tasks count for it, `here` of them of this repository, with `attempts` on average. Minutes are
    None where no task of such a size is known.
    """

    low: Usd
    high: Usd
    samples: int = 0
    here: int = 0
    attempts: float = 0.0
    source: Source = "sizes"
    minutes: tuple[float, float] | None = None

    @property
    def middle(self) -> float:
        """Half-way."""
        return (self.low + self.high) / 2
