"""Characters that hide: named with their number, and let be where writing needs them. Paths: what each system reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.config import Config
from otto_bot.core.hidden_code import hidden_in
from otto_bot.core.path_forms import plain_path
from otto_bot.core.protected_paths import AGENTS, CI, EDITOR, GIT, GITHUB, HOOKS, OWNERS, TOLD, TOOL, floor_reason


@pytest.mark.parametrize(
    "line",
    [
        "a\u202eb", "a\u2066b", "x\u200by", "x\ufeffy", "x\u00ady", "a\u3164b = 1", "\U000e0061", "a\x1b[2Jb", "a\x00b",
        "a\U000e0100b", "a\ufe01\ufe02", "user\u200dname", "ab\u200ecd", "a\u2028b", "\U0001f3f4" + "\U000e0061" * 9,
        "a\rb", "\r a", "葛\U000e0100\U000e0101", "កx\u200bខ", "ក\u200b\u200bខ", "ก\u200b", "\u17b4", "x\u17b5",
        "x\ufe0fy", "\u180e", "\u115f", "a\u0085b",
    ],
)  # fmt: skip
def test_what_hides(line: str) -> None:
    assert (hidden_in(line) or "").endswith(")")


@pytest.mark.parametrize(
    "line",
    [
        "", "plain\ttext", "Größe = 日本",
        "👩\u200d💻 ❤\ufe0f 1\ufe0f\u20e3", "می\u200cخواهم", "क्\u200dष", "שלום\u200f abc",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "page\x0cbreak",
        "a\u00a0b", "é\u0301", "windows\r", "葛\U000e0100飾区", "ភាសា\u200bខ្មែរ", "ภาษา\u200bไทย",
        "ក\u17b5ខ", "\u182d\u180e\u1820",
    ],
)  # fmt: skip
def test_what_writing_needs(line: str) -> None:
    assert hidden_in(line) is None


def test_a_mark_of_byte_order_stands_first_alone() -> None:
    assert hidden_in("\ufeffx", first=True) is None
    assert hidden_in("\ufeffx") is not None
    assert hidden_in("x\ufeff", first=True) is not None


@given(st.text(max_size=60))
def test_any_line_and_name_is_answered(text: str) -> None:
    assert hidden_in(text) is None or "U+" in str(hidden_in(text))
    assert plain_path(text).count("/") == text.replace("\\", "/").count("/")
    assert floor_reason(text) is None or floor_reason(text)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (".github/workflows/ci.yml", GITHUB), (".GITHUB/x", GITHUB), ("GITHUB~1/workflows/x.yml", GITHUB),
        (".git\u200bhub/workflows/x.yml", GITHUB), ("CODEOWNERS", OWNERS), ("docs/codeowners", OWNERS),
        (".gitattributes", GIT), ("a/b/.GitAttributes", GIT), ("GITATT~1", GIT), (".gitmodules.", GIT),
        ("gi7eba~1", GIT), ("GI7D29~4", GIT), ("gi7eb~10", GIT),
        (".gitlab-ci.yml", CI), ("Jenkinsfile", CI), ("a/jenkinsfile.prod", CI), (".circleci/config.yml", CI),
        ("azure-pipelines.yml", CI), (".buildkite/p.yml", CI), (".drone.yml", CI), (".woodpecker/x.yml", CI),
        (".travis.yml", CI), (".ci/run", CI), (".forgejo/workflows/x.yml", CI),
        (".husky/pre-commit", HOOKS), ("x/.githooks/pre-push", HOOKS), ("lefthook.yml", HOOKS), (".envrc", HOOKS),
        ("AGENTS.md", AGENTS), ("sub/CLAUDE.md", AGENTS), (".cursor/rules/a.mdc", AGENTS), (".mcp.json", AGENTS),
        (".claude/settings.json", AGENTS), (".vscode/tasks.json", EDITOR), (".devcontainer/devcontainer.json", EDITOR),
        ("x.code-workspace", EDITOR), (".cargo/config.toml", TOOL), ("gradle/wrapper/gradle-wrapper.properties", TOOL),
        ("lib/sitecustomize.py", TOOL), (".npmrc", TOOL), ("a/.yarnrc", TOOL),
        ("bunfig.toml", TOOL), (".pnpmfile.mjs", TOOL), ("gi7ebb~1", None), ("gi~1", None),
        ("src/github/workflows.py", None), ("docs/owners.md", None), ("README.md", None), ("package.json", None),
        ("Makefile", None), ("git~x/config", None), ("src/agents.py", None),
        ("ci/build.sh", None), (".gitignore", None),
    ],
)  # fmt: skip
def test_protected_everywhere(path: str, why: str | None) -> None:
    assert floor_reason(path) == why


def test_a_list_of_its_own_takes_nothing_away() -> None:
    own = Config.model_validate({"paths": {"protected": ["infra/**"]}}).paths
    assert own.guarded == ("infra/**", ".github/**", "CODEOWNERS")
    assert Config().paths.guarded == Config().paths.protected
    assert all(floor_reason(told.replace("**", "x")) for told in (*TOLD, *Config().paths.protected))
