"""Everything that runs in the stand-in, put together: state, webhooks, people, Actions, faults."""

from __future__ import annotations

from dataclasses import dataclass, field

from otto_bot.playground.actions.api import Actions
from otto_bot.playground.github.config import FaultConfig
from otto_bot.playground.github.faults import Counter
from otto_bot.playground.github.limits import Limits
from otto_bot.playground.github.reactions import Reactions
from otto_bot.playground.github.registered import Registered
from otto_bot.playground.github.trap import Trap
from otto_bot.playground.github.webhooks import Courier
from otto_bot.playground.github.world import Visible, World

MAX_KEPT = 100_000


@dataclass
class Hub:
    """What handlers and people reach. `reactions` and `actions` are set once by the composition."""

    world: World
    courier: Courier
    key: str
    faults: list[FaultConfig] = field(default_factory=list)
    counter: Counter = field(default_factory=Counter)
    trap: Trap = field(default_factory=Trap)
    limits: Limits = field(default_factory=Limits)
    actions: Actions | None = None
    reactions: Reactions | None = None
    history: list[Visible] = field(default_factory=list)
    apps: dict[str, Registered] = field(default_factory=dict)
    """Apps that were registered here from a manifest, by slug."""
    links: dict[str, tuple[str, int, float]] = field(default_factory=dict)

    def remember(self, visible: Visible) -> None:
        """Keeps a change for those who watch the stream."""
        self.history.append(visible)
        del self.history[:-MAX_KEPT]
