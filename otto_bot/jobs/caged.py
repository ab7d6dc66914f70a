"""Commands in a workspace: inside the cage, or not at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from otto_bot.agents.commands import CommandResult
from otto_bot.core.egress_hosts import narrowed
from otto_bot.core.projects import in_scope
from otto_bot.core.run import Run
from otto_bot.git.workspace import Workspace
from otto_bot.jobs.context import Context
from otto_bot.jobs.setting_up import SETUP_SECONDS, SetUp
from otto_bot.sandbox.cage import Runs, python_paths
from otto_bot.sandbox.mounts import HOME

log = logging.getLogger(__name__)

_WHY = {
    "memory": "it used more memory than a command may",
    "processes": "it started more processes than a command may",
    "cpu": "it used more processor time than a command may",
    "disk": "the work tree holds more than it may; remove what is not needed",
    "output": "it printed more than a command may; send its output to a file",
}


class CagedRunner:
    """The tool `run` over one workspace; a command gets at most `seconds`. What it needs is installed first."""

    def __init__(self, cage: Runs, workspace: Workspace, seconds: float, setup: SetUp | None = None) -> None:
        self._cage = cage
        self._workspace = workspace
        self._seconds = seconds
        self._setup = setup if setup is not None and setup.wanted else None
        self._told = self._setup is None
        self._turn = asyncio.Lock()

    async def run(self, command: str, timeout_seconds: float) -> CommandResult:
        """One shell command in the workspace. A cage that cannot start is a result too; nothing runs outside of it."""
        interpreter = python_paths()
        readonly = (*interpreter, *self._workspace.readable)
        env = self._environment(interpreter[0])
        try:
            said = await self._prepared(readonly, env)
            result = await self._cage.run(
                command,
                workdir=self._workspace.path,
                timeout=min(timeout_seconds, self._seconds),
                readonly=readonly,
                env=env,
                home=None if self._setup is None else self._workspace.home,
            )
        except (OSError, ValueError) as error:
            log.warning("a command could not be run: %s", error)
            return CommandResult(exit_code=None, output=f"the command was not run: {error}", why="it never started")
        killed = _WHY.get(result.stopped_by or "")
        return CommandResult(
            exit_code=None if killed else result.exit_code,
            output=f"{said}\n{result.output}" if said else result.output,
            timed_out=result.timed_out,
            why=killed or "",
        )

    async def _prepared(self, readonly: Sequence[Path], env: dict[str, str]) -> str:
        """How the set-up went, with the first command only."""
        if self._setup is None:
            return ""
        async with self._turn:
            words = await self._setup.once(self._cage, self._workspace, readonly, env, SETUP_SECONDS)
            told, self._told = self._told, True
        return "" if told else words

    def _environment(self, interpreter: Path) -> dict[str, str]:
        path = f"{interpreter / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        if self._setup is None:
            return {"PATH": path}
        installed = ":".join(f"{HOME}/{name}" for name in ("venv/bin", ".local/bin", ".cargo/bin", "go/bin"))
        return {"PATH": f"{installed}:{path}", "NPM_CONFIG_PREFIX": f"{HOME}/.local"}


def caged(
    context: Context, run: Run, workspace: Workspace, seconds: float, scope: Sequence[str] = ()
) -> CagedRunner | None:
    """The runner of a workspace; None where this host has no cage. Set up are the projects of `scope`, or else all."""
    if context.cage is None:
        return None
    paths = run.config.paths
    setup = SetUp(in_scope(scope, paths.projects), narrowed(context.setup_hosts, paths.setup_hosts, context.setup_near))
    return CagedRunner(context.cage, workspace, seconds, setup)
