"""The file with notes in a workspace: where it stands, and how it is put there whatever code did to that place."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from otto_bot.git.commits import checked_sha
from otto_bot.git.mirror import Mirror

_NAME = "context.md"


async def free_name(mirror: Mirror, commit: str) -> str:
    """`.otto/context.md`, or the same in another folder where the commit has a `.otto` of its own."""
    ran = await mirror.git("ls-tree", "-z", "--name-only", checked_sha(commit))
    taken = {name.decode("utf-8", "replace").casefold() for name in ran.stdout.split(b"\0")}
    number = 1
    folder = ".otto"
    while folder in taken:
        number += 1
        folder = f".otto-{number}"
    return f"{folder}/{_NAME}"


def place(root: Path, name: str, text: str) -> None:
    """Write the file. Links, files and folders that stand in its way are removed, never followed."""
    folder, target = root / Path(name).parent, root / name
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        folder.unlink()
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode("utf-8", "replace"))
