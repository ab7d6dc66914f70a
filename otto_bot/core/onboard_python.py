"""How a Python project is set up and tested, told from its files. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from otto_bot.core.onboard_tree import Tree, join
from otto_bot.core.onboarding import Project, Tool

_TESTS = re.compile(r"(?:^|/)(?:test_[^/]+|[^/]+_test|conftest|tests)\.py$")
_TESTS_AT_HAND = re.compile(r"^(?:tests?/(?:.*/)?)?(?:test_[^/]+|[^/]+_test|conftest|tests)\.py$")
_REQUIREMENTS = (
    "requirements.txt", "requirements-dev.txt", "requirements-test.txt", "requirements_dev.txt",
    "requirements_test.txt", "dev-requirements.txt", "test-requirements.txt", "requirements/dev.txt",
    "requirements/test.txt",
)  # fmt: skip
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "noxfile.py", "Pipfile", *_REQUIREMENTS)
_EXTRA = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}")
_PYTEST = re.compile(r"^pytest(?![A-Za-z0-9._-])", re.IGNORECASE)
NO_MANIFEST = "test files"
"""What a guess rests on where nothing says what is installed: whatever says more counts more."""
_PIP = "python -m pip install"


def python_project(tree: Tree, folder: str) -> Project | None:
    """Set-up and test of a folder with Python tests; None where there are none."""
    data = tree.toml(folder, "pyproject.toml")
    tool = _mapping(data.get("tool"))
    tested = "pytest" in tool or tree.has(folder, "tox.ini", "noxfile.py", "pytest.ini")
    bare = not tree.has(folder, *_MANIFESTS)
    if bare and folder != ".":
        return None
    # Without a manifest test files further down may be those of a part.
    if not tested and not tree.any_under(folder, _TESTS_AT_HAND if bare else _TESTS):
        return None
    setup, test = _commands(tree, folder, data, tool)
    why = next((name for name in _MANIFESTS if tree.has(folder, name)), NO_MANIFEST)
    return Project(
        path=folder, language="Python", tools=(_version(tree, folder, data, tool),), setup=setup, test=test, why=why
    )


def _commands(
    tree: Tree, folder: str, data: Mapping[str, Any], tool: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    extras = _extras_with_pytest(data)
    named = bool(extras) or _names_pytest(data, tool)
    if not named and tree.has(folder, "noxfile.py"):
        return (f"{_PIP} nox",), ("nox --no-error-on-missing-interpreters",)
    if not named and tree.has(folder, "tox.ini"):
        return (f"{_PIP} tox",), ("tox -e py",)
    if tree.has(folder, "uv.lock") or "uv" in tool:
        locked = " --locked" if tree.has(folder, "uv.lock") else ""
        return (f"{_PIP} uv", f"uv sync{locked}{' --all-extras' if extras else ''}"), (
            "uv run pytest" if named else "uv run --with pytest pytest",
        )
    if tree.has(folder, "poetry.lock") or "poetry" in tool:
        return (f"{_PIP} poetry", f"poetry install{' --all-extras' if extras else ''}"), ("poetry run pytest",)
    if tree.has(folder, "pdm.lock"):
        return (f"{_PIP} pdm", "pdm install"), ("pdm run pytest",)
    if tree.has(folder, "Pipfile"):
        how = "sync" if tree.has(folder, "Pipfile.lock") else "install"
        return (f"{_PIP} pipenv", f"pipenv {how} --dev"), ("pipenv run python -m pytest",)
    return _pip(tree, folder, data, extras)


def _pip(
    tree: Tree, folder: str, data: Mapping[str, Any], extras: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    project = _mapping(data.get("project"))
    setup = [f"{_PIP} -r {name}" for name in _REQUIREMENTS if tree.has(folder, name)]
    if "build-system" in data or project.get("dependencies") or tree.has(folder, "setup.py"):
        wanted = '".[' + ",".join(extras) + ']"' if extras else "."
        setup.append(f"{_PIP} -e {wanted}")
    groups = [name for name in _groups(data) if name in ("dev", "test", "tests", "testing")]
    setup += [f"{_PIP} --upgrade pip"] if groups else []
    setup += [f"{_PIP} --group {name}" for name in groups]
    plain = not extras and not groups and "pytest" not in _mapping(data.get("tool")) and len(setup) == 0
    if plain and tree.has(folder, "tests/__init__.py") and not tree.has(folder, "pytest.ini", "conftest.py"):
        return (), ("python -m unittest discover -s tests -t .",)
    if not extras:
        setup.append(f"{_PIP} pytest")
    return tuple(setup), ("python -m pytest",)


def _version(tree: Tree, folder: str, data: Mapping[str, Any], tool: Mapping[str, Any]) -> Tool:
    for place in (folder, "."):
        if tree.has(place, ".python-version"):
            return Tool(action="actions/setup-python", inputs={"python-version-file": join(place, ".python-version")})
    poetry = _mapping(_mapping(tool.get("poetry")).get("dependencies"))
    if "requires-python" in _mapping(data.get("project")) or "python" in poetry:
        return Tool(action="actions/setup-python", inputs={"python-version-file": join(folder, "pyproject.toml")})
    return Tool(action="actions/setup-python", inputs={"python-version": "3.x"})


def _extras_with_pytest(data: Mapping[str, Any]) -> list[str]:
    extras = _mapping(_mapping(data.get("project")).get("optional-dependencies"))
    return [name for name, wanted in extras.items() if _EXTRA.fullmatch(name) and _has_pytest(wanted)][:3]


def _groups(data: Mapping[str, Any]) -> list[str]:
    return [name for name in _mapping(data.get("dependency-groups")) if _EXTRA.fullmatch(name)]


def _names_pytest(data: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    if any(_has_pytest(wanted) for wanted in _mapping(data.get("dependency-groups")).values()):
        return True
    poetry, uv = _mapping(tool.get("poetry")), _mapping(tool.get("uv"))
    groups = [_mapping(one).get("dependencies") for one in _mapping(poetry.get("group")).values()]
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies"), *groups]
    return _has_pytest(uv.get("dev-dependencies")) or any("pytest" in _mapping(table) for table in tables)


def _has_pytest(wanted: object) -> bool:
    return isinstance(wanted, list) and any(isinstance(one, str) and _PYTEST.match(one) for one in wanted)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
