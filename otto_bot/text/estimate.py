"""What a plan may cost, in words: the range, and what it was reckoned from."""

from __future__ import annotations

from otto_bot.core import estimates
from otto_bot.core.estimate_values import Estimate
from otto_bot.core.run import Run
from otto_bot.text.footer import usd
from otto_bot.text.words import count


def estimate_line(run: Run) -> str:
    """For the plan comment; the run has a plan."""
    found, most = estimates.of(run), f"never more than {usd(run.money.cap)} for this issue"
    if run.estimate is None:  # made before earlier tasks were asked
        return f"**Estimate:** {usd(found.low)} to {usd(found.high)}, a guess from the sizes; {most}."
    return f"**Estimate:** {estimate_words(found)}; {most}."


def estimate_status(run: Run) -> str:
    """For the status comment: the range beside what this run has spent. Empty where none was reckoned."""
    if run.estimate is None or run.plan is None or run.ended:
        return ""
    return f"**Estimate:** {estimate_words(run.estimate)}. This run has spent ${run.money.settled:.2f} so far."


def estimate_words(found: Estimate) -> str:
    """`$0.40 to $1.90, from 23 tasks of this repository`, a part of a sentence."""
    return f"{usd(found.low)} to {usd(found.high)}, {_from(found)}{_minutes(found)}"


def _from(found: Estimate) -> str:
    if found.source == "sizes":
        return "a guess from the sizes; no history yet"
    known = _tasks(found)
    if found.source == "both":
        return f"partly a guess from the sizes: only {known} could be asked"
    return f"from {known}"


def _tasks(found: Estimate) -> str:
    here, others = found.here, found.samples - found.here
    if not others:
        return f"{count(here, 'task')} of this repository"
    elsewhere = f"{count(others, 'task')} of other repositories of this host"
    return f"{count(here, 'task')} of this repository and {elsewhere}" if here else elsewhere


def _minutes(found: Estimate) -> str:
    if found.minutes is None:
        return ""
    low, high = (max(1, round(value)) for value in found.minutes)
    took = f"{low}" if low == high else f"{low} to {high}"
    return f" (they say {took} min of work, {found.attempts:g} attempts a task)"
