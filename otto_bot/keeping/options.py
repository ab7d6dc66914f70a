"""The commands `gc`, `backup`, `restore` and `ledger`, as the command line knows them."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from otto_bot.settings import StoreSettings, read_store_settings

LEDGER = """\
One run as one file of JSON lines: its events, its calls of models, and the artifacts they name, without secrets.
An imported run can be read (report, replay, insight), and never works.

exit code: 0 done; 1 there is no such run; 2 the file is no ledger, or is damaged; the message names the line."""


def add_parsers(commands: Any) -> None:
    """Register the commands."""
    gc = commands.add_parser("gc", help="delete what is older than OTTO_KEEP_DAYS")
    gc.add_argument("--dry-run", action="store_true", help="only say what would go")
    gc.set_defaults(run=_gc)
    backup = commands.add_parser("backup", help="write the database to one file, while everything runs")
    backup.add_argument("target", type=Path, metavar="FILE|DIR", help="a new file, or a folder for one")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="put a backup back; no worker may live")
    restore.add_argument("source", type=Path, metavar="FILE", help="a file that `backup` wrote")
    restore.add_argument("--force", action="store_true", help="in the place of a database that holds runs")
    restore.set_defaults(run=_restore)
    ledger = commands.add_parser(
        "ledger",
        help="export one run's ledger, or import one to be read",
        description=LEDGER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    do = ledger.add_subparsers(required=True, metavar="export|import")
    out = do.add_parser("export", help="write it to standard output")
    out.add_argument("run_id", type=int, metavar="RUN", help="the run's number")
    out.set_defaults(run=_export)
    into = do.add_parser("import", help="put a file's run into this database")
    into.add_argument("file", type=Path, metavar="FILE", help="a file that `ledger export` wrote")
    into.set_defaults(run=_import)


def _settings() -> StoreSettings:
    return read_store_settings(os.environ)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _warn(text: str) -> None:
    print(f"otto-bot: {text}", file=sys.stderr)  # noqa: T201


def _gc(options: argparse.Namespace) -> int:
    from otto_bot.engine.forgetting import forget
    from otto_bot.engine.queue import queue_url
    from otto_bot.keeping.collect import retention, run

    settings = _settings()
    kept = retention(settings, socket.gethostname())
    url = queue_url(settings.database)

    def forgotten(before: datetime, dry: bool) -> int:
        return forget(url, before, dry=dry)

    return run(kept, datetime.now(UTC), forgotten, _say, dry=options.dry_run)


def check_worker() -> int:
    """`otto-bot worker --check`."""
    import socket

    from otto_bot.keeping.alive import check

    return check(_settings().database, socket.gethostname(), _say)


def _backup(options: argparse.Namespace) -> int:
    from otto_bot.keeping.backup import backup

    return backup(_settings().database, options.target.absolute(), datetime.now(UTC), _say)


def _restore(options: argparse.Namespace) -> int:
    from otto_bot.keeping.restore import restore

    settings = _settings()
    return restore(options.source, settings.database, settings.state_dir.absolute(), _say, force=options.force)


def _export(options: argparse.Namespace) -> int:
    from otto_bot.keeping.transfer import export
    from otto_bot.store.database import open_existing
    from otto_bot.store.ledger import NoSuchRun

    engine = open_existing(_settings().database)
    try:
        return export(engine, options.run_id, _say, _warn)
    except NoSuchRun as error:
        _warn(str(error))
        return 1
    finally:
        engine.dispose()


def _import(options: argparse.Namespace) -> int:
    from otto_bot.keeping.transfer import import_file
    from otto_bot.store.database import migrate, open_database

    engine = open_database(_settings().database)
    try:
        migrate(engine)
        return import_file(engine, options.file, datetime.now(UTC), _say)
    finally:
        engine.dispose()
