"""The gate before a push: what a model's diff may not contain without a person's yes."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from otto_bot.core.diff_findings import Finding
from otto_bot.core.hidden_code import hidden_in
from otto_bot.core.install_scripts import new_scripts
from otto_bot.core.lfs import Kept, adds_pointer, removes_pointer
from otto_bot.core.lock_sources import is_lock, new_sources, tells_sources
from otto_bot.core.path_forms import invisible, plain_path
from otto_bot.core.protected_paths import floor_reason
from otto_bot.git.changes import FileChange
from otto_bot.git.diff_rules import Globs, added_lines
from otto_bot.git.diff_secrets import Knows, secrets_in
from otto_bot.git.texts import as_programs_read_it, as_text, new_lines, words_within

__all__ = ["BLOB_BYTES", "Finding", "GateLimits", "Looked", "in_words", "inspect", "odd_path", "wanted"]

_LINK = "120000"
_GITLINK = "160000"
REGULAR = frozenset({"100644", "100755"})
BLOB_BYTES = 6 * 1024 * 1024
"""Bytes of one content that is read as a whole."""
SHOWN_LINES, SHOWN_LINE = 12, 200
"""Lines of a protected file that a finding shows, and characters of each."""
_SCRIPTS = ("package.json", "composer.json", "pyproject.toml", "binding.gyp")


@dataclass(frozen=True)
class GateLimits:
    """Caps on one commit's diff: bytes of one new content, bytes of all, number of files."""

    file_bytes: int = 1024 * 1024
    total_bytes: int = 5 * 1024 * 1024
    files: int = 300


@dataclass(frozen=True)
class Looked:
    """What is known beside the diff: contents by blob id, sources of the base's dependencies, the host's secrets."""

    contents: Mapping[str, bytes] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()
    knows: Knows | None = None
    kept: Kept = field(default_factory=lambda: Kept({}))
    """What Git LFS keeps."""

    def text(self, blob: str) -> str:
        """The content as a package manager reads it; empty where it is not here."""
        return as_programs_read_it(self.contents.get(blob, b""))


def wanted(changes: Iterable[FileChange]) -> list[str]:
    """Blobs whose whole content `inspect` asks for."""
    blobs = []
    for change in changes:
        if _GITLINK in (change.mode_before, change.mode_after):
            continue
        named = tells_sources(change.path) or _has_scripts(change.path)
        if named or ((change.binary or change.patch_cut) and change.blob_after != change.blob_before):
            blobs += [blob for blob in (change.blob_before, change.blob_after) if blob]
    return blobs


def inspect(
    changes: Sequence[FileChange],
    *,
    protected: Iterable[str] = (),
    limits: GateLimits | None = None,
    looked: Looked | None = None,
) -> list[Finding]:
    """All findings, the diff as a whole first, then file by file.

    `protected` are globs as in .gitignore: without a slash they match a name anywhere, `**` spans directories. They
    come on top of what is protected everywhere (`core/protected_paths.py`). A secret is never repeated in a finding.
    """
    caps, known = limits or GateLimits(), looked or Looked()
    globs = Globs(protected)
    found = [*_of_the_whole(changes, caps)]
    for change in changes:
        mine = [
            *_paths(change, globs, known),
            *_kinds(change),
            *_modules(change),
            *_of_lfs(change, known.kept),
            *_content(change, caps, known),
            *_settings(change, known),
        ]
        found += [one.model_copy(update={"content": _content_of(change)}) for one in mine]
    return found


def in_words(text: str, what: str, knows: Knows | None = None) -> list[Finding]:
    """What a commit message or the name of a branch must not hold; `what` says which of the two it is."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    lines = list(enumerate(text.split("\n"), 1))
    found = [
        Finding(rule="secret", path="", detail=f"{what} holds {kind}", content=digest)
        for _, kind in secrets_in(lines, knows)
    ]
    hidden = [why for _, line in lines if (why := hidden_in(line)) is not None]
    return [
        *found,
        *(
            Finding(rule="hidden_text", path="", detail=f"{what}: {why}", content=digest)
            for why in dict.fromkeys(hidden)
        ),
    ]


def _content_of(change: FileChange) -> str:
    """What a yes is bound to: the file as it would be. Where ids are missing, all that is known of the change."""
    return f"{change.mode_after or 'gone'} {change.blob_after or change.patch or change.status}"


def _of_the_whole(changes: Sequence[FileChange], caps: GateLimits) -> Iterator[Finding]:
    whole = "\0".join(f"{change.path}\0{_content_of(change)}" for change in changes)
    if len(changes) > caps.files:
        detail = f"{len(changes)} files changed, at most {caps.files} are allowed"
        yield Finding(rule="too_many_files", path="", detail=detail, content=whole)
    total = sum(_brought(change) for change in changes)
    if total > caps.total_bytes:
        detail = f"{total} bytes of new content, at most {caps.total_bytes} are allowed"
        yield Finding(rule="diff_too_large", path="", detail=detail, content=whole)


def _brought(change: FileChange) -> int:
    """Bytes that are new in a file, not those that stood there before."""
    if change.blob_after and change.blob_after == change.blob_before:
        return 0
    if change.binary or change.patch_cut:
        return change.size
    if not change.patch:
        return max(0, change.size - change.size_before)
    return sum(len(text.encode("utf-8", "surrogatepass")) + 1 for _, text in added_lines(change.patch))


def _grows(change: FileChange, cap: int) -> bool:
    """Whether a change makes a large file, or one that was large much larger."""
    return (change.blob_after != change.blob_before and change.size - change.size_before > cap) or not change.blob_after


def _paths(change: FileChange, globs: Globs, looked: Looked) -> Iterator[Finding]:
    for path in dict.fromkeys(name for name in (change.path, change.old_path) if name is not None):
        if reason := odd_path(path):
            yield Finding(rule="bad_path", path=path, detail=reason)
        if why := floor_reason(path):
            yield Finding(rule="protected_path", path=path, detail=why, shown=_first_lines(change))
        elif pattern := globs.match(path):
            detail = f"the repository protects {pattern}"
            yield Finding(rule="protected_path", path=path, detail=detail, shown=_first_lines(change))
    if change.path != change.old_path:
        for _, kind in secrets_in([(1, change.path)], looked.knows):
            yield Finding(rule="secret", path=change.path, detail=f"its name holds {kind}")


def _first_lines(change: FileChange) -> tuple[str, ...]:
    """What a person needs to see of a change that is not on GitHub: its first new lines."""
    lines = [text[:SHOWN_LINE] for _, text in added_lines(change.patch)]
    left = len(lines) - SHOWN_LINES
    return (*lines[:SHOWN_LINES], *([f"… and {left} more lines"] if left > 0 else []))


def _kinds(change: FileChange) -> Iterator[Finding]:
    if change.mode_after == _LINK:
        yield Finding(rule="symlink", path=change.path, detail=_where_to(change))


def _modules(change: FileChange) -> Iterator[Finding]:
    is_module_list = plain_path(change.path).rpartition("/")[2] == ".gitmodules"
    if _GITLINK in (change.mode_before, change.mode_after) or is_module_list:
        yield Finding(rule="submodule", path=change.path, detail="other code becomes, or was, part of the tree")


def _of_lfs(change: FileChange, kept: Kept) -> Iterator[Finding]:
    """Content that belongs to Git LFS: git would hold it itself, or a pointer to what nobody has."""
    if change.mode_after not in REGULAR or not (change.blob_after or change.patch):
        return
    moved = change.old_path is not None and kept.has(change.old_path) and not kept.has(change.path)
    if moved:
        yield Finding(rule="lfs", path=change.path, detail="`.gitattributes` says nothing of it at its new place")
    elif change.blob_after == change.blob_before != "":
        return
    elif kept.has(change.path) or removes_pointer(change.patch):
        yield Finding(rule="lfs", path=change.path, detail="Git LFS keeps its content, and Otto cannot write it there")
    elif adds_pointer(change.patch):
        yield Finding(rule="lfs", path=change.path, detail="it is a pointer of Git LFS to a content that nobody has")


def _where_to(change: FileChange) -> str:
    target = "".join(line for _, line in added_lines(change.patch))
    if not target:
        return "it points elsewhere"
    depth = change.path.count("/")
    for part in target.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            break
    leaves = target.startswith(("/", "\\", "~")) or ":" in target or depth < 0
    return "it points out of the tree" if leaves else "it points to another place of the tree"


def _content(change: FileChange, caps: GateLimits, looked: Looked) -> Iterator[Finding]:
    cap = caps.total_bytes if is_lock(change.path) else caps.file_bytes
    if change.size > cap and _grows(change, cap // 4 if change.size_before > cap else 0):
        detail = f"{change.size} bytes, at most {cap} are allowed"
        yield Finding(rule="file_too_large", path=change.path, detail=detail)
    lines, whole = _added(change, looked)
    for line, kind in secrets_in(lines, looked.knows):
        yield Finding(rule="secret", path=change.path, line=line or None, detail=kind)
    if whole:
        yield from _hidden(change.path, lines)
        return
    if change.patch_cut and not change.binary:
        yield Finding(rule="not_scanned", path=change.path, detail="too large to be searched for secrets")
    else:
        yield Finding(rule="binary", path=change.path, detail=f"{change.size} bytes")


def _hidden(path: str, lines: Sequence[tuple[int, str]]) -> Iterator[Finding]:
    """Each kind of what hides once, with the lines that have it."""
    found: dict[str, list[int]] = {}
    for line, text in lines:
        if (why := hidden_in(text, first=line == 1)) is not None:
            found.setdefault(why, []).append(line)
    for why, at in found.items():
        others = ", ".join(map(str, at[1:10])) + (f" and {len(at) - 10} more" if len(at) > 10 else "")
        detail = f"{why}, also in line {others}" if others else why
        yield Finding(rule="hidden_text", path=path, line=at[0], detail=detail)


def _added(change: FileChange, looked: Looked) -> tuple[list[tuple[int, str]], bool]:
    """The new lines of a file (number 0 where it has none), and whether they are all there is to read in it."""
    if not (change.binary or change.patch_cut):
        return list(added_lines(change.patch)), True
    if change.mode_after in (None, _GITLINK) or (change.blob_after and change.blob_after == change.blob_before):
        return [], True
    if not change.size:
        return [], not change.patch_cut
    data = looked.contents.get(change.blob_after)
    if data is None:
        return list(added_lines(change.patch)), False
    text = as_text(data)
    if text is None:
        # Nobody can read it, but a token in it is one all the same.
        return [(0, words) for words in words_within(data)], False
    return new_lines(text, as_text(looked.contents.get(change.blob_before, b"")) or ""), True


def _has_scripts(path: str) -> bool:
    return path.casefold().rpartition("/")[2] in _SCRIPTS


def _settings(change: FileChange, looked: Looked) -> Iterator[Finding]:
    """What a package manager would fetch or run that it did not before."""
    if change.mode_after is None or change.blob_after == change.blob_before != "":
        return
    sources = tells_sources(change.path)
    if not sources and not _has_scripts(change.path):
        return
    if change.blob_after and change.blob_after not in looked.contents and change.size:
        yield Finding(
            rule="not_scanned", path=change.path, detail="it says what is installed, and is too large to be read"
        )
        return
    before, after = looked.text(change.blob_before), looked.text(change.blob_after)
    for source in new_sources(change.path, before, after, looked.sources) if sources else ():
        shown = _line(after, source.line)
        yield Finding(rule="lock_source", path=change.path, line=source.line, detail=source.what, shown=shown)
    for script in new_scripts(change.path, before, after):
        shown = _line(after, script.line)
        yield Finding(rule="install_script", path=change.path, line=script.line, detail=script.name, shown=shown)


def _line(text: str, number: int) -> tuple[str, ...]:
    lines = text.split("\n")
    return (lines[number - 1].strip()[:SHOWN_LINE],) if number <= len(lines) else ()


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
    if any(part == ".git" for part in plain_path(path).split("/")):
        return "a name that some systems read as .git"
    if any(invisible(char) for char in path if char not in "\ufe0f\u200d\u200c"):
        return "a character that shows nothing"
    return None
