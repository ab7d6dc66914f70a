"""The options of `otto-bot bench gate`, and the names of its arms; nothing heavy is imported for them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

NONE, BLIND, REPLAN, RULES = "none", "blind", "replan", "rules"
PILOT = {"pilot-1": 1.0, "pilot-0.5": 0.5, "pilot-0": 0.0}
"""Arms in which the pilot decides, with how often it is right."""
ARMS = (NONE, BLIND, REPLAN, RULES, *PILOT)
LIVE = "pilot"
"""The arm in which a real model is the pilot."""
SEEDS = 3
RAW, TABLE = "runs.jsonl", "table.md"
DESCRIPTION = """\
The mechanism bench: scripted scenarios with a known right answer, played with the real core, gate, model client, git
and diagnosis; GitHub's answers are recorded. It measures the machinery, not judgement. No account, key or network.

exit code: 0 every claim holds; 1 one does not, it is named; 2 a scenario cannot be used."""


def add_parser(commands: Any) -> None:
    """`bench gate` below the command line's own parsers."""
    bench = commands.add_parser("bench", help="measure the machinery on scenarios with a known right answer")
    kinds = bench.add_subparsers(required=True, metavar="BENCH")
    gate = kinds.add_parser(
        "gate",
        help="the decision after a failed batch, offline and scripted",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    gate.add_argument("--scenario", action="append", metavar="NAME|DIR", help="only this one; may be repeated")
    gate.add_argument("--arm", action="append", choices=ARMS, help="only this arm; may be repeated")
    gate.add_argument("--seeds", type=_count, default=SEEDS, metavar="N", help=f"of arms with chance [{SEEDS}]")
    gate.add_argument("--jobs", type=_count, default=2, metavar="N", help="processes [2]")
    gate.add_argument("--out", type=Path, metavar="DIR", help=f"keep {RAW} (one line a run, with all events), {TABLE}")
    gate.add_argument("--list", action="store_true", help="the scenarios there are")
    gate.add_argument("--check", action="store_true", help="only check the scenarios")
    gate.add_argument("--gates", action="store_true", help="also print what each gate decided")
    gate.set_defaults(run=_run)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 100")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    from otto_bot.bench.command import run

    return run(options)
