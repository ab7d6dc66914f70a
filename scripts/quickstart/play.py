"""Inside of the clean root: one shell that is given the page's commands, and a person who does the rest.

Reads JSON from standard input, a list of `{"command": …, "people": […]}`, and writes one list of printed lines for
each. What a person does is known by its line in the page (`person.py`).
"""

from __future__ import annotations

import json
import os
import re
import selectors
import subprocess
import sys
import time

from scripts.quickstart.person import ACTS, ADDRESSES, CUES, Person
from scripts.quickstart.venv_of import laid

SECONDS = 120.0
BACKGROUND = re.compile(r"&(?: \w+=\$!)?$")
READY = '{"ready"'
DONE = "\x1edone"
ENVIRONMENT = {
    "HOME": os.environ["HOME"], "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "USER": "new", "LOGNAME": "new",
    "PYTHONUNBUFFERED": "1",
}  # fmt: skip
LOOP = f"while IFS= read -r -d '' -u 9 command; do eval \"$command\"; printf '{DONE} %s\\n' \"$?\"; done"


class Shell:
    """One bash; what its commands print arrives here, whoever of them prints it."""

    def __init__(self) -> None:
        there, self._commands = os.pipe()
        argv = ["/bin/bash", "--norc", "--noprofile", "-c", f"exec 9<&{there}; {LOOP}"]
        self._process = subprocess.Popen(
            argv, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=(there,),
        )  # fmt: skip
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._select = selectors.DefaultSelector()
        self._select.register(self._process.stdout, selectors.EVENT_READ)
        self._text = ""

    def say(self, command: str) -> None:
        """Type a command."""
        os.write(self._commands, command.encode() + b"\0")

    def lines(self, seconds: float) -> list[str]:
        """Whole lines that came within a time."""
        if self._select.select(seconds):
            assert self._process.stdout is not None
            self._text += (self._process.stdout.read(65536) or b"").decode(errors="replace")
        *whole, self._text = self._text.split("\n")
        return whole


def step(shell: Shell, person: Person, command: str, people: list[str]) -> list[str]:
    """What one command printed, with what people did meanwhile. Raises TimeoutError with it."""
    seen, waiting, at = list[str](), list(people), 0
    done, ready = not command, not BACKGROUND.search(command)
    if command:
        laid(command)
        shell.say(command)
    deadline = time.monotonic() + SECONDS
    while not (done and ready and not waiting):
        while waiting and (place := _place(waiting[0], seen, at)) is not None:
            ACTS[waiting[0]](person, _address(waiting[0], seen))
            seen.insert(place, waiting.pop(0))
            at = place + 1
        if (done and ready and waiting) or time.monotonic() > deadline:
            raise TimeoutError(f"`{command}` did not come to its end, or to {waiting}, within {SECONDS:g} s: {seen}")
        for line in shell.lines(0.2) if command else ():
            done = done or line.startswith(DONE)
            ready = ready or line.startswith(READY)
            if not line.startswith(DONE):
                seen.append(line)
    return seen


def _place(act: str, seen: list[str], at: int) -> int | None:
    """Where an act stands among the lines: after the one it waits for, else after the act before; None: not yet."""
    cue = CUES.get(act)
    if cue is None:
        return at
    return next((n + 1 for n, line in enumerate(seen) if n >= at and line.startswith(cue)), None)


def _address(act: str, seen: list[str]) -> str:
    """The last one that was printed of those that the act goes to."""
    found = [one for line in seen for one in re.findall(ADDRESSES[act], line)] if act in ADDRESSES else []
    return found[-1] if found else ""


def main() -> int:
    """Every step in order; 1 with words where one does not end."""
    steps = json.load(sys.stdin)
    shell, person = Shell(), Person()
    printed: list[list[str]] = []
    for one in steps:
        began = time.monotonic()
        try:
            printed.append(step(shell, person, one["command"], one["people"]))
        except Exception as error:  # noqa: BLE001 - whatever it is, what was printed so far is worth reading
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            json.dump(printed, sys.stdout)
            return 1
        sys.stderr.write(f"{time.monotonic() - began:6.1f} s  {one['command'] or one['people'][0]}\n")
    took = step(shell, person, "times", [])
    sys.stderr.write(f"user and system time, of the shell and of what it started: {'; '.join(took)}\n")
    json.dump(printed, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
