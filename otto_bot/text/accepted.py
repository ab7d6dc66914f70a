"""What people said yes to: changed tests, and what the gate before a push held; who, and which lines."""

from __future__ import annotations

from otto_bot.core.attempt import Task
from otto_bot.core.run import Run
from otto_bot.text.body import Part
from otto_bot.text.markdown import code, inline
from otto_bot.text.words import count, name

LINES = 20
_WHAT = {"tests": "changed tests", "change": "what the gate held"}


def accepted_words(task: Task) -> str:
    """For a task's state: ` (changed tests accepted by @anna)`, names without calling anyone; empty where none were."""
    said = ""
    for what, words in _WHAT.items():
        who = dict.fromkeys(f"@{inline(one.by, 40)}" for one in task.accepted if one.what == what)
        said += f" ({words} accepted by {', '.join(who)})" if who else ""
    return said


def accepted_part(run: Run) -> Part:
    """What a reviewer should see first: every accepted place, before the draft is made ready."""
    rows: list[str] = []
    total = 0
    for key, task in run.tasks.items():
        for one in task.accepted:
            places = len(one.hits)
            total += places
            said = f"{_WHAT[one.what]} accepted by @{inline(one.by, 40)}"
            rows.append(f"- {name(run, key)}, attempt {one.attempt}: {said}, {count(places, 'place')}")
            rows += [f"  - {code(line, 300)}" for line in one.lines[:LINES]]
            left = places - len(one.lines[:LINES])
            rows += [f"  - and {left} more in the diff"] if left > 0 else []
    if not rows:
        return Part("", "")
    kinds = {one.what for task in run.tasks.values() for one in task.accepted}
    title = "Checks that prove less than before" if kinds == {"tests"} else "What Otto stopped at"
    short = f"**{title}, accepted by people:** {count(total, 'place')}; the diff shows them."
    return Part("\n".join([f"**{title}, accepted by people**", "", *rows]), short)
