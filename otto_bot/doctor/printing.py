"""The report: for people the worst first, for scripts as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TextIO

from otto_bot.core.finding import LEVELS, Finding, wrong
from otto_bot.text.doctor import HEADS, HEADS_OF_MORE, SIGNS

STYLES = {"problem": "bold red", "unknown": "bold magenta", "warning": "yellow", "note": "cyan", "ok": "green"}


def as_json(parts: Sequence[tuple[str, Sequence[Finding]]], out: TextIO) -> None:
    """One object: `wrong`, `counts` by level, and the findings of each part in the order of the checks."""
    every = [one for _, findings in parts for one in findings]
    counts = {level: sum(one.level == level for one in every) for level in LEVELS}
    told = {title: [one.model_dump() for one in findings] for title, findings in parts}
    print(json.dumps({"wrong": wrong(every), "counts": counts, **told}, indent=1), file=out)


def as_text(parts: Sequence[tuple[str, Sequence[Finding]]], docs_url: str, out: TextIO = sys.stdout) -> None:
    """By level, the worst first. What others wrote is never taken for markup."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=out, highlight=False, soft_wrap=not out.isatty())
    for title, findings in parts:
        console.print(Text(title, style="bold underline"))
        for level, head in HEADS.items():
            mine = [one for one in findings if one.level == level]
            if not mine:
                continue
            console.print(Text(f"\n{head}", style=STYLES[level]))
            for one in mine:
                line = Text(f"{SIGNS[level]} ", style=STYLES[level])
                line.append(f"{one.check}: ", style="bold").append(one.words, style="default")
                console.print(line)
                more = f"{docs_url.rstrip('/')}/{one.see}" if one.see and level != "ok" else ""
                for words in filter(None, (one.advice, more)):
                    console.print(Text(f"    {words}"))
        console.print()
    console.print(Text(summary([one for _, findings in parts for one in findings])))


def summary(findings: Sequence[Finding]) -> str:
    """`2 problems, 1 could not be looked at, 30 all right`."""
    said = [
        f"{number} {(HEADS if number == 1 else HEADS_OF_MORE)[level].lower()}"
        for level in reversed(LEVELS)
        if (number := sum(one.level == level for one in findings))
    ]
    return "; ".join(said) + "."
