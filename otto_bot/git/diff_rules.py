"""What the diff gate looks for: protected paths and secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from otto_bot.core.globs import checked_all, ignore_glob

_SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")),
    ("a GitHub token", re.compile(r"\bgh[pousr]_[A-Za-z0-9._-]{20,}|\bgithub_pat_[A-Za-z0-9_]{22,}")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)(?![A-Z0-9]{0,12}EXAMPLE)[A-Z0-9]{16}\b")),
    ("an Anthropic key", re.compile(r"\bsk-ant-[A-Za-z0-9_-]{20,}")),
    ("an OpenAI key", re.compile(r"\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{40,}")),
    ("a Google key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,}")),
    ("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("an npm token", re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    ("a PyPI token", re.compile(r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{30,}")),
    (
        "a password in a URL",
        re.compile(
            r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"<>{}$]{1,64}:[^\s/:@'\"<>{}$*]{6,128}@[a-z0-9]", re.IGNORECASE
        ),
    ),
)
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)")
_LONGEST_LINE = 20_000


class Globs:
    """Path patterns as in .gitignore, without regard to case. Raises BadGlob beyond the limits of `core.globs`."""

    def __init__(self, patterns: Iterable[str]) -> None:
        wanted = checked_all([pattern for pattern in patterns if pattern.strip()])
        self._patterns = [(pattern, ignore_glob(pattern.casefold())) for pattern in wanted]

    def match(self, path: str) -> str | None:
        """The first pattern that covers `path`, or a directory above it."""
        folded = path.casefold()
        return next((pattern for pattern, glob in self._patterns if glob.matches(folded)), None)


def added_lines(patch: str) -> Iterator[tuple[int, str]]:
    """(line number in the new file, text) of each added line."""
    number = 0
    in_hunk = False
    for line in patch.split("\n"):
        if hunk := _HUNK.match(line):
            number, in_hunk = int(hunk[1]), True
        elif line.startswith("diff --git "):
            in_hunk = False
        elif in_hunk and line.startswith("+"):
            yield number, line[1:]
            number += 1
        elif in_hunk and line.startswith(" "):
            number += 1


def secrets_in(patch: str) -> Iterator[tuple[int, str]]:
    """(line, kind) of what looks like a secret in the added lines, one finding a line."""
    for number, line in added_lines(patch):
        for start in range(0, max(len(line), 1), _LONGEST_LINE):
            # Pieces overlap, so that a secret on the seam is seen; cutting keeps the patterns fast on any input.
            piece = line[max(0, start - 200) : start + _LONGEST_LINE]
            kind = next((name for name, pattern in _SECRETS if pattern.search(piece)), None)
            if kind:
                yield number, kind
                break
