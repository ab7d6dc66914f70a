"""The coder's hands: confined file tools, `run` where there is a cage, and `finish`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, ValidationError

from otto_bot.agents.commands import NO_COMMAND, RUN_TOOL, Runner, command_of, ending_of, time_for
from otto_bot.agents.structured import validation_problems
from otto_bot.core.notes import MOST_OF_A_KIND, Choice, Words
from otto_bot.core.unseen import escaped
from otto_bot.core.values import Frozen
from otto_bot.model.calls import Block
from otto_bot.model.toolset import FileTools, ToolResult, cap


class Handoff(Frozen):
    """What the coder leaves behind: a summary for people, facts for other tasks, the files that matter.

    The last four lists become part of `context.md` when the task is merged.
    """

    summary: Annotated[str, Field(min_length=1, max_length=2000)]
    handoff: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(max_length=10)] = ()
    files: Annotated[tuple[Annotated[str, Field(max_length=300)], ...], Field(max_length=50)] = ()
    decisions: Annotated[tuple[Choice, ...], Field(max_length=MOST_OF_A_KIND)] = ()
    conventions: Annotated[tuple[Words, ...], Field(max_length=MOST_OF_A_KIND)] = ()
    data_model: Annotated[tuple[Words, ...], Field(max_length=MOST_OF_A_KIND)] = ()
    gotchas: Annotated[tuple[Words, ...], Field(max_length=MOST_OF_A_KIND)] = ()


_FINISH: Block = {
    "name": "finish",
    "description": "End the session. summary: what was done and what was not, for a person. handoff: facts about the "
    "repository that coders of other tasks should know and could not guess (not what you did). files: the files that "
    "matter most. For later tasks, each optional, a few short sentences each: decisions (what, why), conventions, "
    "data_model, gotchas.",
    "input_schema": {
        "type": "object",
        "properties": {
            "summary": {"type": "string"},
            "handoff": {"type": "array", "items": {"type": "string"}},
            "files": {"type": "array", "items": {"type": "string"}},
            "decisions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"what": {"type": "string"}, "why": {"type": "string"}},
                    "required": ["what"],
                    "additionalProperties": False,
                },
            },
            "conventions": {"type": "array", "items": {"type": "string"}},
            "data_model": {"type": "array", "items": {"type": "string"}},
            "gotchas": {"type": "array", "items": {"type": "string"}},
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
        return [*self.files.definitions, *([] if self.runner is None else [RUN_TOOL]), _FINISH]

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
        command = command_of(arguments)
        if command is None:
            return ToolResult(NO_COMMAND, is_error=True)
        limit = time_for(seconds)
        result = await runner.run(command, limit)
        return ToolResult(
            f"{escaped(cap(result.output))}\n{ending_of(result, limit)}".lstrip("\n"), is_error=result.exit_code != 0
        )


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
