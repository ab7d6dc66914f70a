"""The command `otto-bot`: each subcommand's arguments, and which module does it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from otto_bot.environment.env_file import prepare
from otto_bot.environment.faults import GivenError

WITHOUT_SETTINGS = frozenset({"doctor", "explain", "init", "schema", "setup"})
"""Commands that no `.env` file concerns, or that read it themselves."""
EXIT_USAGE, EXIT_PIPE = 2, 141
EXPLAIN = """\
Say why CI logs failed: a log (also .gz), the ZIP of a run as GitHub hands it out, a folder of either, or - for
standard input. Nothing but these files is read; no account, key or network is needed.

exit code: 0 nothing failed in the logs; 10 the code, 11 the environment, 12 the infrastructure is why;
13 the logs do not tell; of several reasons the most frequent one counts; 2 something given cannot be read."""

REPLAY = """\
Decide the gates of a stored run once more, on the evidence that was stored. Without --model, --rules or --replan the
stored replies are validated again by today's rules. Nothing is written, neither to GitHub nor to the run.

exit code: 0 the same decisions; 1 something differs; 2 it cannot be told, or wrong usage."""

REDELIVER = """\
Find webhooks that GitHub could not deliver, and ask it to send them again. The worker does so by itself every few
minutes; this is for a person who does not want to wait, or knows a delivery by its id.

exit code: 0 done, or nothing is missing; 1 not all of it could be done; 2 wrong usage or settings."""


def main(argv: Sequence[str] | None = None) -> int:
    """Entry of the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["demo"]:
        # The playground is another program that knows only its protocol; it is started, never imported.
        os.execv(sys.executable, [sys.executable, "-m", "otto_bot.playground", *arguments])  # noqa: S606
    options = _parser().parse_args(arguments)
    try:
        if arguments[0] not in WITHOUT_SETTINGS:
            prepare(os.environ, Path.cwd())
        result: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever reads has seen enough, as `head` has; nothing more is flushed at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE
    except Exception as error:
        from otto_bot.settings import SettingsError
        from otto_bot.store.database import StoreUnavailable
        from otto_bot.text.problems import Start, explained

        if not isinstance(error, SettingsError | StoreUnavailable | GivenError):
            raise
        kind = Start.SETTINGS if isinstance(error, SettingsError) else Start.DATABASE
        print(f"otto-bot: {error} ({explained(kind, os.environ.get('OTTO_DOCS_URL'))})", file=sys.stderr)  # noqa: T201
        return EXIT_USAGE
    return result


def _parser() -> argparse.ArgumentParser:
    from otto_bot.store.versions import CODE_VERSION, shown

    parser = argparse.ArgumentParser(prog="otto-bot", description="A GitHub App that explains before it retries.")
    parser.add_argument("--version", action="version", version=f"otto-bot {shown(CODE_VERSION)}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="receive webhooks or ask GitHub, with a worker as child process")
    serve.add_argument("--no-worker", action="store_true", help="only receive; run `otto-bot worker` elsewhere")
    serve.add_argument("--poll", action="store_true", help="no webhooks: ask GitHub every 15 s (OTTO_POLL)")
    serve.add_argument("--port", type=_port, help="instead of OTTO_PORT; 0 = any free one")
    serve.set_defaults(run=_serve)
    worker = commands.add_parser("worker", help="do the work: plan, code, verify, decide")
    worker.add_argument("--with-parent", action="store_true", help="end when standard input closes")
    worker.add_argument("--check", action="store_true", help="say whether a worker of this machine lives: 0, else 1")
    worker.set_defaults(run=_worker)
    demo = commands.add_parser("demo", help="the main job on a playground: no account, no key")
    demo.set_defaults(run=lambda _options: EXIT_USAGE)
    _explain_parser(commands)
    _bench_parser(commands)
    report = commands.add_parser("report", help="what the ledger says of a run")
    report.add_argument("--run", dest="run_id", type=int, default=1, help="the run's number")
    report.add_argument("--json", action="store_true", help="the whole report as JSON (the default)")
    report.add_argument("--context", action="store_true", help="what its merged tasks found out, as Markdown")
    report.add_argument("--follow", action="store_true", help="one JSON line an event, until the run rests")
    report.set_defaults(run=_report)
    _learnings_parser(commands)
    _replay_parser(commands)
    _insight_parser(commands)
    _keeping_parsers(commands)
    _onboard_parsers(commands)
    receive = commands.add_parser("receive", help="put a webhook payload from a file into the inbox")
    receive.add_argument("event", help="its event, e.g. issues")
    receive.add_argument("file", type=Path, help="the payload, JSON")
    receive.set_defaults(run=_receive)
    _redeliver_parser(commands)
    _setup_parser(commands)
    _doctor_parser(commands)
    return parser


def _redeliver_parser(commands: Any) -> None:
    redeliver = commands.add_parser(
        "redeliver",
        help="webhooks that did not arrive: list them and ask GitHub for them again",
        description=REDELIVER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    redeliver.add_argument("guids", nargs="*", metavar="GUID", help="only these deliveries, whatever became of them")
    redeliver.add_argument("--since", type=_span, metavar="2h", help="how far back: 30m, 2h, 3d [all GitHub keeps]")
    redeliver.add_argument("--force", action="store_true", help="work these in again, also where they are done or dead")
    redeliver.add_argument("--dry-run", action="store_true", help="only say what would be done")
    redeliver.set_defaults(run=_redeliver)


def _explain_parser(commands: Any) -> None:
    explain = commands.add_parser(
        "explain",
        help="why CI logs failed; no account, no key",
        description=EXPLAIN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    explain.add_argument("paths", nargs="+", metavar="LOG|ZIP|DIR", help="what to read; - is standard input")
    explain.add_argument("--pass-log", type=Path, metavar="FILE", help="log of a run of the same job that passed")
    explain.add_argument("--jobs", type=Path, metavar="FILE", help="the jobs API's answer, instead of a jobs.json")
    explain.add_argument("--budget", type=_budget, default=3000, metavar="N", help="characters of quotes in all [3000]")
    explain.add_argument("--json", action="store_true", help="one JSON list: logs, clusters, a summary")
    explain.set_defaults(run=_explain)


def _learnings_parser(commands: Any) -> None:
    known = commands.add_parser(
        "learnings", help="what Otto keeps of what it learnt about repositories: list, keep, forget, export, import"
    )
    do = ("list", "keep", "forget", "export", "import")
    known.add_argument("do", nargs="?", choices=do, default="list", help="what to do with them [list]")
    known.add_argument("name", nargs="?", metavar="L3|FILE", help="a learning for keep and forget, a file for import")
    known.add_argument("--repo", metavar="OWNER/NAME", help="only this repository; needed for all but list and export")
    known.add_argument("--all", action="store_true", help="also forgotten and expired ones")
    known.add_argument("--json", action="store_true", help="one JSON object a line, with evidence and counts")
    known.set_defaults(run=_learnings)


def _replay_parser(commands: Any) -> None:
    replay = commands.add_parser(
        "replay",
        help="decide a stored gate once more; writes nothing",
        description=REPLAY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    replay.add_argument("run_id", type=_number, metavar="RUN", help="the run's number")
    replay.add_argument("--gate", type=_number, metavar="N", help="only this gate")
    who = replay.add_mutually_exclusive_group()
    who.add_argument("--model", default="", metavar="NAME", help="let this model be the pilot")
    who.add_argument("--rules", action="store_true", help="let the rules alone decide")
    who.add_argument("--replan", action="store_true", help="let the plain replan decide, with the recorded model")
    replay.add_argument("--usd", type=_usd, default=1.0, metavar="N", help="cap of all model calls, US dollars [1]")
    replay.add_argument("--json", action="store_true", help="one JSON object")
    replay.set_defaults(run=_replay)


def _insight_parser(commands: Any) -> None:
    insight = commands.add_parser("insight", help="what decisions at gates and estimates of plans were worth")
    insight.add_argument("--since", type=_days, metavar="DAYS", help="only gates opened within these days")
    insight.add_argument("--repo", type=_repo, metavar="OWNER/NAME", help="only this repository")
    insight.add_argument("--json", action="store_true", help="one JSON object")
    insight.set_defaults(run=_insight)
    limits = commands.add_parser("limits", help="what of the day is used, and which runs a limit holds back")
    limits.set_defaults(run=_limits)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number; give 1 or more")
    return int(text)


def _amount(text: str, what: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= most:  # false for "nan" too
        raise argparse.ArgumentTypeError(f"{text!r} is no {what}; give a number above 0, at most {most:g}")
    return value


def _usd(text: str) -> float:
    return _amount(text, "amount of US dollars", 1000)


def _days(text: str) -> float:
    return _amount(text, "number of days", 36500)


def _repo(text: str) -> str:
    if text.count("/") != 1 or not all(text.split("/")):
        raise argparse.ArgumentTypeError(f"{text!r} is no repository; give OWNER/NAME")
    return text


def _keeping_parsers(commands: Any) -> None:
    from otto_bot.keeping.options import add_parsers

    add_parsers(commands)


def _doctor_parser(commands: Any) -> None:
    from otto_bot.doctor.options import add_parser

    add_parser(commands)


def _onboard_parsers(commands: Any) -> None:
    from otto_bot.onboard.options import add_parsers

    add_parsers(commands)


def _bench_parser(commands: Any) -> None:
    from otto_bot.bench.options import add_parser

    add_parser(commands)


def _setup_parser(commands: Any) -> None:
    from otto_bot.setting_up.options import add_parser

    add_parser(commands)


def _budget(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 200 <= int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no budget; give 200 to 1000000 characters")
    return int(text)


def _span(text: str) -> Any:
    from otto_bot.redeliver import span

    try:
        return span(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give 0 to 65535")
    return int(text)


def _settings(**changes: Any) -> Any:
    from otto_bot.observe.lines import install
    from otto_bot.settings import read_settings

    settings = read_settings(os.environ)
    install(settings.log_level, settings.log_format)
    return settings.model_copy(update={key: value for key, value in changes.items() if value is not None})


def _discreet(settings: Any) -> Any:
    """Before anything else that a process with secrets does."""
    from otto_bot.discretion import discreet

    return discreet(settings.hidden(os.environ))


def _database() -> str:
    """Where the ledger is: commands that only use it need no key of the App."""
    from otto_bot.settings import read_store_settings

    return read_store_settings(os.environ).database


def _explain(options: argparse.Namespace) -> int:
    from otto_bot.explain import Request, run

    return run(Request(tuple(options.paths), options.pass_log, options.jobs, options.budget, options.json))


def _serve(options: argparse.Namespace) -> int:
    from otto_bot.serve import run

    if options.poll:
        os.environ["OTTO_POLL"] = "true"  # the worker that `serve` starts reads it too
    settings = _settings(port=options.port)
    _discreet(settings)
    run(settings, with_worker=not options.no_worker)
    return 0


def _worker(options: argparse.Namespace) -> int:
    if options.check:
        from otto_bot.keeping.options import check_worker

        return check_worker()
    import asyncio

    from otto_bot.worker import work

    settings = _settings()
    asyncio.run(work(settings, _discreet(settings), stop_with_parent=options.with_parent))
    return 0


def _report(options: argparse.Namespace) -> int:
    from otto_bot.core.context_notes import context_of
    from otto_bot.report import follow, report
    from otto_bot.store.database import migrate, open_database
    from otto_bot.store.ledger import Ledger, NoSuchRun
    from otto_bot.text.markdown import clean

    engine = open_database(_database())
    migrate(engine)
    ledger = Ledger(engine)
    try:
        if options.follow:
            for event in follow(ledger, options.run_id):
                print(json.dumps(event), flush=True)  # noqa: T201
        elif options.context:
            print(clean(context_of(ledger.load(options.run_id))) or "nothing yet")  # noqa: T201
        else:
            print(json.dumps(report(ledger, options.run_id), indent=1))  # noqa: T201
    except NoSuchRun as error:
        print(f"otto-bot: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _learnings(options: argparse.Namespace) -> int:
    from otto_bot.learnings import Request, run

    request = Request(options.do, options.name, options.repo, options.all, options.json)
    return run(request, _database(), datetime.now(UTC))


def _replay(options: argparse.Namespace) -> int:
    from otto_bot.core.compare import How
    from otto_bot.replay import Wish, run

    how: How = "model" if options.model else "rules" if options.rules else "replan" if options.replan else "check"
    return run(Wish(options.run_id, options.gate, how, options.model, options.usd, options.json))


def _insight(options: argparse.Namespace) -> int:
    from otto_bot.insight import Asked, run

    return run(Asked(options.since, options.repo or "", options.json), os.environ, datetime.now(UTC))


def _limits(_options: argparse.Namespace) -> int:
    from otto_bot.limits import limits

    return limits(sys.stdout, os.environ, datetime.now(UTC))


def _redeliver(options: argparse.Namespace) -> int:
    from otto_bot.redeliver import Wanted, run

    if options.force and not options.guids:
        print("otto-bot: --force needs the GUIDs of the deliveries to work in again", file=sys.stderr)  # noqa: T201
        return EXIT_USAGE
    settings = _settings()
    _discreet(settings)
    return run(Wanted(tuple(options.guids), options.since, options.force, options.dry_run), settings)


def _receive(options: argparse.Namespace) -> int:
    from otto_bot.intake.concern import Everywhere, concerns_us
    from otto_bot.store.database import migrate, open_database
    from otto_bot.store.inbox import Inbox

    try:
        body = options.file.read_bytes()
        payload = json.loads(body)
    except (OSError, ValueError, RecursionError) as error:
        print(f"otto-bot: {options.file} is no readable JSON: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_USAGE
    wanted, name = False, options.event
    if isinstance(payload, dict):
        wanted, name = concerns_us(options.event, payload, Everywhere())
    if not wanted:
        print(f"{name}: nothing that Otto acts on; not stored")  # noqa: T201
        return 1
    engine = open_database(_settings().database)
    migrate(engine)
    guid, action = str(uuid.uuid4()), str(payload.get("action") or "")
    Inbox(engine).add(guid, options.event, action, body, datetime.now(UTC))
    print(f"stored as {guid}; a running worker takes it up")  # noqa: T201
    return 0
