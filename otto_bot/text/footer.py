"""The last line of every comment: money, attempts, run."""

from __future__ import annotations

from otto_bot.core.run import Run


def usd(amount: float) -> str:
    """An amount as people write it: `$10`, `$1.42`."""
    return f"${amount:.0f}" if amount == int(amount) and amount >= 1 else f"${amount:.2f}"


def money_line(run: Run) -> str:
    """Spent / cap."""
    return f"${run.money.settled:.2f} / {usd(run.money.cap)}"


def footer(run: Run) -> str:
    """`$ used / cap · attempts x · run id`."""
    attempts = sum(len(task.attempts) for task in run.tasks.values())
    return f"<sub>{money_line(run)} · attempts {attempts} · run {run.id}</sub>"
