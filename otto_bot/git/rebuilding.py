"""What is needed to make a commit once more somewhere else: its tree as changes, its new contents, its own words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from otto_bot.git.commits import checked_sha
from otto_bot.git.mirror import Mirror

REMOVED = "000000"


@dataclass(frozen=True)
class Original:
    """A commit as its object says."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str
    signed: bool


@dataclass(frozen=True)
class Change:
    """One path that a commit has otherwise than its first parent; `sha` is None where it is gone."""

    path: str
    mode: str
    sha: str | None


MOST_LOOKED_AT = 300


class Unspeakable(Exception):
    """A path or message that is no UTF-8, which JSON cannot say."""


async def originals(mirror: Mirror, sha: str, known: Sequence[str]) -> list[Original]:
    """The commits up to `sha` without those of `known` (of which the mirror has all), parents first."""
    argv = ("rev-list", "--topo-order", "--reverse", checked_sha(sha), *(f"^{checked_sha(one)}" for one in known))
    shas = (await mirror.git(*argv)).stdout.decode("ascii").split()
    return [await _original(mirror, one) for one in shas]


async def all_signed(mirror: Mirror, sha: str, known: str) -> bool:
    """Whether each commit up to `sha` that `known` does not have is signed; of very many nobody looks."""
    argv = ("rev-list", "--header", f"--max-count={MOST_LOOKED_AT + 1}", checked_sha(sha), f"^{checked_sha(known)}")
    found = (await mirror.git(*argv)).stdout.split(b"\0")[:-1]
    return len(found) <= MOST_LOOKED_AT and all(_is_signed(one.partition(b"\n\n")[0]) for one in found)


async def _original(mirror: Mirror, sha: str) -> Original:
    raw = (await mirror.git("cat-file", "commit", sha)).stdout
    head, _, message = raw.partition(b"\n\n")
    lines = [line.partition(b" ") for line in head.split(b"\n") if not line.startswith(b" ")]
    tree = next(value for name, _, value in lines if name == b"tree").decode("ascii")
    parents = tuple(value.decode("ascii") for name, _, value in lines if name == b"parent")
    return Original(sha, tree, parents, _said(message), _is_signed(head))


def _is_signed(head: bytes) -> bool:
    """Whether a commit has a signature, by the lines above its message."""
    return any(line.startswith(b"gpgsig") for line in head.split(b"\n"))


async def changes_of(mirror: Mirror, before: str, after: str) -> list[Change]:
    """How one tree or commit becomes another, modes included."""
    argv = ("diff-tree", "-r", "-z", "--no-renames", checked_sha(before), checked_sha(after))
    fields = (await mirror.git(*argv)).stdout.split(b"\0")
    found = []
    for meta, path in zip(fields[::2], fields[1::2], strict=False):
        _, mode, _, sha, _ = meta.decode("ascii").split()
        gone = mode == REMOVED
        found.append(Change(_said(path), "100644" if gone else mode, None if gone else sha))
    return found


async def new_objects(mirror: Mirror, sha: str, known: Sequence[str]) -> frozenset[str]:
    """Ids of the objects that the commits up to `sha` have, and those of `known` have not."""
    argv = ("rev-list", "--objects", "--no-object-names", checked_sha(sha), *(f"^{checked_sha(one)}" for one in known))
    return frozenset((await mirror.git(*argv)).stdout.decode("ascii").split())


async def sizes_of(mirror: Mirror, one: Original) -> tuple[tuple[str, int], ...]:
    """Path and size of every file that a commit has otherwise than its first parent."""
    if not one.parents:
        return ()
    here = [(change.path, change.sha) for change in await changes_of(mirror, one.parents[0], one.sha) if change.sha]
    asked = "".join(f"{sha}\n" for _, sha in here).encode()
    told = (await mirror.git("cat-file", "--batch-check=%(objectsize)", input=asked)).text.split("\n") if here else []
    # A submodule's commit is not here, and no file.
    return tuple((path, int(size) if size.isdigit() else 0) for (path, _), size in zip(here, told, strict=True))


async def take_signed(mirror: Mirror, sha: str, payload: str, signature: str) -> bool:
    """Write a commit that the host has made and signed, from what was signed; False where it would be another one."""
    head, gap, message = payload.encode().partition(b"\n\n")
    for seal in (signature, signature.rstrip("\n")):
        raw = head + b"\ngpgsig " + seal.encode().replace(b"\n", b"\n ") + gap + message
        if hashlib.sha1(b"commit %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest() == sha:
            await mirror.git("hash-object", "-t", "commit", "-w", "--stdin", input=raw)
            return True
    return False


async def content_of(mirror: Mirror, blob: str) -> bytes:
    """The bytes of a file."""
    return (await mirror.git("cat-file", "blob", checked_sha(blob))).stdout


def _said(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unspeakable(f"{raw[:80]!r} is no UTF-8") from None
