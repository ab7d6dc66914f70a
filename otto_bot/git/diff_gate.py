"""The gate before a push: what a model's diff may not contain. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from otto_bot.core.tampering import scan
from otto_bot.git.changes import FileChange, as_changed
from otto_bot.git.diff_rules import Globs, secrets_in

_LINK = "120000"
_GITLINK = "160000"
_EXECUTABLE = "100755"
_IGNORED_BY_HFS = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_PROTECTED_BY_DEFAULT = (".github/**", "CODEOWNERS")


@dataclass(frozen=True)
class GateLimits:
    """Caps on one attempt's diff: bytes of one new content, bytes of all, number of files."""

    file_bytes: int = 1024 * 1024
    total_bytes: int = 5 * 1024 * 1024
    files: int = 300


@dataclass(frozen=True)
class Finding:
    """One thing about the diff. `blocking` findings forbid the push; the others are told to people."""

    rule: str
    path: str
    detail: str
    blocking: bool = True


def inspect(
    changes: Sequence[FileChange],
    *,
    protected: Iterable[str] = _PROTECTED_BY_DEFAULT,
    limits: GateLimits | None = None,
) -> list[Finding]:
    """All findings, the diff as a whole first, then file by file.

    `protected` are globs as in .gitignore: without a slash they match a name anywhere, `**` spans directories.
    Case does not matter, because it does not on all file systems either. A secret is never repeated in a finding.
    """
    caps = limits or GateLimits()
    globs = Globs(protected)
    found = [*_of_the_whole(changes, caps)]
    for change in changes:
        found += _paths(change, globs)
        found += _kinds(change)
        found += _content(change, caps)
    return [*found, *_weaker(changes)]


def _weaker(changes: Sequence[FileChange]) -> Iterator[Finding]:
    """Checks that prove less than before: no reason against a push, but a person will be asked before it counts."""
    for hit in scan([as_changed(change) for change in changes]):
        yield Finding("tests_weakened", hit.path, f"{hit.place}: {hit.why}", blocking=False)


def _of_the_whole(changes: Sequence[FileChange], caps: GateLimits) -> Iterator[Finding]:
    if len(changes) > caps.files:
        yield Finding("too_many_files", "", f"{len(changes)} files changed, at most {caps.files} are allowed")
    total = sum(change.size for change in changes)
    if total > caps.total_bytes:
        yield Finding("diff_too_large", "", f"{total} bytes of new content, at most {caps.total_bytes} are allowed")


def _paths(change: FileChange, globs: Globs) -> Iterator[Finding]:
    for path in dict.fromkeys(name for name in (change.path, change.old_path) if name is not None):
        if reason := odd_path(path):
            yield Finding("bad_path", path, reason)
        if pattern := globs.match(path):
            yield Finding("protected_path", path, f"protected by {pattern}; people change this, not Otto")


def _kinds(change: FileChange) -> Iterator[Finding]:
    if change.mode_after == _LINK:
        yield Finding("symlink", change.path, "symbolic links may not be added or changed")
    is_module_list = change.path.rpartition("/")[2].casefold() == ".gitmodules"
    if _GITLINK in (change.mode_before, change.mode_after) or is_module_list:
        yield Finding("submodule", change.path, "submodules may not be added, changed or removed")
    if change.mode_after == _EXECUTABLE and change.mode_before != _EXECUTABLE:
        yield Finding("executable", change.path, "becomes executable", blocking=False)


def _content(change: FileChange, caps: GateLimits) -> Iterator[Finding]:
    if change.size > caps.file_bytes:
        yield Finding("file_too_large", change.path, f"{change.size} bytes, at most {caps.file_bytes} are allowed")
    for line, kind in secrets_in(change.patch):
        yield Finding("secret", change.path, f"line {line} looks like {kind}")
    if change.patch_cut or (change.binary and change.size):
        yield Finding("not_scanned", change.path, "binary or too large to be searched for secrets", blocking=False)


def odd_path(path: str) -> str | None:
    """Why a path must not be pushed, None when it is fine."""
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in path) or "\ufffd" in path:
        return "control characters or bytes that are not UTF-8"
    if "\\" in path:
        return "a backslash, which some systems read as a directory"
    parts = path.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        return "an empty, '.' or '..' part"
    if any(len(part.encode("utf-8", "replace")) > 255 for part in parts):
        return "a name longer than 255 bytes"
    if any(_is_git_directory(part) for part in parts):
        return "a name that some systems read as .git"
    return None


def _is_git_directory(part: str) -> bool:
    plain = _IGNORED_BY_HFS.sub("", part).split(":", 1)[0].rstrip(". ").casefold()
    return plain in {".git", "git~1"}
