"""What people can say to Otto: the grammar of one `/otto` line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import Field

from otto_bot.core.issue import IssueText
from otto_bot.core.values import Frozen, Person

VERBS = (
    "approve",
    "retry",
    "skip",
    "accept",
    "replan",
    "plan",
    "pause",
    "resume",
    "stop",
    "status",
    "explain",
    "budget",
    "keep",
    "forget",
    "improve",
    "certify",
    "help",
)
GUIDANCE_LIMIT = 2000
MOST_HEARD = 500
"""Words of earlier runs that the next run of an issue knows; the newest."""
_TASKS = ("retry", "skip", "accept", "explain")
_GUIDED = ("retry", "replan")


class Command(Frozen):
    """One understood command."""

    verb: str
    tasks: tuple[str, ...] = ()
    revision: int | None = None
    usd: Annotated[float, Field(gt=0)] | None = None
    guidance: str = ""
    learning: str = ""


def heard_before(seen: Iterable[str]) -> tuple[str, ...]:
    """Keys of words, newest first, that the issue's last run heard or knew: none of them is said to the next one.

    Times alone do not tell: this host's clock may be behind GitHub's, or have been set back.
    """
    return tuple(sorted(seen, key=_newest)[:MOST_HEARD])


def _newest(key: str) -> tuple[int, str]:
    number = key.split("/")[1] if "/" in key else ""
    return (-int(number) if number.isascii() and number.isdigit() and len(number) < 20 else 0, key)


class BadCommand(Frozen):
    """A line that starts with `/otto` and is not understood; `unknown_verb` gets 😕, the rest a reply."""

    problem: str
    unknown_verb: bool = False
    did_you_mean: str | None = None


class Given(Frozen):
    """A command, who gave it and where; the key makes a second delivery of it harmless."""

    key: str
    command: Command
    by: Person
    comment_id: int | None = None
    where: int | None = None
    said_at: datetime | None = None
    """When the comment was written, as GitHub says (whole seconds); None = it was said right now."""
    issue: IssueText | None = None
    """The issue as it stood when a new plan was asked for: that is what the new plan is of."""


def parse_line(line: str, guidance: str = "") -> Command | BadCommand | None:
    """What a line says; None when it is no command. `guidance` is text that follows on later lines."""
    match = re.match(r"^/otto(?:[ \t]+(.*))?$", line.strip())
    if match is None:
        return None
    words, separator, said = (match.group(1) or "").partition("--")
    rest = words.split()
    text = "\n".join(part for part in (said.strip(), guidance.strip()) if part) if separator else guidance.strip()
    if not rest:
        return BadCommand(problem="say what to do: " + ", ".join(f"`/otto {verb}`" for verb in VERBS))
    # Only ASCII is made small: there are letters of other alphabets whose small form is one of ours.
    verb, args = rest[0].lower() if rest[0].isascii() else rest[0], rest[1:]
    if verb not in VERBS:
        close = difflib.get_close_matches(verb, VERBS, n=1, cutoff=0.5)
        return BadCommand(
            problem=f"`{verb[:40]}` is not a command", unknown_verb=True, did_you_mean=close[0] if close else None
        )
    if len(text) > GUIDANCE_LIMIT:
        return BadCommand(problem=f"the guidance has {len(text)} characters; at most {GUIDANCE_LIMIT} are read")
    if separator and verb not in _GUIDED:
        return BadCommand(problem=f"`/otto {verb}` takes no text after `--`")
    return _arguments(verb, args, text if verb in _GUIDED else "")


def _arguments(verb: str, args: list[str], guidance: str) -> Command | BadCommand:
    if verb in _TASKS:
        return _task_command(verb, args, guidance)
    if verb == "approve":
        return _approve(args)
    if verb == "budget":
        match = re.fullmatch(r"\+?\$?([0-9]{1,6}(?:\.[0-9]{1,2})?)", args[0]) if len(args) == 1 else None
        if match is None or float(match.group(1)) <= 0:
            return BadCommand(problem="say how much more: `/otto budget +5`")
        return Command(verb=verb, usd=float(match.group(1)))
    if verb in ("keep", "forget"):
        match = re.fullmatch(r"[Ll]?([1-9][0-9]{0,5})", args[0]) if len(args) == 1 else None
        if match is None:
            return BadCommand(problem=f"name one learning: `/otto {verb} L3`")
        return Command(verb=verb, learning=f"L{match.group(1)}")
    if args:
        return BadCommand(problem=f"`/otto {verb}` takes no words after it")
    return Command(verb=verb, guidance=guidance)


def _task_command(verb: str, args: list[str], guidance: str) -> Command | BadCommand:
    names = [part for word in args for part in word.lower().split(",") if part]
    bad = [name for name in names if not re.fullmatch(r"t[1-9][0-9]{0,2}|j[1-9]", name)]
    if bad:
        return BadCommand(problem=f"`{bad[0][:40]}` is no task; tasks are named t1, t2, …, journeys j1, j2, …")
    if verb == "skip" and not names:
        return BadCommand(problem="name the tasks to skip: `/otto skip t2`")
    if verb == "accept" and not names:
        return BadCommand(problem="name the tasks whose changed tests are right: `/otto accept t2`")
    if verb == "explain" and len(names) > 1:
        return BadCommand(problem="name one task: `/otto explain t2`")
    return Command(verb=verb, tasks=tuple(dict.fromkeys(names)), guidance=guidance)


def _approve(args: list[str]) -> Command | BadCommand:
    if not args:
        return Command(verb="approve")
    match = re.fullmatch(r"r([1-9][0-9]{0,3})", args[0].lower()) if len(args) == 1 else None
    if match is None:
        return BadCommand(problem="name one revision: `/otto approve r2`")
    return Command(verb="approve", revision=int(match.group(1)))
