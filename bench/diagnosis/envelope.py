"""A log of another service dressed as an Actions job's: timestamps, the failing step's end, the post-job steps.

Only the envelope is made up. It shows what the same text costs a reader that expects the reason at the very end.
"""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\n")
_GIT = "[command]/usr/bin/git"
_HEADER = r"http\.https\:\/\/github\.com\/\.extraheader"
_HOME = "/home/runner/work/_temp/5f0c9a1e-93d2-4b7a-8f64-2d1f6f3a7c10"
_SSH = r"core\.sshCommand"


def _everywhere(key: str) -> str:
    name = key.replace("\\", "")
    inner = f"git config --local --name-only --get-regexp '{key}' && git config --local --unset-all '{name}' || :"
    return f'{_GIT} submodule foreach --recursive sh -c "{inner}"'


TAIL = (
    "##[error]Process completed with exit code 1.",
    "Post job cleanup.",
    f"{_GIT} version",
    "git version 2.45.0",
    f"Temporarily overriding HOME='{_HOME}' before making global git config changes",
    "Adding repository directory to the temporary git global config as a safe directory",
    f"{_GIT} config --global --add safe.directory /home/runner/work/example/example",
    f"{_GIT} config --local --name-only --get-regexp {_SSH}",
    _everywhere(_SSH),
    f"{_GIT} config --local --name-only --get-regexp {_HEADER}",
    "http.https://github.com/.extraheader",
    f"{_GIT} config --local --unset-all http.https://github.com/.extraheader",
    _everywhere(_HEADER),
    "Cleaning up orphan processes",
)


def enveloped(text: str, tail: tuple[str, ...] = TAIL) -> str:
    """`text` as a job log: a line each hundredth of a second, then the runner's own last lines."""
    stamped = [f"{_at(number)} {line}" for number, line in enumerate([*_LINE_END.split(text), *tail], 1)]
    return "\n".join(stamped)


def _at(number: int) -> str:
    seconds, hundredths = divmod(number, 100)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"2024-05-01T{10 + hour:02d}:{minute:02d}:{second:02d}.{hundredths:02d}{number % 9973:05d}Z"
