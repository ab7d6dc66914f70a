"""Many files of a commit at once: what there is with sizes, and contents, in one process each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from otto_bot.git.commits import checked_sha
from otto_bot.git.mirror import Mirror

LISTING_BYTES = 256 * 1024 * 1024
"""More than a million files."""
_REGULAR = (b"100644", b"100755")


@dataclass(frozen=True)
class Blob:
    """One path of a commit. `size` in bytes; None for a link or a submodule, whose content is no file's."""

    path: str
    sha: str
    size: int | None
    module: bool = False
    """A submodule: its content is a commit of another repository."""


async def list_blobs(mirror: Mirror, commit: str) -> list[Blob]:
    """Every path of a commit, as git sorts them; names that are not UTF-8 have lone surrogates.

    Raises GitFailed, and OutputTooLarge above LISTING_BYTES.
    """
    return await _listed(mirror, commit)


async def list_blobs_under(mirror: Mirror, commit: str, folder: str) -> list[Blob]:
    """The paths of a commit in one folder and below it; none where there is no such folder. Raises GitFailed."""
    return await _listed(mirror, commit, "--", f"{folder}/")


async def _listed(mirror: Mirror, commit: str, *under: str) -> list[Blob]:
    argv = ("ls-tree", "-r", "-z", "-l", checked_sha(commit), *under)
    env = {"GIT_DIR": str(mirror.path)}
    ran = await mirror.runner.run(argv, cwd=mirror.path, env=env, max_output=LISTING_BYTES)
    found = []
    for entry in ran.stdout.split(b"\0"):
        head, tab, path = entry.partition(b"\t")
        if not tab:
            continue
        mode, kind, sha, size = head.split()
        regular = mode in _REGULAR and size.isdigit()
        name = path.decode("utf-8", "surrogateescape")
        found.append(Blob(name, sha.decode(), int(size) if regular else None, kind == b"commit"))
    return found


async def read_blobs(mirror: Mirror, blobs: Iterable[Blob]) -> dict[str, bytes]:
    """Contents by path; the caller bounds them by `size`. What the mirror lacks is left out."""
    wanted = [blob for blob in blobs if blob.size is not None]
    if not wanted:
        return {}
    ran = await mirror.git("cat-file", "--batch", input="".join(f"{blob.sha}\n" for blob in wanted).encode())
    found: dict[str, bytes] = {}
    at = 0
    for blob in wanted:
        end = ran.stdout.index(b"\n", at)
        words = ran.stdout[at:end].split()
        if len(words) != 3:  # `<sha> missing`
            at = end + 1
            continue
        length = int(words[2])
        found[blob.path] = ran.stdout[end + 1 : end + 1 + length]
        at = end + 1 + length + 1
    return found
