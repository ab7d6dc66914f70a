"""Rules of a repository held against refs that are about to move. Also a program: the pre-receive hook.

It imports nothing but the standard library, as each push starts it. What it says is what GitHub says (GH013).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

ZERO = "0" * 40
DECLINED = "push declined due to repository rule violations"
Git = Callable[..., bytes]
"""git of the repository: its standard output."""


@dataclass(frozen=True)
class Violation:
    """What GitHub says about one rule, and the commits that break it."""

    words: str
    commits: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """As a push shows it."""
        if not self.commits:
            return [f"- {self.words}", ""]
        many = f"{len(self.commits)} violation{'s' if len(self.commits) > 1 else ''}"
        return [f"- {self.words}", f"  Found {many}:", "", *(f"  {sha}" for sha in self.commits), ""]


def told(ref: str, html: str, found: Sequence[Violation]) -> list[str]:
    """The lines that git prints after `remote: `."""
    return [
        f"error: GH013: Repository rule violations found for {ref}.",
        f"Review all repository rules at {html}/rules?ref={quote(ref, safe='')}", "",
        *(line for one in found for line in one.lines()),
    ]  # fmt: skip


def applies(rule: dict[str, Any], branch: str, default: str) -> bool:
    """Whether a rule's ruleset targets a branch of that name."""
    names = {"~ALL": "**", "~DEFAULT_BRANCH": default}

    def any_of(patterns: Sequence[str]) -> bool:
        short = [names.get(one, one.removeprefix("refs/heads/")) for one in patterns]
        return any(_glob(one).fullmatch(branch) for one in short)

    return any_of(rule.get("include") or ["~DEFAULT_BRANCH"]) and not any_of(rule.get("exclude") or [])


def _glob(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts))


def violations(
    git: Git, rules: Sequence[dict[str, Any]], signed: frozenset[str], ref: str, old: str, new: str
) -> list[Violation]:
    """What of `rules`, which all apply to the ref, forbids to move it."""
    moved = _Moved(git, signed, ref, old, new)
    return [one for rule in rules for one in moved.broken(str(rule["type"]), rule.get("parameters") or {})]


class _Moved:
    """One ref that is about to move."""

    def __init__(self, git: Git, signed: frozenset[str], ref: str, old: str, new: str) -> None:
        self.git, self.signed, self.ref, self.old, self.new = git, signed, ref, old, new
        # Commits that some ref has already were judged when they came.
        shas = git("rev-list", new, "--not", "--all").decode().split() if new != ZERO else []
        self.commits = shas

    def broken(self, kind: str, given: dict[str, Any]) -> Iterator[Violation]:
        """The violations of one rule."""
        if kind in _REFS and _REFS[kind][0](self):
            yield Violation(_REFS[kind][1])
        elif kind == "branch_name_pattern" and not _matches(given, self.ref.removeprefix("refs/heads/")):
            if self.old == ZERO:
                yield Violation(f"Branch name must {_demand(given)}")
        elif kind in _COMMITS:
            test, words = _COMMITS[kind]
            bad = tuple(sha for sha in self.judged(kind) if test(self, sha, given))
            if bad:
                yield Violation(words.format(demand=_demand(given) if "operator" in given else ""), bad)

    def judged(self, kind: str) -> list[str]:
        """The commits that a rule is about. Of an update that wants signatures all of them, whatever branch has them.

        https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets#require-signed-commits
        """
        if kind != "required_signatures" or ZERO in (self.old, self.new):
            return self.commits
        return self.git("rev-list", self.new, f"^{self.old}").decode().split()

    def forced(self) -> bool:
        """Whether the ref would lose commits."""
        if ZERO in (self.old, self.new):
            return False
        return bool(self.git("rev-list", "--max-count=1", self.old, f"^{self.new}").split())

    def shown(self, sha: str, form: str) -> str:
        """A field of a commit."""
        return self.git("log", "-1", f"--format={form}", sha).decode(errors="replace").rstrip("\n")

    def files(self, sha: str) -> list[tuple[str, int]]:
        """Path and size of every file that a commit adds or changes."""
        out = self.git("diff-tree", "-r", "-m", "-z", "--root", "--no-commit-id", "--diff-filter=d", sha)
        rows = out.decode(errors="surrogateescape").split("\0")
        pairs = [(row.split()[3], path) for row, path in zip(rows[::2], rows[1::2], strict=False) if row[:1] == ":"]
        return [(path, int(self.git("cat-file", "-s", blob))) for blob, path in pairs]


def _demand(given: dict[str, Any]) -> str:
    """What a pattern rule asks for, in words."""
    words = {"starts_with": "start with", "ends_with": "end with", "contains": "contain"}
    how = words.get(str(given.get("operator")), "match a given regex pattern:")
    return f"{'not ' if given.get('negate') else ''}{how} {given.get('pattern', '')}"


def _matches(given: dict[str, Any], text: str) -> bool:
    pattern = str(given.get("pattern", ""))
    tests: dict[str, Callable[[str], bool]] = {
        "starts_with": text.startswith,
        "ends_with": text.endswith,
        "contains": lambda one: one in text,
        "regex": lambda one: re.search(one, text) is not None,
    }
    return tests[str(given["operator"])](pattern) != bool(given.get("negate"))


def _restricted(path: str, patterns: Sequence[str]) -> bool:
    return any(_glob(one.removeprefix("/")).fullmatch(path) for one in patterns)


_REFS: dict[str, tuple[Callable[[_Moved], bool], str]] = {
    "creation": (lambda m: m.old == ZERO, "Cannot create ref due to creations being restricted."),
    "update": (lambda m: ZERO not in (m.old, m.new), "Cannot update this protected ref."),
    "deletion": (lambda m: m.new == ZERO, "Cannot delete this protected ref."),
    "non_fast_forward": (_Moved.forced, "Cannot force-push to this branch"),
    "pull_request": (lambda m: bool(m.commits), "Changes must be made through a pull request."),
}
_COMMITS: dict[str, tuple[Callable[[_Moved, str, dict[str, Any]], bool], str]] = {
    "required_signatures": (lambda m, sha, _: sha not in m.signed, "Commits must have verified signatures."),
    "required_linear_history": (
        lambda m, sha, _: len(m.shown(sha, "%P").split()) > 1, "This branch must not contain merge commits.",
    ),
    "commit_message_pattern": (lambda m, sha, p: not _matches(p, m.shown(sha, "%B")), "Commit message must {demand}"),
    "commit_author_email_pattern": (
        lambda m, sha, p: not _matches(p, m.shown(sha, "%ae")), "Commit author email must {demand}",
    ),
    "committer_email_pattern": (
        lambda m, sha, p: not _matches(p, m.shown(sha, "%ce")), "Committer email must {demand}",
    ),
    "file_path_restriction": (
        lambda m, sha, p: any(_restricted(path, p["restricted_file_paths"]) for path, _ in m.files(sha)),
        "File paths are restricted.",
    ),
    "file_extension_restriction": (
        lambda m, sha, p: any(path.endswith(tuple(p["restricted_file_extensions"])) for path, _ in m.files(sha)),
        "File extensions are restricted.",
    ),
    "max_file_path_length": (
        lambda m, sha, p: any(len(path) > p["max_file_path_length"] for path, _ in m.files(sha)),
        "File paths are too long.",
    ),
    "max_file_size": (
        lambda m, sha, p: any(size > p["max_file_size"] * 1024 * 1024 for _, size in m.files(sha)),
        "Files are too large.",
    ),
}  # fmt: skip


def _git(*argv: str) -> bytes:
    # In the hook's own environment: it names where the pushed objects wait.
    return subprocess.run(["git", *argv], capture_output=True, check=True).stdout  # noqa: S603, S607


def main() -> int:
    """The hook: `old new ref` lines come in, what is wrong goes out, 1 refuses all of them."""
    folder = Path(os.environ["PLAYGROUND_DIR"])
    known = json.loads((folder / "rules").read_text())
    refused = False
    for line in sys.stdin.read().splitlines():
        old, new, ref = line.split(" ", 2)
        if not ref.startswith("refs/heads/"):
            continue
        mine = [rule for rule in known["rules"] if applies(rule, ref.removeprefix("refs/heads/"), known["default"])]
        found = violations(_git, mine, frozenset(known["signed"]), ref, old, new)
        if found:
            refused = True
            sys.stderr.write("".join(f"{text}\n" for text in told(ref, known["html"], found)))
    if refused:
        (folder / "declined").write_text(DECLINED)
    return int(refused)


if __name__ == "__main__":
    sys.exit(main())
