"""How the test of a JUnit XML case is called by the runner that wrote it, so that reports and logs agree."""

from __future__ import annotations

import re
from typing import NamedTuple

_SCRIPT = re.compile(r"\.[cm]?[jt]sx?$")


class Case(NamedTuple):
    """A failed case as its report has it: attributes of its suite and its own, and what its failure says."""

    tool: str
    suite: dict[str, str]
    attributes: dict[str, str]
    message: str
    kind: str
    text: str


class Name(NamedTuple):
    """The id, the file and line the report gives outright, and whether traces end with the place of the error."""

    id: str
    file: str | None
    line: int | None
    python: bool


def name_of(case: Case) -> Name:
    """The name of a failed case in its runner's own notation."""
    attributes = case.attributes
    name = attributes.get("name", "").strip()
    group = (attributes.get("classname") or attributes.get("class") or "").strip()
    file = attributes.get("file") or attributes.get("filepath") or case.suite.get("file") or case.suite.get("filepath")
    line = attributes.get("line") or attributes.get("lineno") or ""
    number = int(line) if line.isdigit() and len(line) < 9 else None
    if _is_pytest(case):
        path, node = _pytest(group, name, file)
        return Name(node, path, number + 1 if number is not None and file else number, python=True)
    return Name(_joined(case, group, name, file) or group or "(no name)", file or None, number, python=False)


def _is_pytest(case: Case) -> bool:
    return case.suite.get("name", "").startswith("pytest") or case.tool.startswith("pytest")


def _pytest(group: str, name: str, file: str | None) -> tuple[str, str]:
    """`tests.test_a.TestB` and `test_c[1]` are `tests/test_a.py::TestB::test_c[1]`; without a group it is a module."""
    if not group:
        path = file or name.replace(".", "/") + ".py"
        return path, path
    parts = group.split(".")
    if file:
        stem = file.removesuffix(".py").replace("\\", "/").split("/")
        while stem and parts[: len(stem)] != stem:
            stem = stem[1:]
        at = len(stem) or len(parts)
        path = file
    else:
        at = next((at for at, part in enumerate(parts) if at and part[:1].isupper()), len(parts))
        path = "/".join(parts[:at]) + ".py"
    return path, "::".join([path, *parts[at:], name])


def _joined(case: Case, group: str, name: str, file: str | None) -> str:
    """Group and name, put together as the runner prints them."""
    separator = _separator(case, group, name, file)
    if separator is None:
        return name
    if separator == "::" and case.attributes.get("class"):
        group = case.attributes["class"]
    if group.startswith("Elixir."):
        return f"{name} ({group.removeprefix('Elixir.')})"
    return f"{group}{separator}{name}"


def _separator(case: Case, group: str, name: str, file: str | None) -> str | None:
    """What stands between group and name; None where the name says all."""
    if not group or name.startswith(group) or group == name or group in ("test", "suite"):
        return None
    if case.attributes.get("class") and "\\" in case.attributes["class"]:
        return "::"
    if _SCRIPT.search(group):
        return " › " if " › " in name else " > "
    if (file or "").endswith(("_spec.rb", ".feature")) or "rspec" in case.tool.lower():
        return None
    if case.tool.startswith("nextest"):
        return " "
    if group.endswith(name) or name.endswith(group):
        return None  # reporters that give the full title as the group
    return "."
