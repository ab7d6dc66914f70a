"""The options of `otto-bot bench simulate`; nothing heavy is imported for them."""

from __future__ import annotations

import argparse
from typing import Any

DESCRIPTION = """\
The pure heart against a simulated world in virtual time: GitHub, Actions, the model, people, machines that die, a
clock that jumps. After every step all invariants of docs/design.md are checked. No account, key or network. What the
world has and has not: docs/simulator.md.

exit code: 0 everything held; 1 something did not, its seed and how to play it again are printed; 2 wrong options."""
RUNS, SEED = 1000, 0


def add_simulate_parser(kinds: Any) -> None:
    """`bench simulate` beside the other benches."""
    one = kinds.add_parser(
        "simulate", help="the state machine in a simulated world, offline, from a seed", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    one.add_argument("--runs", type=_number, default=RUNS, metavar="N", help=f"at least so many runs [{RUNS}]")
    one.add_argument("--seed", type=_number, default=SEED, metavar="S", help=f"the first issue's seed [{SEED}]")
    one.add_argument("--only", type=_number, metavar="SEED", help="one issue, and its story")
    one.add_argument(
        "--bug", metavar="NAME", help="with this bug planted; `list` names them, `all` plays each until found"
    )
    one.add_argument("--jobs", type=_jobs, default=2, metavar="J", help="processes [2]")
    one.add_argument("--story", action="store_true", help="the story of everything that broke, not of the first only")
    one.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from otto_bot.bench.simulate.command import run

    return run(options)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 999999999")
    return int(text)


def _jobs(text: str) -> int:
    if not 1 <= _number(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 64")
    return int(text)
