"""`otto-bot`: serve, worker, demo, explain, report, learnings, receive."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

EXIT_USAGE = 2
EXPLAIN = """\
Say why CI logs failed: a log (also .gz), the ZIP of a run as GitHub hands it out, a folder of either, or - for
standard input. Nothing but these files is read; no account, key or network is needed.

exit code: 0 nothing failed in the logs; 10 the code, 11 the environment, 12 the infrastructure is why;
13 the logs do not tell; of several reasons the most frequent one counts; 2 something given cannot be read."""


def main(argv: Sequence[str] | None = None) -> int:
    """Entry of the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["demo"]:
        # The playground is another program that knows only its protocol; it is started, never imported.
        os.execv(sys.executable, [sys.executable, "-m", "otto_bot.playground", *arguments])  # noqa: S606
    options = _parser().parse_args(arguments)
    try:
        result: int = options.run(options)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from otto_bot.settings import SettingsError
        from otto_bot.store.database import StoreUnavailable

        if not isinstance(error, SettingsError | StoreUnavailable):
            raise
        print(f"otto-bot: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_USAGE
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="otto-bot", description="A GitHub App that explains before it retries.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="receive webhooks, with a worker as child process")
    serve.add_argument("--no-worker", action="store_true", help="only receive; run `otto-bot worker` elsewhere")
    serve.add_argument("--port", type=_port, help="instead of OTTO_PORT; 0 = any free one")
    serve.set_defaults(run=_serve)
    worker = commands.add_parser("worker", help="do the work: plan, code, verify, decide")
    worker.add_argument("--with-parent", action="store_true", help="end when standard input closes")
    worker.set_defaults(run=_worker)
    demo = commands.add_parser("demo", help="the main job on a playground: no account, no key")
    demo.set_defaults(run=lambda _options: EXIT_USAGE)
    _explain_parser(commands)
    report = commands.add_parser("report", help="what the ledger says of a run")
    report.add_argument("--run", dest="run_id", type=int, default=1, help="the run's number")
    report.add_argument("--json", action="store_true", help="the whole report as JSON (the default)")
    report.add_argument("--follow", action="store_true", help="one JSON line an event, until the run rests")
    report.set_defaults(run=_report)
    _learnings_parser(commands)
    receive = commands.add_parser("receive", help="put a webhook payload from a file into the inbox")
    receive.add_argument("event", help="its event, e.g. issues")
    receive.add_argument("file", type=Path, help="the payload, JSON")
    receive.set_defaults(run=_receive)
    return parser


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
    known.add_argument("do", nargs="?", choices=("list", "keep", "forget", "export", "import"), default="list")
    known.add_argument("name", nargs="?", metavar="L3|FILE", help="a learning for keep and forget, a file for import")
    known.add_argument("--repo", metavar="OWNER/NAME", help="only this repository; needed for all but list and export")
    known.add_argument("--all", action="store_true", help="also forgotten and expired ones")
    known.add_argument("--json", action="store_true", help="one JSON object a line, with evidence and counts")
    known.set_defaults(run=_learnings)


def _budget(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 200 <= int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no budget; give 200 to 1000000 characters")
    return int(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give 0 to 65535")
    return int(text)


def _settings(**changes: Any) -> Any:
    from otto_bot.settings import read_settings

    settings = read_settings(os.environ)
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # The HTTP clients' own logs name URLs; ours name verbs and request ids.
    for noisy in ("httpx", "httpcore", "httpx2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return settings.model_copy(update={key: value for key, value in changes.items() if value is not None})


def _explain(options: argparse.Namespace) -> int:
    from otto_bot.explain import Request, run

    return run(Request(tuple(options.paths), options.pass_log, options.jobs, options.budget, options.json))


def _serve(options: argparse.Namespace) -> int:
    import asyncio

    from otto_bot.serve import serve

    asyncio.run(serve(_settings(port=options.port), with_worker=not options.no_worker))
    return 0


def _worker(options: argparse.Namespace) -> int:
    import asyncio

    from otto_bot.worker import work

    asyncio.run(work(_settings(), stop_with_parent=options.with_parent))
    return 0


def _report(options: argparse.Namespace) -> int:
    from otto_bot.report import follow, report
    from otto_bot.store.database import migrate, open_database
    from otto_bot.store.ledger import Ledger, NoSuchRun

    engine = open_database(_settings().database)
    migrate(engine)
    ledger = Ledger(engine)
    try:
        if options.follow:
            for event in follow(ledger, options.run_id):
                print(json.dumps(event), flush=True)  # noqa: T201
        else:
            print(json.dumps(report(ledger, options.run_id), indent=1))  # noqa: T201
    except NoSuchRun as error:
        print(f"otto-bot: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _learnings(options: argparse.Namespace) -> int:
    from otto_bot.learnings import Request, run

    request = Request(options.do, options.name, options.repo, options.all, options.json)
    return run(request, _settings().database, datetime.now(UTC))


def _receive(options: argparse.Namespace) -> int:
    from otto_bot.intake.webhook import concerns_us
    from otto_bot.store.database import migrate, open_database
    from otto_bot.store.inbox import Inbox

    try:
        body = options.file.read_bytes()
        payload = json.loads(body)
    except (OSError, ValueError, RecursionError) as error:
        print(f"otto-bot: {options.file} is no readable JSON: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_USAGE
    wanted, name = concerns_us(options.event, payload) if isinstance(payload, dict) else (False, options.event)
    if not wanted:
        print(f"{name}: nothing that Otto acts on; not stored")  # noqa: T201
        return 1
    engine = open_database(_settings().database)
    migrate(engine)
    guid, action = str(uuid.uuid4()), str(payload.get("action") or "")
    Inbox(engine).add(guid, options.event, action, body, datetime.now(UTC))
    print(f"stored as {guid}; a running worker takes it up")  # noqa: T201
    return 0
