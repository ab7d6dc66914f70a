"""The files of a repository as far as its set-up is told by them: names, folders and the small texts. Pure."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from otto_bot.core.bounded_toml import toml_of

MOST_DEPTH = 4
"""Folders deeper than this hold parts of something, not a project of their own."""
MOST_FOLDERS = 300
MOST_BYTES = 256 * 1024
MOST_TEXTS = 24
"""So many small files are read of a repository on GitHub: each is a request."""
MANIFESTS = frozenset(
    {
        "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "tox.ini", "noxfile.py", "Pipfile",
        "package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "Gemfile",
        "composer.json", "mix.exs", "CMakeLists.txt", "Package.swift", "deno.json", "deno.jsonc", "Makefile",
        "GNUmakefile", "makefile",
    }
)  # fmt: skip
READ = ("pyproject.toml", "package.json", "Makefile", "GNUmakefile", "makefile", "Cargo.toml", "pom.xml",
        "composer.json", "deno.json", "deno.jsonc", "CMakeLists.txt", ".gitattributes")  # fmt: skip
_PROJECT_FILES = (".sln", ".slnx", ".csproj", ".fsproj")
_NOT_OURS = frozenset(
    {
        "node_modules", "vendor", "third_party", "third-party", "fixtures", "fixture", "testdata", "test-data",
        "examples", "example", "samples", "sample", "templates", "template", "scenarios", "demo", "demos", "docs",
        "doc", "test", "tests", "spec", "specs", "__tests__", "dist", "build", "target", "out", "bench", "benches",
        "benchmarks", "scripts", "site-packages",
    }
)  # fmt: skip
"""Folders whose projects are examples, data, or somebody else's."""
_ODD = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]|\$\{\{")


class Tree:
    """Paths of all files, and texts of some of them by path; paths as git has them, relative, with `/`.

    A path with `${{` or a control character is left out: what stands in a workflow is evaluated.
    """

    def __init__(self, paths: Iterable[str], texts: Mapping[str, str] | None = None) -> None:
        self._paths = sorted(path for path in set(paths) if path and not _ODD.search(path))
        self._texts = texts or {}
        self._json: dict[str, Any] = {}

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for path in self._paths:
            folder, _, name = path.rpartition("/")
            found.setdefault(folder or ".", set()).add(name)
        return found

    def names(self, folder: str) -> set[str]:
        """Names of the files that lie directly in a folder."""
        return self._names.get(folder, set())

    def has(self, folder: str, *names: str) -> bool:
        """Whether one of these files is there; a name may have folders of its own."""
        return any(self._has_path(join(folder, name)) for name in names)

    def _has_path(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return name in self._names.get(folder or ".", ())

    def under(self, folder: str) -> Iterator[str]:
        """All files of a folder, at any depth, by their paths from there."""
        if folder == ".":
            yield from self._paths
            return
        head = f"{folder}/"
        for path in self._paths[bisect_left(self._paths, head) :]:
            if not path.startswith(head):
                return
            yield path[len(head) :]

    def any_under(self, folder: str, pattern: re.Pattern[str]) -> bool:
        """Whether some file of the folder matches, by its path from there."""
        return any(pattern.search(path) for path in self.under(folder))

    def text(self, folder: str, name: str) -> str:
        """A small file; empty where it is not there or was not read."""
        return self._texts.get(join(folder, name), "") if self.has(folder, name) else ""

    def toml(self, folder: str, name: str) -> Mapping[str, Any]:
        """A TOML file; empty where it is none."""
        return toml_of(self.text(folder, name)) or {}

    def json(self, folder: str, name: str) -> Mapping[str, Any]:
        """A JSON file that is a mapping; empty where it is none."""
        path = join(folder, name)
        if path not in self._json:
            try:
                data = json.loads(self.text(folder, name) or "{}")
            except (ValueError, RecursionError):
                data = {}
            self._json[path] = data if isinstance(data, dict) else {}
        found: Mapping[str, Any] = self._json[path]
        return found

    @cached_property
    def folders(self) -> list[str]:
        """Folders that may be a project, the whole first, then by depth and name."""
        found = [folder for folder, names in self._names.items() if _may_be(folder, names)]
        inner = [folder for folder in found if not any(self.has(one, "__init__.py") for one in above(folder))]
        return sorted({".", *inner}, key=lambda one: (one != ".", one.count("/"), one))[:MOST_FOLDERS]


def _may_be(folder: str, names: set[str]) -> bool:
    parts = folder.split("/")
    if len(parts) > MOST_DEPTH or any(part in _NOT_OURS or part.startswith(".") for part in parts if part != "."):
        return False
    return bool(MANIFESTS & names) or any(name.endswith(_PROJECT_FILES) for name in names)


def join(folder: str, name: str) -> str:
    """The path of a file of a folder."""
    return name if folder == "." else f"{folder}/{name}"


def above(folder: str) -> Iterator[str]:
    """The folders that hold a folder, the whole last."""
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        yield folder
    if folder != ".":
        yield "."


def texts_wanted(paths: Iterable[str], most: int = MOST_TEXTS) -> list[str]:
    """The small files that tell how a repository is set up and tested, the most telling first."""
    tree = Tree(paths)
    found = []
    for folder in tree.folders:
        names = tree.names(folder)
        projects = sorted(name for name in names if name.endswith((".csproj", ".fsproj")))[:1]
        found += [join(folder, name) for name in (*READ, *projects) if name in names]
    return found[:most]
