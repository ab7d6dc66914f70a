"""How a project of Node, Bun or Deno is set up and tested, told from its files. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from otto_bot.core.onboard_tree import Tree, above, join
from otto_bot.core.onboarding import Project, Tool

_NO_TEST = re.compile(r"no tests? specified|^\s*(?:exit\s+0|true|:)?\s*$", re.IGNORECASE)
_INSTEAD = ("test:ci", "test:unit", "unit")
_BUN_TESTS = re.compile(r"(?:^|/)(?:[^/]+[._](?:test|spec)\.[jt]sx?)$")
_DENO_TESTS = re.compile(r"(?:^|/)(?:[^/]+[._]test|test)\.[jt]sx?$")
_LOCKS = (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lock", "bun"), ("bun.lockb", "bun"),
          ("package-lock.json", "npm"), ("npm-shrinkwrap.json", "npm"))  # fmt: skip
_COREPACK = ("npm install --global corepack", "corepack enable")


def node_project(tree: Tree, folder: str) -> Project | None:
    """Set-up and test of a folder with a package.json that says how it is tested; None where it does not.

    A member of a workspace is its root's.
    """
    package = tree.json(folder, "package.json")
    if not tree.has(folder, "package.json") or any(is_workspace(tree, one) for one in above(folder)):
        return None
    manager, lock, modern = _manager(tree, folder, package)
    test = _test(tree, folder, package, manager, modern)
    if not test:
        return None
    return Project(
        path=folder, language="JavaScript", tools=(_version(tree, folder, package),),
        setup=_setup(manager, lock, modern, package), test=(test,), why="package.json",
    )  # fmt: skip


def is_workspace(tree: Tree, folder: str) -> bool:
    """Whether a folder's package.json speaks for those below it."""
    package = tree.json(folder, "package.json")
    return bool(package.get("workspaces")) or tree.has(folder, "pnpm-workspace.yaml", "lerna.json")


def _manager(tree: Tree, folder: str, package: Mapping[str, Any]) -> tuple[str, bool, bool]:
    """Its name, whether a lock file is there, and whether it is Yarn 2 or later."""
    locked = next((name for file, name in _LOCKS if tree.has(folder, file)), "")
    said = package.get("packageManager")
    name, _, version = said.partition("@") if isinstance(said, str) else ("", "", "")
    name = name if name in ("npm", "pnpm", "yarn", "bun") else locked or "npm"
    modern = name == "yarn" and (tree.has(folder, ".yarnrc.yml") or (version != "" and version[0] in "23456789"))
    return name, locked == name, modern


def _setup(manager: str, lock: bool, modern: bool, package: Mapping[str, Any]) -> tuple[str, ...]:
    if manager == "npm":
        return ("npm ci",) if lock else ("npm install",)
    by_package = isinstance(package.get("packageManager"), str) and manager != "bun"
    first: tuple[str, ...] = _COREPACK if by_package or modern else (f"npm install --global {manager}",)
    first = () if first[0].endswith(" yarn") else first  # the runner brings Yarn 1
    flag = " --immutable" if modern else " --frozen-lockfile"
    return (*first, f"{manager} install{flag if lock else ''}")


def _test(tree: Tree, folder: str, package: Mapping[str, Any], manager: str, modern: bool) -> str:
    if _says(package, "test"):
        return f"{manager} run test" if manager == "bun" else f"{manager} test"
    instead = next((name for name in _INSTEAD if _says(package, name)), "")
    if instead:
        return f"{manager} run {instead}"
    if is_workspace(tree, folder) and any(_says(tree.json(one, "package.json"), "test") for one in tree.folders):
        return {
            "npm": "npm test --workspaces --if-present",
            "pnpm": "pnpm --recursive test",
            "bun": "bun run --filter '*' test",
            "yarn": "yarn workspaces foreach --all run test" if modern else "yarn workspaces run test",
        }[manager]
    return "bun test" if manager == "bun" and tree.any_under(folder, _BUN_TESTS) else ""


def _says(package: Mapping[str, Any], name: str) -> bool:
    scripts = package.get("scripts")
    said = scripts.get(name) if isinstance(scripts, dict) else None
    return isinstance(said, str) and not _NO_TEST.search(said)


def _version(tree: Tree, folder: str, package: Mapping[str, Any]) -> Tool:
    for place in (folder, "."):
        for name in (".nvmrc", ".node-version"):
            if tree.has(place, name):
                return Tool(action="actions/setup-node", inputs={"node-version-file": join(place, name)})
    engines = package.get("engines")
    if isinstance(engines, dict) and isinstance(engines.get("node"), str):
        return Tool(action="actions/setup-node", inputs={"node-version-file": join(folder, "package.json")})
    return Tool(action="actions/setup-node", inputs={"node-version": "lts/*"})


def deno_project(tree: Tree, folder: str) -> Project | None:
    """Set-up and test of a folder with a deno.json, or None. No action of GitHub's own brings Deno: npm does."""
    name = next((one for one in ("deno.json", "deno.jsonc") if tree.has(folder, one)), "")
    if not name or any(tree.has(one, "deno.json", "deno.jsonc") for one in above(folder)):
        return None
    tasks = tree.json(folder, name).get("tasks")
    if isinstance(tasks, dict) and "test" in tasks:
        test = "deno task test"
    elif tree.any_under(folder, _DENO_TESTS):
        test = "deno test"
    else:
        return None
    tool = Tool(action="actions/setup-node", inputs={"node-version": "lts/*"})
    setup = ("npm install --global deno",)
    return Project(path=folder, language="Deno", tools=(tool,), setup=setup, test=(test,), why=name)
