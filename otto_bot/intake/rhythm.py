"""How often GitHub is asked for what no webhook told: pure, in units of the host's catch-up interval."""

from __future__ import annotations

from datetime import timedelta

from otto_bot.core.values import Frozen

BUDGET = 50
"""Requests for an installation in one round, about: with rounds each minute 3,000 an hour of the 5,000 it has."""
SWEEPS_SHARE = 30
"""Of these at most so many for repositories; the rest looks at runs."""
SWEEP_COSTS, LOOK_COSTS = 2, 7
"""Requests that a look at a repository or a run takes, about."""

DEAF = (1, 1, 2, 4)
DEAF_RESTING = (1, 2, 4, 8, 15, 30)
HEARING = (15, 30)
SWEEP_HEARING = (2, 4, 8, 10)
REPOSITORIES_DEAF, REPOSITORIES_HEARING = 3, 10
REDELIVERED = 5
"""Units between two looks into GitHub's log of deliveries."""
HEARD_FOR = 30
"""So many units after a delivery the next ones are counted upon."""


class Rhythm(Frozen):
    """Pauses of one host. `unit` is what it set as the interval of catching up."""

    unit: timedelta

    def run(self, *, hearing: bool, working: bool, quiet: int) -> timedelta:
        """Until a run is looked at again, after `quiet` looks in a row that found nothing new."""
        steps = HEARING if hearing else DEAF if working else DEAF_RESTING
        return self.unit * steps[min(quiet, len(steps) - 1)]

    def sweep(self, *, hearing: bool, quiet: int) -> timedelta:
        """Until a repository is asked again what has changed, after `quiet` answers in a row that named nothing."""
        return self.unit * (SWEEP_HEARING[min(quiet, len(SWEEP_HEARING) - 1)] if hearing else 1)

    def repositories(self, *, hearing: bool) -> timedelta:
        """How long an installation's list of repositories is good."""
        return self.unit * (REPOSITORIES_HEARING if hearing else REPOSITORIES_DEAF)

    @property
    def redelivered(self) -> timedelta:
        """Between two looks into the log of deliveries."""
        return self.unit * REDELIVERED

    @property
    def heard_for(self) -> timedelta:
        """How long a delivery says that webhooks arrive."""
        return self.unit * HEARD_FOR


class Purse:
    """What an installation may still be asked in this round."""

    def __init__(self, budget: float) -> None:
        self._left = budget
        self._sweeps = budget * SWEEPS_SHARE / BUDGET

    @property
    def left(self) -> float:
        """Requests that may still be sent."""
        return self._left

    def sweep(self) -> bool:
        """Take what a look at a repository costs; False where it is not there."""
        if self._sweeps < SWEEP_COSTS or self._left < SWEEP_COSTS:
            return False
        self._sweeps -= SWEEP_COSTS
        self._left -= SWEEP_COSTS
        return True

    def cheaper(self) -> None:
        """The look at a repository took one request only: it had no run whose base could have moved."""
        self._sweeps += SWEEP_COSTS - 1
        self._left += SWEEP_COSTS - 1

    def look(self) -> bool:
        """Take what a look at a run costs; False where it is not there."""
        if self._left < LOOK_COSTS:
            return False
        self._left -= LOOK_COSTS
        return True

    def empty(self) -> None:
        """GitHub said to wait: nothing more in this round."""
        self._left = self._sweeps = 0
