"""The options of `otto-bot demo`, and what they ask for: one job with everything it needs, or an error in words."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from otto_bot.playground.actions.api import CageUnavailableError
from otto_bot.playground.actions.cage import choose
from otto_bot.playground.demo.harness import MODEL_SETTINGS
from otto_bot.playground.demo.seed import SeedError, copy_of_head
from otto_bot.playground.scenario import DEFAULT, Issue, Scenario, Script, find, load
from otto_bot.playground.scenario_file import ScenarioError

LIVE_SECONDS = 3600.0
MAX_ISSUE_BYTES = 64 * 1024


class UsageError(ValueError):
    """The demo was called in a way that cannot work; the text says what to do."""


@dataclass(frozen=True)
class Job:
    """What one call of the demo does."""

    scenario: Scenario
    repo: Path
    live: bool
    compare: bool
    serve: bool
    report: Path | None
    time_limit: float
    cage: str
    warning: str | None = None


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="otto-bot demo",
        description="Work on an issue against a GitHub stand-in on this machine: no account, no key.",
        epilog="Exit codes: 0 everything expected holds, 1 it does not or time is over, 2 it could not be started.",
    )
    made.add_argument("--scenario", metavar="NAME|DIR", help=f"a shipped scenario or a scenario folder ({DEFAULT})")
    made.add_argument("--list", action="store_true", help="list the shipped scenarios")
    made.add_argument("--live", action="store_true", help="use a real model (ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL)")
    made.add_argument(
        "--repo", type=Path, metavar="PATH", help="work on a copy of this repository's HEAD (needs --live)"
    )
    made.add_argument(
        "--issue", type=Path, metavar="FILE", help="Markdown file: first line title, rest text (with --repo)"
    )
    made.add_argument("--report", type=Path, metavar="FILE", help="write everything that happened as JSON")
    made.add_argument(
        "--serve", action=argparse.BooleanOptionalAction, default=None,
        help="leave everything running afterwards, for its pages (what a terminal gets; --no-serve ends at once)",
    )  # fmt: skip
    made.add_argument(
        "--github-only",
        action="store_true",
        help="only leave a GitHub up that knows no App, to try `otto-bot setup` on",
    )
    made.add_argument(
        "--port", type=int, default=0, metavar="N", help="of that GitHub, and the next one of the model (any free ones)"
    )
    made.add_argument("--no-compare", action="store_true", help="do not run it a second time without the pilot")
    made.add_argument("--keep", type=Path, metavar="DIR", help="keep state and logs in this new or empty folder")
    made.add_argument("--time-limit", type=float, metavar="SECONDS", help="give up after this time")
    return made


def job(options: argparse.Namespace, root: Path, environment: Mapping[str, str], *, terminal: bool = False) -> Job:
    """What the options ask for; `root` is the demo's own folder, `terminal` says that a person looks on.

    Raises UsageError, ScenarioError, SeedError.
    """
    _consistent(options, environment)
    own = options.repo is not None
    scenario = _own_scenario(options.issue, root) if own else load(find(options.scenario or DEFAULT))
    _programs(scenario)
    repo = copy_of_head(options.repo, root / "repository") if own else scenario.repo
    caged = options.live or own
    try:
        warning = choose("require" if caged else "auto").warning
    except CageUnavailableError as error:
        what = "--repo" if own else "--live"
        raise UsageError(f"{what} runs code that nobody has read, so it needs a cage: {error}") from error
    usual = LIVE_SECONDS if options.live else scenario.script.time_limit
    default = options.scenario in (None, DEFAULT) and not own
    return Job(
        scenario=scenario,
        repo=repo,
        live=options.live,
        compare=default and not options.no_compare and not options.live,
        serve=terminal if options.serve is None else options.serve,
        report=options.report,
        time_limit=options.time_limit or usual,
        cage="require" if caged else "auto",
        warning=warning,
    )


def _consistent(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    if (options.repo is None) != (options.issue is None):
        raise UsageError("--repo and --issue belong together: the repository and what to do in it")
    if options.repo is not None and options.scenario is not None:
        raise UsageError("--scenario has its own repository; give it or --repo, not both")
    if options.repo is not None and not options.live:
        raise UsageError("--repo needs --live: nothing is scripted for your own repository")
    if options.live and not any(environment.get(name) for name in MODEL_SETTINGS):
        raise UsageError("--live needs a model: set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL of a local server")
    if options.time_limit is not None and not 0 < options.time_limit <= 86_400:
        raise UsageError("--time-limit is a number of seconds, at most a day")
    if options.report is not None and not options.report.absolute().parent.is_dir():
        raise UsageError(f"--report: there is no folder {options.report.absolute().parent}")


def _programs(scenario: Scenario) -> None:
    wanted = {"node": "node", "git": "git", "python": "python3"}
    missing = [name for name in scenario.script.needs if shutil.which(wanted[name]) is None]
    if missing:
        raise UsageError(f"scenario {scenario.name} needs {', '.join(missing)}; install it and try again")


def _own_scenario(issue: Path, root: Path) -> Scenario:
    """A scenario without a script around a person's own issue."""
    try:
        if issue.stat().st_size > MAX_ISSUE_BYTES:
            raise UsageError(f"{issue}: an issue has at most {MAX_ISSUE_BYTES} bytes")
        text = issue.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{issue}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{issue}: is not UTF-8 text") from error
    first, _, rest = text.strip().partition("\n")
    title = first.lstrip("# ").strip()
    if not title or len(title) > 256:
        raise UsageError(f"{issue}: the first line is the issue's title, 1 to 256 characters")
    return Scenario(folder=root / "own", script=Script(issue=Issue(title=title, body=rest.strip())))


def empty_folder(path: Path) -> Path:
    """A folder that may be filled: made if it is missing. Raises UsageError when something is in it."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"--keep: {path} is not an empty folder")
    path.mkdir(parents=True, exist_ok=True)
    return path.absolute()


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options; ends the process with code 2 and a usage line for unknown ones."""
    return parser().parse_args(list(argv))


__all__ = ["Job", "ScenarioError", "SeedError", "UsageError", "empty_folder", "job", "parse"]
