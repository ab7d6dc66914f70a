"""The SDK's file tools, confined to one work tree: symlink-aware, `.git` refused, text only, output capped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from otto_bot.core.aside import ReadOnly
from otto_bot.core.enclosing import Enclose, plainly
from otto_bot.core.lfs import POINTER_BYTES
from otto_bot.core.records import middle_cut
from otto_bot.core.unseen import escaped, restored
from otto_bot.model.calls import Block
from otto_bot.model.searching import search

LONGEST_PATTERN = 2000
_WRITTEN = ("old_string", "new_string", "content")
_LARGEST = 4 * 1024 * 1024
"""Bytes of a file that is read for the characters it has."""
OUTPUT_CAP = 30_000
"""Characters of one tool result; more is cut in the middle and said."""

_DESCRIPTIONS = {
    "read": "Read a text file of the repository. Use view_range [first, last] for a part of a large file.",
    "write": "Write a text file of the repository, creating folders as needed. Replaces the whole file.",
    "edit": "Replace a piece of a file by exact match. old_string must occur once, or set replace_all.",
    "glob": "List files that match a pattern, e.g. **/*.py, newest first.",
    "grep": "Search file contents for a regular expression; prints path:line:text.",
}


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered. An error is told to the model, it does not end the session."""

    text: str
    is_error: bool = False


def cap(text: str, limit: int = OUTPUT_CAP) -> str:
    """Text of at most about `limit` characters: head and tail stay, the cut is said."""
    return middle_cut(text, limit)


class FileTools:
    """`read write edit glob grep` over one folder. Paths in and out are relative to it.

    What searches runs in a process of its own, started by `enclose`.
    """

    def __init__(self, workdir: Path, enclose: Enclose = plainly, read_only: ReadOnly | None = None) -> None:
        from anthropic.lib.tools import agent_toolset as sdk

        self._root = workdir.resolve()
        self._enclose = enclose
        self._read_only = read_only
        # No tool starts a program with it; were one to, that program would know nothing of the worker.
        self._context = sdk.AgentToolContext(workdir=self._root, env={})
        made = (sdk.beta_read_tool, sdk.beta_write_tool, sdk.beta_edit_tool, sdk.beta_glob_tool, sdk.beta_grep_tool)
        self._tools = {tool.name: tool for tool in (make(self._context) for make in made)}

    @property
    def names(self) -> frozenset[str]:
        """The tools there are."""
        return frozenset(self._tools)

    @property
    def definitions(self) -> list[Block]:
        """The tools as the Messages API wants them."""
        return [
            {"name": name, "description": _DESCRIPTIONS[name], "input_schema": _plain(dict(tool.input_schema))}
            for name, tool in self._tools.items()
        ]

    async def call(self, name: str, arguments: Any) -> ToolResult:
        """Run one tool. Every failure that a model can cause comes back as an error result."""
        from anthropic.lib.tools import ToolError

        refused = self._refusal(name, arguments)
        if refused:
            return ToolResult(f"{name}: {refused}", is_error=True)
        try:
            answer = await self._answer(name, self._with_characters(name, arguments))
        except ToolError as error:
            return ToolResult(cap(self._relative(str(error))), is_error=True)
        except (ValueError, OSError, UnicodeError) as error:
            # Bad arguments end here too: the SDK reports them as ValueError.
            return ToolResult(f"{name}: {cap(self._relative(str(error.__cause__ or error)), 2000)}", is_error=True)
        if not isinstance(answer, str):
            return ToolResult(f"{name}: only text files can be shown", is_error=True)
        return ToolResult(escaped(cap(self._without_git(name, self._relative(answer)))))

    def _with_characters(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """What is written, with the characters that were shown by name, where the file has them."""
        from anthropic.lib.tools.agent_toolset import resolve_path

        said = {key: value for key in _WRITTEN if isinstance(value := arguments.get(key), str) and "⟦U+" in value}
        path = arguments.get("file_path")
        if name not in ("write", "edit") or not said or not isinstance(path, str):
            return arguments
        try:
            target = resolve_path(self._context, path)
            known = target.is_file() and target.stat().st_size <= _LARGEST
            holds = target.read_text("utf-8", "replace") if known else ""
        except (OSError, ValueError):
            return arguments
        return {**arguments, **{key: v if v in holds else restored(v, holds) for key, v in said.items()}}

    async def _answer(self, name: str, arguments: Block) -> object:
        """The SDK would search on the worker's own loop, or with a program that gets the worker's environment."""
        from anthropic.lib.tools.agent_toolset import resolve_path

        if name not in ("glob", "grep"):
            return await self._tools[name].call(arguments)
        pattern, path = arguments.get("pattern"), arguments.get("path") or "."
        if not isinstance(pattern, str) or not isinstance(path, str) or len(pattern) > LONGEST_PATTERN:
            raise ValueError(f"`pattern` must be a text of at most {LONGEST_PATTERN} characters, `path` a text")
        return await search(name, self._root, resolve_path(self._context, path), pattern, self._enclose)

    def _refusal(self, name: str, arguments: Any) -> str | None:
        """Why the arguments may not be used: no object, or a path into `.git`, directly or through a link."""
        from anthropic.lib.tools.agent_toolset import resolve_path

        if not isinstance(arguments, dict):
            return "the input must be an object"
        for field in ("file_path", "path"):
            value = arguments.get(field)
            if not isinstance(value, str):
                continue
            if "\0" in value:
                return "the path holds a NUL character"
            try:
                target = resolve_path(self._context, value)
            except ValueError as error:
                return str(error)
            if _in_git(target.relative_to(self._root).as_posix()) or _in_git(value):
                return f"{value} belongs to git; it is neither read nor written here"
            if name in ("write", "edit") and (why := self._kept(target)):
                return f"{value} stays as it is: {why}"
            if name == "read" and (what := self._unread(target)):
                return f"{value} is {what}"
        pattern = arguments.get("pattern")
        if name == "glob" and isinstance(pattern, str) and _in_git(pattern):
            return "patterns into .git are refused"
        return None

    def _kept(self, target: Path) -> str | None:
        """Why a file may not be written, also where it is reached through a link."""
        if self._read_only is None:
            return None
        return self._read_only.why(target.relative_to(self._root).as_posix(), _little(target))

    def _unread(self, target: Path) -> str | None:
        """What a file is whose content is elsewhere."""
        if self._read_only is None:
            return None
        return self._read_only.unread(target.relative_to(self._root).as_posix(), _little(target))

    def _relative(self, text: str) -> str:
        """Text without the host's own path in it."""
        return text.replace(f"{self._root}/", "").replace(str(self._root), ".")

    def _without_git(self, name: str, text: str) -> str:
        if name not in ("glob", "grep"):
            return text
        kept = [line for line in text.split("\n") if not _in_git(line.split(":", 1)[0])]
        if name == "glob" and self._read_only is not None:
            kept = [self._marked(line) for line in kept]
        return "\n".join(kept) or "no matches"

    def _marked(self, path: str) -> str:
        """A listed path, with what it is where its content is not here."""
        what = self._unread(self._root / path) if path and not path.startswith("/") else None
        return f"{path} ({what})" if what else path


def _plain(schema: Block) -> Block:
    """The SDK's schema without its class names and prose."""
    return {key: value for key, value in schema.items() if key not in ("title", "description")}


def _little(target: Path) -> str:
    """The content of a file that is small enough to be a pointer; empty for every other."""
    try:
        small = target.is_file() and target.stat().st_size <= POINTER_BYTES
        return target.read_text("utf-8", "replace") if small else ""
    except OSError:
        return ""


def _in_git(path: str) -> bool:
    """Whether a relative path leads into git's own files; letter case does not matter on some disks."""
    return any(part.casefold() == ".git" for part in PurePosixPath(path).parts)
