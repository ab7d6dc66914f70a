"""The commands `init` and `schema`, as the command line knows them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

INIT = """\
Write .github/workflows/otto-verify.yml and .github/otto.yml into a repository on this machine, as far as its files
tell how it is tested. Nothing is committed, and nothing is sent anywhere: read them, then commit them to the default
branch. A file that is there stays as it is.

exit code: 0 both files are as they would be written; 1 one that is there differs and was left; 2 nothing could be
done: no git work tree, or a link where a file or folder belongs."""


def add_parsers(commands: Any) -> None:
    """Register the commands."""
    init = commands.add_parser(
        "init",
        help="write otto-verify.yml and otto.yml into a repository on this machine",
        description=INIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    init.add_argument("folder", nargs="?", type=Path, default=Path(), metavar="FOLDER", help="the repository [.]")
    init.add_argument("--force", action="store_true", help="write also what is there already")
    how = init.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="only say what would be written")
    how.add_argument("--print", action="store_true", help="only print both files")
    init.set_defaults(run=_init)
    schema = commands.add_parser("schema", help="print the JSON schema of .github/otto.yml, for editors")
    schema.set_defaults(run=_schema)


def _init(options: argparse.Namespace) -> int:
    from otto_bot.onboard.init import Wish, init

    return init(Wish(options.folder, options.force, options.dry_run, options.print))


def _schema(_options: argparse.Namespace) -> int:
    from otto_bot.onboard.shipped import schema_text

    print(schema_text(), end="")  # noqa: T201
    return 0
