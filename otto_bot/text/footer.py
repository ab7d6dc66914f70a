"""The last line of every comment: money, attempts, run."""

from __future__ import annotations

from otto_bot.core.run import Run


def usd(amount: float) -> str:
    """An amount as people write it: `$10`, `$1.42`."""
    return f"${amount:.0f}" if amount == int(amount) and amount >= 1 else f"${amount:.2f}"


def money_line(run: Run) -> str:
    """Spent on the issue, by all its runs / cap."""
    return f"${run.money.spent:.2f} / {usd(run.money.cap)}"


def money_words(run: Run) -> str:
    """What the issue has cost and may cost, and what of it this run found spent; a sentence without a full stop."""
    earlier = f", ${run.money.inherited:.2f} of it by earlier runs of this issue" if run.money.inherited else ""
    granted = f"; {usd(run.money.granted)} of that were allowed with `/otto budget`" if run.money.granted else ""
    return f"${run.money.spent:.2f} of {usd(run.money.cap)} spent{earlier}{granted}"


def footer(run: Run) -> str:
    """`$ used / cap · attempts x · run id`."""
    attempts = sum(len(task.attempts) for task in run.tasks.values())
    return f"<sub>{money_line(run)} · attempts {attempts} · run {run.id}</sub>"
