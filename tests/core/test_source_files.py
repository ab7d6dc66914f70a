"""Whether a repository has source: only what is written about a product, or sets its tools up, does not count."""

import pytest

from otto_bot.core.source_files import has_source, is_source

NO_SOURCE = (
    "README.md", "readme", "LICENSE", "LICENCE.txt", "NOTICE", "CHANGELOG.rst", "CODEOWNERS", ".gitignore",
    ".github/workflows/ci.yml", ".github/scripts/check.py", ".github/otto.yml", "docs/index.html", "docs/conf.py",
    "doc/api.adoc", "notes.txt", "logo.svg", "package.json", "pnpm-lock.yaml", "uv.lock", "pyproject.toml", "setup.py",
    "go.mod", "go.sum", "Makefile", "Dockerfile", "Cargo.toml", "pom.xml", "tsconfig.json", "eslint.config.js",
    "vite.config.ts", "product-spec.md", "architecture.md", "AGENTS.md", "CLAUDE.md", ".vscode/settings.json",
)  # fmt: skip
SOURCE = (
    "main.py", "src/app.ts", "lib/readme.py", "index.html", "style.css", "cmd/main.go", "app/Models/User.php",
    "run", "bin/deploy", "schema.sql", "tests/test_app.py", "notebook.ipynb", "docs.py", "src/config.py",
    "a b/ü.rb", "infra/main.tf", "proto/api.proto", "build.zig", "src/docs",
)  # fmt: skip


@pytest.mark.parametrize("path", NO_SOURCE)
def test_what_is_no_source(path: str) -> None:
    assert not is_source(path)


@pytest.mark.parametrize("path", SOURCE)
def test_what_is_source(path: str) -> None:
    """What nobody knows is source, too: no repository is taken for empty wrongly."""
    assert is_source(path)


def test_one_source_file_is_enough() -> None:
    assert not has_source(NO_SOURCE)
    assert not has_source(())
    assert has_source([*NO_SOURCE, "main.py"])
