"""Which files of a tree its workflows execute."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.ci_paths import TOOLS, executed_paths, touched
from otto_bot.core.lanes import Workflow

CI = ".github/workflows/ci.yml"
TREE = (
    CI, "action.yml", "tools/act/action.yml", "tools/act/index.js", "scripts/test.sh", "web/scripts/test.sh",
    "Makefile",
    "package.json", "web/package.json", "web/.npmrc", ".husky/pre-commit", "pyproject.toml", "tests/conftest.py",
    "tests/test_a.py", "src/app/__main__.py", "src/app/core.py", "docs/index.md", "Cargo.toml", "build.rs",
    "Dockerfile",
)  # fmt: skip


def by(*steps: Any, **job: Any) -> dict[str, str]:
    """Executed paths without the workflow itself, and what executes them."""
    data = {"on": "push", "jobs": {"a": {"runs-on": "x", "steps": list(steps), **job}}}
    found = {one.path: one.by for one in executed_paths([Workflow(path=CI, data=data)], TREE)}
    assert found.pop(CI) == "it is a workflow"
    return found


@pytest.mark.parametrize(
    ("run", "paths"),
    [
        ("echo hello", []),
        ("pytest -q", ["pyproject.toml", "tests/conftest.py"]),
        ("python -m pytest", ["pyproject.toml", "tests/conftest.py"]),
        ("npm ci", ["Cargo.toml", "Dockerfile", "Makefile", "package.json", "web/package.json", "web/.npmrc"]),
        ("cargo test", ["Cargo.toml", "build.rs"]),
        ("docker build .", ["Dockerfile"]),
        ("./scripts/test.sh --fast", ["scripts/test.sh", "tests/conftest.py", "Makefile"]),
        ("bash \"scripts/test.sh\"; true", ["scripts/test.sh"]),
        ("python -m app", ["src/app/__main__.py"]),
        ("make check", ["Makefile", "tests/conftest.py", "package.json", "Cargo.toml"]),
    ],
)  # fmt: skip
def test_commands_and_what_decides_what_they_do(run: str, paths: list[str]) -> None:
    found = by({"run": run})
    assert [path for path in paths if path not in found] == []
    assert "docs/index.md" not in found
    assert "tests/test_a.py" not in found
    if not paths:
        assert found == {}


def test_local_actions_with_everything_in_them() -> None:
    found = by({"uses": "./tools/act"})
    assert found["tools/act/index.js"] == found["tools/act/action.yml"] == "./tools/act in ci.yml"
    assert found["Makefile"] == "maybe, through ./tools/act in ci.yml"
    assert set(by({"uses": "./"})) >= {"action.yml", "Dockerfile"}
    assert by({"uses": "actions/checkout@v5"}) == {}


def test_called_workflows_and_working_directories() -> None:
    data = {"on": "push", "jobs": {"a": {"uses": "./.github/workflows/inner.yml"}}}
    tree = [CI, ".github/workflows/inner.yml"]
    assert {one.path for one in executed_paths([Workflow(path=CI, data=data)], tree)} == set(tree)
    for found in (
        by({"run": "./scripts/test.sh", "working-directory": "web"}),
        by({"run": "scripts/test.sh"}, defaults={"run": {"working-directory": "./web"}}),
    ):
        assert found["web/scripts/test.sh"] == "named in ci.yml"


def test_only_what_a_diff_changes_is_told() -> None:
    executed = executed_paths([Workflow(path=CI, data={"jobs": {"a": {"steps": [{"run": "make"}]}}})], TREE)
    assert [one.path for one in touched(executed, ["Makefile", "docs/index.md"])] == ["Makefile"]


def test_each_tool_names_files_in_lower_case() -> None:
    names = [name for tool in TOOLS for name in (*tool.names, *tool.beginnings, *tool.endings, *tool.folders)]
    assert names == [name.lower() for name in names]


PART = (
    st.none() | st.integers() | st.text(max_size=10) | st.sampled_from(["./", "./tools/act", "make", "python -m app"])
)
STEP = st.dictionaries(st.sampled_from(["uses", "run", "working-directory", "with"]), PART, max_size=3)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP | PART, max_size=4), PART)
def test_no_workflow_stops_the_look(steps: list[Any], job: Any) -> None:
    for data in ({"jobs": {"a": {"steps": steps, "defaults": job}, "b": job}}, {"jobs": job}, None):
        assert executed_paths([Workflow(path=CI, data=data)], TREE)[0].path == CI
