"""What a repository's files and workflows say of how it is tested, as one value. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from otto_bot.core.lanes import Workflow
from otto_bot.core.onboard_languages import (
    cmake_project,
    dotnet_project,
    elixir_project,
    go_project,
    java_project,
    make_project,
    php_project,
    ruby_project,
    rust_project,
    script_project,
    swift_project,
)
from otto_bot.core.onboard_node import deno_project, node_project
from otto_bot.core.onboard_python import NO_MANIFEST, python_project
from otto_bot.core.onboard_tree import Tree
from otto_bot.core.onboard_workflows import callable_workflow, tested_by
from otto_bot.core.onboarding import CONFIG_PATH, MOST_PROJECTS, Facts, Project, Tool
from otto_bot.core.source_files import has_source

_LANGUAGES: tuple[Callable[[Tree, str], Project | None], ...] = (
    python_project, node_project, deno_project, go_project, rust_project, java_project, dotnet_project, ruby_project,
    php_project, elixir_project, cmake_project, swift_project,
)  # fmt: skip
_ELSE = (make_project, script_project)
"""Asked where no language says how a folder is tested."""
NEWEST = {
    tool.action: tool
    for tool in (
        Tool(action="actions/setup-python", inputs={"python-version": "3.x"}),
        Tool(action="actions/setup-node", inputs={"node-version": "lts/*"}),
        Tool(action="actions/setup-go", inputs={"go-version": "stable"}),
        Tool(action="actions/setup-java", inputs={"distribution": "temurin", "java-version": "21"}),
        Tool(action="actions/setup-dotnet", inputs={"dotnet-version": "10.0.x"}),
    )
}
"""Where nothing says which version."""
MOST_COMMANDS = 16_000
"""Characters of all commands together."""
RUNNERS_RUBY = "`.ruby-version` may ask for another Ruby than the runner has; no action of GitHub's own installs one."


def facts_of(
    paths: Iterable[str],
    texts: Mapping[str, str],
    workflows: Sequence[Workflow] = (),
    *,
    repository: str = "",
    default_branch: str = "main",
    workflow: str = "otto-verify.yml",
) -> Facts:
    """Facts of a tree: all its `paths`, the `texts` of `texts_wanted`, its workflow files as values.

    A workflow that can be called comes first, then the commands of the jobs that test, then what the files tell.
    """
    known = list(paths)
    made = Facts(workflow=workflow)
    tree = Tree(known, texts)
    usable = [one for one in workflows if one.data is not None and one.path != made.path]
    called = callable_workflow(usable, repository, default_branch)
    seen = tested_by(usable, repository, default_branch)
    guessed = [found for folder in tree.folders if (found := project_in(tree, folder)) is not None]
    projects = _together(seen, guessed)
    kept = _bounded(projects)
    names = set(known)
    return Facts(
        workflow=workflow,
        projects=kept,
        called=called,
        empty=not projects and not called and not has_source(known),
        notes=tuple(_notes(tree, projects, len(kept))),
        has_verify=made.path in names,
        has_config=CONFIG_PATH in names,
        source=", ".join(sorted({one.why for one in seen}))[:200],
    )


def project_in(tree: Tree, folder: str) -> Project | None:
    """How a folder is tested, as its files tell; of several languages all commands, one after the other."""
    found = [one for ask in _LANGUAGES if (one := ask(tree, folder)) is not None]
    if not found or [one.why for one in found] == [NO_MANIFEST]:
        said = next((one for ask in _ELSE if (one := ask(tree, folder)) is not None), None)
        return said or (found[0] if found else None)
    if len(found) == 1:
        return found[0]
    return Project(
        path=folder,
        language=" and ".join(one.language for one in found),
        tools=tuple(tool for one in found for tool in one.tools),
        setup=tuple(command for one in found for command in one.setup),
        test=tuple(command for one in found for command in one.test),
        why=", ".join(one.why for one in found),
    )


def _together(seen: Sequence[Project], guessed: Sequence[Project]) -> list[Project]:
    """What CI does counts more than a guess; where it tests the whole, it says what is worth testing."""
    if not seen or any(one.path == "." for one in seen):
        by_path = {one.path: one for one in guessed}
        return [_with_tools(one, by_path.get(one.path)) for one in seen] or list(guessed)
    taken = {one.path for one in seen}
    more = [one for one in guessed if one.path != "." and one.path not in taken]
    return sorted([*seen, *more], key=lambda one: one.path)


def _with_tools(seen: Project, guessed: Project | None) -> Project:
    """A tool whose version a matrix says has none here: the files of the repository say one."""
    known = {tool.action: tool for tool in guessed.tools} if guessed else {}
    tools = [one if _says_version(one) else known.get(one.action, NEWEST[one.action]) for one in seen.tools]
    language = guessed.language if guessed else ""
    return seen.model_copy(update={"tools": tuple(tools), "language": language})


def _says_version(tool: Tool) -> bool:
    return any("version" in name or name == "global-json-file" for name in tool.inputs)


def _bounded(projects: Sequence[Project]) -> tuple[Project, ...]:
    """The first of them, as long as their commands fit into one file that a person reads."""
    found: list[Project] = []
    left = MOST_COMMANDS
    for one in projects[:MOST_PROJECTS]:
        left -= sum(len(command) for command in (*one.setup, *one.test)) + len(one.path)
        if left < 0:
            break
        found.append(one)
    return tuple(found)


def _notes(tree: Tree, projects: Sequence[Project], kept: int) -> list[str]:
    notes = []
    if len(projects) > kept:
        left = ", ".join(one.path for one in projects[kept:][:5])
        notes.append(f"{len(projects)} parts were found; {kept} have a job here. Left out, among others: {left}.")
    if any("Ruby" in one.language and tree.has(one.path, ".ruby-version") for one in projects):
        notes.append(RUNNERS_RUBY)
    if tree.has(".", ".gitmodules"):
        notes.append("Submodules are not checked out here; a test that needs them fails.")
    if tree.has(".", ".gitattributes") and "filter=lfs" in tree.text(".", ".gitattributes"):
        notes.append("Files in Git LFS are not fetched here; add `lfs: true` to the checkout if tests need them.")
    return notes
