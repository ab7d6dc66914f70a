"""The coder's hands: confined file tools, `run` where there is a cage, and `finish`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import Field, ValidationError

from otto_bot.agents.structured import validation_problems
from otto_bot.core.values import Frozen
from otto_bot.model.calls import Block
from otto_bot.model.toolset import FileTools, ToolResult, cap

RUN_SECONDS = 600.0
"""The longest one command may take."""


class CommandResult(Frozen):
    """How a command ended. No exit code = it was killed, `timed_out` says whether by its deadline."""

    exit_code: int | None
    output: str
    timed_out: bool = False


class Runner(Protocol):
    """Runs a shell command in the work tree, inside a cage, and returns when it and its children are gone."""

    async def run(self, command: str, timeout_seconds: float) -> CommandResult:
        """A command that fails is a result, not an exception."""


class Handoff(Frozen):
    """What the coder leaves behind: a summary for people, facts for other tasks, the files that matter."""

    summary: Annotated[str, Field(min_length=1, max_length=2000)]
    handoff: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(max_length=10)] = ()
    files: Annotated[tuple[Annotated[str, Field(max_length=300)], ...], Field(max_length=50)] = ()


_RUN: Block = {
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
_FINISH: Block = {
    "name": "finish",
    "description": "End the session. summary: what was done and what was not, for a person. handoff: facts about the "
    "repository that coders of other tasks should know and could not guess (not what you did). files: the files that "
    "matter most.",
    "input_schema": {
        "type": "object",
        "properties": {
            "summary": {"type": "string"},
            "handoff": {"type": "array", "items": {"type": "string"}},
            "files": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["summary"],
        "additionalProperties": False,
    },
}


@dataclass(frozen=True, slots=True)
class Toolbox:
    """Everything a coder may use. `snapshot` writes the work tree as a git tree and names it; `restore` brings it back.

    Without a runner the tool `run` is not offered.
    """

    files: FileTools
    snapshot: Callable[[], Awaitable[str]]
    restore: Callable[[str], Awaitable[None]]
    runner: Runner | None = None

    @property
    def definitions(self) -> list[Block]:
        """The tools that are offered."""
        return [*self.files.definitions, *([] if self.runner is None else [_RUN]), _FINISH]

    async def call(self, name: str, arguments: Any, seconds: float) -> ToolResult:
        """Run one tool; a command gets at most `seconds`. A fault of the model's is an error result."""
        if name == "finish":
            return check_finish(arguments)
        if name in self.files.names:
            return await self.files.call(name, arguments)
        if name == "run" and self.runner is not None:
            return await self._run(self.runner, arguments, seconds)
        names = ", ".join(tool["name"] for tool in self.definitions)
        return ToolResult(f"there is no tool {name!r}; there are: {names}", is_error=True)

    async def _run(self, runner: Runner, arguments: Any, seconds: float) -> ToolResult:
        command = arguments.get("command") if isinstance(arguments, dict) else None
        if not isinstance(command, str) or not command.strip() or "\0" in command:
            return ToolResult("run: `command` must be a non-empty text", is_error=True)
        limit = max(1.0, min(RUN_SECONDS, seconds))
        result = await runner.run(command, limit)
        if result.timed_out:
            ending = f"[stopped after {limit:g} s]"
        elif result.exit_code is None:
            ending = "[killed]"
        else:
            ending = f"[exit code {result.exit_code}]"
        return ToolResult(f"{cap(result.output)}\n{ending}".lstrip("\n"), is_error=result.exit_code != 0)


def read_finish(arguments: Any) -> Handoff:
    """The arguments of `finish`. Raises ValidationError."""
    return Handoff.model_validate(arguments)


def check_finish(arguments: Any) -> ToolResult:
    """Whether the session may end with these words."""
    try:
        read_finish(arguments)
    except ValidationError as error:
        return ToolResult("finish: " + "; ".join(validation_problems(error)), is_error=True)
    return ToolResult("finished")
