"""A mirror without the contents of old commits: the files of each commit that is asked for come in one conversation.

`--filter=blob:none` brings commits and folders of all history, and no file. What git calls a promisor remote is told to
the fetching git alone, in its environment: no file names it, so that no other git command, in the cage or outside of
it, ever goes to the network for a file. It would say at once that the file is not here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from otto_bot.git.errors import GitFailed

if TYPE_CHECKING:
    from otto_bot.git.mirror import Mirror

log = logging.getLogger(__name__)

REMOTE = "otto"
FILTER = "--filter=blob:none"
_NO_FILTER = "filtering not recognized by server"
_MISSING = re.compile(
    r"(?:unable to read|missing blob|could not read|unable to find|failed to read object)[^\n]*\b([0-9a-f]{40})\b"
)
LISTING_BYTES = 256 * 1024 * 1024
FOR_FETCHING = {"GIT_NO_LAZY_FETCH": "0"}
"""What a server sends may lean on a file that is not here: this git alone, which has the credential, may ask for it."""
_NOOP = ("fetch.negotiationAlgorithm", "noop")


class Contents:
    """What the mirror at `path` has of its files. `wanted`: a mirror that is made now is to be partial."""

    def __init__(self, path: Path, wanted: bool) -> None:
        self._wanted = wanted
        self._info = path / "info"
        self._kept = path / "whole-commits"
        self._known: set[str] = set()

    @property
    def partial(self) -> bool:
        """Whether contents of old commits may be missing: as it was made, whatever is wanted now."""
        return (self._info / "partial").exists()

    @property
    def hurt(self) -> str:
        """An object that some command lacked, as it said; empty = none did."""
        return self._hurt.read_text() if self._hurt.exists() else ""

    @property
    def _hurt(self) -> Path:
        return self._info / "needs-whole"

    @property
    def remote(self) -> str:
        """The name under which a fetching git knows the remote."""
        return REMOTE

    @property
    def options(self) -> tuple[str, ...]:
        """For a fetch of commits."""
        return (FILTER,) if self.partial else ()

    def begun(self) -> None:
        """The mirror is being made; the sign that it is complete comes after this."""
        if self._wanted:
            (self._info / "partial").touch()

    def config(self, url: str) -> tuple[tuple[str, str], ...]:
        """Settings of one git that fetches: the remote by its address of this moment, and that it has what we lack."""
        return (
            (f"remote.{REMOTE}.url", url),
            (f"remote.{REMOTE}.promisor", "true"),
            (f"remote.{REMOTE}.partialclonefilter", "blob:none"),
        )

    def heard(self, stderr: str) -> None:
        """What a server said to the filter: one that does not know it has sent everything."""
        if self.partial and _NO_FILTER in stderr:
            log.warning("the git server knows no filter: %s is a full mirror", self._info.parent.name)
            (self._info / "partial").unlink(missing_ok=True)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Remember that a local command lacked a file: the next fetch brings all of them."""
        try:
            yield
        except GitFailed as failed:
            self.note(failed.stderr)
            raise

    def note(self, words: str) -> None:
        """The same for who runs git otherwise."""
        found = _MISSING.search(words)
        if found is not None and self.partial:
            log.warning("%s is missing in the partial mirror %s", found[1], self._info.parent.name)
            self._hurt.write_text(found[1])

    def has(self, commit: str) -> bool:
        """Whether every file of a commit is known to be here."""
        return commit in self._known or (self._kept / commit).exists()

    def got(self, commit: str) -> None:
        """Every file of a commit is here."""
        self._kept.mkdir(exist_ok=True)
        (self._kept / commit).touch()
        self._known.add(commit)

    def is_whole(self) -> None:
        """Nothing is missing any more."""
        (self._info / "partial").unlink(missing_ok=True)
        self.is_well()

    def is_well(self) -> None:
        """What some command lacked is here."""
        self._hurt.unlink(missing_ok=True)


async def without_files(mirror: Mirror, commits: Iterable[str]) -> tuple[str, ...]:
    """Those of these commits of which files may be missing; none in a full mirror."""
    if not mirror.contents.partial:
        return ()
    return tuple(one for one in dict.fromkeys(commits) if not mirror.contents.has(one))


async def bring(mirror: Mirror, lock: int, commits: Sequence[str], timeout: float) -> None:  # noqa: ASYNC109
    """All missing files of these commits, in one conversation. Only called under the lock."""
    blobs: dict[str, None] = {}
    for commit in commits:
        blobs |= dict.fromkeys(await _blobs(mirror, commit))
    missing = await _missing(mirror, blobs)
    if missing:
        await _brought(mirror, lock, missing, timeout)
    for commit in commits:
        mirror.contents.got(commit)


async def _brought(mirror: Mirror, lock: int, blobs: Sequence[str], timeout: float) -> None:  # noqa: ASYNC109
    options = ["--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance"]
    await mirror.remote(
        "fetch", [FILTER, *options, "--stdin"], [], timeout=timeout, pass_fds=[lock],
        input="".join(f"{one}\n" for one in blobs).encode(), config=(_NOOP,),
    )  # fmt: skip


async def become_whole(mirror: Mirror, lock: int, timeout: float) -> None:  # noqa: ASYNC109
    """Everything that is missing, of all history. Only called under the lock.

    Nothing where what was said to be missing is here: words of a command may come from a work tree.
    """
    if await mirror.held([mirror.contents.hurt]):
        mirror.contents.is_well()
        return
    log.warning("the mirror %s is made whole", mirror.path.name)
    ran = await mirror.runner.run(
        ["rev-list", "--objects", "--all", "--missing=print", "--no-object-names"],
        cwd=mirror.path, env={"GIT_DIR": str(mirror.path)}, timeout=timeout, max_output=LISTING_BYTES,
    )  # fmt: skip
    missing = [line[1:] for line in ran.stdout.decode("ascii").splitlines() if line.startswith("?")]
    if missing:
        await _brought(mirror, lock, missing, timeout)
    mirror.contents.is_whole()


async def _blobs(mirror: Mirror, commit: str) -> list[str]:
    """The files of a commit by id, submodules left out; nothing has to be here for it but its folders."""
    argv = ["ls-tree", "-r", "-z", "--format=%(objecttype) %(objectname)", commit]
    ran = await mirror.runner.run(
        argv, cwd=mirror.path, env={"GIT_DIR": str(mirror.path)}, max_output=LISTING_BYTES
    )  # fmt: skip
    lines = ran.stdout.decode("ascii").split("\0")
    return [line[5:] for line in lines if line.startswith("blob ")]


async def _missing(mirror: Mirror, blobs: Iterable[str]) -> list[str]:
    asked = "".join(f"{one}\n" for one in blobs).encode()
    ran = await mirror.runner.run(
        ["cat-file", "--batch-check=%(objectname)"], cwd=mirror.path, env={"GIT_DIR": str(mirror.path)}, input=asked,
        max_output=LISTING_BYTES,
    )  # fmt: skip
    lines = ran.stdout.decode("ascii", "replace").splitlines()
    return [line.removesuffix(" missing") for line in lines if line.endswith(" missing")]
