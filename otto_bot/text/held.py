"""What the gate before a push found where no task of the run can be asked about: nothing was pushed, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.diff_findings import Finding
from otto_bot.text.markdown import inline
from otto_bot.text.words import count

SHOWN = 5


def push_held(findings: Sequence[Finding]) -> str:
    """For a run that waits: every finding that fits, and the one way on."""
    rows = "; ".join(inline(one.words, 200) for one in findings[:SHOWN])
    more = f"; and {count(len(findings) - SHOWN, 'more place')}" if len(findings) > SHOWN else ""
    return (
        f"The gate before the push held commits of Otto's own, and nothing was pushed: {rows}{more}. Where that is "
        "right, bring it into the run branch yourself (a merge of yours stays) and say `/otto resume`; else take it "
        "out where it comes from, or `/otto stop`"
    )
