"""Verbs that make objects of git through the API: what the App makes so, without saying who, GitHub signs.

Nothing points at what is made, so that doing it twice leaves no trace.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from otto_bot.github.errors import Unreachable
from otto_bot.github.models import MadeCommit
from otto_bot.github.needs import needs
from otto_bot.github.reading import parse
from otto_bot.github.repository import RepositoryCalls

ENTRIES = 500
"""Of one request for a tree; more go on from the tree that was made."""


@dataclass(frozen=True)
class TreeEntry:
    """A path of a new tree: `sha` of what GitHub has, or `text` of a new file; with neither it is taken out."""

    path: str
    mode: str
    sha: str | None = None
    text: str | None = None

    def sent(self) -> dict[str, Any]:
        """As GitHub takes it."""
        kind = "commit" if self.mode == "160000" else "blob"
        what = {"sha": self.sha} if self.text is None else {"content": self.text}
        return {"path": self.path, "mode": self.mode, "type": kind, **what}


class DataVerbs(RepositoryCalls):
    @needs(contents="write")
    async def make_blob(self, content: bytes) -> str:
        """The id of a blob with this content."""
        body = {"content": base64.b64encode(content).decode("ascii"), "encoding": "base64"}
        return _sha((await self._call("POST", "/git/blobs", body=body, repeatable=True)).json())

    @needs(contents="write")
    async def make_tree(self, base: str, entries: Sequence[TreeEntry]) -> str:
        """The id of the tree `base` with these entries changed."""
        for at in range(0, len(entries), ENTRIES):
            part = [entry.sent() for entry in entries[at : at + ENTRIES]]
            body = {"base_tree": base, "tree": part}
            base = _sha((await self._call("POST", "/git/trees", body=body, repeatable=True)).json())
        return base

    @needs(contents="write")
    async def make_commit(self, message: str, tree: str, parents: Sequence[str]) -> MadeCommit:
        """A commit of a tree that GitHub has. Author and time are GitHub's to say: with others it would not sign."""
        body = {"message": message, "tree": tree, "parents": list(parents)}
        return parse(MadeCommit, (await self._call("POST", "/git/commits", body=body, repeatable=True)).json())


def _sha(answer: Any) -> str:
    found = answer.get("sha") if isinstance(answer, dict) else None
    if not isinstance(found, str):
        raise Unreachable(201, "GitHub's answer names no object")
    return found
