"""Make a job's tree a git repository, so that steps that ask git something get an answer."""

import asyncio
import os
from pathlib import Path

from otto_bot.playground.actions.api import TriggerEvent

_SECONDS = 60


async def make_repository(tree: Path, event: TriggerEvent, clone_url: str) -> None:
    """One commit with the tree as it is, unless the host wrote a `.git` of its own. Raises `OSError` without git.

    The commit's own id is not `github.sha`: a job that compares the two sees the difference.
    """
    if (tree / ".git").exists():
        return
    branch = event.tag or event.head_branch or event.branch or "head"
    message = event.commit_message or "playground"
    await _git(tree, "init", "-q", "-b", branch if not branch.startswith("-") else "head")
    await _git(tree, "remote", "add", "origin", clone_url)
    await _git(tree, "add", "-A", "-f")
    await _git(tree, "commit", "-q", "--allow-empty", "--no-verify", "-F", "-", text=message)


async def _git(tree: Path, *arguments: str, text: str = "") -> None:
    identity = {"NAME": "playground", "EMAIL": "playground@localhost"}
    env = {f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in identity.items()}
    env |= {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(tree.parent / "home")}
    env |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C"}
    process = await asyncio.create_subprocess_exec(
        "git",
        *("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "commit.gpgSign=false"),
        *arguments,
        cwd=tree,
        env=env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(_SECONDS):
        _out, error = await process.communicate(text.encode())
    if process.returncode != 0:
        raise OSError(f"git {arguments[0]} failed: {error.decode(errors='replace').strip()[:500]}")
