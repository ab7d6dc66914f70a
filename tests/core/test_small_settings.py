"""What is read out of changed configuration, and seen as weaker: lists, switches, limits, commands, to the line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest
from syrupy.assertion import SnapshotAssertion
from tampering_table import changed

from otto_bot.core.patches import ChangedFile
from otto_bot.core.tampering_commands import commands
from otto_bot.core.tampering_config import configures, of_configuration
from otto_bot.core.tampering_entries import Config, read, words
from otto_bot.core.tampering_hits import TamperHit
from otto_bot.core.tampering_lint import loosened
from otto_bot.core.tampering_thresholds import limited, lowered

Rule = Callable[[Sequence[Config]], Iterator[TamperHit]]


def file(path: str, text: str, status: str = "modified", old: str | None = None) -> ChangedFile:
    """A file with one hunk, or with those that `@@` begins."""
    return changed(path, *(text if text.startswith("@@") else f"@@\n{text}").split("\n"), status=status, old_path=old)


def rows(hits: Iterable[TamperHit]) -> str:
    return "\n".join(f"{one.path} {one.rule} {one.old_line} {one.new_line} {one.line} | {one.why}" for one in hits)


def seen(rule: Rule, *files: ChangedFile) -> str:
    return rows(rule([read(one) for one in files]))


ENTRIES = {
    "toml": ("pyproject.toml",
        " [tool.ruff]\n line-length = 9\n-select = [\n-  'E',\n-]\n+select = ['F']  # why\n [[a.b]] ; c\n-x = 1"),
    "toml section of a hunk": ("pyproject.toml", "@@ [tool.mypy]\n-strict = true\n+strict = false"),
    "a key of a hunk": ("a.yml", "@@ jobs:\n   test:\n-    run: a\n+    run: b\n other: c\n-  d: e"),
    "new section": ("a.ini", "-[one]\n+[two]\n+[three] # x\n k = v"),
    "yaml": ("a.yml", " a:\n   b:\n     - c\n+    - d: e\n+      f: g\n+    - h\n   i: j\n-k: l\n+'k': m"),
    "json": ("a.json", ' {\n   "a": {\n-    "b": [\n-      "c"\n     ],\n+    "d": 1\n   },\n+  "e": "f"\n }'),
    "json closes": ("a.json", ' {\n  "a": [\n  ],\n+ "d": 1,\n }'),
    "xml": ("pom.xml", " <a>\n-  <skipTests>true</skipTests>\n+  <skipTests x='y'>false\n </a>"),
    "comments": ("a.toml", "-# x\n+; y\n+// z\n+/* q\n+* w\n+<!-- v\n+#[a]\n+\n+  "),
    "formatted": ("a.toml", "-a = 'b'\n+a = \"b\"\n x\n-c = 1\n+c = 2"),
    "deeper and back": ("a.yml", " a:\n   b: 1\n     c:\n+      d: 2\n+  e: 3\n+f: 4\n+ g: 5"),
    "an item below its key": ("a.yml", " a: 1\n c:\n+- b\n+- '*.py'\n+d: 2\n   e:\n   - f\n+  - g\n+- h"),
    "items in brackets": ("a.toml", " a = [\n 'b',\n+'c',\n ]\n+d = 1"),
    "an item that is no key": ("a.yml", " a:\n+- b\n+- c: d\n+  e: f"),
    "double colons": ("a.txt", "+a::b\n+a => b\n+a == b\n+a: b: c"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_lines_are_read_as_keys_and_items(name: str, snapshot: SnapshotAssertion) -> None:
    config = read(file(*ENTRIES[name]))
    said = [f"{len(config.lines)} lines"]
    sides = {"-": config.removed, "+": config.added}
    for sign, entries in sides.items():
        said += [f"{sign} {e.line.text!r} {e.section!r} {e.path} {e.key!r} {e.value!r} {e.own}" for e in entries]
    assert "\n".join(said) == snapshot


def test_words_of_a_value_are_its_items() -> None:
    assert words("['a', \"b\", c.d]  # e") == ("a", "b", "c.d")
    assert words("{a: (b)} #c") == ("a:", "b")
    assert words("a#b") == ("a#b",)


LIMITS: dict[str, list[tuple[str, ...]]] = {
    "less": [("a.toml", "-fail_under = 90\n+fail_under = 80")],
    "more": [("a.toml", "-fail_under = 90\n+fail_under = 91")],
    "the same": [("a.toml", "-fail_under = 90\n+fail_under  = 90.0")],
    "allowed": [("a.toml", "-max-complexity = 9\n+max-complexity = 10\n x\n-max-args = 9\n+max-args = 8")],
    "gone": [("a.toml", "-fail_under = 90\n x")],
    "new": [("a.toml", "+fail_under = 90\n x")],
    "two of a key": [("a.toml", "-fail_under = 90\n-fail_under = 70\n+fail_under = 70\n+fail_under = 90")],
    "one of two": [("a.toml", "-fail_under = 90\n-fail_under = 70\n+fail_under = 90")],
    "one becomes two": [("a.toml", "-fail_under = 90\n+fail_under = 90\n+fail_under = 5")],
    "moved": [("a.toml", "-fail_under = 90\n x"), ("b.toml", "+fail-under = 80\n x")],
    "moved, two": [("a.toml", "-fail_under = 90\n-fail_under = 70\n x"),
        ("b.toml", "+fail_under = 95\n+fail_under = 60\n x")],
    "moved, one of two": [("a.toml", "-fail_under = 90\n-fail_under = 70\n x"), ("b.toml", "+fail_under = 95\n x")],
    "moved beside one": [("a.toml", "-fail_under = 90\n x"), ("b.toml",
        "-fail_under = 50\n+fail_under = 50.0\n+fail_under = 60")],
    "other keys": [("a.toml", "-fail_under = 90\n+min_coverage = 10")],
    "only there": [("package.json", '-"lines": 90\n+"lines": 80'), ("a.toml", '-"lines": 90\n+"lines": 80')],
    "once a number": [("eslint.config.js", '-"complexity": ["error", 9]\n+"complexity": ["error", 12]')],
    "two on a line": [("a.sh", "-nyc --lines 90 --branches 80\n+nyc --lines 80 --branches 90")],
    "codecov": [("codecov.yml", "-target: 90%\n-threshold: 1%\n+target: 80%\n+threshold: 2%")],
    "rubocop": [(".rubocop.yml", "-  Max: 5\n+  Max: 9")],
    "deleted": [("a.toml", "-fail_under = 90", "deleted")],
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_limits_that_allow_more_than_before(name: str, snapshot: SnapshotAssertion) -> None:
    assert seen(lowered, *(file(*one) for one in LIMITS[name])) == snapshot


def test_a_line_with_a_limit_is_known() -> None:
    lines = read(file("a.toml", "+x = 1\n+fail_under = 90\n+max-args = 3")).lines
    assert limited("a.toml", lines) == {id(lines[1]), id(lines[2])}


LINT: dict[str, list[tuple[str, ...]]] = {
    "a longer list": [("ruff.toml", "-ignore = ['A']\n+ignore = ['A', 'B']")],
    "a shorter list": [("ruff.toml", "-ignore = ['A', 'B']\n+ignore = ['A']")],
    "a list in lines": [("ruff.toml", " ignore = [\n-  'A',\n+  'A',  # x\n+  'B',\n ]")],
    "a list twice the same": [("ruff.toml", "-ignore = ['A']\n+ignore = ['A', 'A']\n x\n+ignore = ['A']")],
    "paths below a list": [("ruff.toml", "@@ [lint.per-file-ignores]\n-'a' = ['S']\n+'a' = ['S', 'T']\n+'b' = ['S']")],
    "keys below a list": [("a/.rubocop.yml", " Exclude:\n+  a: true\n+  - b")],
    "a path below a list of its own": [("ruff.toml", " [lint]\n per-file-ignores:\n+  a: ['S']")],
    "an empty value": [("ruff.toml", "+ignore = []\n+exclude = true")],
    "less is selected": [("ruff.toml", "-select = ['E', 'F']\n+select = ['E']")],
    "a family": [("ruff.toml", "-select = ['E501', 'F1']\n+select = ['E']")],
    "a long family": [("ruff.toml",
        "-select = ['ABCDE1']\n+select = ['ABCDE']\n x\n-select = ['ABCD1']\n+select = ['ABCD']")],
    "all": [("ruff.toml", "-select = ['E', 'F']\n+select = ['ALL']")],
    "a family with a number": [("ruff.toml", "-select = ['E50']\n+select = ['E5']")],
    "selected twice": [("ruff.toml", "-select = ['Q1']\n-select = ['Q1']\n+select = ['Q1', 'R1']")],
    "a family of one letter": [("ruff.toml", "-select = ['E5']\n+select = ['E']")],
    "a family of five": [("ruff.toml", "-select = ['ABCDEF']\n+select = ['ABCDE']")],
    "an empty word": [("ruff.toml", "-select = ['Q']\n+select = ['', -]")],
    "a list as far left as its key": [("a/.golangci.yml",
        " linters:\n   disable:\n   - a\n+  - b\n   enable:\n+  - c\n-  - d")],
    "a dash": [("a/.golangci.yml", " linters:\n-  - a\n+  - b")],
    "which tests": [("pytest.ini", "-testpaths = a b\n+testpaths = a")],
    "which tests are new": [("pytest.ini", " x = 1\n+testpaths = a")],
    "which tests, item": [("jest.config.js", " testMatch: [\n+  'a',\n ]")],
    "which tests, item gone": [("jest.config.js", " testMatch: [\n-  'a',\n ]")],
    "not found": [("pytest.ini", "+norecursedirs = a"), ("jest.config.js", "+testPathIgnorePatterns: ['a']")],
    "not found in a new file": [("pytest.ini", "+testpaths = a\n+norecursedirs = a\n+norecursedirs =", "added"),
        ("pyproject.toml", "+norecursedirs = a", "added")],
    "an item in a new file": [("jest.config.js", "+testPathIgnorePatterns: [\n+  'a',\n+]", "added")],
    "new, then changed": [("ruff.toml", "+ignore = ['A']", "added"), ("mypy.ini", "-strict = true\n+strict = false")],
    "strict": [("mypy.ini", "-strict = true\n+strict = false")],
    "strict gone": [("mypy.ini", "-strict = true\n x")],
    "strict is off and gone": [("mypy.ini", "-strict = false\n x")],
    "strict, new and off": [("mypy.ini", "+strict = false\n x")],
    "strict, new and on": [("mypy.ini", "+strict = true\n x")],
    "strict, twice": [("mypy.ini", "-strict = true\n-strict = true\n+strict = true")],
    "strict, off before": [("mypy.ini", "-strict = no\n+strict = off")],
    "strict, off and on": [("mypy.ini", "-strict = false\n-strict = true\n+strict = false")],
    "lax": [("mypy.ini", "-ignore_errors = false\n+ignore_errors = true")],
    "lax gone": [("mypy.ini", "-ignore_errors = true\n x\n-ignore_missing_imports = false")],
    "lax and not": [("mypy.ini", "-ignore_errors = true\n+ignore_errors = false")],
    "severity": [(".eslintrc.json", "-  'a': 'error',\n+  'a': 'warn',\n x\n-  'b': 1\n+  'b': 2")],
    "severity, same": [(".eslintrc.json", "-  'a': 'error',\n+  'a': ['error', 1],")],
    "severity gone": [(".eslintrc.json", "-  'a': 'error',\n x\n-  'b': 'off',\n y")],
    "severity, new": [(".eslintrc.json", "+  'a': 'off',\n x\n+  'b': 'warn',\n y")],
    "severity, two": [(".eslintrc.json", "-  'a': 'warn',\n-  'a': 'error',\n+  'a': 'error',\n+  'a': 'warn',")],
    "severity, two olds": [("Cargo.toml",
        "@@ [lints]\n-a = 'deny'\n-a = 'warn'\n+a = 'warn'\n+b = 'allow'\n+c = 'forbid'")],
    "no severity": [("ruff.toml", "-a = 'error'\n+a = 'warn'")],
    "an item that is no severity": [(".eslintrc.json", " 'a': [\n-  'error',\n+  'warn',\n ]")],
    "unknown": [("ruff.toml", "-a = 1\n-b = 2\n+a = 2")],
    "unknown, new": [("ruff.toml", "+a = 1")],
    "unknown, in lines": [("ruff.toml", " q:\n-  [],\n-  'A b',\n-  'C d'\n x")],
    "unknown, plain": [("ruff.toml", "-target-version = 1\n+target-version = 2\n-fix = true")],
    "unknown, mixed": [("pyproject.toml", "@@ [tool.ruff]\n-a = 1\n x")],
    "unknown, known only": [("tsconfig.json", "-'a': 1\n x")],
    "unknown, brackets": [("ruff.toml", "-a = [\n- ],\n-  {}\n x = [")],
    "unknown item": [("ruff.toml", " x\n+  'A/b*',\n+  c d\n+e")],
    "unknown item gone": [("ruff.toml", "@@\n   'A',\n-  'B',\n+  'C',")],
    "hooks move": [(".pre-commit-config.yaml", " repos:\n-  - repo: 'https://a/ruff'\n+  - repo: https://b/ruff")],
    "hooks go": [(".pre-commit-config.yaml",
        " repos:\n-  - repo: https://a/ruff\n-  - repo: https://a/mypy\n+  - repo: https://b/ruff")],
    "other keys that look alike": [(".pre-commit-config.yaml",
        " repos:\n-    - id: a/ruff\n+  - repo: https://b/ruff")],
    "an ignore file": [(".eslintignore", "-a\n+a\n+b"), (".semgrepignore", "+c")],
    "deleted": [("ruff.toml", "-a = 1", "deleted"), ("pytest.ini", "-a = 1", "deleted"),
        ("pyproject.toml", "-[tool.ruff]\n-strict = true", "deleted")],
    "deleted, then changed": [("ruff.toml", "-a = 1", "deleted"), ("mypy.ini", "-strict = true")],
    "a script": [("Makefile", "-strict = true"), ("mypy.ini", "-strict = true")],
    "sections": [("pyproject.toml",
        "@@ [tool.ruff]\n-ignore = ['A']\n+ignore = ['A', 'B']\n@@ [project]\n+ignore = ['C']\n+strict = false")],
    "two sections": [("pyproject.toml", " [tool.ruff]\n-strict = true\n x\n [tool.mypy]\n+strict = true")],
    "package.json": [("package.json",
        "@@\n   'jest': {\n-    'some': 1\n+    'testPathIgnorePatterns': ['a']\n   }\n   'z': {\n+    'ignore': 'b'")],
    "package.json has sections by chance": [("a/package.json", " [eslintConfig]\n+'ignore': ['b']")],
    "package.json, other keys": [("package.json", " 'a': {\n+    'omitted': ['b'],\n-    'x': 1\n   }"),
        ("package.json", " 'rules': {\n-    'x': 1\n   }")],
    "no section shown": [("pyproject.toml", "-disallow_any = true\n-a = true\n x")],
    "a limit is no list": [("ruff.toml", "-max-args = 3\n+max-args = 4\n-a = 1")],
    "in order": [("ruff.toml", "-b = 1\n+ignore = ['A']\n-a = 1\n x\n+exclude = ['c']")],
}  # fmt: skip


@pytest.mark.parametrize("name", LINT)
def test_what_checks_less_than_before(name: str, snapshot: SnapshotAssertion) -> None:
    assert seen(loosened, *(file(*one) for one in LINT[name])) == snapshot


COMMANDS: dict[str, list[tuple[str, ...]]] = {
    "gone": [("Makefile", "@@ test:\n-\tpytest\n x")],
    "narrower": [("Makefile", "-\tpytest tests\n+\tpytest tests/unit")],
    "more": [("Makefile", "-\tpytest tests\n+\tpytest tests -v --cov=x")],
    "unknown option": [("Makefile", "-\tpytest tests\n+\tpytest tests --some")],
    "fewer words": [("Makefile", "-\tpytest tests more\n+\tpytest tests")],
    "numbers": [("Makefile", "-\tpytest -n 4.1.2\n+\tpytest -n 8")],
    "a word twice": [("Makefile", "-\tpytest a a\n+\tpytest a")],
    "another command behind": [("Makefile", "-\tpytest a\n+\tpytest a && x y z")],
    "another command before": [("Makefile", "-\tpytest a\n+\tx y z && pytest a")],
    "two commands before": [("Makefile", "-\tpytest a && b\n+\tpytest a && b && c")],
    "moved": [("Makefile", "-\tpytest a\n x"), ("tox.ini", "+commands = pytest a"), ("a.mk", "+\tpytest a")],
    "moved once, needed twice": [("Makefile", "-\tpytest a\n x\n-\tpytest a"), ("a.mk", "+\tpytest a")],
    "moved, then another": [("Makefile", "-\tpytest a\n x\n-\tpytest b\n-\tpytest c"),
        ("a.mk", "+\tpytest a\n+\tpytest c")],
    "no command first": [("Makefile", "-\techo\n-\tpytest a\n x")],
    "two for two": [("Makefile", "-\tpytest a\n-\tpytest a b\n+\tpytest a b --verbose")],
    "each is used once": [("Makefile", "-\tpytest a\n-\tmypy a\n-\tpytest a\n+\tpytest a -v\n+\tmypy a -v")],
    "target": [("Makefile", "-test: a b\n+test: a\n x\n-checks := a\n-lint: a\n+lint: a b")],
    "target elsewhere": [("a.sh", "-test: a b\n x"), ("Justfile", "-test: a\n x"), ("b.mk", "-ci: a\n x"),
        ("Rakefile", "-ci: a\n x")],
    "a target for a target": [("Makefile", "-test: pytest a\n+test: pytest a strange\n+\tpytest b")],
    "a weak one": [("Makefile", "-\tpytest a\n+\tpytest a || true")],
    "a weak one that does less": [("Makefile", "-\tpytest a b\n+\tpytest a || true")],
    "weak before": [("Makefile", "-\tpytest a || true\n+\tpytest a b || true"),
        ("b.mk", "-\tpytest a || true\n+\tpytest a || true b")],
    "weak, not a command": [("Makefile", "+\tx || true\n+\tpytest || true")],
    "weak in a new file": [("Makefile", "+\tpytest || true", "added"), ("pytest.ini", "+addopts = --no-cov", "added")],
    "weak key": [("a.sh", "+skipTests = true\n+continue-on-error: true"), ("pom.xml", "+<skipTests>true</skipTests>")],
    "weak key before": [("pom.xml", "-<a><skipTests>true</skipTests>\n+<b><skipTests>true</skipTests>")],
    "addopts": [("pyproject.toml", "@@ [tool.pytest.ini_options]\n+addopts = '--deselect a'\n+other = '--deselect a'")],
    "a version": [("pyproject.toml", "@@ [tool.poe]\n-test = 'pytest==7.1 --ignore=a'\n+'pytest': '^7 --ignore=a'")],
    "an import": [("noxfile.py", "-import nox\n-from pytest import x\n+const a = require('jest || true')")],
    "mixed": [("pyproject.toml", "@@ [tool.poe.tasks]\n-test = 'pytest'\n-other = 'pytest a'\n x"),
        ("package.json",
            " 'scripts': {\n-  'test': 'jest',\n-  'lint': 'eslint .'\n }\n-'jest': 'a'\n-'jest2': 'mypy'")],
    "mixed, by section": [("tox.ini", "@@ [testenv:py]\n-a = pytest\n x"), ("setup.cfg", "@@ [nox]\n-a = pytest\n x"),
        ("pyproject.toml", "@@ [tool.scripts]\n-a = pytest\n x"), ("Cargo.toml", "@@ [package]\n-a = pytest\n x")],
    "mixed, items": [("tox.ini", "@@ [x]\n commands =\n-  pytest\n deps =\n-  pytest"),
        ("package.json", " cmd:\n-  - pytest\n other:\n-  - pytest")],
    "mixed, keys of a list": [("package.json",
        " scripts:\n   x:\n-    test: pytest\n   task:\n     y:\n-      test: pytest")],
    "mixed, names of tasks": [("package.json", " a:\n   task:\n-    x: pytest\n task:\n-  y: pytest\n-task: pytest")],
    "posargs": [("tox.ini", "@@ [testenv]\n-commands = pytest {posargs:tests}\n+commands = pytest tests")],
    "keyed": [("tox.ini", "@@ [testenv]\n-commands = pytest a\n+commands_pre = pytest a")],
    "ci": [(".github/workflows/ci.yml", "-  run: pytest\n+  run: pytest || true")],
    "other files": [("README.md", "-pytest\n x"), ("ruff.toml", "-pytest\n x")],
    "new": [("Makefile", "-\tpytest\n x", "added")],
    "errexit": [("test.sh", "-set -e\n x"), ("check.sh", "-set -eu\n+set -xe"), ("lint.sh", "-set -o errexit\n x")],
    "errexit elsewhere": [("a.sh", "-set -e\n x"), ("b.sh", "-set -e\n pytest"), ("test.toml", "-set -e\n x"),
        (".circleci/run", "-set -e\n x")],
    "errexit off": [("ci.sh", "+set +e\n+set +xe\n x"), ("a.sh", "+set +e"), ("verify.sh", "+set -e\n-set +e")],
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_that_are_gone_or_weaker(name: str, snapshot: SnapshotAssertion) -> None:
    assert seen(commands, *(file(*one) for one in COMMANDS[name])) == snapshot


@pytest.mark.parametrize(("many", "lost"), [(100, 0), (101, 1)])
def test_a_hundred_commands_of_a_file_are_compared(many: int, lost: int) -> None:
    body = [f"{sign}\tpytest a{n}q{more}" for sign, more in (("-", ""), ("+", " -v")) for n in range(many)]
    assert seen(commands, file("Makefile", "\n".join(body))).count("test_command_changed") == lost


CONFIGURATION: dict[str, list[tuple[str, ...]]] = {
    "ci": [(".github/workflows/ci.yml", "-  a\n+  b\n x\n+  c\n y\n-  d")],
    "ci, many lines": [(".github/workflows/ci.yml", "-  a\n-  b\n+  c\n+  d\n x\n-  e\n-  f\n y\n+  g\n+  h")],
    "ci, comments": [(".github/workflows/ci.yml", "-  # a\n+  # b\n x\n-  # c\n-  d\n y\n+  # e\n+  f\n-  # g")],
    "ci, formatted": [(".github/workflows/ci.yml", "-  'a'\n+  \"a\"\n x\n-  b\n+  c")],
    "ci, second hunk": [(".github/workflows/ci.yml", "@@\n x\n-  # a\n@@\n+  b")],
    "ci, new": [(".github/workflows/ci.yml", "+  a", "added")],
    "ci, deleted": [(".github/workflows/ci.yml", "-  a", "deleted")],
    "ci, renamed": [(".github/workflows/b.yml", "-  a\n x", "renamed", ".github/workflows/a.yml")],
    "ci, moved away": [("old/a.yml", "-  a\n x", "renamed", ".github/workflows/a.yml")],
    "ci, moved into": [(".github/workflows/a.yml", "-  a\n x", "renamed", "old/a.yml")],
    "unread": [("ruff.toml", "", "binary"), ("pyproject.toml", "", "binary"), ("pytest.ini", "", "binary"),
        (".circleci/a", "", "binary"), ("Makefile", "", "binary")],
    "silenced": [("src/a.py", "\n".join(f"+x{n}  # noqa" for n in range(5)))],
    "silenced, not so many": [("src/a.py", "\n".join(f"+x{n}  # noqa" for n in range(4)))],
    "silenced, some taken away": [("src/a.py", "-y  # noqa\n x\n" + "\n".join(f"+x{n}  # noqa" for n in range(5)))],
    "silenced, over two files": [("src/a.py", "-y  # noqa\n x\n" + "\n".join(f"+x{n}  # noqa" for n in range(3))),
        ("src/b.js", "+a // eslint-disable-line\n" * 3 + "+b // eslint-disable-line\n z")],
    "silenced, no code": [("a.md", "\n".join(f"+x{n}  # noqa" for n in range(5)))],
    "silenced, deleted": [("src/a.py", "\n".join(f"+x{n}  # noqa" for n in range(5)), "deleted"),
        ("src/b.py", "\n".join(f"+x{n}  # noqa" for n in range(5)))],
    "silenced, a new test": [("tests/test_a.py", "\n".join(f"+x{n}  # noqa" for n in range(5)), "added"),
        ("tests/test_b.py", "+# ruff: noqa")],
    "silenced, a new file": [("src/a.py", "+# ruff: noqa\n+x", "added")],
    "whole file": [("src/a.py", "-# ruff: noqa\n x\n+# ruff: noqa\n+# ruff:  noqa\n+# ruff: noqa")],
    "whole file, twice before": [("src/a.py",
        "-# ruff: noqa\n-# ruff: noqa\n x\n+# ruff: noqa\n y\n+# ruff: noqa\n z\n+# ruff: noqa")],
    "whole file, moved": [("src/a.py", "-# ruff: noqa\n x\n+  # ruff: noqa")],
    "all kinds, file by file": [
        (".github/workflows/ci.yml", "-  run: x"), ("pyproject.toml",
            "@@ [tool.coverage.report]\n-fail_under = 9\n+fail_under = 8\n+omit = ['a']"),
        ("Makefile", "-\tpytest\n x"), ("src/a.py", "+# ruff: noqa"), ("gone.toml", "-fail_under = 9", "deleted"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGURATION)
def test_what_is_seen_outside_of_tests(name: str, snapshot: SnapshotAssertion) -> None:
    assert rows(of_configuration([file(*one) for one in CONFIGURATION[name]])) == snapshot


def test_which_files_are_looked_at() -> None:
    paths = [".github/workflows/a.yml", "ruff.toml", "pytest.ini", "pyproject.toml", "Makefile", "src/a.py"]
    assert [configures(changed(path)) for path in paths] == [True] * 5 + [False]
    assert [configures(changed("a.txt", status="renamed", old_path=path)) for path in paths] == [True] * 5 + [False]
    assert [configures(changed(path, status="copied", old_path="a.txt")) for path in paths] == [False] * 6
    assert [rows(of_configuration([changed(path).model_copy(update={"cut": True, "status": status})])) for status in
            ("modified", "added", "deleted") for path in ("ruff.toml", "Makefile")] == [
        "ruff.toml not_readable None None  | a change of what is checked that is binary or too large to be read",
        "", "", "", "ruff.toml lint_changed None None  | a file that configures checks is deleted", "",
    ]  # fmt: skip
