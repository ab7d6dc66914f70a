"""What a caged command sees of the file system, as arguments for bwrap."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

# Private by nature, or full of sockets of the host's services (a read-only mount does not keep anyone from talking
# to a socket).
ALWAYS_HIDDEN = tuple(
    Path(name)
    for name in (
        "/tmp",  # noqa: S108
        "/home",
        "/root",
        "/run",
        "/var/run",
        "/var/tmp",  # noqa: S108
        "/var/spool",
        "/var/log",
        "/mnt",
        "/media",
        "/srv",
        "/boot",
        "/etc/shadow",
        "/etc/gshadow",
        "/etc/shadow-",
        "/etc/gshadow-",
        "/etc/ssh",
        "/etc/ssl/private",
        "/var/lib/docker",
        "/var/lib/postgresql",
        "/var/lib/mysql",
    )
)
HOME = Path("/tmp/home")  # noqa: S108 - the cage's own
_SCRATCH = frozenset({Path("/tmp"), Path("/var/tmp")})  # noqa: S108
_STUB_SIZE = 1024 * 1024


def mount_arguments(workdir: Path, hidden: Iterable[Path], readonly: Iterable[Path], tmp_size: int) -> list[str]:
    """Arguments that show the host read-only, without what is hidden, and `workdir` writable.

    Where paths lie within each other the deeper one decides: an interpreter inside a hidden home directory is
    seen, a secret inside a visible directory is not. Raises ValueError when that would not be clear.
    """
    work = _workdir(workdir)
    rules: dict[Path, list[str]] = {}
    for path in _existing((*ALWAYS_HIDDEN, *hidden)):
        rules[path] = _hide(path, tmp_size)
    for path in _existing(readonly):
        if path in rules:
            raise ValueError(f"{path} cannot be both hidden and readable")
        if path.is_relative_to(work):
            raise ValueError(f"{path} lies in the working directory, which is writable")
        rules[path] = ["--ro-bind", str(path), str(path)]
    if work in rules:
        raise ValueError(f"the working directory {work} cannot be hidden or read-only as well")
    rules[work] = ["--bind", str(work), str(work)]
    arguments = ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
    # Memory files count for nobody's limit but the file system's own.
    arguments += ["--size", str(tmp_size), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108
    for path in sorted(rules, key=lambda path: (len(path.parts), path)):
        arguments += rules[path]
    return [*arguments, "--dir", str(HOME), *_own_git(work), "--chdir", str(work)]


def _workdir(workdir: Path) -> Path:
    if workdir.is_symlink() or not workdir.is_dir():
        raise ValueError(f"the working directory must be a directory, not a link: {workdir}")
    work = workdir.resolve()
    if len(work.parts) < 3:
        raise ValueError(f"the working directory must not be so near the root: {work}")
    return work


def _own_git(work: Path) -> list[str]:
    """`.git` stays as it is. A link there was made by hand: bwrap would follow it to any place of the host."""
    git = work / ".git"
    if git.is_symlink():
        raise ValueError(f"{git} is a symbolic link; remove it")
    return ["--ro-bind", str(git), str(git)] if git.exists() else []


def _existing(paths: Iterable[Path]) -> list[Path]:
    absolute = [path for path in paths if path.is_absolute()]
    return list(dict.fromkeys(path.resolve() for path in absolute if _is_there(path)))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False  # what we may not see, the command, which is the same user, may not see either


def _hide(path: Path, tmp_size: int) -> list[str]:
    if path.is_dir():
        size = tmp_size if path in _SCRATCH else _STUB_SIZE
        return ["--perms", "0755", "--size", str(size), "--tmpfs", str(path)]
    return ["--ro-bind", "/dev/null", str(path)]
