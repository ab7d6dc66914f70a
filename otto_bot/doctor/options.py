"""The command `doctor`, as the command line knows it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

DOCTOR = """\
Look a host over, and with --repo a repository: settings, versions, database, GitHub, webhooks, the cage, models,
workflows, rules. Each thing that is not as it should be is said with what to do. Nothing is written anywhere, and no
call is made that costs money. What every check says: docs/doctor.md.

exit code: 0 nothing is wrong; 1 something is, or could not be looked at; 2 wrong usage, or settings that cannot be
used (all are named, and the rest is looked at as far as it goes)."""


def add_parser(commands: Any) -> None:
    """Register the command."""
    doctor = commands.add_parser(
        "doctor",
        help="look the host over, and a repository: what is wrong, and what to do",
        description=DOCTOR,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    doctor.add_argument("--repo", type=_repo, metavar="OWNER/NAME", help="look at this repository, too")
    doctor.add_argument("--as", dest="login", default="", metavar="LOGIN", help="whether this person may command there")
    doctor.add_argument("--json", action="store_true", help="one JSON object")
    doctor.set_defaults(run=_doctor)


def _repo(text: str) -> str:
    if text.count("/") != 1 or not all(text.split("/")) or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no repository; give OWNER/NAME")
    return text


def _doctor(options: argparse.Namespace) -> int:
    from otto_bot.doctor.command import Wanted, run
    from otto_bot.environment.env_file import prepare
    from otto_bot.environment.faults import GivenError

    trouble = ""
    try:
        prepare(os.environ, Path.cwd())
    except GivenError as error:
        trouble = str(error)  # one more thing that is wrong, beside which everything else is looked at
    return run(Wanted(options.repo or "", options.login, options.json), os.environ, Path.cwd(), trouble=trouble)
