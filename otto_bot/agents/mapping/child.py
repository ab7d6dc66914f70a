"""The process that parses: source files in on its standard input, one line of JSON out for each.

Grammars are C code that reads what strangers wrote. In a process of its own, with limits and without anything of the
worker's, a file that crashes one costs this file its definitions and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys

from otto_bot.agents.mapping.definitions import Definitions

ADDRESS_SPACE = 2 * 1024**3
CPU_SECONDS = 30


def main() -> None:
    """Read `{"language", "size"}` and so many bytes, file after file; write the definitions of each, [] where none."""
    _limit()
    reader = Definitions()
    source, out = sys.stdin.buffer, sys.stdout
    while line := source.readline():
        head = json.loads(line)
        body = source.read(head["size"])
        try:
            found = reader.of(head["language"], body)
        except (ValueError, KeyError, MemoryError, RecursionError, ImportError):
            found = []  # it stands in the list of files all the same
        out.write(json.dumps(found) + "\n")
        out.flush()


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # not every system knows each of them
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
