"""What merged tasks found out, for people: a part of the pull request that opens with a click."""

from __future__ import annotations

from otto_bot.core.context_notes import ENDS, TITLES, known, source
from otto_bot.core.notes import Fact, by_kind
from otto_bot.core.run import Run
from otto_bot.text.body import Part
from otto_bot.text.markdown import fold, inline


def found_out(run: Run) -> Part:
    """Decisions and why, conventions, data model, gotchas; each with the task it comes from."""
    facts = known(run)
    if not facts:
        return Part("", "")
    parts = []
    for kind, some in by_kind(facts):
        parts.append("\n".join([f"**{TITLES[kind]}**", "", *(_line(fact, run) for fact in some)]))
    short = f"**What this work found out:** {len(facts)} facts, left out here."
    return Part(fold("What this work found out", "\n\n".join(parts)), short)


def _line(fact: Fact, run: Run) -> str:
    why = f" Why: {inline(fact.why, 400)}" if fact.why else ""
    stop = "." if why and not fact.text.endswith(ENDS) else ""
    return f"- {inline(fact.text, 400)}{stop}{why} ({source(fact, run.ordinal)})"
