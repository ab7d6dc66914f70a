"""What changed between two commits, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from otto_bot.core.patches import ChangedFile

ChangeStatus = Literal["added", "deleted", "modified", "renamed", "copied", "type_changed"]


@dataclass(frozen=True)
class FileChange:
    """One changed file. Modes are octal ("100644", "120000" link, "160000" submodule), None where it is not there.

    `size` is the new content's bytes (0 when deleted). `patch` holds unified hunks of at most the reader's cap,
    `patch_cut` says that it is not whole (too large, or left out because the diff as a whole is too large).
    `blob_before` and `blob_after` are the ids of the contents (of a submodule its commit), empty where there is none.
    """

    path: str
    status: ChangeStatus
    old_path: str | None = None
    mode_before: str | None = None
    mode_after: str | None = None
    additions: int = 0
    deletions: int = 0
    binary: bool = False
    size: int = 0
    patch: str = ""
    patch_cut: bool = False
    blob_before: str = ""
    blob_after: str = ""
    size_before: int = 0


def as_changed(change: FileChange) -> ChangedFile:
    """A change as git tells it, in the heart's words."""
    return ChangedFile(
        path=change.path.encode("utf-8", "replace").decode(),
        status=change.status,
        old_path=None if change.old_path is None else change.old_path.encode("utf-8", "replace").decode(),
        patch=change.patch,
        binary=change.binary,
        cut=change.patch_cut,
    )
