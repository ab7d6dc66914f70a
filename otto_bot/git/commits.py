"""Makes commits: who, when, and a message that never switches the repository's CI off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from otto_bot.git.mirror import Mirror

_SKIP_TOKEN = re.compile(
    r"\[[ \t]*(?:(?:skip|no)[ _-]?(?:ci|actions|checks)|(?:ci|actions|checks)[ _-]?(?:skip|no))[ \t]*\]",
    re.IGNORECASE,
)
_SKIP_TRAILER = re.compile(r"^[ \t]*(?:skip|request)-checks[ \t]*:.*$\n?", re.IGNORECASE | re.MULTILINE)
_FULL_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Author:
    """Who signs a commit, as author and as committer."""

    name: str
    email: str

    def __post_init__(self) -> None:
        for value in (self.name, self.email):
            if not value.strip() or any(ord(char) < 0x20 or char in "<>" for char in value):
                raise ValueError(f"not usable as a commit author: {value!r}")


def is_sha(text: str) -> bool:
    """Whether `text` is a full, lower-case object id."""
    return _FULL_SHA.fullmatch(text) is not None


def checked_sha(text: str) -> str:
    """`text` if it is a full object id, else ValueError. Keeps names and options out of argv."""
    if not is_sha(text):
        raise ValueError(f"not a full commit or tree id: {text[:60]!r}")
    return text


def clean_message(message: str) -> str:
    """`message` without tokens that skip CI (also ones put together by the removal), ending in one newline.

    ValueError when nothing is left.
    """
    text = message.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    while (stripped := _SKIP_TRAILER.sub("", _SKIP_TOKEN.sub("", text))) != text:
        text = stripped
    text = "\n".join(line.rstrip() for line in text.split("\n")).strip()
    if not text:
        raise ValueError("a commit needs a message that is more than a token for skipping CI")
    subject, newline, body = text.partition("\n")
    return re.sub(r" {2,}", " ", subject) + newline + body + "\n"


async def write_commit(
    mirror: Mirror, tree: str, parents: Sequence[str], message: str, *, author: Author, when: datetime
) -> str:
    """The id of a commit of `tree` in the mirror. The same arguments give the same id. No ref is moved."""
    if when.tzinfo is None:
        raise ValueError("a commit time needs a time zone")
    stamp = f"@{int(when.astimezone(UTC).timestamp())} +0000"
    signature = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in (("NAME", author.name), ("EMAIL", author.email), ("DATE", stamp))
    }
    argv = ["commit-tree", checked_sha(tree)]
    for parent in parents:
        argv += ["-p", checked_sha(parent)]
    text = clean_message(mirror.censor(message)).encode("utf-8", "replace")
    return (await mirror.git(*argv, env=signature, input=text)).text


async def subtree_of(mirror: Mirror, revision: str, path: str) -> str:
    """The id of what stands at `path` in a commit; empty where there is nothing, or no such commit here."""
    argv = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{checked_sha(revision)}:{path}")
    ran = await mirror.git(*argv, ok=(0, 1, 128))
    return ran.text if ran.exit_code == 0 else ""


async def parents_of(mirror: Mirror, sha: str) -> list[str]:
    """The ids of a commit's parents, none for a first one. GitFailed when the mirror lacks it."""
    return (await mirror.git("rev-list", "--parents", "--max-count=1", checked_sha(sha))).text.split()[1:]


async def tree_of(mirror: Mirror, revision: str) -> str:
    """The tree id of a commit (or of a tree). GitFailed when the mirror lacks it."""
    ran = await mirror.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{checked_sha(revision)}^{{tree}}")
    return ran.text
