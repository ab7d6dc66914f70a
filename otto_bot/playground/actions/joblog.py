"""A job's log in GitHub's own format: byte order mark, timestamps of seven digits, groups and `##[error]` lines."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

_CYAN, _PLAIN = "\x1b[36;1m", "\x1b[0m"
_SHELLS = {
    None: "/usr/bin/bash -e {0}",
    "bash": "/usr/bin/bash --noprofile --norc -e -o pipefail {0}",
    "sh": "/usr/bin/sh -e {0}",
    "python": "/usr/bin/python {0}",
}


def stamp(moment: datetime, tick: int = 0) -> str:
    """GitHub's timestamp: ISO, seven digits of a second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{tick % 10}Z"


class JobLog:
    """`paths` are pairs of a regular expression and what stands for it, in order.

    Collects lines, with host paths written as those of GitHub's runner; over the limit it says so and stops.
    """

    def __init__(self, now: Callable[[], datetime], paths: Sequence[tuple[str, str]], limit_bytes: int) -> None:
        self._now = now
        self._chunks: list[bytes] = ["\ufeff".encode()]
        self._size = 0
        self._limit = limit_bytes
        self._lines = 0
        self._paths = [(re.compile(pattern), name) for pattern, name in paths]

    @property
    def lines(self) -> int:
        """How many lines there are: what annotations of a whole step point to."""
        return self._lines

    def content(self) -> bytes:
        """The log so far."""
        return b"".join(self._chunks)

    def shown(self, text: str) -> str:
        """The text with the host's paths replaced."""
        if "/" in text:
            for pattern, name in self._paths:
                text = pattern.sub(name, text)
        return text

    def line(self, text: str = "") -> None:
        """Write a text, each of its lines with a timestamp."""
        for part in self.shown(text).removesuffix("\n").split("\n"):
            self._write(part.removesuffix("\r"))

    def error(self, text: str) -> None:
        """An error line."""
        self.line(f"##[error]{text}")

    def group(self, title: str, lines: Sequence[str] = ()) -> None:
        """A folded block."""
        self.line(f"##[group]{title}")
        for text in lines:
            self.line(text)
        self.line("##[endgroup]")

    def run_group(self, script: str, shell: str | None, env: Mapping[str, str]) -> None:
        """The head of a `run:` step."""
        script = script.rstrip("\n")
        lines = [f"{_CYAN}{text}{_PLAIN}" for text in script.split("\n")]
        lines.append(f"shell: {_SHELLS.get(shell, shell)}")
        self.group(f"Run {script.split(chr(10))[0]}", [*lines, *_listed("env", env)])

    def uses_group(self, uses: str, inputs: Mapping[str, str], env: Mapping[str, str]) -> None:
        """The head of a `uses:` step."""
        self.group(f"Run {uses}", [*_listed("with", inputs), *_listed("env", env)])

    def _write(self, text: str) -> None:
        if self._size > self._limit:
            return
        data = f"{stamp(self._now(), self._lines)} {text}\n".encode(errors="replace")
        self._size += len(data)
        if self._size > self._limit:
            text = f"##[warning]The log is longer than {self._limit} bytes; the rest is left out."
            data = f"{stamp(self._now(), self._lines)} {text}\n".encode()
        self._chunks.append(data)
        self._lines += 1


def _listed(title: str, values: Mapping[str, str]) -> list[str]:
    return [f"{title}:", *(f"  {key}: {value}" for key, value in values.items())] if values else []


def write_setup(log: JobLog, *, labels: Sequence[str], defined_at: str, runner: str, uses: Sequence[str]) -> None:
    """The lines of "Set up job" before the last one."""
    log.line(f"Requested labels: {', '.join(labels)}")
    log.line(f"Job defined at: {defined_at}")
    log.line("Waiting for a runner to pick up this job...")
    log.line(f"Job is about to start running on the hosted runner: {runner}")
    log.line("Current runner version: '2.330.0'")
    log.group("Operating System", ["Ubuntu", "24.04.3", "LTS"])
    log.group("GITHUB_TOKEN Permissions", ["Contents: read", "Metadata: read"])
    log.line("Secret source: Actions")
    log.line("Prepare workflow directory")
    log.line("Prepare all required actions")
    if uses:
        log.line("Getting action download info")
    for name in uses:
        log.line(f"Download action repository '{name}'")
