"""Which files of a repository are its source, and whether it has any: what is written about it does not count."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = re.compile(
    r"^(?:readme|licen[cs]e|copying|notice|unlicense|authors|contributors|maintainers|codeowners|changelog|changes|"
    r"history|news|security|support|governance|contributing|code_of_conduct|todo|version)(?:[._-].*)?$",
    re.IGNORECASE,
)
_TEXT = frozenset(
    {
        ".md", ".mdx", ".markdown", ".rst", ".adoc", ".asciidoc", ".txt", ".org", ".tex", ".pdf", ".doc", ".docx",
        ".odt", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico",
    }
)  # fmt: skip
_SETTINGS = frozenset(
    {
        ".json", ".jsonc", ".json5", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".lock", ".sum",
        ".env", ".xml",
    }
)  # fmt: skip
_SETTING_NAMES = frozenset(
    {
        "makefile", "gnumakefile", "justfile", "procfile", "dockerfile", "containerfile", "gemfile", "rakefile",
        "pipfile", "brewfile", "vagrantfile", "jenkinsfile", "go.mod", "go.work", "setup.py", "conftest.py",
        "build.gradle", "settings.gradle", "build.gradle.kts", "settings.gradle.kts", "package.swift", "mix.exs",
        "build.sbt", "manifest.in", "pkg-info",
    }
)  # fmt: skip
_CONFIG_SCRIPT = re.compile(r"^(?:[\w.-]+\.)?(?:config|rc)\.(?:[cm]?[jt]s)$", re.IGNORECASE)
_DOCS = frozenset({"doc", "docs", "documentation"})


def is_source(path: str) -> bool:
    """Whether a file is part of what a product is made of, judged by its path alone.

    Not so: what is hidden (`.github/…`), prose and pictures, licences, configuration and manifests, and whatever
    stands in a folder for documents. What nobody knows counts as source: Otto takes no repository for empty wrongly.
    """
    parts = path.split("/")
    if any(part.startswith(".") or not part for part in parts):
        return False
    if any(part.lower() in _DOCS for part in parts[:-1]):
        return False
    name = parts[-1].lower()
    if name in _SETTING_NAMES or _CONFIG_SCRIPT.match(name):
        return False
    stem, dot, end = parts[-1].rpartition(".")
    suffix = f".{end}" if dot and stem else ""
    if _WORDS.match(name) and (not suffix or suffix.isupper()):  # LICENSE, COPYING.LESSER; not readme.py
        return False
    return suffix.lower() not in _TEXT | _SETTINGS


def has_source(paths: Iterable[str]) -> bool:
    """Whether a repository has any source file."""
    return any(is_source(path) for path in paths)
