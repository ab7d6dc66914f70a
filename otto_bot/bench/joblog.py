"""A job's log in GitHub's own format, with the steps that belong to it: what the diagnosis is given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from otto_bot.github.ci_models import Step

CHECKOUT = "Run actions/checkout@v5"


class Written(NamedTuple):
    """The bytes of a log and the steps as the jobs API lists them."""

    log: bytes
    steps: tuple[Step, ...]


class _Log:
    def __init__(self, at: datetime) -> None:
        self.at = at
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        stamp = self.at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
        self.lines += [f"{stamp} {part}".rstrip(" ") for part in text.split("\n")]
        self.at += timedelta(milliseconds=1)

    def group(self, title: str, inner: Sequence[str]) -> None:
        self.line(f"##[group]{title}")
        for text in inner:
            self.line(text)
        self.line("##[endgroup]")

    def wait(self, seconds: float) -> datetime:
        self.at = self.at.replace(microsecond=0) + timedelta(seconds=seconds)
        return self.at


def write_log(
    begun: datetime, step: str, command: str, output: Sequence[str], end: str, conclusion: str, failing: str = ""
) -> Written:
    """One job: set-up, checkout, the check. `end` is the runner's error line, empty where the step passed.

    `failing` names another step that failed instead; then the check never ran.
    """
    log = _Log(begun.replace(microsecond=0))
    steps: list[Step] = []

    def took(name: str, since: datetime, said: str) -> None:
        done = log.wait(1)
        steps.append(
            Step(number=len(steps) + 1, name=name, status="completed", conclusion=said, started_at=since,
                 completed_at=done)
        )  # fmt: skip

    since = log.at
    _set_up(log)
    broken = failing == "Set up job"
    if broken:
        _written(log, output, end)
    took("Set up job", since, conclusion if broken else "success")
    if not broken:
        since = log.wait(1)
        log.group(CHECKOUT, ["with:", "  repository: octo/bench"])
        took(CHECKOUT, since, "success")
        since = log.wait(1)
        shown = failing or step
        title = f"Run {(failing or command).splitlines()[0]}"
        log.group(
            title, [*(f"\x1b[36;1m{line}\x1b[0m" for line in command.splitlines()), "shell: /usr/bin/bash -e {0}"]
        )
        _written(log, output, end)
        log.wait(4)
        took(shown, since, conclusion if end or conclusion != "success" else "success")
        if failing:
            moment = log.at
            steps.append(
                Step(number=len(steps) + 1, name=step, status="completed", conclusion="skipped", started_at=moment,
                     completed_at=moment)
            )  # fmt: skip
    since = log.wait(1)
    log.line("Post job cleanup.")
    log.line("Cleaning up orphan processes")
    took("Complete job", since, "success")
    return Written(("\ufeff" + "\n".join(log.lines) + "\n").encode("utf-8", "replace"), tuple(steps))


def _set_up(log: _Log) -> None:
    log.line("Current runner version: '2.330.0'")
    log.group("Operating System", ["Ubuntu", "24.04.3", "LTS"])
    log.group("GITHUB_TOKEN Permissions", ["Contents: read", "Metadata: read"])
    log.line("Secret source: Actions")
    log.line("Prepare workflow directory")
    log.line("Prepare all required actions")
    log.line("Complete job name: test")


def _written(log: _Log, output: Sequence[str], end: str) -> None:
    for text in output:
        log.line(text)
    if end:
        log.line(f"##[error]{end}")
