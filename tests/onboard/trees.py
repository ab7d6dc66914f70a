"""Small trees of repositories, and the commands that Otto should see in them."""

from __future__ import annotations

import json
from typing import NamedTuple

from otto_bot.core.lanes import Workflow
from otto_bot.core.onboard_facts import facts_of
from otto_bot.core.onboarding import Facts
from otto_bot.github.safe_yaml import YamlError, load


class Case(NamedTuple):
    """`files` by path. `wanted`: for each part its folder, set-up and test, joined by ` && `."""

    files: dict[str, str]
    wanted: dict[str, tuple[str, str]]
    called: str = ""
    notes: tuple[str, ...] = ()
    """Words that stand in the notes."""


def package(test: str = "vitest run", **more: object) -> str:
    return json.dumps({"scripts": {"test": test} if test else {}, **more})


PIP = "python -m pip install"
BUNDLE = "bundle config set --local path vendor/bundle && bundle install"
ELIXIR = (
    "sudo apt-get update && sudo apt-get install --yes elixir erlang-dev && mix local.hex --force && "
    "mix local.rebar --force"
)
GO = ("", "go test ./...")
CI = ".github/workflows/ci.yml"


def workflow(*steps: str, on: str = "pull_request", job: str = "") -> str:
    """One job on Linux with these steps, each a YAML mapping in braces; `job` adds lines to it."""
    lines = [f"on: {on}", "jobs:", "  test:", "    runs-on: ubuntu-latest", *job.splitlines(), "    steps:"]
    return "\n".join([*lines, "      - uses: actions/checkout@v4", *(f"      - {step}" for step in steps), ""])


CASES: dict[str, Case] = {
    "nothing": Case({}, {}),
    "only words": Case({"README.md": "# a", "LICENSE": "MIT"}, {}),
    "pytest, not installable": Case(
        {"pyproject.toml": "[tool.pytest.ini_options]\n", "tests/test_a.py": ""},
        {".": (f"{PIP} pytest", "python -m pytest")},
    ),
    "pip with an extra": Case(
        {
            "pyproject.toml": "[build-system]\nrequires=['hatchling']\n[project]\nname='a'\n"
            "[project.optional-dependencies]\ndev=['pytest>=8','ruff']\n",
            "tests/test_a.py": "",
        },
        {".": (f'{PIP} -e ".[dev]"', "python -m pytest")},
    ),
    "requirements": Case(
        {"requirements.txt": "flask", "requirements-dev.txt": "pytest", "test_app.py": ""},
        {".": (f"{PIP} -r requirements.txt && {PIP} -r requirements-dev.txt && {PIP} pytest", "python -m pytest")},
    ),
    "unittest": Case(
        {"app/__init__.py": "", "tests/__init__.py": "", "tests/test_app.py": ""},
        {".": ("", "python -m unittest discover -s tests -t .")},
    ),
    "uv": Case(
        {"pyproject.toml": "[dependency-groups]\ndev=['pytest']\n", "uv.lock": "", "tests/test_a.py": ""},
        {".": (f"{PIP} uv && uv sync --locked", "uv run pytest")},
    ),
    "poetry": Case(
        {"pyproject.toml": "[tool.poetry.group.dev.dependencies]\npytest='^8'\n", "poetry.lock": "", "test_a.py": ""},
        {".": (f"{PIP} poetry && poetry install", "poetry run pytest")},
    ),
    "tox": Case({"tox.ini": "[tox]", "setup.py": ""}, {".": (f"{PIP} tox", "tox -e py")}),
    "nox": Case({"noxfile.py": ""}, {".": (f"{PIP} nox", "nox --no-error-on-missing-interpreters")}),
    "pipenv": Case(
        {"Pipfile": "", "Pipfile.lock": "{}", "tests/test_a.py": ""},
        {".": (f"{PIP} pipenv && pipenv sync --dev", "pipenv run python -m pytest")},
    ),
    "npm": Case({"package.json": package(), "package-lock.json": "{}"}, {".": ("npm ci", "npm test")}),
    "npm without a lock": Case({"package.json": package()}, {".": ("npm install", "npm test")}),
    "npm's own placeholder": Case(
        {"package.json": package('echo "Error: no test specified" && exit 1'), "index.js": ""}, {}
    ),
    "pnpm by corepack": Case(
        {"package.json": package(packageManager="pnpm@9.1.0"), "pnpm-lock.yaml": ""},
        {".": ("npm install --global corepack && corepack enable && pnpm install --frozen-lockfile", "pnpm test")},
    ),
    "yarn berry": Case(
        {"package.json": package(), "yarn.lock": "", ".yarnrc.yml": ""},
        {".": ("npm install --global corepack && corepack enable && yarn install --immutable", "yarn test")},
    ),
    "bun": Case(
        {"package.json": package(""), "bun.lock": "", "src/a.test.ts": ""},
        {".": ("npm install --global bun && bun install --frozen-lockfile", "bun test")},
    ),
    "npm workspaces": Case(
        {
            "package.json": json.dumps({"workspaces": ["packages/*"]}), "package-lock.json": "{}",
            "packages/a/package.json": package(), "packages/b/package.json": package(""),
        },
        {".": ("npm ci", "npm test --workspaces --if-present")},
    ),
    "deno": Case(
        {"deno.json": '{"tasks": {"test": "deno test -A"}}'}, {".": ("npm install --global deno", "deno task test")}
    ),
    "go": Case({"go.mod": "module a\n", "a_test.go": ""}, {".": GO}),
    "go work": Case(
        {"go.work": "", "api/go.mod": "", "cli/go.mod": ""}, {"api": GO, "cli": GO}
    ),
    "cargo workspace": Case(
        {"Cargo.toml": "[workspace]\nmembers=['a']\n", "Cargo.lock": "", "a/Cargo.toml": "[package]\nname='a'\n"},
        {".": ("", "cargo test --workspace --locked")},
    ),
    "maven with a wrapper": Case(
        {"pom.xml": "<project><properties><java.version>17</java.version></properties></project>", "mvnw": "",
         "core/pom.xml": "<project/>"},
        {".": ("", "./mvnw --batch-mode --no-transfer-progress test")},
    ),
    "gradle": Case({"build.gradle.kts": "", "gradlew": "", "app/build.gradle.kts": ""}, {".": ("", "./gradlew test")}),
    "dotnet": Case(
        {"Shop.sln": "", "src/Shop/Shop.csproj": "<TargetFramework>net8.0</TargetFramework>"},
        {".": ("", "dotnet test")},
    ),
    "two solutions, one oddly named": Case({"A.sln": "", "My Shop.sln": ""}, {".": ("", "dotnet test A.sln")}),
    "ruby": Case(
        {"Gemfile": "", ".ruby-version": "3.4", "spec/a_spec.rb": ""}, {".": (BUNDLE, "bundle exec rspec")},
        notes=("another Ruby",),
    ),
    "php": Case(
        {"composer.json": "{}", "phpunit.xml.dist": ""},
        {".": ("composer install --no-interaction --no-progress", "vendor/bin/phpunit")},
    ),
    "elixir umbrella": Case(
        {"mix.exs": "", "apps/a/mix.exs": ""},
        {".": (f"{ELIXIR} && mix deps.get", "mix test")},
    ),
    "cmake": Case(
        {"CMakeLists.txt": "project(a)\nenable_testing()\n", "src/CMakeLists.txt": ""},
        {".": ("cmake -S . -B build && cmake --build build --parallel", "ctest --test-dir build --output-on-failure")},
    ),
    "swift": Case({"Package.swift": "", "Tests/ATests/A.swift": ""}, {".": ("", "swift test")}),
    "make": Case({"Makefile": "X := 1\ntest: build\n\ttrue\n", "a.c": ""}, {".": ("", "make test")}),
    "no test target": Case({"Makefile": "test := 1\ntests:\n\ttrue\n", "a.c": ""}, {}),
    "make, where nothing else says how": Case({"Makefile": "test:\n", "tests/test_a.py": ""}, {".": ("", "make test")}),
    "a script": Case({"script/test": "#!/bin/sh\n", "a.pl": ""}, {".": ("", "./script/test")}),
    "a language more": Case(
        {"requirements.txt": "", "test_a.py": "", "package.json": package(), "package-lock.json": "{}"},
        {".": (f"{PIP} -r requirements.txt && {PIP} pytest && npm ci", "python -m pytest && npm test")},
    ),
    "a monorepo": Case(
        {"api/requirements.txt": "", "api/tests/test_a.py": "", "web/package.json": package(), "web/yarn.lock": "",
         "README.md": "", "docs/package.json": package(), "web/node_modules/a/package.json": package()},
        {
            "api": (f"{PIP} -r requirements.txt && {PIP} pytest", "python -m pytest"),
            "web": ("yarn install --frozen-lockfile", "yarn test"),
        },
    ),
    "a folder that would be evaluated": Case({"${{ x }}/go.mod": "", "ok/go.mod": ""}, {"ok": GO}),
    "a folder with odd letters": Case({"we: #b/go.mod": ""}, {"we: #b": GO}),
    "files that are not what they are called": Case(
        {"package.json": "\ufffd\x01", "pyproject.toml": "=", "Cargo.toml": "[", "composer.json": "[1]", "a.c": ""},
        {".": ("", "cargo test --workspace")},
    ),
    "scripts that are no texts": Case({"package.json": '{"scripts": {"test": ["a"]}, "workspaces": {"a": 1}}'}, {}),
    "what CI runs": Case(
        {"Makefile": "test:\n", "pyproject.toml": "[project]\nname='a'\nrequires-python='>=3.11'\n", "test_a.py": "",
         CI: workflow('{uses: actions/setup-python@v5, with: {python-version: "${{ matrix.p }}"}}',
                      "run: pip install -r ci.txt", "run: pytest -q")},
        {".": ("pip install -r ci.txt", "pytest -q")},
    ),
    "CI in a folder": Case(
        {"web/package.json": package(), "api/go.mod": "",
         CI: workflow("run: npm ci", "run: npm run test:unit", job="    defaults: {run: {working-directory: web}}")},
        {"web": ("npm ci", "npm run test:unit"), "api": GO},
    ),
    "CI that needs a database": Case(
        {"Makefile": "test:\n", CI: workflow("run: make test", job="    services: {db: {image: postgres}}")},
        {".": ("", "make test")},
    ),
    "CI with a secret": Case(
        {"go.mod": "", CI: workflow("run: TOKEN=${{ secrets.T }} go test -tags all ./...")}, {".": GO}
    ),
    "CI with an action of others": Case(
        {"go.mod": "", CI: workflow("uses: someone/setup-things@v1", "run: go test -race ./...")},
        {".": GO},
    ),
    "CI that can be called": Case(
        {"go.mod": "", CI: workflow("run: go test ./...", on="[push, workflow_call]")},
        {".": GO}, called=CI,
    ),
    "CI that asks its caller for a secret": Case(
        {"Makefile": "test:\n",
         CI: workflow("run: make test", on="{workflow_call: {secrets: {TOKEN: {required: true}}}}")},
        {".": ("", "make test")},
    ),
    "CI that asks its caller for rights": Case(
        {"Makefile": "test:\n",
         CI: workflow("run: make test", on="workflow_call", job="    permissions: {contents: write}")},
        {".": ("", "make test")},
    ),
    "submodules": Case({"go.mod": "", ".gitmodules": ""}, {".": GO}, notes=("Submodules",)),
}  # fmt: skip


def facts(files: dict[str, str]) -> Facts:
    """What Otto sees in these files."""
    return facts_of(files, files, workflows(files))


def workflows(files: dict[str, str]) -> list[Workflow]:
    """The workflow files among them, as values."""
    found = []
    for path, text in files.items():
        if path.startswith(".github/workflows/"):
            try:
                data = load(text)
            except YamlError as error:
                found.append(Workflow(path=path, problem=str(error)))
                continue
            found.append(Workflow(path=path, data={("on" if key is True else key): v for key, v in data.items()}))
    return found
