"""Adding files at the root of a tree, without a working directory; nothing that is there is ever replaced."""

from __future__ import annotations

from collections.abc import Mapping

from otto_bot.git.commits import checked_sha
from otto_bot.git.mirror import Mirror


async def with_files(mirror: Mirror, tree: str, files: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The id of `tree` with these files at its root, and the names that were added.

    A name that the tree has already, in whatever letter case, is left as it is. Names are our own: no slash in them.
    """
    listed = (await mirror.git("ls-tree", "-z", checked_sha(tree))).stdout
    entries = [entry for entry in listed.split(b"\0") if entry]
    taken = {entry.partition(b"\t")[2].decode("utf-8", "surrogateescape").casefold() for entry in entries}
    added = tuple(name for name in files if name.casefold() not in taken)
    for name in added:
        if "/" in name or name in ("", ".", ".."):
            raise ValueError(f"no name of a file at the root: {name!r}")
        body = files[name].encode("utf-8", "replace")
        blob = (await mirror.git("hash-object", "-w", "--stdin", input=body)).text
        entries.append(f"100644 blob {blob}\t{name}".encode())
    if not added:
        return tree, ()
    made = await mirror.git("mktree", "-z", input=b"".join(entry + b"\0" for entry in entries))
    return made.text, added
