"""The languages whose definitions a map can show: file suffixes, grammars, and the kinds of nodes that define.

Imports nothing but the standard library: the process that parses starts from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Language:
    """A grammar (`module.function` of its wheel), and node types: `defines` are shown, `holds` are shown and opened.

    `through` are opened without being shown: conditions, exports, and the like.
    """

    name: str
    module: str
    function: str = "language"
    defines: frozenset[str] = field(default_factory=frozenset)
    holds: frozenset[str] = field(default_factory=frozenset)
    through: frozenset[str] = field(default_factory=frozenset)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SCRIPT_DEFINES = _set(
    "function_declaration generator_function_declaration method_definition function_signature method_signature "
    "abstract_method_signature type_alias_declaration enum_declaration variable_declarator"
)
_SCRIPT_HOLDS = _set("class_declaration abstract_class_declaration interface_declaration internal_module module")
_SCRIPT_THROUGH = _set(
    "export_statement lexical_declaration variable_declaration ambient_declaration class_body interface_body "
    "statement_block if_statement object_type expression_statement"
)
_C_DEFINES = _set("function_definition enum_specifier type_definition union_specifier declaration field_declaration")
_C_THROUGH = _set(
    "preproc_ifdef preproc_if preproc_else preproc_elif linkage_specification declaration_list field_declaration_list "
    "template_declaration"
)

LANGUAGES: Mapping[str, Language] = {
    one.name: one
    for one in (
        Language(
            "python", "tree_sitter_python",
            defines=_set("function_definition"),
            holds=_set("class_definition"),
            through=_set("block decorated_definition if_statement else_clause try_statement with_statement"),
        ),
        Language("javascript", "tree_sitter_javascript", "language", _SCRIPT_DEFINES, _SCRIPT_HOLDS, _SCRIPT_THROUGH),
        Language("typescript", "tree_sitter_typescript", "language_typescript", _SCRIPT_DEFINES, _SCRIPT_HOLDS,
                 _SCRIPT_THROUGH),
        Language("tsx", "tree_sitter_typescript", "language_tsx", _SCRIPT_DEFINES, _SCRIPT_HOLDS, _SCRIPT_THROUGH),
        Language(
            "go", "tree_sitter_go",
            defines=_set("function_declaration method_declaration type_spec type_alias"),
            through=_set("type_declaration"),
        ),
        Language(
            "rust", "tree_sitter_rust",
            defines=_set("function_item function_signature_item struct_item enum_item union_item type_item "
                         "macro_definition"),
            holds=_set("trait_item impl_item mod_item"),
            through=_set("declaration_list"),
        ),
        Language(
            "java", "tree_sitter_java",
            defines=_set("method_declaration constructor_declaration annotation_type_declaration"),
            holds=_set("class_declaration interface_declaration enum_declaration record_declaration"),
            through=_set("class_body interface_body enum_body enum_body_declarations"),
        ),
        Language(
            "ruby", "tree_sitter_ruby",
            defines=_set("method singleton_method"),
            holds=_set("class module singleton_class"),
            through=_set("body_statement begin if unless"),
        ),
        Language("c", "tree_sitter_c", "language", _C_DEFINES, _set("struct_specifier"), _C_THROUGH),
        Language(
            "cpp", "tree_sitter_cpp", "language", _C_DEFINES,
            _set("struct_specifier class_specifier namespace_definition"), _C_THROUGH,
        ),
        Language(
            "csharp", "tree_sitter_c_sharp",
            defines=_set("method_declaration constructor_declaration delegate_declaration enum_declaration"),
            holds=_set("class_declaration interface_declaration struct_declaration record_declaration "
                       "namespace_declaration"),
            through=_set("declaration_list file_scoped_namespace_declaration preproc_if"),
        ),
        Language(
            "php", "tree_sitter_php", "language_php",
            defines=_set("function_definition method_declaration"),
            holds=_set("class_declaration interface_declaration trait_declaration enum_declaration "
                       "namespace_definition"),
            through=_set("declaration_list enum_declaration_list if_statement compound_statement"),
        ),
    )
}  # fmt: skip

_SUFFIXES: Mapping[str, str] = {
    ".py": "python", ".pyi": "python",
    ".js": "javascript", ".jsx": "javascript", ".mjs": "javascript", ".cjs": "javascript",
    ".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "tsx",
    ".go": "go", ".rs": "rust", ".java": "java", ".rb": "ruby", ".rake": "ruby",
    ".c": "c", ".h": "cpp", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".hh": "cpp", ".hpp": "cpp", ".hxx": "cpp",
    ".cs": "csharp", ".php": "php",
}  # fmt: skip


def language_of(path: str) -> str | None:
    """The language of a file by its suffix; None where a map cannot show its definitions."""
    return _SUFFIXES.get(PurePosixPath(path).suffix.lower())
