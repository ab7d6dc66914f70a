"""The bare mirror: one local copy of a repository's objects, safe to share between processes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from otto_bot.core.redact import Redactor
from otto_bot.git.credentials import Credential, checked_remote
from otto_bot.git.errors import DiskFull, GitFailed, Redirected, RefMissing, TokenRefused, remote_error
from otto_bot.git.leftovers import clear_leftovers, clear_loose, listed, try_lock
from otto_bot.git.partial import FOR_FETCHING, Contents, become_whole, bring, without_files
from otto_bot.git.refs import checked_ref
from otto_bot.git.runner import GitRunner, Ran

TokenSource = Callable[[bool], Awaitable[str | None]]
"""Takes whether git is about to push: for anything else a token that reads is enough."""
Renewal = Callable[[bool, str], Awaitable[str | None]]
"""The same with the token that the remote does not know any more; gives another one, or that one if there is none."""
TakeIn = Callable[["Mirror", str], Awaitable[bool]]
"""Bring a commit that was never pushed here from where it is kept; False where nobody has it."""

_LOCK_POLL_SECONDS = 0.05
_FETCH = ("--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance")
_FULL_SHA = re.compile(r"[0-9a-f]{40}")
# Files go in and out byte for byte: attributes of the repository must not make git convert, expand or filter
# what the coder wrote, and a tree must be restored exactly as it was taken.
_ATTRIBUTES = "* -text -ident -filter -working-tree-encoding\n"


class Mirror:
    """A bare repository at `path` for the remote `url`. `token` is asked before each conversation with it, and `where`
    for its address: a repository may be renamed while a job is at work. True: the one of this very moment.

    What was fetched is kept under `refs/fetched/<hash>`, not under its own name: names of a remote come and go
    (`a`, then `a/b`), and a file named like a directory would block a fetch for ever. Callers use commit ids.
    """

    def __init__(
        self,
        path: Path,
        url: str,
        token: TokenSource,
        runner: GitRunner,
        take_in: TakeIn | None = None,
        renewal: Renewal | None = None,
        censor: Callable[[str], str] | None = None,
        where: Callable[[bool], Awaitable[str]] | None = None,
        partial: bool = False,
    ) -> None:
        self.path = path
        self.contents = Contents(path, partial)
        self.url = checked_remote(url)
        self.runner = runner
        self._token = token
        self._take_in = take_in
        self._renewal = renewal
        self._where = where
        self.censor = censor or Redactor().text
        """Takes secrets out of the words of commits that are made here."""
        self._turn = asyncio.Lock()

    @property
    def objects(self) -> Path:
        """The object store: what a cage must be able to read for `git log` in a workspace to work."""
        return self.path / "objects"

    async def ensure(self) -> None:
        """Make the bare repository if it is missing or was left half made. Cheap when it is there."""
        if self._is_ready():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        async with self._alone() as lock:
            if self._is_ready():
                return
            # git does not mend files that a crash left empty; objects that are here stay.
            for name in ("HEAD", "config"):
                (self.path / name).unlink(missing_ok=True)
            await self.runner.run(
                ["init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--initial-branch=main", "."],
                cwd=self.path,
                pass_fds=[lock],
            )
            # Written last, moved in one step: it is also the sign that the repository is complete.
            info = self.path / "info"
            info.mkdir(exist_ok=True)
            self.contents.begun()
            draft = info / "attributes.new"
            draft.write_text(_ATTRIBUTES)
            draft.replace(info / "attributes")

    async def fetch(self, *wanted: str, timeout: float = 600.0) -> dict[str, str]:  # noqa: ASYNC109
        """Fetch refs (`refs/heads/x`) or commit ids; returns wanted → commit id.

        Commits that are here already cost no network; what was never pushed comes from where it is kept. Every file of
        each of them is here then, also in a partial mirror. Raises RefMissing, AccessDenied, RemoteUnreachable.
        """
        if self.contents.hurt:
            await self._alone_with(become_whole, timeout)
        found = await self._fetch(wanted, timeout)
        if missing := await without_files(self, found.values()):
            await self._alone_with(bring, missing, timeout)
        return found

    async def _alone_with(self, do: Callable[..., Awaitable[None]], *given: object) -> None:
        async with self._alone() as lock:
            self._clear_leftovers()
            try:
                await do(self, lock, *given)
            except DiskFull:
                self._clear_leftovers()
                self.clear_loose()
                raise

    async def _fetch(self, wanted: Sequence[str], timeout: float) -> dict[str, str]:  # noqa: ASYNC109
        shas = [name for name in wanted if _FULL_SHA.fullmatch(name)]
        held = await self.held(shas)
        here = {sha: sha for sha in shas if sha in held or await self._comes(sha)}
        kept = {name: _kept(name) for name in wanted if name not in here}
        if not kept:
            return here
        await self.ensure()
        async with self._alone() as lock:
            self._clear_leftovers()
            try:
                ran = await self.remote(
                    "fetch",
                    [*self.contents.options, "--quiet", "--no-tags", *_FETCH],
                    [f"+{name}:{ref}" for name, ref in kept.items()],
                    timeout=timeout,
                    pass_fds=[lock],
                )
            except DiskFull:
                self._clear_leftovers()  # what came so far holds the room that others need
                self.clear_loose()
                raise
            self.contents.heard(ran.stderr)
            return {**here, **{name: await self._resolve(ref) for name, ref in kept.items()}}

    async def ls_remote(self, prefix: str = "refs/") -> dict[str, str]:
        """What the remote has under `prefix`: ref → id. Raises AccessDenied or RemoteUnreachable."""
        ran = await self.remote("ls-remote", ["--quiet", "--refs"], [])
        return {ref: sha for ref, sha in listed(ran.stdout) if ref.startswith(prefix)}

    async def remote_head(self, ref: str) -> str | None:
        """The commit a ref of the remote points at now; None when there is no such ref."""
        ran = await self.remote("ls-remote", ["--quiet", "--refs"], [checked_ref(ref)])
        return dict(listed(ran.stdout)).get(ref)

    async def has(self, sha: str) -> bool:
        """Whether the mirror holds this object."""
        return sha in await self.held([sha])

    async def held(self, shas: Sequence[str]) -> frozenset[str]:
        """Which of these objects the mirror holds; one process, however many they are."""
        for sha in shas:
            if not _FULL_SHA.fullmatch(sha):
                raise ValueError(f"not a full object id: {sha[:60]!r}")
        if not shas or not self._is_ready():
            return frozenset()
        asked = "".join(f"{sha}\n" for sha in shas).encode()
        ran = await self.git("cat-file", "--batch-check=%(objectname)", input=asked, ok=(0, 1, 128))
        return frozenset(ran.stdout.decode("ascii", "replace").splitlines()) & frozenset(shas)

    async def size(self) -> int:
        """Bytes that its objects take."""
        counts = dict(line.partition(": ")[::2] for line in (await self.git("count-objects", "-v")).text.splitlines())
        return (int(counts.get("size", 0)) + int(counts.get("size-pack", 0))) * 1024

    def used(self) -> None:
        """Note that it is used now: what was used longest ago makes room first."""
        (self.path / "used").touch()

    async def _comes(self, sha: str) -> bool:
        """Whether a commit comes from where another machine kept it."""
        return self._take_in is not None and await self._take_in(self, sha)

    async def git(
        self,
        *argv: str,
        env: Mapping[str, str] | None = None,
        input: bytes = b"",  # noqa: A002
        ok: Sequence[int] = (0,),
        timeout: float = 120.0,  # noqa: ASYNC109
    ) -> Ran:
        """One local git command on the mirror."""
        with self.contents.noted():
            return await self.runner.run(
                argv, cwd=self.path, env={"GIT_DIR": str(self.path), **(env or {})}, input=input, ok=ok, timeout=timeout
            )

    async def index(self, body: bytes, timeout: float = 600.0) -> None:  # noqa: ASYNC109
        """Take a pack in whole, or nothing of it: a killed git leaves no commit behind whose files are missing.

        Its deltas may lean on what is here. Raises GitFailed.
        """
        await self.ensure()
        async with self._alone() as lock:
            self._clear_leftovers()
            await self.runner.run(
                ["index-pack", "--stdin", "--fix-thin"],
                cwd=self.path,
                env={"GIT_DIR": str(self.path)},
                input=body,
                timeout=timeout,
                pass_fds=[lock],
            )

    async def remote(
        self,
        verb: str,
        options: Sequence[str],
        refs: Sequence[str],
        *,
        ok: Sequence[int] = (0,),
        timeout: float = 120.0,  # noqa: ASYNC109
        pass_fds: Sequence[int] = (),
        input: bytes = b"",  # noqa: A002
        config: Sequence[tuple[str, str]] = (),
    ) -> Ran:
        """One git command that talks to the remote, with a credential for exactly its URL.

        A token that ends in the middle is replaced once, at once: nothing was changed by what a 401 answered.
        """
        await self.ensure()
        if self._where is not None:
            self.url = checked_remote(await self._where(False))

        fetches = verb == "fetch" and self.contents.partial

        async def converse(token: str | None) -> Ran:
            try:
                return await self.runner.run(
                    [verb, *options, "--", self.contents.remote if fetches else self.url, *refs],
                    cwd=self.path,
                    env={"GIT_DIR": str(self.path), **(FOR_FETCHING if fetches else {})},
                    config=(*config, *(self.contents.config(self.url) if fetches else ())),
                    credential=Credential(self.url, token) if token else None,
                    ok=ok,
                    timeout=timeout,
                    pass_fds=pass_fds,
                    input=input,
                )
            except GitFailed as failed:
                raise remote_error(failed) from None

        pushes = verb == "push"
        token = await self._token(pushes)
        try:
            return await converse(token)
        except Redirected:
            # git drops the credential on its way there, and has sent nothing yet.
            if self._where is None:
                raise
            self.url = checked_remote(await self._where(True))
            return await converse(token)
        except TokenRefused:
            fresh = await self._renewal(pushes, token) if self._renewal is not None and token else None
            if fresh is None or fresh == token:
                raise
        return await converse(fresh)

    def _is_ready(self) -> bool:
        return (self.path / "info" / "attributes").is_file()

    async def _resolve(self, ref: str) -> str:
        ran = await self.git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", ok=(0, 1, 128))
        if ran.exit_code:
            raise RefMissing(("git", "fetch", ref), ran.exit_code, "what was fetched is not a commit")
        return ran.text

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[int]:
        """Hold this mirror's lock, in this process and among processes; yields its descriptor.

        The descriptor is handed to git, so that the lock outlives a worker that is killed for as long as its git
        still runs.
        """
        async with self._turn:
            handle = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                while not try_lock(handle):  # noqa: ASYNC110 - held by another process
                    await asyncio.sleep(_LOCK_POLL_SECONDS)
                yield handle
            finally:
                os.close(handle)

    def _clear_leftovers(self) -> None:
        clear_leftovers(self.path)

    def clear_loose(self) -> None:
        """Remove objects that could not be written to their end, after the disk was full."""
        clear_loose(self.path)


def _kept(name: str) -> str:
    if _FULL_SHA.fullmatch(name):
        return f"refs/fetched/commit/{name}"
    return f"refs/fetched/name/{hashlib.sha256(checked_ref(name).encode()).hexdigest()[:40]}"
