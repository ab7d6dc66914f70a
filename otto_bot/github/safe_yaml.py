"""YAML of a repository as plain values, within limits: no bombs, no depth, one clear error for all that is wrong.

Aliases are allowed, as GitHub allows them in workflows, but what they stand for is counted each time, values and
levels, before anything is built from it. So a file of a kilobyte cannot become a gigabyte here, nor where the values
are walked or written, nor end the stack of who walks them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

import yaml

MAX_BYTES = 512 * 1024
MAX_NODES = 50_000
"""Scalars, lists and mappings, with those of aliases each time; a large workflow has some thousands."""
MAX_DEPTH = 64
SMALL = 8 * 1024
"""Up to so many bytes are read at once, more in a thread."""

if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is built in: ten times as fast
_KINDS = ("null", "bool", "int", "float", "str", "seq", "map", "merge")
_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in _KINDS)
"""What plain values need. Every other tag is refused, dates are strings."""

_OF_THE_PARSER = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""What PyYAML lets through for values like `!!int x` or a number of 5,000 digits."""


class YamlError(ValueError):
    """The text is not used; `line` counts from 1, 0 where it is about the whole."""

    def __init__(self, reason: str, line: int = 0) -> None:
        self.reason = reason
        self.line = line
        super().__init__(f"line {line}: {reason}" if line else reason)


def load(text: bytes | str, max_bytes: int = MAX_BYTES, max_nodes: int = MAX_NODES) -> Any:
    """The document as dicts, lists, strings, numbers, booleans and None; dates stay strings. An empty one is None.

    Raises YamlError, and nothing else.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > max_bytes:
        raise YamlError(f"it has {len(raw)} bytes; at most {max_bytes} are read")
    try:
        words = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise YamlError("it is not UTF-8") from None
    try:
        _check_events(words, max_nodes)
        loader = _Loader(words)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _check_size(node, max_nodes)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise YamlError(error.problem or "is not YAML", mark.line + 1 if mark else 0) from None
    except YamlError:
        raise
    except (yaml.YAMLError, *_OF_THE_PARSER) as error:
        raise YamlError(f"it cannot be read as YAML ({type(error).__name__})") from None


async def load_aside(text: bytes | str, max_bytes: int = MAX_BYTES, max_nodes: int = MAX_NODES) -> Any:
    """`load` that keeps nobody waiting: what is not small is read in a thread."""
    if len(text) <= SMALL:
        return load(text, max_bytes, max_nodes)
    return await asyncio.to_thread(load, text, max_bytes, max_nodes)


class _Loader(_Base):
    """Safe, without dates and without keys that stand twice: readers differ in which of them counts, GitHub refuses."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag in _TAGS]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        _check_keys(node)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


def _check_keys(node: Any) -> None:
    seen: set[tuple[str, str]] = set()
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        name = (key.tag, str(key.value))
        if isinstance(key, yaml.ScalarNode) and name in seen and not key.tag.endswith(":merge"):
            raise YamlError(f"the key {key.value[:60]!r} stands twice", _line(key))
        seen.add(name)


def _check_events(words: str, max_nodes: int) -> None:
    """Depth and number as written, before anything recursive looks at it."""
    depth = 0
    # This half of both parsers keeps a stack of its own and does not recurse.
    for count, event in enumerate(yaml.parse(words, Loader=_Base)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise YamlError(f"it is nested more than {MAX_DEPTH} levels deep", _line(event))
        if count > 2 * max_nodes + 10:  # a collection has two, a document and the stream four
            raise YamlError(f"it has more than {max_nodes} values", _line(event))


def _line(at: yaml.Event | yaml.Node) -> int:
    mark = at.start_mark
    return mark.line + 1 if mark else 0


def _check_size(root: yaml.Node, max_nodes: int) -> None:
    """How much and how deep the document is with every alias written out, without writing it out."""
    sizes: dict[int, tuple[int, int]] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> tuple[int, int]:
        """Values and levels."""
        if node.tag not in _TAGS:
            raise YamlError(f"the tag {node.tag[:80]!r} is not allowed", _line(node))
        known = sizes.get(id(node))
        if known is not None:
            return known
        if id(node) in open_nodes:
            raise YamlError("it contains itself", _line(node))
        open_nodes.add(id(node))
        total, levels = 1, int(isinstance(node, yaml.CollectionNode))
        for child in _children(node):
            values, below = size(child)
            total, levels = total + values, max(levels, below + 1)
            _check_written_out(node, total, levels, max_nodes)
        open_nodes.discard(id(node))
        return sizes.setdefault(id(node), (total, levels))

    size(root)


def _check_written_out(node: yaml.Node, total: int, levels: int, max_nodes: int) -> None:
    if total > max_nodes:
        raise YamlError(f"with its aliases written out it has more than {max_nodes} values", _line(node))
    if levels > MAX_DEPTH:
        raise YamlError(f"with its aliases written out it is nested more than {MAX_DEPTH} levels deep", _line(node))


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value
