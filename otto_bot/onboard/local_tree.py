"""A git work tree on this machine, read as what strangers may have written: no link is followed, nothing is run."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

from otto_bot.core.onboard_tree import MOST_BYTES

MOST_PATHS = 1_000_000
_SECONDS = 60
_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false")
"""A repository's own settings may name programs that git would start."""


class NoWorkTree(ValueError):
    """There is nothing to work on; the text says why."""


def work_tree(folder: Path) -> Path:
    """The root of the work tree that holds a folder. Raises NoWorkTree."""
    if not folder.is_dir():
        raise NoWorkTree(f"{folder} is no folder")
    try:
        root = _git(folder, "rev-parse", "--show-toplevel").rstrip("\n")
    except NoWorkTree as error:
        raise NoWorkTree(f"{folder} is in no git work tree ({error}); call it in a clone of the repository") from None
    return Path(root)


def listed(root: Path) -> list[str]:
    """All files that are tracked or could be: what git ignores is not looked at. Raises NoWorkTree."""
    found = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return [path for path in found[:MOST_PATHS] if path]


def default_branch(root: Path) -> str:
    """The branch that `origin` has as its default, else the one that is checked out, else `main`."""
    for name, head in (("refs/remotes/origin/HEAD", "refs/remotes/origin/"), ("HEAD", "refs/heads/")):
        try:
            said = _git(root, "symbolic-ref", "--quiet", name).strip()
        except NoWorkTree:
            continue
        if said.startswith(head):
            return said.removeprefix(head)
    return "main"


def _git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *_QUIET, "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True, timeout=_SECONDS, env=environment, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise NoWorkTree("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise NoWorkTree(f"git took longer than {_SECONDS} s") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NoWorkTree(said[0][:200] if said else "git says no")
    return done.stdout.decode("utf-8", "surrogateescape")


def small_text(root: Path, path: str, most: int = MOST_BYTES) -> str | None:
    """A file's text; None where it is no plain file within the tree, larger than `most` bytes, or binary."""
    if linked(root, path):
        return None
    try:
        handle = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        body = file.read(most + 1)
    return None if len(body) > most or b"\0" in body else body.decode("utf-8", "replace")


def linked(root: Path, path: str) -> str:
    """The first part of a path that is a link, or lies where no folder is; empty where there is none."""
    at, parts = root, path.split("/")
    for number, part in enumerate(parts, 1):
        at = at / part
        shown = "/".join(parts[:number])
        if part in ("", ".", ".."):
            return shown or path or "."
        if at.is_symlink() or (number < len(parts) and at.exists() and not at.is_dir()):
            return shown
    return ""
