"""A workspace: the files of one attempt, taken and restored as trees of the mirror.

The directory has a `.git` of its own that only borrows the mirror's objects, so that `git log` and `git status` work
in a cage. None of Otto's own git commands ever reads it: they name the mirror, and an index kept beside the
directory. Whatever code does to that `.git`, it can neither reach the mirror nor be run by Otto.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from otto_bot.git.commits import Author, checked_sha, tree_of, write_commit
from otto_bot.git.errors import DiskFull, GitFailed
from otto_bot.git.listing import SnapshotLimits, list_files, write_ignore_index
from otto_bot.git.mirror import Mirror
from otto_bot.git.notes_file import free_name, place
from otto_bot.git.runner import Ran

_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\thooksPath = /dev/null\n"
_CHECKOUT_SECONDS = 600.0


@dataclass(frozen=True)
class Snapshot:
    """The workspace as a tree. `skipped` maps paths that are not in it to the reason, fit to be shown."""

    tree: str
    files: int
    skipped: Mapping[str, str]


class Workspace:
    """Made by `Workspace.open`. One owner at a time; calls are serialised."""

    def __init__(self, mirror: Mirror, base: str, path: Path, limits: SnapshotLimits) -> None:
        self.path = path
        self.base = base
        self._mirror = mirror
        self._limits = limits
        self.fresh = False
        """Whether `open` made the files just now: nothing of an earlier owner is in them."""
        self._turn = asyncio.Lock()
        state = path.with_name(path.name + ".otto")
        self._state = state
        self._index = state / "index"
        self._ignore_index = state / "ignore-index"
        self._excludes = state / "excludes"
        self._complete = state / "complete"
        self._notes = ""
        self.notes_file = ""
        """Where the notes stand in the workspace; empty where there are none."""

    @classmethod
    async def open(
        cls, mirror: Mirror, commit: str, path: Path, *, limits: SnapshotLimits | None = None, notes: str = ""
    ) -> Workspace:
        """The workspace of `commit` at `path`. An existing one of the same commit is taken over with its files;
        one that is missing, half made or of another commit is made anew. `commit` must be in the mirror.

        `notes` are put into a file for whoever works there, at a path that the commit does not have; whatever becomes
        of that file, it is in no snapshot.
        """
        workspace = cls(mirror, checked_sha(commit), _own_path(path), limits or SnapshotLimits())
        if notes:
            workspace._notes, workspace.notes_file = notes, await free_name(mirror, commit)
        if workspace._is_complete():
            await asyncio.to_thread(workspace._place_notes)
        else:
            try:
                await workspace._fill(commit)
            except (DiskFull, OSError):
                await workspace.remove()  # half of it would only hold the room that others need
                raise
            workspace.fresh = True
        return workspace

    @property
    def readable(self) -> tuple[Path, ...]:
        """Paths outside the workspace that a cage must show read-only for git to work inside it."""
        return (self._mirror.objects,)

    @property
    def home(self) -> Path:
        """A folder beside the files for what a set-up installs; it goes when the files are made anew."""
        return self._state / "home"

    def set_up(self) -> str | None:
        """What `was_set_up` was told about these files; None where nothing was, or they were made anew."""
        told = self._state / "set-up"
        return told.read_text(encoding="utf-8") if told.is_file() else None

    def was_set_up(self, words: str) -> None:
        """Note that what these files need is installed, or could not be."""
        (self._state / "set-up").write_text(words, encoding="utf-8")

    async def snapshot(self) -> Snapshot:
        """Write all files that the base commit does not ignore, untracked ones included, as a tree.

        The files are not touched. A repository inside the workspace is taken as plain files. Empty directories
        are not kept. Raises WorkspaceTooLarge.
        """
        async with self._turn:
            (self._state / "index.lock").unlink(missing_ok=True)
            listing = await list_files(self._mirror, self.path, self._ignore_index, self._excludes, self._limits)
            files = [path for path in listing.files if not self._is_notes(path)]
            wanted = {*files, *listing.kept}
            present = {path for path in (await self._git("ls-files", "-z")).stdout.split(b"\0") if path}
            await self._update_index("--force-remove", sorted(present - wanted))
            ran = await self._update_index("--add", files)
            skipped = dict(listing.skipped)
            for line in ran.stderr.splitlines():
                if line.startswith("Ignoring path "):
                    skipped[line.removeprefix("Ignoring path ")] = "git refuses this name"
            return Snapshot((await self._git("write-tree")).text, len(wanted), skipped)

    async def restore(self, tree: str) -> None:
        """Make the files exactly those of `tree` (a tree or commit id). Ignored files are removed as well."""
        async with self._turn:
            await self._fill(checked_sha(tree))

    async def put_back(self) -> tuple[str, ...]:
        """Make the base commit's files again what they are in it; the paths that were not. Other files stay.

        Only where no snapshot was taken: it would be what is put back.
        """
        async with self._turn:
            (self._state / "index.lock").unlink(missing_ok=True)
            try:
                await self._git("update-index", "-q", "--refresh", ok=(0, 1))
                ran = await self._git("diff-files", "--name-only", "-z", "--ignore-submodules=all")
                if not ran.stdout:
                    return ()
                await self._git("checkout-index", "-f", "-u", "-z", "--stdin", input=ran.stdout)
            except GitFailed:
                # Something that git cannot mend file by file, such as folders that may not be entered.
                await self._fill(self.base)
                return (".",)
            return tuple(path.decode("utf-8", "replace") for path in ran.stdout.split(b"\0") if path)

    async def commit(self, tree: str, parents: Sequence[str], message: str, *, author: Author, when: datetime) -> str:
        """The id of a commit of `tree`; the same arguments give the same id. Tokens that skip CI are taken out."""
        return await write_commit(self._mirror, tree, parents, message, author=author, when=when)

    async def empty_commit(self, parent: str, message: str, *, author: Author, when: datetime) -> str:
        """The id of a commit on `parent` that changes nothing."""
        tree = await tree_of(self._mirror, parent)
        return await write_commit(self._mirror, tree, [parent], message, author=author, when=when)

    async def remove(self) -> None:
        """Delete the files. Fine when they are gone already."""
        async with self._turn:
            self._complete.unlink(missing_ok=True)
            await asyncio.to_thread(_delete, self.path)
            await asyncio.to_thread(_delete, self._state)

    def _is_complete(self) -> bool:
        if not (self.path / ".git" / "HEAD").is_file() or not self._complete.is_file():
            return False
        return self._complete.read_text() == self.base

    async def _fill(self, tree: str) -> None:
        """Make the directory from nothing. `complete` goes first and comes last: a crash leaves no half truth."""
        self._complete.unlink(missing_ok=True)
        await asyncio.to_thread(_delete, self.path)
        await asyncio.to_thread(_delete, self._state)
        self.path.mkdir(parents=True)
        self._state.mkdir()
        await write_ignore_index(self._mirror, self.base, self._ignore_index, self._excludes)
        await self._git("read-tree", "--reset", "-u", tree, timeout=_CHECKOUT_SECONDS)
        await asyncio.to_thread(self._write_own_git)
        if await tree_of(self._mirror, tree) == await tree_of(self._mirror, self.base):
            await asyncio.to_thread(shutil.copyfile, self._index, self.path / ".git" / "index")
        else:
            await self._git("read-tree", self.base, env={"GIT_INDEX_FILE": str(self.path / ".git" / "index")})
        await asyncio.to_thread(self._place_notes)
        self._complete.write_text(self.base)

    def _place_notes(self) -> None:
        if self.notes_file:
            place(self.path, self.notes_file, self._notes)

    def _is_notes(self, path: bytes) -> bool:
        """Whether a file is that of the notes, or stands in its place; on some disks letter case does not matter."""
        own = os.fsencode(self.notes_file).lower()
        return bool(own) and (path.lower() == own or path.lower().startswith(own + b"/"))

    def _write_own_git(self) -> None:
        own = self.path / ".git"
        for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
            (own / folder).mkdir(parents=True)
        (own / "objects" / "info" / "alternates").write_text(f"{self._mirror.objects}\n")
        shutil.copyfile(self._mirror.path / "info" / "attributes", own / "info" / "attributes")
        (own / "config").write_text(_CONFIG)
        (own / "HEAD").write_text(f"{self.base}\n")
        if self.notes_file:  # so that `git status` in a cage says nothing of them either
            (own / "info" / "exclude").write_text(f"/{self.notes_file}\n")

    async def _update_index(self, mode: str, paths: Sequence[bytes]) -> Ran:
        return await self._git("update-index", mode, "-z", "--stdin", input=b"".join(path + b"\0" for path in paths))

    async def _git(
        self,
        *argv: str,
        input: bytes = b"",  # noqa: A002
        env: Mapping[str, str] | None = None,
        timeout: float = 120.0,  # noqa: ASYNC109
        ok: Sequence[int] = (0,),
    ) -> Ran:
        fixed = {
            "GIT_DIR": str(self._mirror.path),
            "GIT_WORK_TREE": str(self.path),
            "GIT_INDEX_FILE": str(self._index),
            **(env or {}),
        }
        try:
            with self._mirror.contents.noted():
                return await self._mirror.runner.run(
                    argv, cwd=self.path, env=fixed, input=input, timeout=timeout, ok=ok
                )
        except DiskFull:
            self._mirror.clear_loose()
            raise


def _own_path(path: Path) -> Path:
    if path.is_symlink():
        raise ValueError(f"the workspace path is a symbolic link: {path}")
    return path.absolute()


def _delete(path: Path) -> None:
    """Remove a directory, also one that code has made hard to remove; links are never followed."""
    if path.is_symlink() or path.is_file():
        path.unlink()
        return
    if not path.exists():
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        path.chmod(stat.S_IRWXU)
        for folder, folders, _ in os.walk(path):
            for name in folders:
                inner = Path(folder, name)
                if not inner.is_symlink():
                    inner.chmod(stat.S_IRWXU)
        shutil.rmtree(path)
