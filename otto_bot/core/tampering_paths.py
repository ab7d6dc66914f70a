"""Which files are tests, CI, lint configuration or build scripts, by the conventions of their ecosystems."""

from __future__ import annotations

import re

_TEST = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?|e2e|androidTest|integration_?tests?)/"
    r"|(?:^|/)test_[^/]*$|(?:^|/)tests?\.(?:py|rs|js|ts|rb|php|sh)$"
    r"|[^/](?:_test|_tests|_spec|-test|-spec)\.[a-z]{1,5}$"
    r"|\.(?:test|spec|cy|e2e)\.[cm]?[jt]sx?$|\.bats$|(?:^|/)conftest\.py$",
    re.IGNORECASE,
)
_CASED_TEST = re.compile(r"[^/](?:Tests?|Spec|IT)\.(?:java|kt|kts|scala|groovy|cs|fs|php|swift|m)$")
_CODE = re.compile(
    r"\.(?:py|[cm]?[jt]sx?|java|kts?|scala|groovy|go|rs|rb|php|cs|fs|swift|exs?|dart|bats|sh|c|cc|cpp|cxx|h|hpp|m|vue)$"
)
_CI = re.compile(
    r"^\.github/(?:workflows|actions)/|^\.gitlab-ci\.ya?ml$|^\.gitlab/ci/|^\.circleci/|(?:^|/)Jenkinsfile[^/]*$"
    r"|(?:^|/)\.?azure-pipelines[^/]*\.ya?ml$|^\.azure-pipelines/|^\.travis\.ya?ml$|^\.?appveyor\.ya?ml$"
    r"|^bitbucket-pipelines\.ya?ml$|^\.drone\.ya?ml$|^\.woodpecker|^\.buildkite/|^\.cirrus\.ya?ml$|^\.semaphore/"
    r"|^buildspec[^/]*\.ya?ml$|^cloudbuild\.ya?ml$|^\.teamcity/|^\.ci/|^\.github/(?:dependabot|CODEOWNERS)"
)
_LINT_ONLY = re.compile(
    r"(?:^|/)(?:\.?ruff\.toml|\.flake8|\.?mypy\.ini|\.?pylintrc(?:\.toml)?|\.eslintrc[^/]*|eslint\.config\.[cm]?[jt]s"
    r"|\.eslintignore|\.stylelintrc[^/]*|biome\.jsonc?|tslint\.json|[tj]sconfig[^/]*\.json|\.golangci\.(?:ya?ml|toml|json)"
    r"|\.rubocop(?:_todo)?\.yml|\.?clippy\.toml|phpstan[^/]*\.neon(?:\.dist)?|psalm[^/]*\.xml(?:\.dist)?"
    r"|\.?phpcs[^/]*\.xml(?:\.dist)?|checkstyle[^/]*\.xml|pmd[^/]*\.xml|spotbugs[^/]*\.xml|detekt[^/]*\.yml"
    r"|\.pre-commit-config\.ya?ml|\.?codecov\.ya?ml|\.coveragerc|\.?pyrightconfig\.json|pyrightconfig\.json"
    r"|\.importlinter|\.credo\.exs|analysis_options\.yaml|\.swiftlint\.yml|\.nycrc[^/]*|sonar-project\.properties"
    r"|\.yamllint[^/]*|\.hadolint\.ya?ml|\.shellcheckrc|\.semgrepignore|bandit\.ya?ml|\.bandit)$"
)
_TEST_CONFIG = re.compile(
    r"(?:^|/)(?:pytest\.ini|\.pytest\.ini|conftest\.py|(?:jest|vitest|vite|karma|playwright|cypress|wdio)[^/]*\.config\.[cm]?[jt]s(?:on)?"
    r"|\.mocharc[^/]*|phpunit[^/]*\.xml(?:\.dist)?|\.rspec|\.simplecov|karma\.conf\.[cm]?[jt]s|nextest\.toml|testng[^/]*\.xml)$"
)
_MIXED = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|package\.json|Cargo\.toml|build\.gradle(?:\.kts)?|pom\.xml|build\.sbt"
    r"|composer\.json|Directory\.Build\.props|[^/]+\.csproj|mix\.exs|Gemfile|deno\.jsonc?)$"
)
_SCRIPT = re.compile(
    r"(?:^|/)(?:[^/]*[Mm]akefile[^/]*|[^/]+\.mk|[Jj]ustfile|\.?Taskfile\.ya?ml|Rakefile|noxfile\.py|tasks\.py|Earthfile"
    r"|Dockerfile[^/]*|docker-compose[^/]*\.ya?ml|gulpfile\.[cm]?js|Gruntfile\.[cm]?js)$|\.(?:sh|bash|ps1)$"
    r"|^(?:scripts?|bin|\.ci|ci|tools|hack)/[^/.]+$"
)


def is_test(path: str) -> bool:
    """Whether a path is a test by the usual conventions."""
    # Without regard to case `Latest.java` would end like a test.
    return _TEST.search(path) is not None or _CASED_TEST.search(path) is not None


def is_code(path: str) -> bool:
    """Whether a path is source text of a language that tests are written in."""
    return _CODE.search(path) is not None


def is_ci(path: str) -> bool:
    """Whether a path says what runs in CI."""
    return _CI.search(path) is not None


def is_lint(path: str) -> bool:
    """Whether a file does nothing but configure linters, type checkers or coverage."""
    return _LINT_ONLY.search(path) is not None


def is_test_config(path: str) -> bool:
    """Whether a file does nothing but configure how tests are found and run."""
    return _TEST_CONFIG.search(path) is not None


def is_mixed(path: str) -> bool:
    """Whether a file configures checks beside much else: only known keys count there."""
    return _MIXED.search(path) is not None


def is_script(path: str) -> bool:
    """Whether a file may hold the commands by which tests are run."""
    return _SCRIPT.search(path) is not None


_NAMED = re.compile(
    r"(?:^|/)test_[^/]*\.\w+$|(?:^|/)tests?\.\w+$|[^/](?:_test|_tests|_spec|-test|-spec)\.[a-z]{1,5}$"
    r"|\.(?:test|spec|cy|e2e)\.[cm]?[jt]sx?$|[^/](?:Tests?|Spec|IT)\.(?:java|kt|kts|scala|groovy|cs|fs|php|swift|m)$"
    r"|\.bats$|(?:^|/)__tests__/[^/]+\.[cm]?[jt]sx?$"
)


def named_as_test(path: str) -> bool:
    """Whether the name of a file, not only its directory, makes a runner find it."""
    return is_code(path) and _NAMED.search(path) is not None
