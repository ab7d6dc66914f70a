"""Reads the mirror: commits, diffs, merge bases, blame. The one file that knows GitPython.

Everything here is synchronous and opens the mirror anew for each question (about 10 ms): call it through
`asyncio.to_thread`. Nothing here writes or talks to a network.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from git import Repo
from git.exc import BadName, BadObject, GitCommandError

from otto_bot.git.changes import FileChange
from otto_bot.git.commits import checked_sha, is_sha
from otto_bot.git.partial import Contents
from otto_bot.git.raw_diff import RawChange, parse_raw, split_patch

_PATCH_FILE_BYTES = 2 * 1024 * 1024
_PATCH_TOTAL_BYTES = 48 * 1024 * 1024
_GITLINK = "160000"
_MISSING = ("could not be resolved", "bad object", "not a tree object", "Not a valid")
_REGULAR = frozenset({0o100644, 0o100755, 0o100664})


class NotInMirror(LookupError):
    """The mirror lacks what was asked for; fetch it first."""


@dataclass(frozen=True)
class BlamedLine:
    """The commit that last changed a line, and where the line stood there: what a permalink needs."""

    commit: str
    path: str
    line: int


class Reading:
    """Questions about commits of the bare mirror at `path`. `environment` is the runner's, so git stays caged in."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        self._path = path
        # GitPython adds to our own environment, in which another repository may be named, and where our keys are: of
        # a child's environment other processes of this user read.
        emptied = {name: "" for name in os.environ if not name.startswith("GIT_")}
        self._environment = {**emptied, **environment, "GIT_DIR": str(path)}

    def subjects(self, commit: str, count: int = 50) -> list[str]:
        """Subjects of the last `count` commits, newest first, along the first parents."""
        with self._repo() as repo:
            commits = repo.iter_commits(checked_sha(commit), max_count=count, first_parent=True)
            return [str(item.summary) for item in commits]

    def tree_id(self, commit: str) -> str:
        with self._repo() as repo:
            return repo.commit(checked_sha(commit)).tree.hexsha

    def same_tree(self, a: str, b: str) -> bool:
        """Whether two commits hold the same files."""
        return self.tree_id(a) == self.tree_id(b)

    def merge_base(self, a: str, b: str) -> str | None:
        """The best common ancestor, None when there is none."""
        with self._repo() as repo:
            found = repo.merge_base(checked_sha(a), checked_sha(b))
            return found[0].hexsha if found else None

    def files(self, commit: str) -> list[str]:
        """All paths of a commit, sorted as git sorts them; submodules are left out."""
        with self._repo() as repo:
            listed: bytes = repo.git.ls_tree(
                "-r", "-z", checked_sha(commit), stdout_as_string=False, strip_newline_in_stdout=False
            )
            entries = (line.partition(b"\t") for line in listed.split(b"\0") if line)
            return [_text(path) for entry, _, path in entries if not entry.startswith(_GITLINK.encode())]

    def file_at(self, commit: str, path: str, *, max_bytes: int = 1024 * 1024) -> bytes | None:
        """The content of a regular file; None when there is none at `path` or it is larger than `max_bytes`."""
        with self._repo() as repo:
            try:
                found = repo.commit(checked_sha(commit)).tree / path
            except KeyError:
                return None
            if found.type != "blob" or found.mode not in _REGULAR or found.size > max_bytes:
                return None
            content: bytes = found.data_stream.read()
            return content

    def texts(
        self, commit: str, paths: Iterable[str], *, max_bytes: int = 256 * 1024, total: int = 16 * 1024 * 1024
    ) -> dict[str, str]:
        """Contents of regular files of at most `max_bytes` each, until `total` bytes are read; others are left out."""
        found: dict[str, str] = {}
        with self._repo() as repo:
            tree = repo.commit(checked_sha(commit)).tree
            for path in paths:
                try:
                    item = tree / path
                except KeyError:
                    continue
                if item.type != "blob" or item.mode not in _REGULAR or item.size > max_bytes:
                    continue
                total -= item.size
                if total < 0:
                    break
                found[path] = item.data_stream.read().decode("utf-8", "replace")
        return found

    def contents(self, blobs: Iterable[str], *, max_bytes: int, total: int) -> dict[str, bytes]:
        """Contents by blob id, of at most `max_bytes` each, until `total` bytes are read; others are left out."""
        found: dict[str, bytes] = {}
        with self._repo() as repo:
            for blob in dict.fromkeys(blobs):
                size = self._size(repo, checked_sha(blob))
                if size <= min(max_bytes, total):
                    total -= size
                    found[blob] = repo.odb.stream(bytes.fromhex(blob)).read()
        return found

    def blame(self, commit: str, path: str, line: int) -> BlamedLine | None:
        """Who last changed `line` (from 1) of `path`; None when there is no such line."""
        if line < 1 or self.file_at(commit, path) is None:
            return None
        with self._repo() as repo:
            try:
                entry = next(iter(repo.blame_incremental(checked_sha(commit), path, L=f"{line},{line}")), None)
            except GitCommandError as error:
                if "has only" in str(error.stderr):
                    return None
                raise
            if entry is None:
                return None
            return BlamedLine(entry.commit.hexsha, _text(entry.orig_path or path), entry.orig_linenos[0])

    def diff(self, before: str, after: str, *, patch_bytes: int = 256 * 1024) -> list[FileChange]:
        """What changed between two commits or trees, with renames. Each patch is cut at `patch_bytes`."""
        with self._repo() as repo:
            # One process for names, modes and counts. Binary by git's own rule, or larger than 2 MiB.
            listed = self._diff_tree(repo, before, after, "--raw", "--numstat", "-z")
            changes = parse_raw(listed)
            sizes = {sha: self._size(repo, sha) for sha in _blobs(changes)}
            total = sum(sizes[sha] for change in changes if not change.binary for sha in _blobs([change]))
            if total > _PATCH_TOTAL_BYTES:
                patches: list[bytes | None] = [None] * len(changes)
            else:
                patches = [*split_patch(self._diff_tree(repo, before, after, "--patch"), changes)]
        return [_file_change(change, patch, sizes, patch_bytes) for change, patch in zip(changes, patches, strict=True)]

    def _size(self, repo: Repo, blob: str) -> int:
        try:
            size: int = repo.odb.info(bytes.fromhex(blob)).size
        except BadObject:
            Contents(self._path, wanted=False).note(f"unable to read {blob}")
            raise
        return size

    def _diff_tree(self, repo: Repo, before: str, after: str, *options: str) -> bytes:
        output: bytes = repo.git.diff_tree(
            "-r",
            "--find-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--full-index",
            "--submodule=short",
            *options,
            checked_sha(before),
            checked_sha(after),
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
        return output

    @contextlib.contextmanager
    def _repo(self) -> Iterator[Repo]:
        repo = Repo(self._path)
        try:
            repo.git.update_environment(**{**self._environment, **_big_file_setting(self._environment)})
            yield repo
        except (BadName, BadObject) as error:
            raise NotInMirror(f"not in the mirror: {error}") from error
        except (ValueError, GitCommandError) as error:
            Contents(self._path, wanted=False).note(str(error))
            if any(sign in str(error) for sign in _MISSING):
                raise NotInMirror(f"not in the mirror: {error}") from error
            raise
        finally:
            repo.close()


def _big_file_setting(environment: Mapping[str, str]) -> dict[str, str]:
    """One more configuration pair: git must not diff large files line by line."""
    number = int(environment.get("GIT_CONFIG_COUNT", "0"))
    return {
        f"GIT_CONFIG_KEY_{number}": "core.bigFileThreshold",
        f"GIT_CONFIG_VALUE_{number}": str(_PATCH_FILE_BYTES),
        "GIT_CONFIG_COUNT": str(number + 1),
    }


def _blobs(changes: list[RawChange]) -> set[str]:
    sides = ((change.mode_before, change.sha_before) for change in changes)
    others = ((change.mode_after, change.sha_after) for change in changes)
    return {
        sha for mode, sha in (*sides, *others) if mode not in {None, _GITLINK} and is_sha(sha) and set(sha) != {"0"}
    }


def _file_change(change: RawChange, patch: bytes | None, sizes: Mapping[str, int], cap: int) -> FileChange:
    kept = (patch or b"")[:cap]
    return FileChange(
        path=_text(change.path),
        status=change.status,
        old_path=_text(change.old_path) if change.old_path is not None else None,
        mode_before=change.mode_before,
        mode_after=change.mode_after,
        additions=change.additions,
        deletions=change.deletions,
        binary=change.binary,
        size=sizes.get(change.sha_after, 0),
        patch=kept.decode("utf-8", "replace"),
        patch_cut=patch is None or len(kept) < len(patch),
        blob_before=_blob(change.sha_before),
        blob_after=_blob(change.sha_after),
        size_before=sizes.get(change.sha_before, 0),
    )


def _blob(sha: str) -> str:
    return "" if set(sha) <= {"0"} else sha


def _text(path: bytes | str) -> str:
    return path.decode("utf-8", "surrogateescape") if isinstance(path, bytes) else path
