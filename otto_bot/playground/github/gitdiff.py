"""Questions about history and differences, asked of the bare repository."""

from __future__ import annotations

import re

from otto_bot.playground.github.gitrepo import ZERO, BareRepo, CommitInfo, FileChange, GitError

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MAX_PATCH_CHARS = 100_000
MAX_COMMITS = 2000
HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)")
STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


def is_ancestor(repo: BareRepo, old: str, new: str) -> bool:
    """True when `new` contains `old`."""
    return repo.try_git("merge-base", "--is-ancestor", old, new).returncode == 0


def merge_base(repo: BareRepo, one: str, two: str) -> str | None:
    """Best common ancestor, None for unrelated histories."""
    done = repo.try_git("merge-base", one, two)
    return done.stdout.decode().strip() or None if done.returncode == 0 else None


def commits_between(repo: BareRepo, old: str | None, new: str, path: str = "") -> list[CommitInfo]:
    """Commits of `new` that `old` lacks, newest first, at most MAX_COMMITS."""
    span = [new] if old in (None, ZERO) else [new, f"^{old}"]
    tail = ["--", path] if path else ["--"]
    out = repo.git("rev-list", f"--max-count={MAX_COMMITS}", *span, *tail).decode()
    return [repo.commit(sha) for sha in out.split()]


def files_between(repo: BareRepo, old: str | None, new: str, *, patches: bool = False) -> list[FileChange]:
    """Changed files from `old` (None = nothing) to `new`, renames found; patches cost one process a file."""
    base = old or EMPTY_TREE
    raw = repo.git("diff-tree", "-r", "-M", "-z", "--raw", "--no-abbrev", base, new).decode(errors="replace")
    numbers = _numstat(repo, base, new)
    changes = []
    for status, sha, previous, path in _raw_rows(raw):
        added, removed = numbers.get(path, (0, 0))
        patch = _patch(repo, base, new, path, previous) if patches else None
        changes.append(FileChange(status, path, previous, added, removed, sha, patch))
    return changes


def _raw_rows(raw: str) -> list[tuple[str, str, str | None, str]]:
    """(status, blob SHA, previous path, path) from `--raw -z` output."""
    parts = raw.split("\0")
    rows: list[tuple[str, str, str | None, str]] = []
    index = 0
    while index < len(parts) and parts[index]:
        meta = parts[index].lstrip(":").split()
        letter = meta[4][0]
        sha = meta[3] if letter != "D" else meta[2]
        if letter in "RC":
            rows.append((STATUS[letter], sha, parts[index + 1], parts[index + 2]))
            index += 3
        else:
            rows.append((STATUS.get(letter, "changed"), sha, None, parts[index + 1]))
            index += 2
    return rows


def _numstat(repo: BareRepo, base: str, new: str) -> dict[str, tuple[int, int]]:
    out = repo.git("diff-tree", "-r", "--no-renames", "--numstat", "-z", base, new).decode(errors="replace")
    numbers = {}
    for row in filter(None, out.split("\0")):
        added, removed, path = row.split("\t", 2)
        numbers[path] = (int(added) if added != "-" else 0, int(removed) if removed != "-" else 0)
    return numbers


def _patch(repo: BareRepo, base: str, new: str, path: str, previous: str | None) -> str | None:
    """Hunks of one file as GitHub shows them (no file header); None for binary or too large."""
    paths = [previous, path] if previous else [path]
    out = repo.git("diff-tree", "-p", "-M", base, new, "--", *paths).decode(errors="replace")
    start = out.find("\n@@ ")
    if start < 0 or len(out) > MAX_PATCH_CHARS:
        return None
    return out[start + 1 :].rstrip("\n")


def hunk_at(repo: BareRepo, base: str, new: str, path: str, line: int | None) -> str | None:
    """The piece of diff above a comment, as GitHub keeps it: its hunk's header, and its rows down to the line."""
    patch = _patch(repo, base, new, path, None) if line is not None else None
    rows: list[str] = []
    number = 0
    for row in (patch or "").split("\n"):
        header = HUNK.match(row)
        if header:
            rows, number = [row], int(header.group(1)) - 1
            continue
        rows.append(row)
        number += not row.startswith(("-", "\\"))
        if number == line and not row.startswith(("-", "\\")):
            return "\n".join(rows)
    return None


def merge_tree(repo: BareRepo, ours: str, theirs: str) -> str | None:
    """Tree of a clean merge of two commits, None when they conflict."""
    done = repo.try_git("merge-tree", "--write-tree", "--allow-unrelated-histories", ours, theirs)
    if done.returncode == 0:
        return done.stdout.decode().splitlines()[0].strip()
    if done.returncode == 1:
        return None
    raise GitError(f"git merge-tree: {done.stderr.decode(errors='replace').strip()[:500]}")
