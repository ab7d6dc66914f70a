"""Which files of a workspace belong to its snapshot: everything the base commit does not ignore."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from otto_bot.git.mirror import Mirror

# A second name under which the base commit's ignore files are listed, so that git reads *them* and not the files
# in the workspace, which the coder may have changed to hide or to add things.
_ALIAS = b".otto-base-gitignore"
_GITLINK = "160000"

# By-products of running tests, for repositories whose own ignore files do not name them. The repository's own
# rules win over these (a `!build/` there brings it back).
BY_PRODUCTS = (
    "__pycache__/",
    "*.py[co]",
    ".pytest_cache/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".hypothesis/",
    ".tox/",
    ".nox/",
    ".venv/",
    "*.egg-info/",
    "node_modules/",
    ".coverage",
    ".DS_Store",
)


class WorkspaceTooLarge(Exception):
    """The workspace holds more than may be taken into a snapshot; says which limit."""


@dataclass(frozen=True)
class SnapshotLimits:
    """Bytes and counts over all files that the base commit does not have."""

    file_bytes: int = 50 * 1024 * 1024
    new_bytes: int = 512 * 1024 * 1024
    new_files: int = 50_000


@dataclass(frozen=True)
class Listing:
    """`files` are paths to hash, `kept` base entries to leave as they are, `skipped` path → reason."""

    files: list[bytes] = field(default_factory=list)
    kept: set[bytes] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)


async def write_ignore_index(mirror: Mirror, base: str, index: Path, excludes: Path) -> None:
    """Write an index of `base` in which every `.gitignore` also stands under the alias, and the extra rules."""
    _write_excludes(excludes)
    # git wants to see a work tree here, though it looks at none of its files.
    env = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(index.parent)}
    await mirror.git("read-tree", base, env=env)
    ran = await mirror.git("ls-files", "-z", "--stage", "--", ":(glob)**/.gitignore", env=env)
    aliases = [
        (entry.partition(b" ")[2].partition(b" ")[0], path[: -len(b".gitignore")] + _ALIAS)
        for entry, _, path in (line.partition(b"\t") for line in ran.stdout.split(b"\0") if line)
        if not entry.startswith(b"120000")
    ]
    if not aliases:
        return
    lines = b"".join(b"100644 " + blob + b" 0\t" + path + b"\0" for blob, path in aliases)
    await mirror.git("update-index", "-z", "--index-info", env=env, input=lines)
    names = b"".join(path + b"\0" for _, path in aliases)
    # git reads an ignore file from the index only where the entry is marked as not checked out.
    await mirror.git("update-index", "-z", "--skip-worktree", "--stdin", env=env, input=names)


def _write_excludes(excludes: Path) -> None:
    excludes.write_text("".join(f"{rule}\n" for rule in BY_PRODUCTS))


async def list_files(mirror: Mirror, tree: Path, index: Path, excludes: Path, limits: SnapshotLimits) -> Listing:
    """List the workspace at `tree` against the ignore index. Raises WorkspaceTooLarge."""
    env = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(tree)}
    listed = await mirror.runner.run(["ls-files", "-z", "--stage"], cwd=tree, env={**env, "GIT_DIR": str(mirror.path)})
    others = await mirror.runner.run(
        [
            "ls-files",
            "-z",
            "--others",
            f"--exclude-per-directory={_ALIAS.decode()}",
            f"--exclude-from={excludes}",
        ],
        cwd=tree,
        env={**env, "GIT_DIR": str(mirror.path)},
    )
    listing = Listing()
    _take_known(os.fsencode(tree), _modes(listed.stdout), limits, listing)
    _take_new(os.fsencode(tree), [path for path in others.stdout.split(b"\0") if path], limits, listing)
    return listing


def _modes(stdout: bytes) -> dict[bytes, str]:
    entries = (line.partition(b"\t") for line in stdout.split(b"\0") if line)
    return {path: entry[:6].decode() for entry, _, path in entries if path.rpartition(b"/")[2] != _ALIAS}


def _take_known(root: bytes, modes: Mapping[bytes, str], limits: SnapshotLimits, listing: Listing) -> None:
    """Files of the base commit that are still there. A path below a symlink is not: it is another file."""
    real: dict[bytes, bool] = {b"": True}
    for path, mode in modes.items():
        if mode == _GITLINK:
            listing.kept.add(path)
            continue
        if not _in_real_directory(root, path.rpartition(b"/")[0], real):
            continue
        found = _stat(root + b"/" + path)
        if found is None or not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
            continue
        if reason := _unfit(root + b"/" + path, found, limits):
            listing.kept.add(path)
            listing.skipped[os.fsdecode(path)] = f"{reason}; left as in the base commit"
        else:
            listing.files.append(path)


def _take_new(root: bytes, paths: list[bytes], limits: SnapshotLimits, listing: Listing) -> None:
    count = size = 0
    for path in _with_nested(root, paths):
        found = _stat(root + b"/" + path)
        if found is None:
            continue
        if reason := _unfit(root + b"/" + path, found, limits):
            listing.skipped[os.fsdecode(path)] = reason
            continue
        count, size = count + 1, size + found.st_size
        if count > limits.new_files:
            raise WorkspaceTooLarge(f"more than {limits.new_files} new files; add what is generated to .gitignore")
        if size > limits.new_bytes:
            raise WorkspaceTooLarge(
                f"more than {limits.new_bytes} bytes of new files; add what is generated to .gitignore"
            )
        listing.files.append(path)


def _with_nested(root: bytes, paths: list[bytes]) -> Iterator[bytes]:
    """The paths, and for a repository inside the workspace (`name/`) its files without its `.git`."""
    for path in paths:
        if not path.endswith(b"/"):
            yield path
            continue
        for folder, folders, names in os.walk(root + b"/" + path.rstrip(b"/")):
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118
            folders[:] = sorted(name for name in folders if name.lower() != b".git" and name not in links)
            inside = folder[len(root) + 1 :]
            yield from (inside + b"/" + name for name in sorted(names + links) if name.lower() != b".git")


def _in_real_directory(root: bytes, folder: bytes, real: dict[bytes, bool]) -> bool:
    if folder not in real:
        found = _stat(root + b"/" + folder)
        is_directory = found is not None and stat.S_ISDIR(found.st_mode)
        real[folder] = is_directory and _in_real_directory(root, folder.rpartition(b"/")[0], real)
    return real[folder]


def _unfit(path: bytes, found: os.stat_result, limits: SnapshotLimits) -> str | None:
    if stat.S_ISLNK(found.st_mode):
        return None
    if not stat.S_ISREG(found.st_mode):
        return "neither a file nor a link"
    if found.st_size > limits.file_bytes:
        return f"{found.st_size} bytes, more than {limits.file_bytes}"
    if not os.access(path, os.R_OK):
        return "not readable"
    return None


def _stat(path: bytes) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
