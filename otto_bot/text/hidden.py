"""What people are told where an issue holds text that its page does not show."""

from __future__ import annotations

from otto_bot.core.run import Run
from otto_bot.text.shown.seen import hidden_words
from otto_bot.text.told import told


def hidden_in_issue(run: Run) -> str:
    """For the plan comment: whoever put the label on has not seen this. Empty where nothing is hidden."""
    words = hidden_words(told(run).hidden) if run.kind != "improve" else ""
    if not words:
        return ""
    return (
        f"**The issue holds text that its page does not show:** {words}. Otto left it out, no model was told it: the "
        "plan is of what you can read. If something of it matters, write it where it is seen and say `/otto replan`."
    )
