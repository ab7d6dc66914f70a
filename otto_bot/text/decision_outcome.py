"""What came of a decision: the outcome of each move, and the re-runs that one comment tells of together."""

from __future__ import annotations

import re

from otto_bot.core.decision import REOPENING, SAME_COMMIT
from otto_bot.core.evidence import Cause
from otto_bot.core.reviewing import told_together
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.text.learnings import kept_and_dropped
from otto_bot.text.markdown import inline
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import CAUSES, clock, several

ROWS = 200
_FAILED = re.compile(r"(attempt [0-9]+ failed): ([a-z_ ]+)")


def outcomes(run: Run, gate: Gate) -> str:
    """What each move was worth, as soon as it is known; what is not known yet is said, too."""
    rows = [f"- {key}: {outcome_words(words)}" for key, words in gate.outcomes.items()]
    if gate.state is GateState.APPLIED and gate.decision is not None:
        started = [move for move in gate.decision.moves if move.action in REOPENING | SAME_COMMIT]
        none = "no result: the run ended first" if run.ended else "no result yet"
        rows += [f"- {move.task}: {none}" for move in started if move.task not in gate.outcomes]
    rows = [*rows[:ROWS], *(f"- {line}" for line in kept_and_dropped(gate, run.id))]
    return "\n".join(["#### What came of it", *rows]) if rows else ""


def outcome_words(words: str) -> str:
    """One outcome as the run keeps it, in plain words: `attempt 2 failed: tests fail`."""
    match = _FAILED.fullmatch(words)
    cause = match[2].replace(" ", "_") if match else ""
    if match and cause in set(Cause):
        return f"{match[1]}: {CAUSES[Cause(cause)]}"
    return inline(without_at(words), 200)


def ran_before(run: Run, gate: Gate) -> str:
    """Automatic re-runs of the same commits share one comment: what it told before."""
    rows = []
    for old in told_together(run, gate):
        when = f" ({clock(old.account.applied_at)})" if old.account.applied_at is not None else ""
        causes: dict[str, list[str]] = {}
        for failure in old.failures:
            causes.setdefault(CAUSES[failure.cause], []).append(failure.task)
        said = [f"{several(keys[:20])} ran again, because {cause}" for cause, keys in causes.items()]
        rows.append(f"- r{old.revision}{when}: {'; '.join(said)}")
    return "\n".join(["#### The same commits ran again before", *rows]) if rows else ""
