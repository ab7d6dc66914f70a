"""The definitions of one file: signatures in the order of the file, read from its syntax tree.

Imports tree-sitter and grammars where they are needed: only the process that parses ever loads them.
"""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

from otto_bot.agents.mapping.languages import LANGUAGES, Language

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MOST = 200
"""Definitions of one file."""
DEEPEST = 12
"""Levels of the tree that are opened."""
LONGEST = 160
"""Characters of a signature."""

Definition = tuple[int, int, str, str]
"""(nesting from 0, line from 1, signature, name)."""

_FUNCTION_VALUES = frozenset({"arrow_function", "function_expression", "generator_function", "function", "class"})
_NAMES = frozenset(
    {"identifier", "field_identifier", "type_identifier", "qualified_identifier", "property_identifier", "constant"}
)


class Definitions:
    """Reads definitions; each language's parser is made once."""

    def __init__(self) -> None:
        self._parsers: dict[str, Parser] = {}

    def of(self, language: str, source: bytes) -> list[Definition]:
        """What a source defines, at most MOST, broken places skipped. Raises KeyError for an unknown language."""
        spec = LANGUAGES[language]
        tree = self._parser(spec).parse(source)
        found: list[Definition] = []
        waiting: list[tuple[Node, int, int]] = [(tree.root_node, 0, 0)]
        while waiting and len(found) < MOST:
            node, nesting, depth = waiting.pop()
            shown = _shown(spec, node)
            if shown:
                found.append((nesting, node.start_point[0] + 1, _signature(node, source), _name(node, source)))
            # What stands in a broken place is looked at as well.
            opened = node.type in spec.holds or node.type in spec.through or node.type == "ERROR" or depth == 0
            if opened and depth < DEEPEST:
                inner = nesting + 1 if shown else nesting
                waiting += [(child, inner, depth + 1) for child in reversed(node.named_children)]
        return found

    def _parser(self, spec: Language) -> Parser:
        if spec.name not in self._parsers:
            from tree_sitter import Language as Grammar
            from tree_sitter import Parser

            grammar = getattr(importlib.import_module(spec.module), spec.function)
            self._parsers[spec.name] = Parser(Grammar(grammar()))
        return self._parsers[spec.name]


def _shown(spec: Language, node: Node) -> bool:
    if node.type in ("declaration", "field_declaration"):
        return _declares_function(node)
    if node.type == "variable_declarator":
        value = node.child_by_field_name("value")
        return value is not None and value.type in _FUNCTION_VALUES
    if node.type in ("struct_specifier", "class_specifier", "union_specifier", "enum_specifier"):
        return node.child_by_field_name("body") is not None
    if node.type == "module" and node.child_by_field_name("body") is None:
        return False
    return node.type in spec.defines or node.type in spec.holds


def _declares_function(node: Node) -> bool:
    """A prototype, not a variable."""
    inner = node.child_by_field_name("declarator")
    for _ in range(DEEPEST):
        if inner is None or inner.type == "function_declarator":
            break
        inner = inner.child_by_field_name("declarator")
    return inner is not None


def _signature(node: Node, source: bytes) -> str:
    """The text before the body on one line."""
    value = node.child_by_field_name("value") if node.type == "variable_declarator" else None
    body = (value or node).child_by_field_name("body")
    if body is None and node.type in ("type_spec", "type_alias", "type_definition"):
        body = _inner_body(node)
    end = body.start_byte if body is not None else min(node.end_byte, node.start_byte + 4 * LONGEST)
    text = source[node.start_byte : min(end, node.start_byte + 8 * LONGEST)].decode("utf-8", "replace")
    if body is None and node.type not in ("type_alias_declaration", "type_item", "declaration", "field_declaration"):
        text = _header(text)
    flat = re.sub(r"\s+", " ", text).strip().removesuffix("=>").rstrip(" {:;=")
    if node.type in ("type_spec", "type_alias"):
        flat = f"type {flat}"
    if node.type == "type_definition" and body is not None:
        flat = f"{flat} {_name(node, source)}"
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1].rstrip() + "…"


def _header(text: str) -> str:
    """Lines up to the one in which the parentheses of the parameters are closed."""
    opened, kept = 0, []
    for line in text.split("\n")[:20]:
        kept.append(line)
        opened += line.count("(") - line.count(")")
        if opened <= 0:
            break
    return "\n".join(kept)


def _inner_body(node: Node) -> Node | None:
    """Where the fields of a struct or an interface begin."""
    inner = node.child_by_field_name("type")
    if inner is None:
        return None
    lists = ("field_declaration_list", "method_elem", "method_spec", "enumerator_list")
    found = inner.child_by_field_name("body")
    return found or next((child for child in inner.named_children if child.type in lists), None)


def _name(node: Node, source: bytes) -> str:
    """The defined name; empty where there is none."""
    at = node.child_by_field_name("name")
    inner = node.child_by_field_name("declarator")
    for _ in range(DEEPEST):
        if at is not None or inner is None:
            break
        if inner.type in _NAMES:
            at = inner
        inner = inner.child_by_field_name("declarator")
    return "" if at is None else source[at.start_byte : at.end_byte][:200].decode("utf-8", "replace")
