"""Who may import whom: the contracts of `.importlinter`, and what they cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "otto_bot"
HEART = {"pydantic", "annotated_types", "typing_extensions"}

# package: the files (or folders, ending in a slash) that may import it
ONLY_HERE = {
    "anthropic": ("model/",),
    "dbos": ("engine/queue.py", "engine/forgetting.py"),
    "githubkit": ("github/client.py",),
    "opentelemetry": ("observe/tracing.py",),
    "tree_sitter": ("agents/mapping/definitions.py",),
}


def modules() -> list[Path]:
    """Every file of the package, without the repositories that scenarios carry."""
    found = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
    return sorted(path for path in found if "scenarios" not in path.parts)


@cache
def imported(path: Path) -> tuple[str, ...]:
    """The dotted names that a file of the package imports, at any depth; relative imports start with a dot."""
    found: list[str] = []
    for node in ast.walk(ast.parse((PACKAGE / path).read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append("." * node.level + (node.module or ""))
    return tuple(found)


def importers(package: str) -> set[str]:
    """The files that import the distribution package `package`."""
    return {
        path.as_posix()
        for path in modules()
        if package in (PACKAGE / path).read_text() and any(name.split(".")[0] == package for name in imported(path))
    }


def test_contracts_hold() -> None:
    """import-linter keeps every contract."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout


def test_the_heart_imports_pydantic_and_the_standard_library_only() -> None:
    """No library with I/O can reach the pure core."""
    allowed = HEART | set(sys.stdlib_module_names)
    strangers = {
        (path.as_posix(), name)
        for path in modules()
        if path.parts[0] == "core"
        for name in imported(path)
        if name.split(".")[0] not in allowed and not name.startswith("otto_bot.core") and name != "otto_bot.core"
    }

    assert not strangers


def test_the_heart_reads_no_clock_file_or_chance() -> None:
    """Time and chance are passed in, so that the same ledger gives the same state."""
    impure = {
        "asyncio",
        "io",
        "logging",
        "os",
        "pathlib",
        "random",
        "secrets",
        "shutil",
        "socket",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib.request",
        "uuid",
    }
    found = {
        (path.as_posix(), name)
        for path in modules()
        if path.parts[0] == "core"
        for name in imported(path)
        if name in impure or name.split(".")[0] in impure
    }

    assert not found


@pytest.mark.parametrize("package", sorted(ONLY_HERE))
def test_a_large_library_is_imported_in_its_own_place_only(package: str) -> None:
    """The rest of the house speaks to it through our own words."""
    allowed = ONLY_HERE[package]
    elsewhere = {path for path in importers(package) if not path.startswith(allowed)}

    assert not elsewhere


def test_gitpython_is_read_in_one_file_of_the_git_room() -> None:
    """GitPython is the reading half; everything that writes or talks to a network is git itself."""
    files = importers("git")

    assert len(files) <= 1
    assert all(path.startswith("git/") for path in files)


def test_nobody_imports_the_playground() -> None:
    """It is a process of its own, and knows nothing of the bot but the cage, which is the same for both."""
    guests = set()
    for path in modules():
        own = path.parts[0] == "playground"
        for name in imported(path):
            theirs = name.startswith("otto_bot.playground")
            cage = own and name.startswith("otto_bot.sandbox.")
            if name.split(".")[0] == "otto_bot" and own != theirs and not cage:
                guests.add((path.as_posix(), name))

    assert not guests


def web_process() -> list[str]:
    """The modules that the process which receives webhooks starts from."""
    names = ("otto_bot.app", "otto_bot.intake.webhook")
    return [name for name in names if (ROOT / name.replace(".", "/")).with_suffix(".py").exists()]


def test_the_web_process_cannot_reach_the_queue_or_the_model() -> None:
    """Not even by an import inside a function."""
    graph = grimp.build_graph("otto_bot", include_external_packages=True, cache_dir=None)
    entries = [name for name in web_process() if name in graph.modules]
    chains = [graph.find_shortest_chain(entry, heavy) for entry in entries for heavy in ("dbos", "anthropic")]

    assert entries
    assert not [chain for chain in chains if chain]


def test_the_web_process_starts_without_the_large_libraries() -> None:
    """What is loaded after the import, in a process of its own."""
    program = f"import sys, {', '.join(web_process())}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    loaded = set(done.stdout.split())

    assert done.returncode == 0, done.stderr
    assert not loaded & {"anthropic", "dbos", "git", "githubkit"}
