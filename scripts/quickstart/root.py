"""A root with Python, git, make and the system's own programs, an empty home, and no network but its own loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

HOME = "/home/new"
PACKAGES, TOOLS, ORIGIN, PLAYER = "/mnt/packages", "/mnt/tools", "/mnt/otto", "/mnt/player"
REPOSITORY = "https://github.com/otto-bot/otto.git"
PROGRAMS = (
    "bash", "sh", "env", "cat", "chmod", "cp", "cut", "date", "dirname", "basename", "expr", "false", "find", "grep",
    "gzip", "head", "id", "kill", "ln", "ls", "mkdir", "mktemp", "mv", "nproc", "printf", "pwd", "readlink", "realpath",
    "rm", "rmdir", "sed", "sleep", "sort", "stat", "tail", "tar", "tee", "test", "touch", "tr", "true", "uname", "uniq",
    "wc", "which", "xargs", "expand", "awk", "mawk", "make", "git", "git-upload-pack", "git-receive-pack",
)  # fmt: skip
LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/libexec", "/usr/share/git-core", "/usr/share/zoneinfo")
SETTINGS = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "nsswitch.conf",
    "passwd",
    "group",
    "alternatives",
)


def argv(root: Path, origin: Path, player: Path) -> list[str]:
    """Begins a command there: `origin` is what is cloned, `player` the folder of what plays the person.

    `root` is an empty folder of the host in which the home is kept, so that what was left there can be read.
    """
    home = root / "home"
    home.mkdir()
    etc = root / "etc"
    etc.mkdir()
    (etc / "hosts").write_text("127.0.0.1 localhost\n")
    (etc / "gitconfig").write_text(
        f'[url "{ORIGIN}"]\n\tinsteadOf = {REPOSITORY}\n[safe]\n\tdirectory = *\n[advice]\n\tdetachedHead = false\n'
    )
    packages = Path(sysconfig.get_path("purelib"))
    shown = [
        *_system(), *_python(), "--bind", str(home), HOME, "--bind", str(origin), ORIGIN,
        "--ro-bind", str(packages), PACKAGES, "--ro-bind", sysconfig.get_path("scripts"), TOOLS,
        "--ro-bind", str(player), PLAYER, "--ro-bind", str(etc / "hosts"), "/etc/hosts",
        "--ro-bind", str(etc / "gitconfig"), "/etc/gitconfig",
    ]  # fmt: skip
    return [
        "bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent",
        "--new-session", "--clearenv", "--tmpfs", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
        *shown, "--chdir", HOME,
    ]  # fmt: skip


def _system() -> Iterator[str]:
    for name in ("bin", "sbin", "lib", "lib64"):
        if Path("/", name).exists():
            yield from ("--symlink", f"usr/{name}", f"/{name}")
    for folder in LIBRARIES:
        if Path(folder).is_dir():
            yield from ("--ro-bind", folder, folder)
    for name in SETTINGS:
        if Path("/etc", name).exists():
            yield from ("--ro-bind", f"/etc/{name}", f"/etc/{name}")
    for name in PROGRAMS:
        if found := shutil.which(name, path="/usr/bin:/bin"):
            yield from ("--ro-bind", os.path.realpath(found), f"/usr/bin/{name}")


def _python() -> Iterator[str]:
    """The one that runs this, without its environment; under the names that people call it by."""
    binary = Path(os.path.realpath(sys.executable))
    if binary.parent == Path("/usr/bin"):
        yield from ("--ro-bind", str(binary), str(binary))
    else:
        yield from ("--ro-bind", sys.base_prefix, sys.base_prefix)
    version = f"python3.{sys.version_info[1]}"
    for name in {"python3", version} - ({binary.name} if binary.parent == Path("/usr/bin") else set()):
        yield from ("--symlink", str(binary), f"/usr/bin/{name}")


def origin(source: Path, target: Path) -> Path:
    """A repository with one commit: the files of a work tree as they are, without what git ignores."""
    listed = _git(source, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, listed):
        if (source / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name, follow_symlinks=False)
    _git(target, "init", "--quiet", "--initial-branch", "main")
    _git(target, "add", "--all", "--force")
    _git(target, *AUTHOR, "commit", "--quiet", "--message", "Otto")
    return target


AUTHOR = ("-c", "user.name=Otto", "-c", "user.email=otto@example.org", "-c", "commit.gpgsign=false")


def _git(folder: Path, *words: str) -> str:
    command: Sequence[str] = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
