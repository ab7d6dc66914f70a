"""The projects of a repository: which paths may be one, which of them a file belongs to, what lies outside a scope.

A task's *scope* is a list of paths of projects; an empty one is the whole repository. Of projects that lie in one
another the deepest one has a file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, TypeVar

from otto_bot.core.path_forms import invisible, plain_path

ROOT = "."
MOST_PROJECTS = 50
LONGEST_PATH = 200
MOST_DRIFT = 50
"""Files outside of a scope that are kept by name; the others are counted."""
_GLOB = frozenset("*?[]{}!")


class HasPath(Protocol):
    """What has a path."""

    @property
    def path(self) -> str:
        """The folder, from the root of the repository."""


Part = TypeVar("Part", bound=HasPath)


def project_path(said: str) -> str:
    """A project's path in its one form: without `./` before and `/` behind it; the repository itself is `.`."""
    parts = [part for part in said.strip().split("/") if part not in ("", ROOT)]
    return "/".join(parts) or ROOT


def path_problem(said: str) -> str:
    """Why this cannot be the path of a project, in words for who wrote it; empty = it can."""
    path = said.strip()
    if len(path) > LONGEST_PATH:
        return f"a path of {len(path)} characters; at most {LONGEST_PATH} are allowed"
    if path.startswith(("/", "~")) or path[1:2] == ":":
        return "an absolute path; write it from the root of the repository, such as services/api"
    if "\\" in path:
        return "a backslash; write / between folders"
    if any(char in _GLOB for char in path):
        return "a pattern; write one entry for each folder"
    if any(ord(char) < 0x20 or ord(char) == 0x7F or invisible(char) for char in path):
        return "a character that shows nothing"
    parts = path.split("/")
    if ".." in parts:
        return "`..`; a project lies in the repository"
    if any(part == ".git" for part in plain_path(path).split("/")):
        return "git's own folder"
    return ""


def project_problems(paths: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Place in the file and reason of everything that is wrong with the paths of projects; empty = nothing."""
    if len(paths) > MOST_PROJECTS:
        return (("paths.projects", f"{len(paths)} projects; at most {MOST_PROJECTS} are allowed"),)
    found, seen = [], set()
    for number, said in enumerate(paths):
        where = f"paths.projects.{number}.path"
        if why := path_problem(said):
            found.append((where, f"`{said[:60]}` is {why}" if not why.startswith("`") else f"it has {why}"))
        elif (plain := plain_path(project_path(said))) in seen:
            found.append((where, f"`{said[:60]}` is there twice"))
        else:
            seen.add(plain)
    return tuple(found)


def divided(projects: Sequence[HasPath]) -> bool:
    """Whether a repository has parts at all: more than one project, or one that is not the repository itself."""
    return any(one.path != ROOT for one in projects)


def project_names(projects: Sequence[HasPath]) -> tuple[str, ...]:
    """The paths that a scope may name; none where a repository has no parts."""
    return tuple(one.path for one in projects) if divided(projects) else ()


def owner(path: str, projects: Collection[str]) -> str | None:
    """The project that has a file: the deepest one it lies in. None = no project has it."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in projects:
            return folder
    return ROOT if ROOT in projects else None


def in_scope(scope: Sequence[str], projects: Sequence[Part]) -> tuple[Part, ...]:
    """The projects of a scope, in the order of the repository's file. One that names nothing known is all of it."""
    chosen = tuple(one for one in projects if one.path in scope)
    return chosen or tuple(projects)


def outside(changed: Iterable[str], scope: Sequence[str], projects: Sequence[HasPath]) -> tuple[str, ...]:
    """The changed files that belong to no project of the scope, sorted, each once. A whole repository has no outside.

    A project of the scope has what lies in it, but not what a project inside of it has.
    """
    known = frozenset(one.path for one in projects)
    wanted = known.intersection(scope)
    if not wanted or not divided(projects):
        return ()
    return tuple(sorted({path for path in changed if path and owner(path, known) not in wanted}))


def touched(changed: Iterable[str], projects: Sequence[Part]) -> tuple[Part, ...]:
    """The projects in which files are changed."""
    known = frozenset(one.path for one in projects)
    owners = {owner(path, known) for path in changed if path}
    return tuple(one for one in projects if one.path in owners)


def nested(one: str, other: str) -> bool:
    """Whether two projects are the same, or one lies in the other."""
    if ROOT in (one, other):
        return True
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def disjoint(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two scopes have nothing of each other; the whole repository has something of everything."""
    return bool(one and other) and not any(nested(a, b) for a in one for b in other)
