"""`otto-bot bench simulate`: play, say what was covered, and how to play again what broke."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import count

from otto_bot.bench.simulate.bugs import BUGS
from otto_bot.bench.simulate.coverage import Sum, table
from otto_bot.bench.simulate.play import Played, hunts, play_all

EXIT_BROKEN, EXIT_USAGE = 1, 2
TOLD_EACH = 10.0
"""Seconds between two lines of progress."""
A_ROUND = 200


def run(options: argparse.Namespace) -> int:
    """The command; returns the exit code."""
    if options.bug == "list":
        for bug in BUGS:
            _tell(f"{bug.name:30} {bug.module:15} {bug.what}")
        return 0
    if options.bug == "all":
        return _every_bug(options)
    if options.bug and options.bug not in {bug.name for bug in BUGS}:
        _tell(f"otto-bot: there is no bug {options.bug!r}; `otto-bot bench simulate --bug list` names them", error=True)
        return EXIT_USAGE
    return _one(options) if options.only is not None else _many(options)


def _many(options: argparse.Namespace) -> int:
    """As many runs as wanted; with a bug planted, until it is found."""
    begun = told = time.monotonic()
    total = Sum()
    for played in _played(options, options.bug or ""):
        total.add(played)
        if played.rule is not None:
            whole = options.story or len(total.broken) == 1
            _tell(broken(played, options.bug) if whole else _short(played))
        if time.monotonic() - told > TOLD_EACH:
            told = time.monotonic()
            _tell(total.line(told - begun))
        if total.runs >= options.runs or (options.bug and total.broken):
            break
    _tell(f"\n{table(total.seen)}\n\n{total.line(time.monotonic() - begun)}")
    if total.broken:
        _tell(f"broken: seeds {', '.join(str(one.seed) for one in total.broken[:20])}")
    return EXIT_BROKEN if total.broken else 0


def _every_bug(options: argparse.Namespace) -> int:
    """Each bug, and in which run it is found."""
    begun, missed = time.monotonic(), 0
    for hunt in hunts([bug.name for bug in BUGS], options.seed, options.runs, options.jobs):
        _tell(f"{hunt.bug:30} {hunt.told}")
        missed += hunt.seed is None
    _tell(f"{time.monotonic() - begun:7.1f} s  {len(BUGS) - missed} of {len(BUGS)} found")
    return EXIT_BROKEN if missed else 0


def _played(options: argparse.Namespace, bug: str) -> Iterator[Played]:
    """Lives without end, seed by seed; in rounds, so that a process pool is not asked for more than is needed."""
    size = 10 if options.jobs == 1 else max(20, min(A_ROUND * options.jobs, options.runs))
    for start in count(options.seed, size):
        yield from play_all(range(start, start + size), options.jobs, bug)


def _one(options: argparse.Namespace) -> int:
    """One seed with its story, whatever came of it."""
    (played,) = play_all([options.only], 1, options.bug or "")
    if played.rule is not None:
        _tell(broken(played, options.bug))
        return EXIT_BROKEN
    _tell(f"seed {played.seed}: {played.runs} runs, {played.events} events, {played.steps} steps; everything held")
    if options.story:
        _tell(table(played.seen))
    return 0


def broken(played: Played, bug: str | None) -> str:
    """What broke, the last of what happened, and the command that plays it again."""
    again = f"otto-bot bench simulate --only {played.seed}" + (f" --bug {bug}" if bug else "")
    return f"{played.story}\n{_short(played)}\nPlay it again: {again}"


def _short(played: Played) -> str:
    return f"seed {played.seed}: {played.broken}: {played.words}"


def _tell(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)
