"""Commands in a workspace: inside the cage, or not at all."""

from __future__ import annotations

from pathlib import Path

from otto_bot.agents.commands import CommandResult
from otto_bot.git.workspace import Workspace
from otto_bot.jobs.context import Context
from otto_bot.sandbox.cage import Runs, python_paths


class CagedRunner:
    """The tool `run` over one workspace; a command gets at most `seconds`."""

    def __init__(self, cage: Runs, workspace: Workspace, seconds: float) -> None:
        self._cage = cage
        self._workspace = workspace
        self._seconds = seconds

    async def run(self, command: str, timeout_seconds: float) -> CommandResult:
        """One shell command in the workspace."""
        interpreter = python_paths()
        result = await self._cage.run(
            command,
            workdir=self._workspace.path,
            timeout=min(timeout_seconds, self._seconds),
            readonly=(*interpreter, *self._workspace.readable),
            env={"PATH": f"{Path(interpreter[0]) / 'bin'}:/usr/local/bin:/usr/bin:/bin"},
        )
        return CommandResult(exit_code=result.exit_code, output=result.output, timed_out=result.timed_out)


def caged(context: Context, workspace: Workspace, seconds: float) -> CagedRunner | None:
    """The runner of a workspace; None where this host has no cage."""
    return None if context.cage is None else CagedRunner(context.cage, workspace, seconds)
