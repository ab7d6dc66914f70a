"""One thing that the diff gate found in what would be pushed, and the name by which a person says yes to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from otto_bot.core.values import Frozen

RULES = {
    "secret": "what looks like a secret",
    "protected_path": "a protected path",
    "install_script": "a command that runs at installing",
    "lock_source": "a new source of dependencies",
    "hidden_text": "text that a reviewer cannot see",
    "bad_path": "a name that is not what it looks like",
    "submodule": "a submodule",
    "lfs": "a file of Git LFS",
    "symlink": "a symbolic link",
    "not_scanned": "what could not be looked at",
    "outside_scope": "a file outside of the task's projects",
    "binary": "a file that nobody can read",
    "file_too_large": "a large file",
    "diff_too_large": "a large change",
    "too_many_files": "many files",
    "too_many_commits": "many commits",
}
"""What each rule that holds a push finds, as people read it; the weightiest first."""
_WEIGHTS = {rule: weight for weight, rule in enumerate(RULES)}


class Finding(Frozen):
    """One thing about what would be pushed that forbids it until a person says yes.

    `path` is empty for the change as a whole, for a message or a name of a branch. `line` is from 1 in the new file.
    `content` names exactly what was found: the file as it would be, or the whole change. No finding repeats a secret.
    """

    rule: str
    path: str
    detail: str
    line: int | None = None
    content: str = ""
    shown: tuple[str, ...] = ()
    """The lines that are meant, as far as a person needs them to decide; they may hold secrets still."""

    @property
    def name(self) -> str:
        """Rule, place, words and content: it stays while the file stays as it is, in whatever commit.

        Two things in one file have two names, so that a yes to one is none to the other.
        """
        said = "\0".join((self.rule, self.path, self.content, str(self.line or ""), self.detail))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def place(self) -> str:
        """Path and line."""
        return self.path if self.line is None else f"{self.path}:{self.line}"

    @property
    def words(self) -> str:
        """Where and what, in one line."""
        return ": ".join(part for part in (self.place, RULES.get(self.rule, self.rule), self.detail) if part)


def names(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The names of findings, each once, in order."""
    return tuple(dict.fromkeys(one.name for one in findings))


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What a person must see first comes first, and nothing twice; else as it was."""
    once: dict[str, Finding] = {}
    for one in findings:
        once.setdefault(one.name, one)
    return tuple(sorted(once.values(), key=lambda one: _WEIGHTS.get(one.rule, len(_WEIGHTS))))
