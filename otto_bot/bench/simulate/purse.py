"""What the provider of the model really charged: the simulated world's own account beside the heart's."""

from __future__ import annotations

from collections.abc import Iterable

from otto_bot.bench.simulate.rules import hold
from otto_bot.core.run import Run

CENT = 1e-6


class Purse:
    """Charges by run, in US dollars, and what people allowed on top."""

    def __init__(self, host: float, repository: float) -> None:
        self._host = host
        self._repository = repository
        self._charged: dict[int, float] = {}
        self._grants: dict[str, float] = {}

    def charge(self, call: tuple[int, str], usd: float) -> None:
        """The provider charged for a call."""
        self._charged[call[0]] = self._charged.get(call[0], 0.0) + usd

    def granted(self, key: str, usd: float) -> None:
        """A person allowed more; the same word twice is one."""
        self._grants[key] = usd

    @property
    def allowed(self) -> float:
        """What may be spent on the issue at most, whatever was made of people's words."""
        return min(self._host, self._repository + sum(self._grants.values()))

    def check(self, runs: Iterable[Run]) -> None:
        """The heart never believes in less than was charged, and never allows more than people did."""
        before = 0.0
        for run in runs:
            before += self._charged.get(run.id, 0.0)
            told = run.money.committed
            hold(
                5, before <= told + CENT, f"run {run.id} knows of ${told:.4f} of the lineage, ${before:.4f} is charged"
            )
            most = max(run.money.cap, run.money.inherited)
            hold(5, told <= most + CENT, f"run {run.id} has committed ${told:.4f} of ${most:.4f}")
            if run.prepared:
                hold(5, run.money.cap <= self.allowed + CENT, f"the cap is ${run.money.cap:.2f} of ${self.allowed:.2f}")
