"""Reads a YAML file with the line of every value, so that an error can say where it is."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

MAX_BYTES = 4 * 1024 * 1024
Place = tuple[int | str, ...]


class ScenarioError(ValueError):
    """A scenario cannot be used; `problems` holds every reason, each as `FILE:LINE: PLACE: REASON`."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class _Loader(yaml.SafeLoader):
    """YAML in which only `true` and `false` are booleans (`on:` stays a word) and no key stands twice."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping; raises ConstructorError for a key that stands twice."""
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if key in seen and isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


class YamlFile:
    """One parsed file: `data`, and `line(place)` for a place such as `("script", 3, "reply")`."""

    def __init__(self, path: Path) -> None:
        """Raises ScenarioError when the file is missing, too large or no YAML."""
        self.path = path
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ScenarioError([f"{path}: larger than {MAX_BYTES} bytes"])
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ScenarioError([f"{path}: cannot be read: {error.strerror}"]) from error
        except UnicodeDecodeError as error:
            raise ScenarioError([f"{path}: is not UTF-8 text (byte {error.start})"]) from error
        try:
            loader = _Loader(text)
            self._root = loader.get_single_node()
            self.data: Any = loader.construct_document(self._root) if self._root is not None else None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ScenarioError([f"{path}:{line}: {error.problem or error}"]) from error
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise ScenarioError([f"{path}: is no valid YAML: {error}"]) from error

    def line(self, place: Place) -> int:
        """The 1-based line of the value at `place`, or of its nearest parent that the file has."""
        node, line = self._root, 1
        for part in place:
            if isinstance(node, yaml.MappingNode):
                found = [(k, v) for k, v in node.value if k.value == str(part)]
                if not found:
                    continue
                line, node = found[0][0].start_mark.line + 1, found[0][1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
        return line

    def problem(self, place: Place, reason: str) -> str:
        """One error line: file, line, dotted place, reason."""
        dotted = ""
        for part in place:
            dotted += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
        return f"{self.path}:{self.line(place)}: {dotted.lstrip('.') or 'file'}: {reason}"

    def problems(self, error: ValidationError, under: Place = ()) -> list[str]:
        """Every reason of a failed validation of the data at `under`; one for each place, not one for each union."""
        return [self.problem(place, reason) for place, reason in reasons(error, under)]


def reasons(error: ValidationError, under: Place = ()) -> list[tuple[Place, str]]:
    """Every place of a failed validation of the data at `under`, once, and why."""
    first: dict[Place, str] = {}
    for item in error.errors():
        first.setdefault((*under, *_place(item["loc"])), _reason(item["msg"]))
    return list(first.items())


def _place(loc: tuple[int | str, ...]) -> Place:
    """pydantic's place without the names it adds for the branches of a union."""
    return tuple(
        part for part in loc if isinstance(part, int) or not re.search(r"[\[\(]|^(?:int|str|list|dict|[A-Z]\w*)$", part)
    )


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Extra inputs are not permitted", "is not a known key")
