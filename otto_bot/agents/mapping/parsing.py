"""Definitions of many files, read by a process of its own: bounded in time, and a file that crashes it is left out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from otto_bot.agents.mapping.definitions import Definition
from otto_bot.core.enclosing import Enclose

SECONDS = 20.0
"""For all files together; an emergency brake: the bounds of bytes are far below it."""
MOST_CRASHES = 3

LINKER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""All that the process gets of our environment: some Pythons do not start without it."""

PACKAGE = Path(__file__).resolve().parents[2]
_IMPORTING = "import sys; sys.path.insert(0, sys.argv[1]); from otto_bot.agents.mapping.child import main; main()"

Source = tuple[str, bytes]
"""Language and content."""


def parse(sources: Sequence[Source], enclose: Enclose | None, seconds: float = SECONDS) -> list[list[Definition]]:
    """The definitions of each source, in order; empty for one that could not be read. Never raises for a source.

    Grammars are C code that reads what strangers wrote: without a cage (`enclose` None) none is read.
    """
    if enclose is None:
        return [[] for _ in sources]
    found: list[list[Definition]] = []
    deadline = time.monotonic() + seconds
    for _ in range(MOST_CRASHES + 1):
        left = deadline - time.monotonic()
        if len(found) >= len(sources) or left <= 0:
            break
        answers, whole = _child(sources[len(found) :], enclose, left)
        found += answers
        if whole:
            break
        if len(found) < len(sources):
            found.append([])  # the one that it ended at
    return (found + [[] for _ in sources])[: len(sources)]


def _child(sources: Sequence[Source], enclose: Enclose, seconds: float) -> tuple[list[list[Definition]], bool]:
    """What one process answered, and whether it came to the end of its input, or of its time."""
    words = b"".join(
        json.dumps({"language": language, "size": len(body)}).encode() + b"\n" + body for language, body in sources
    )
    kept = {name: os.environ[name] for name in LINKER if name in os.environ}
    # By name: what is imported is this very package, installed or not, and nothing else of the folder around it.
    command = [sys.executable, "-I", "-c", _IMPORTING, str(PACKAGE.parent)]
    try:
        with enclose(command, [str(PACKAGE)]) as (line, handles):
            done = subprocess.run(  # noqa: S603 - our own interpreter and module
                line,
                input=words,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                env=kept,
                check=False,
                pass_fds=handles,
            )
        output, whole = done.stdout, done.returncode == 0
    except subprocess.TimeoutExpired as late:
        output, whole = late.stdout or b"", True
    except OSError:  # no process can be started now: every file is only listed
        output, whole = b"", True
    lines = output.split(b"\n")[:-1]  # what follows the last newline was cut
    return [[(d[0], d[1], d[2], d[3]) for d in json.loads(line)] for line in lines], whole
