"""The options of `otto-bot bench gate`, and the names of its arms; nothing heavy is imported for them."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from otto_bot.bench.simulate.options import add_simulate_parser
from otto_bot.core.config import DEFAULT_MODEL

NONE, BLIND, REPLAN, RULES = "none", "blind", "replan", "rules"
PILOT = {"pilot-1": 1.0, "pilot-0.5": 0.5, "pilot-0": 0.0}
"""Arms in which the pilot decides, with how often it is right."""
ARMS = (NONE, BLIND, REPLAN, RULES, *PILOT)
LIVE = "pilot"
"""The arm in which a real model is the pilot."""
SEEDS = 3
REAL_ARMS = (LIVE, REPLAN, RULES, BLIND, NONE)
REPEATS, USD, MOST_USD = 3, 5.0, 10_000.0
OUT = "[a new folder bench-live-DATE]"
RAW, TABLE = "runs.jsonl", "table.md"
DESCRIPTION = """\
The mechanism bench: scripted scenarios with a known right answer, played with the real core, gate, model client, git
and diagnosis; GitHub's answers are recorded. It measures the machinery, not judgement. No account, key or network.

With --live the same start, then everything from the gate on is asked of a real model (ANTHROPIC_API_KEY or
ANTHROPIC_BASE_URL): pilot against replan in pairs, see docs/bench-gate-live.md.

exit code: 0 every claim holds; 1 one does not, it is named; 2 a scenario cannot be used.
With --live: 0 all pairs were played; 1 some are missing; 2 it cannot begin; 130 interrupted."""
REAL = """\
The bench on real repositories: every role is a real model, checks run in the cage. Asks ANTHROPIC_API_KEY or
ANTHROPIC_BASE_URL. What is kept and what it can show: docs/bench-gate-live.md.

exit code: 0 all pairs were played; 1 some are missing; 2 it cannot begin; 130 interrupted."""


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
    gate.add_argument("--seeds", type=_count, metavar="N", help=f"of arms with chance [{SEEDS}]")
    gate.add_argument("--jobs", type=_count, default=2, metavar="N", help="processes [2]")
    gate.add_argument("--out", type=Path, metavar="DIR", help=f"keep {RAW} (one line a run, with all events), {TABLE}")
    gate.add_argument("--docs", type=Path, metavar="DIR", help="write bench-gate.md with its plots and figures there")
    gate.add_argument(
        "--export", nargs=2, metavar=("NAME|DIR", "DIR"),
        help="write the scenario as one that `otto-bot demo` plays, into a new folder below DIR",
    )  # fmt: skip
    gate.add_argument("--list", action="store_true", help="the scenarios there are")
    gate.add_argument("--check", action="store_true", help="only check the scenarios")
    gate.add_argument("--gates", action="store_true", help="also print what each gate decided")
    gate.add_argument("--live", action="store_true", help="ask a real model from the gate on; it costs money")
    _live_options(gate)
    gate.set_defaults(run=_run)
    add_plan_parser(kinds)
    add_simulate_parser(kinds)
    real = kinds.add_parser(
        "real",
        help="pilot and replan on real repositories that are given as folders; it costs money",
        description=REAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    real.add_argument("manifest", type=Path, metavar="MANIFEST", help="YAML, see docs/bench-gate-live.md")
    real.add_argument("--arms", type=_arms, metavar="A,B", help=f"of {', '.join(REAL_ARMS)} [{LIVE},{REPLAN}]")
    real.add_argument("--jobs", type=_count, default=2, metavar="N", help="pairs at a time [2]")
    real.add_argument("--out", type=Path, metavar="DIR", help=f"keep everything there, and go on there {OUT}")
    _live_options(real)
    real.set_defaults(run=_run_real)


PLAN = """\
The plan bench: good plans for intents of many kinds are accepted, and each of several hundred mutations of them
is rejected by the rule it names. No account, key or network.

With --live the real planner is asked for every intent (ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL): how often it chooses
the expected mode, and which rules its answers break. See docs/planning.md.

exit code: 0 all is as it should be; 1 a plan or a mutation is not, it is named; 2 an intent cannot be read.
With --live: 0 every intent was planned; 1 some are missing; 2 it cannot begin; 130 interrupted."""


def add_plan_parser(kinds: Any) -> None:
    """`bench plan` beside the other benches."""
    plan = kinds.add_parser(
        "plan",
        help="what plans are accepted and rejected, offline; with --live what the planner makes of intents",
        description=PLAN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    plan.add_argument("--list", action="store_true", help="the intents, the expected mode and why")
    plan.add_argument("--live", action="store_true", help="ask a real model; it costs money")
    plan.add_argument("--model", metavar="NAME", help=f"live: the planner's model [{DEFAULT_MODEL}]")
    plan.add_argument("--usd", type=_usd, metavar="CAP", help=f"live: cap in US dollars over everything [{USD:g}]")
    plan.add_argument("--jobs", type=_count, metavar="N", help="live: intents at a time [2]")
    plan.add_argument("--out", type=Path, metavar="DIR", help="live: keep everything there, and go on there "
                      "[a new folder bench-plan-DATE]")  # fmt: skip
    plan.set_defaults(run=_run_plan)


def plan_options(options: argparse.Namespace, now: datetime) -> argparse.Namespace:
    """The options with every default that the live plan bench has."""
    usual = {"model": DEFAULT_MODEL, "usd": USD, "jobs": 2, "out": Path(f"bench-plan-{now:%Y%m%d-%H%M%S}")}
    given = {key: value for key, value in vars(options).items() if value is not None}
    return argparse.Namespace(**{**vars(options), **usual, **given})


def _run_plan(options: argparse.Namespace) -> int:
    from otto_bot.bench.plans.command import run

    return run(options)


def _live_options(parser: Any) -> None:
    """Without defaults: that one was given must be seen where it does not fit."""
    parser.add_argument("--model", metavar="NAME", help=f"live: every role's model [{DEFAULT_MODEL}]")
    parser.add_argument("--repeats", type=_count, metavar="N", help=f"live: pairs of each [{REPEATS}]")
    parser.add_argument("--usd", type=_usd, metavar="CAP", help=f"live: cap in US dollars over everything [{USD:g}]")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 100")
    return int(text)


def _usd(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= MOST_USD:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount above 0 and up to {MOST_USD:g} US dollars")
    return value


def _arms(text: str) -> tuple[str, ...]:
    arms = tuple(part.strip() for part in text.split(","))
    strange = [arm for arm in arms if arm not in REAL_ARMS]
    if strange or len(set(arms)) < len(arms):
        raise argparse.ArgumentTypeError(f"{text!r}: give some of {', '.join(REAL_ARMS)}, each once")
    return arms


def live_options(options: argparse.Namespace, now: datetime) -> argparse.Namespace:
    """The options with every default that a live bench has."""
    usual = {
        "model": DEFAULT_MODEL, "repeats": REPEATS, "usd": USD, "arms": (LIVE, REPLAN),
        "out": Path(f"bench-live-{now:%Y%m%d-%H%M%S}"),
    }  # fmt: skip
    given = {key: value for key, value in vars(options).items() if value is not None}
    return argparse.Namespace(**{**vars(options), **usual, **given})


def _run_real(options: argparse.Namespace) -> int:
    from otto_bot.bench.real.command import run

    return run(live_options(options, datetime.now(UTC)))


def _run(options: argparse.Namespace) -> int:
    from otto_bot.bench.command import run

    return run(options)
