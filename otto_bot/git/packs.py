"""Objects that perhaps only this machine has, as one pack: another machine takes them in and goes on with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from otto_bot.git.commits import checked_sha
from otto_bot.git.errors import DiskFull, GitFailed, GitTimedOut, OutputTooLarge
from otto_bot.git.mirror import Mirror

PACK_LIMIT = 32 * 1024 * 1024
"""Bytes of one pack. What is larger stays on its machine."""


@dataclass(frozen=True)
class Kept:
    """A pack, and the commits without which it is of no use; the remote has those."""

    body: bytes
    needs: tuple[str, ...]


async def pack(mirror: Mirror, wanted: str, known: Sequence[str], *, limit: int = PACK_LIMIT) -> bytes | None:
    """What `wanted` (a commit or tree id) reaches and none of `known` does; deltas may lean on objects of `known`.

    None where that is more than `limit` bytes. GitFailed where the mirror lacks one of them.
    """
    # Of a commit that is left out git leaves out the files only where it walks commits, and a tree is none.
    lines = [checked_sha(wanted), *(line for one in known for line in (f"^{checked_sha(one)}", f"^{one}^{{tree}}"))]
    argv = ["pack-objects", "--revs", "--thin", "--stdout", "-q", "--threads=1"]
    try:
        ran = await mirror.runner.run(
            argv, cwd=mirror.path, env={"GIT_DIR": str(mirror.path)}, input="\n".join([*lines, ""]).encode(),
            max_output=limit,
        )  # fmt: skip
    except OutputTooLarge:
        return None
    return ran.stdout


async def unpack(mirror: Mirror, body: bytes) -> bool:
    """Take a pack in. False where it is damaged, or its deltas lean on objects that are not here: then nothing came.

    Raises DiskFull and GitTimedOut: the pack may be as good as ever.
    """
    try:
        await mirror.index(body)
    except (DiskFull, GitTimedOut):
        raise
    except GitFailed:
        return False
    return True


async def whole(mirror: Mirror, sha: str, known: Sequence[str]) -> bool:
    """Whether everything that `sha` reaches and `known` does not is here: a pack may lack what others hold."""
    excluded = [line for one in known for line in (f"^{checked_sha(one)}", f"^{one}^{{tree}}")]
    argv = ("rev-list", "--objects", "--quiet", checked_sha(sha), *excluded)
    return (await mirror.git(*argv, ok=(0, 1, 128), timeout=600.0)).exit_code == 0
