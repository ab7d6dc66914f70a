"""How projects of compiled and other languages are set up and tested, told from their files. Pure."""

from __future__ import annotations

import re
import shlex

from otto_bot.core.onboard_tree import Tree, above, join
from otto_bot.core.onboarding import Project, Tool

_POM_JAVA = re.compile(
    r"<(?:maven\.compiler\.(?:release|target|source)|java\.version|release)>\s*(?:1\.)?(\d{1,2})\s*</"
)
_FRAMEWORK = re.compile(r"<TargetFrameworks?>[^<]{0,200}?net(\d{1,2}\.\d)[^<]{0,200}</TargetFrameworks?>")
_MAKE = re.compile(r"^(test|check)[ \t]*::?(?![=:])", re.MULTILINE)
_SPEC = re.compile(r"(?:^|/)spec/.*_spec\.rb$")
_RUBY_TEST = re.compile(r"(?:^|/)test/.*(?:_test|test_[^/]*)\.rb$")
_SWIFT = re.compile(r"^Tests/.*\.swift$")
_CTEST = re.compile(r"enable_testing\s*\(|include\s*\(\s*CTest|add_test\s*\(", re.IGNORECASE)
_SCRIPTS = ("script/test", "bin/test", "scripts/test.sh", "scripts/test", "test.sh", "run_tests.sh", "tests/run.sh")
_JAVA = "21"
_DOTNET = "10.0.x"


def go_project(tree: Tree, folder: str) -> Project | None:
    """A module of Go."""
    if not tree.has(folder, "go.mod"):
        return None
    tool = Tool(action="actions/setup-go", inputs={"go-version-file": join(folder, "go.mod")})
    return Project(path=folder, language="Go", tools=(tool,), test=("go test ./...",), why="go.mod")


def rust_project(tree: Tree, folder: str) -> Project | None:
    """A package or workspace of Cargo; a member is its workspace's. The runner brings rustup."""
    if not tree.has(folder, "Cargo.toml") or any("workspace" in tree.toml(one, "Cargo.toml") for one in above(folder)):
        return None
    locked = " --locked" if tree.has(folder, "Cargo.lock") else ""
    return Project(path=folder, language="Rust", test=(f"cargo test --workspace{locked}",), why="Cargo.toml")


def java_project(tree: Tree, folder: str) -> Project | None:
    """A build of Maven or Gradle; a module is its parent's."""
    gradle = ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts")
    if any(tree.has(one, "pom.xml", *gradle) for one in above(folder)):
        return None
    version = _POM_JAVA.search(tree.text(folder, "pom.xml"))
    java = {"distribution": "temurin", "java-version": version[1] if version else _JAVA}
    if tree.has(folder, ".java-version"):
        java = {"distribution": "temurin", "java-version-file": join(folder, ".java-version")}
    tools = (Tool(action="actions/setup-java", inputs=java),)
    if tree.has(folder, "pom.xml"):
        command = "./mvnw" if tree.has(folder, "mvnw") else "mvn"
        test = f"{command} --batch-mode --no-transfer-progress test"
        return Project(path=folder, language="Java", tools=tools, test=(test,), why="pom.xml")
    if tree.has(folder, *gradle):
        command = "./gradlew" if tree.has(folder, "gradlew") else "gradle"
        return Project(path=folder, language="Java or Kotlin", tools=tools, test=(f"{command} test",), why="Gradle")
    return None


def dotnet_project(tree: Tree, folder: str) -> Project | None:
    """A solution of .NET, or a project that no solution above it speaks for."""
    names = tree.names(folder)
    solutions = sorted(name for name in names if name.endswith((".sln", ".slnx")))
    projects = sorted(name for name in names if name.endswith((".csproj", ".fsproj")))
    if not solutions and not projects:
        return None
    if any(name.endswith((".sln", ".slnx", ".csproj", ".fsproj")) for one in above(folder) for name in tree.names(one)):
        return None
    place = next((one for one in (folder, ".") if tree.has(one, "global.json")), None)
    found = _FRAMEWORK.search(tree.text(folder, projects[0])) if projects else None
    inputs = {"dotnet-version": f"{found[1]}.x" if found else _DOTNET}
    if place is not None:
        inputs = {"global-json-file": join(place, "global.json")}
    several = len(solutions) > 1 or (not solutions and len(projects) > 1)
    which = f" {shlex.quote((solutions or projects)[0])}" if several else ""
    tools = (Tool(action="actions/setup-dotnet", inputs=inputs),)
    return Project(
        path=folder, language=".NET", tools=tools, test=(f"dotnet test{which}",), why=(solutions or projects)[0]
    )


def ruby_project(tree: Tree, folder: str) -> Project | None:
    """Gems with a test suite. No action of GitHub's own installs a Ruby: the runner's is used."""
    if not tree.has(folder, "Gemfile"):
        return None
    if tree.has(folder, ".rspec") or tree.any_under(folder, _SPEC):
        test = "bundle exec rspec"
    elif tree.has(folder, "bin/rails"):
        test = "bin/rails test"
    elif tree.any_under(folder, _RUBY_TEST) and tree.has(folder, "Rakefile"):
        test = "bundle exec rake test"
    else:
        return None
    setup = ("bundle config set --local path vendor/bundle", "bundle install")
    return Project(path=folder, language="Ruby", setup=setup, test=(test,), why="Gemfile")


def php_project(tree: Tree, folder: str) -> Project | None:
    """A package of Composer. The runner brings PHP."""
    if not tree.has(folder, "composer.json"):
        return None
    scripts = tree.json(folder, "composer.json").get("scripts")
    if isinstance(scripts, dict) and "test" in scripts:
        test = "composer test"
    elif tree.has(folder, "tests/Pest.php"):
        test = "vendor/bin/pest"
    elif tree.has(folder, "phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml"):
        test = "vendor/bin/phpunit"
    else:
        return None
    setup = ("composer install --no-interaction --no-progress",)
    return Project(path=folder, language="PHP", setup=setup, test=(test,), why="composer.json")


def elixir_project(tree: Tree, folder: str) -> Project | None:
    """A project of Mix; one of an umbrella is the umbrella's. GitHub has no action of its own for it."""
    if not tree.has(folder, "mix.exs") or any(tree.has(one, "mix.exs") for one in above(folder)):
        return None
    setup = ("sudo apt-get update", "sudo apt-get install --yes elixir erlang-dev", "mix local.hex --force",
             "mix local.rebar --force", "mix deps.get")  # fmt: skip
    return Project(path=folder, language="Elixir", setup=setup, test=("mix test",), why="mix.exs")


def cmake_project(tree: Tree, folder: str) -> Project | None:
    """A build of CMake that registers tests; a folder below is its parent's."""
    if not _CTEST.search(tree.text(folder, "CMakeLists.txt")) or any(
        tree.has(one, "CMakeLists.txt") for one in above(folder)
    ):
        return None
    setup = ("cmake -S . -B build", "cmake --build build --parallel")
    test = ("ctest --test-dir build --output-on-failure",)
    return Project(path=folder, language="C or C++", setup=setup, test=test, why="CMakeLists.txt")


def swift_project(tree: Tree, folder: str) -> Project | None:
    """A package of Swift with tests. The runner brings Swift."""
    if not tree.has(folder, "Package.swift") or not tree.any_under(folder, _SWIFT):
        return None
    return Project(path=folder, language="Swift", test=("swift test",), why="Package.swift")


def make_project(tree: Tree, folder: str) -> Project | None:
    """A Makefile with the target `test` or `check`."""
    for name in ("GNUmakefile", "makefile", "Makefile"):
        targets = set(_MAKE.findall(tree.text(folder, name)))
        if targets:
            target = "test" if "test" in targets else "check"
            return Project(path=folder, language="make", test=(f"make {target}",), why=name)
    return None


def script_project(tree: Tree, folder: str) -> Project | None:
    """A script that is called like what it does; only for the whole repository."""
    found = next((name for name in _SCRIPTS if folder == "." and tree.has(".", name)), "")
    if not found:
        return None
    command = f"bash {found}" if found.endswith(".sh") else f"./{found}"
    return Project(path=".", language="script", test=(command,), why=found)
