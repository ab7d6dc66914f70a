"""What an examiner may use: tools that look, commands where there is a cage, and a record of each thing it did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from otto_bot.agents.commands import NO_COMMAND, RUN_TOOL, Runner, command_of, time_for
from otto_bot.agents.fence import fence, plain
from otto_bot.core.records import RUN, CommandRecord, middle_cut
from otto_bot.core.unseen import escaped
from otto_bot.model.calls import Block
from otto_bot.model.toolset import FileTools

LOOKING = frozenset({"read", "glob", "grep"})
RECORD_CHARS = 12_000
"""Characters of one record's output; head and tail of more are kept."""
WHAT_CHARS = 2_000
_LABEL = 64


@dataclass(frozen=True, slots=True)
class ExaminerTools:
    """Tools over a checkout of exactly the commit that is examined; it is thrown away afterwards.

    `put_back` makes the commit's files again what they are in the commit and names those that a command had changed.
    `fresh`: the checkout was made just now, so nothing that earlier commands left behind is in it.
    """

    files: FileTools
    runner: Runner | None = None
    put_back: Callable[[], Awaitable[Sequence[str]]] | None = None
    fresh: bool = True

    @property
    def definitions(self) -> list[Block]:
        """The tools that are offered."""
        looking = [tool for tool in self.files.definitions if tool["name"] in LOOKING]
        return [*looking, *([] if self.runner is None else [RUN_TOOL])]

    async def call(self, number: int, name: str, arguments: Any, seconds: float) -> CommandRecord:
        """Use one tool; a command gets at most `seconds`. A fault of the model's is a record of an error."""
        what = described(name, arguments)
        if name in LOOKING:
            answer = await self.files.call(name, arguments)
            return CommandRecord(number=number, tool=name, what=what, output=answer.text, error=answer.is_error)
        if name == RUN and self.runner is not None:
            return await self._run(self.runner, number, arguments, seconds)
        names = ", ".join(str(tool["name"]) for tool in self.definitions)
        words = f"there is no tool {name[:_LABEL]!r}; there are: {names}"
        return CommandRecord(number=number, tool=name[:_LABEL] or "?", what=what, output=words, error=True)

    async def _run(self, runner: Runner, number: int, arguments: Any, seconds: float) -> CommandRecord:
        command = command_of(arguments)
        if command is None:
            return CommandRecord(number=number, tool=RUN, what="", output=NO_COMMAND, error=True)
        result = await runner.run(command, time_for(seconds))
        changed = await self.put_back() if self.put_back is not None else ()
        output = middle_cut(result.output, RECORD_CHARS)
        if changed:
            names = ", ".join(changed[:10]) + (f" and {len(changed) - 10} more" if len(changed) > 10 else "")
            output = f"[this command changed files of the commit; they were put back: {names[:1000]}]\n{output}"
        return CommandRecord(
            number=number,
            tool=RUN,
            what=command,
            exit_code=result.exit_code,
            output=output,
            timed_out=result.timed_out,
        )


def described(name: str, arguments: Any) -> str:
    """What a call was about: command, path or pattern."""
    if not isinstance(arguments, dict):
        return ""
    if name == "grep":
        where = arguments.get("path")
        return str(arguments.get("pattern", "")) + (f" in {where}" if where else "")
    if name == "read":
        lines = arguments.get("view_range")
        return str(arguments.get("file_path", "")) + (f" {lines}" if lines else "")
    return str(arguments.get("command" if name == RUN else "pattern", ""))


def bounded(record: CommandRecord, redact: Callable[[str], str], nonce: str) -> CommandRecord:
    """The record as it is kept and shown: redacted, bounded, and unable to leave its fence."""
    return record.model_copy(
        update={
            "tool": plain(record.tool, nonce)[:_LABEL],
            "what": plain(escaped(redact(middle_cut(record.what, WHAT_CHARS))), nonce),
            "output": plain(escaped(redact(middle_cut(record.output, RECORD_CHARS))), nonce),
        }
    )


def shown(record: CommandRecord, nonce: str) -> str:
    """The record as the model sees it: the harness's own line, then the output as data."""
    ending = f" · {record.ending}" if record.ending else ""
    return f"{record.ref} · {record.tool}{ending}\n{fence(f'{record.ref} output', record.output, nonce)}"
