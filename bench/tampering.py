"""`python -m bench.tampering REPOSITORY...`: how many commits of a history the scanner would ask a person about.

For each repository the newest commits with one parent that touch a test or a file that configures checks are scanned
as one difference each. `--sample N` prints that many of them as read by a person, half with hits and half without,
drawn with `--seed`. Nothing is fetched, and nothing in a repository is run.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from otto_bot.core.patches import ChangedFile
from otto_bot.core.tampering import scan
from otto_bot.core.tampering_config import configures
from otto_bot.core.tampering_hits import TamperHit
from otto_bot.core.tampering_paths import is_test

COMMITS = 300
LONGEST_PATCH = 2 * 1024 * 1024
SHOWN = 60
"""Lines of one difference that a sample shows."""
Status = Literal["added", "deleted", "modified", "renamed", "copied", "type_changed"]
_STATUS: dict[str, Status] = {
    "A": "added",
    "D": "deleted",
    "M": "modified",
    "R": "renamed",
    "C": "copied",
    "T": "type_changed",
}


@dataclass(frozen=True)
class Scanned:
    """One commit and what the scanner says of it; seconds are of the scan alone."""

    repository: str
    sha: str
    files: tuple[ChangedFile, ...]
    hits: tuple[TamperHit, ...]
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """0 when measured, 2 where no commit touches tests or configuration."""
    parser = argparse.ArgumentParser(prog="bench.tampering", description=__doc__)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--commits", type=int, default=COMMITS)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    found = [one for path in options.repositories for one in history(path, options.commits)]
    if not found:
        print("bench: no commit there touches tests or configuration of checks", file=sys.stderr)
        return 2
    print("\n".join(table(found)))
    print("\n".join(sample(found, options.sample, options.seed)))
    return 0


def history(repository: Path, most: int) -> Iterator[Scanned]:
    """The newest commits with one parent that touch tests or configuration, newest first."""
    count = 0
    for sha in _git(repository, "rev-list", "--no-merges", "--min-parents=1", "HEAD").split():
        if count == most:
            return
        try:
            files = changes(repository, sha)
        except subprocess.CalledProcessError:  # a copy of a repository may lack large files
            print(f"bench: {sha} of {_name(repository)} cannot be read and is left out", file=sys.stderr)
            continue
        if not any(is_test(file.path) or is_test(file.old_path or file.path) or configures(file) for file in files):
            continue
        count += 1
        began = time.process_time()
        hits = scan(files)
        yield Scanned(_name(repository), sha, tuple(files), hits, time.process_time() - began)


def changes(repository: Path, sha: str) -> list[ChangedFile]:
    """The files of a commit against its parent, renames found as the product finds them."""
    told = _git(repository, "diff-tree", "-r", "-M", "-z", "--raw", "--no-commit-id", sha)
    parts = iter(told.split("\0"))
    heads: list[tuple[str, str | None, str]] = []
    for head in parts:
        if head:
            letter = head.split(" ")[4][:1]
            old = next(parts)
            heads.append((letter, old if letter in "RC" else None, next(parts) if letter in "RC" else old))
    told = _git(repository, "diff-tree", "-r", "-M", "-p", "--no-commit-id", "--no-color", "--no-ext-diff", sha)
    texts = ("\n" + told).split("\ndiff --git ")[1:]  # lines of content start with a sign or a space
    if len(texts) != len(heads):
        return []
    return [_changed(*head, text) for head, text in zip(heads, texts, strict=True)]


def _changed(letter: str, old: str | None, path: str, text: str) -> ChangedFile:
    start = text.find("\n@@ ")
    patch = text[start + 1 :] if start >= 0 else ""
    status = _STATUS.get(letter, "modified")
    cut = len(patch) > LONGEST_PATCH
    binary = not patch and "\nBinary files " in text
    return ChangedFile(path=path, old_path=old, status=status, patch=patch[:LONGEST_PATCH], binary=binary, cut=cut)


def table(found: Sequence[Scanned]) -> Iterator[str]:
    """Share of commits with hits by repository, and by rule."""
    yield "| repository | commits | with hits | but for CI alone | slowest scan, s |"
    yield "| --- | --- | --- | --- | --- |"
    for name in dict.fromkeys(one.repository for one in found):
        yield _row(name, [one for one in found if one.repository == name])
    yield _row("all", found)
    yield "\n| rule | commits | share |\n| --- | --- | --- |"
    rules = Counter(rule for one in found for rule in {hit.rule for hit in one.hits})
    yield from (f"| `{rule}` | {count} | {count / len(found):.1%} |" for rule, count in rules.most_common())


def _row(name: str, found: Sequence[Scanned]) -> str:
    some = sum(1 for one in found if one.hits)
    beside = sum(1 for one in found if any(hit.rule != "ci_changed" for hit in one.hits))
    slowest = max(one.seconds for one in found)
    return f"| {name} | {len(found)} | {some / len(found):.0%} | {beside / len(found):.0%} | {slowest:.2f} |"


def sample(found: Sequence[Scanned], most: int, seed: int) -> Iterator[str]:
    """Commits to be read by a person: half with hits other than of CI, half with none."""
    some = [one for one in found if any(hit.rule != "ci_changed" for hit in one.hits)]
    none = [one for one in found if not one.hits]
    draw = random.Random(seed)
    for kind, commits in (("HIT", some), ("NONE", none)):
        for number, one in enumerate(draw.sample(commits, min(most // 2, len(commits))), 1):
            yield f"\n===== {kind} {number}: {one.repository} {one.sha[:12]}"
            yield from (f"! {hit.rule}: {hit.place}: {hit.line[:120]} ({hit.why})" for hit in one.hits[:8])
            yield from _shown(one)


def _shown(one: Scanned) -> list[str]:
    """What was changed in tests and configuration, as far as there is room."""
    named = {hit.path for hit in one.hits}
    lines: list[str] = []
    for file in one.files:
        if (file.path in named) if named else (is_test(file.path) or configures(file)):
            lines += [f"--- {file.path} ({file.status})"]
            lines += [line[:160] for line in file.patch.split("\n") if line[:1] in ("+", "-", "@")]
    return lines[:SHOWN]


def _name(repository: Path) -> str:
    return (repository if repository.name not in ("repo", ".git") else repository.parent).name.replace("+", "/")


def _git(repository: Path, *argv: str) -> str:
    ran = subprocess.run(["git", "-C", str(repository), *argv], capture_output=True, check=True)
    return ran.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())
