"""Commands in a workspace: inside the cage, or not at all."""

from __future__ import annotations

import logging
from pathlib import Path

from otto_bot.agents.commands import CommandResult
from otto_bot.git.workspace import Workspace
from otto_bot.jobs.context import Context
from otto_bot.sandbox.cage import Runs, python_paths

log = logging.getLogger(__name__)

_WHY = {
    "memory": "it used more memory than a command may",
    "processes": "it started more processes than a command may",
}


class CagedRunner:
    """The tool `run` over one workspace; a command gets at most `seconds`."""

    def __init__(self, cage: Runs, workspace: Workspace, seconds: float) -> None:
        self._cage = cage
        self._workspace = workspace
        self._seconds = seconds

    async def run(self, command: str, timeout_seconds: float) -> CommandResult:
        """One shell command in the workspace. A cage that cannot start is a result too; nothing runs outside of it."""
        interpreter = python_paths()
        try:
            result = await self._cage.run(
                command,
                workdir=self._workspace.path,
                timeout=min(timeout_seconds, self._seconds),
                readonly=(*interpreter, *self._workspace.readable),
                env={"PATH": f"{Path(interpreter[0]) / 'bin'}:/usr/local/bin:/usr/bin:/bin"},
            )
        except (OSError, ValueError) as error:
            log.warning("a command could not be run: %s", error)
            return CommandResult(exit_code=None, output=f"the command was not run: {error}", why="it never started")
        killed = _WHY.get(result.stopped_by or "")
        return CommandResult(
            exit_code=None if killed else result.exit_code,
            output=result.output,
            timed_out=result.timed_out,
            why=killed or "",
        )


def caged(context: Context, workspace: Workspace, seconds: float) -> CagedRunner | None:
    """The runner of a workspace; None where this host has no cage."""
    return None if context.cage is None else CagedRunner(context.cage, workspace, seconds)
