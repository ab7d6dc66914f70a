"""Which files of a tree its workflows execute: actions and workflows in it, named scripts, what build tools read.

A reviewer looks at these first: who changes `conftest.py`, a `postinstall` or a local action decides what CI runs. Test
files and the sources under test are executed, too, and are what a review is about anyway; they are not listed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from otto_bot.core.lanes import Workflow
from otto_bot.core.values import Frozen

MOST = 200


class Executed(Frozen):
    """A file that a workflow executes, or that says what is executed, and by what."""

    path: str
    by: str


class _Tool(Frozen):
    """A command, as a regular expression of its names, and the files that decide what it executes.

    `names` are base names in lower case, `beginnings` and `folders` the first part of one, `endings` the last.
    """

    command: str
    names: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def _tool(command: str, names: str, beginnings: str = "", endings: str = "", folders: str = "") -> _Tool:
    return _Tool(
        command=command, names=frozenset(names.split()), beginnings=tuple(beginnings.split()),
        endings=tuple(endings.split()), folders=tuple(folders.split()),
    )  # fmt: skip


_PYTHON = "pyproject.toml setup.py setup.cfg"
TOOLS = (
    _tool(
        "npm|npx|pnpm|yarn|bun|bunx|corepack|node|deno|lerna|nx|turbo|jest|vitest|mocha|tsc|eslint|gulp|grunt",
        "package.json package-lock.json npm-shrinkwrap.json pnpm-lock.yaml pnpm-workspace.yaml yarn.lock bun.lock"
        " bun.lockb .npmrc .yarnrc .yarnrc.yml .pnp.cjs .pnp.loader.mjs .pnpmfile.cjs bunfig.toml lerna.json nx.json"
        " turbo.json deno.json deno.jsonc deno.lock tsconfig.json .mocharc.js .mocharc.json .mocharc.yml",
        "jest.config. vitest.config. vite.config. webpack.config. rollup.config. babel.config. .babelrc .eslintrc"
        " eslint.config. playwright.config. cypress.config. karma.conf. gulpfile. gruntfile. next.config."
        " postcss.config.",
        folders=".husky .yarn",
    ),
    _tool("make|gmake|cmake|ctest|ninja|meson|configure", "makefile gnumakefile cmakelists.txt meson.build configure"
          " cmakepresets.json", "", ".mk .cmake"),
    _tool("pytest|py\\.test", f"conftest.py pytest.ini .pytest.ini tox.ini sitecustomize.py {_PYTHON}"),
    _tool("tox|nox", f"tox.ini noxfile.py {_PYTHON}"),
    _tool("pip|pip3|pipx|uv|uvx|poetry|pdm|hatch|pipenv|build|python|python3|coverage",
          "uv.lock uv.toml poetry.lock poetry.toml pdm.lock hatch.toml pipfile pipfile.lock sitecustomize.py"
          f" {_PYTHON}", "requirements constraints"),
    _tool("pre-commit|prek", ".pre-commit-config.yaml .pre-commit-hooks.yaml"),
    _tool("just|task|mage|invoke|doit", "justfile .justfile taskfile.yml taskfile.yaml magefile.go tasks.py dodo.py"),
    _tool("cargo|rustc", "cargo.toml cargo.lock build.rs rust-toolchain rust-toolchain.toml", folders=".cargo"),
    _tool("go|golangci-lint", "go.mod go.sum go.work .golangci.yml .golangci.yaml"),
    _tool("gradle|gradlew", "gradlew gradlew.bat gradle.properties libs.versions.toml", "build.gradle settings.gradle",
          "", "gradle/wrapper buildsrc"),
    _tool("mvn|mvnw", "pom.xml mvnw mvnw.cmd", folders=".mvn"),
    _tool("bundle|rake|rspec|gem|ruby", "gemfile gemfile.lock rakefile .rspec", "", ".gemspec"),
    _tool("composer|phpunit|php", "composer.json composer.lock phpunit.xml phpunit.xml.dist"),
    _tool("dotnet|msbuild|nuget", "directory.build.props directory.build.targets directory.packages.props nuget.config"
          " global.json", "", ".csproj .fsproj .vbproj .sln .targets .props"),
    _tool("mix|rebar3", "mix.exs mix.lock rebar.config"),
    _tool("swift|xcodebuild|pod|fastlane", "package.swift podfile fastfile", "", ".pbxproj"),
    _tool("sbt|scala|mill", "build.sbt build.sc", "", ".sbt", "project"),
    _tool("docker|docker-compose|podman|buildah", ".dockerignore", "dockerfile docker-compose compose.y containerfile"
          " docker-bake", ".dockerfile"),
    _tool("bazel|bazelisk", ".bazelrc .bazelversion module.bazel workspace workspace.bazel build build.bazel",
          "", ".bzl"),
)  # fmt: skip
_ANYTHING = "anything"
_CALLS_OTHERS = frozenset(
    tool.command for tool in TOOLS if {"make", "tox", "just", "npm", "pre-commit"} & set(tool.command.split("|"))
)
"""What these call is written in files that are not read here."""
_COMMANDS = [(re.compile(rf"(?<![\w.\-])(?:{tool.command})(?![\w\-])", re.IGNORECASE), tool) for tool in TOOLS]
_WORD = re.compile(r"[^\s;|&()<>`\"'=,{}\[\]$]+")
_MODULE = re.compile(r"\bpython[0-9.]*\s+(?:-[A-Zb-z]\s+)*-m\s+([A-Za-z_][\w.]*)")


def executed_paths(workflows: Sequence[Workflow], listing: Iterable[str]) -> tuple[Executed, ...]:
    """The files of `listing` (all paths of a commit) that its workflows execute, each once, sorted by path.

    What a script, a Makefile or a local action calls is not seen from here: files of all tools count behind these.
    """
    paths = sorted(set(listing))
    look = _Look(paths)
    for workflow in workflows:
        look.at(workflow)
    return tuple(Executed(path=path, by=by) for path, by in sorted(look.found.items()))


class _Look:
    """One look at the workflows of a tree. `found`: path → by what it is executed."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._known = frozenset(paths)
        self._tools: dict[str, str] = {}
        self.found: dict[str, str] = {}

    def at(self, workflow: Workflow) -> None:
        """Everything that one workflow executes."""
        where = workflow.path.rpartition("/")[2]
        if workflow.path in self._known:
            self.found.setdefault(workflow.path, "it is a workflow")
        before = len(self._tools)
        for step, folder in _steps(workflow.data or {}):
            self._step(step, folder, where)
        for tool in TOOLS if len(self._tools) > before else ():
            by = self._tools.get(tool.command) or self._tools.get(_ANYTHING)
            for path in self._paths if by else ():
                if _decides(tool, path):
                    self.found.setdefault(path, by or "")

    def _step(self, step: Mapping[str, Any], folder: str, where: str) -> None:
        uses, run = step.get("uses"), step.get("run")
        if isinstance(uses, str) and uses.startswith("./"):
            self._tools.setdefault(_ANYTHING, f"maybe, through {uses[:100]} in {where}")
            for path in _of_action(uses, self._paths):
                self.found.setdefault(path, f"{uses[:100]} in {where}")
        if not isinstance(run, str):
            return
        for path in _named(run, folder, self._known):
            self._tools.setdefault(_ANYTHING, f"maybe, through {path[:100]} in {where}")
            self.found.setdefault(path, f"named in {where}")
        for pattern, tool in _COMMANDS:
            if match := pattern.search(run):
                self._tools.setdefault(tool.command, f"{match[0][:40]} in {where}")
                if tool.command in _CALLS_OTHERS:
                    self._tools.setdefault(_ANYTHING, f"maybe, through {match[0][:40]} in {where}")


def touched(executed: Iterable[Executed], changed: Iterable[str]) -> tuple[Executed, ...]:
    """Those that a diff changes, at most MOST."""
    names = frozenset(changed)
    return tuple(one for one in executed if one.path in names)[:MOST]


def _steps(data: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each step with the folder it works in; a job that calls a workflow is one step."""
    jobs, top = data.get("jobs"), _folder(data)
    for job in jobs.values() if isinstance(jobs, dict) else ():
        if not isinstance(job, dict):
            continue
        if "uses" in job:
            yield {"uses": job["uses"]}, ""
        steps, mine = job.get("steps"), _folder(job) or top
        for step in steps if isinstance(steps, list) else ():
            if isinstance(step, dict):
                yield step, str(step.get("working-directory") or mine)


def _folder(data: Mapping[str, Any]) -> str:
    run = defaults.get("run") if isinstance(defaults := data.get("defaults"), dict) else None
    return str(run.get("working-directory") or "") if isinstance(run, dict) else ""


def _of_action(uses: str, paths: Sequence[str]) -> Iterator[str]:
    """A local action with everything in its folder; of one at the root what an action is made of."""
    folder = posixpath.normpath(uses)
    if folder == ".":
        yield from (p for p in paths if p in ("action.yml", "action.yaml", "Dockerfile") or p.startswith("dist/"))
    else:
        yield from (path for path in paths if path == folder or path.startswith(f"{folder}/"))


def _named(run: str, folder: str, known: frozenset[str]) -> Iterator[str]:
    """Files whose path stands in a command, from the step's folder or from the root; modules behind `python -m`."""
    words = [match[0] for match in _WORD.finditer(run)]
    for module in _MODULE.findall(run):
        path = module.replace(".", "/")
        words += [f"{src}{path}{end}" for src in ("", "src/") for end in (".py", "/__main__.py", "/__init__.py")]
    for word in words:
        for path in (posixpath.normpath(word), posixpath.normpath(posixpath.join(folder, word))):
            if path in known:
                yield path


def _decides(tool: _Tool, path: str) -> bool:
    lower = path.lower()
    name = lower.rpartition("/")[2]
    if name in tool.names or (tool.beginnings and name.startswith(tool.beginnings)):
        return True
    if tool.endings and name.endswith(tool.endings):
        return True
    return any(lower.startswith(f"{folder}/") or f"/{folder}/" in lower for folder in tool.folders)
