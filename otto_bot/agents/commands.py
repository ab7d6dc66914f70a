"""The tool `run`, as every conversation with a workspace has it: what it is called with, and how a command ends."""

from __future__ import annotations

from typing import Any, Protocol

from otto_bot.core.values import Frozen
from otto_bot.model.calls import Block

RUN_SECONDS = 600.0
"""The longest one command may take."""
NO_COMMAND = "run: `command` must be a non-empty text"

RUN_TOOL: Block = {
    "name": "run",
    "description": "Run a shell command at the root of the repository, without network. Prints its output and exit "
    "code. Use it for the project's tests and linters.",
    "input_schema": {
        "type": "object",
        "properties": {"command": {"type": "string"}},
        "required": ["command"],
        "additionalProperties": False,
    },
}

_SIGNALLED = {
    137: ": killed from outside (SIGKILL), often because memory ran out",
    152: ": it used up its processor time (SIGXCPU)",
    153: ": it wrote a file larger than a command may (SIGXFSZ)",
}


class CommandResult(Frozen):
    """How a command ended. No exit code = it was killed or never ran: `timed_out` by its deadline, else `why`."""

    exit_code: int | None
    output: str
    timed_out: bool = False
    why: str = ""


class Runner(Protocol):
    """Runs a shell command in the work tree, inside a cage, and returns when it and its children are gone."""

    async def run(self, command: str, timeout_seconds: float) -> CommandResult:
        """A command that fails is a result, not an exception."""


def command_of(arguments: Any) -> str | None:
    """The command that a call of `run` names; None where it names none that can be run."""
    command = arguments.get("command") if isinstance(arguments, dict) else None
    if not isinstance(command, str) or not command.strip() or "\0" in command:
        return None
    return command


def time_for(seconds: float) -> float:
    """Seconds for one command where `seconds` are left for everything."""
    return max(1.0, min(RUN_SECONDS, seconds))


def ending_of(result: CommandResult, limit: float) -> str:
    """The line that says how a command ended."""
    if result.timed_out:
        return f"[stopped after {limit:g} s]"
    if result.exit_code is None:
        return f"[killed: {result.why}]" if result.why else "[killed]"
    return f"[exit code {result.exit_code}{_SIGNALLED.get(result.exit_code, '')}]"
