"""What the simulated lives have been through, as a table: one sees that the world is not a calm one."""

from __future__ import annotations

from collections import Counter

from otto_bot.bench.simulate.play import Played

GROUPS = (
    ("how runs ended", ("outcome ", "came home", "people gave up")),
    ("kinds of runs", ("run kind ",)),
    ("states reached", ("phase ", "task ", "hold ", "parked", "shut out")),
    ("decisions", ("decision ", "move ", "jobs ran again", "attempt started")),
    ("people", ("people", "command ")),
    ("faults", ("crash ", "database", "GitHub: ", "model: ", "job: ", "worker ", "clock jump", "event that changed")),
    ("recovery", ("lost tries", "queue: ", "SIGTERM", "deploy", "catch-up")),
    ("deliveries", ("delivery",)),
    ("effects", ("effect ",)),
)


def table(seen: Counter[str]) -> str:
    """Counts in groups, the commonest first."""
    lines = []
    for title, beginnings in GROUPS:
        found = [(name, count) for name, count in seen.most_common() if name.startswith(beginnings)]
        lines.append(f"{title}:")
        lines += [f"  {count:>10,}  {name}" for name, count in found]
    return "\n".join(lines)


class Sum:
    """All that was played so far."""

    def __init__(self) -> None:
        self.lives = self.runs = self.events = self.steps = 0
        self.seconds = 0.0
        self.seen: Counter[str] = Counter()
        self.broken: list[Played] = []

    def add(self, played: Played) -> None:
        """One more life."""
        self.lives += 1
        self.runs += played.runs
        self.events += played.events
        self.steps += played.steps
        self.seconds += played.seconds
        self.seen.update(played.seen)
        if played.rule is not None:
            self.broken.append(played)

    def line(self, took: float) -> str:
        """How far it is."""
        days = self.seconds / 86400
        return (
            f"{took:7.1f} s  {self.runs:,} runs of {self.lives:,} issues, {self.events:,} events, "
            f"{days:,.0f} virtual days, {len(self.broken)} broken"
        )
