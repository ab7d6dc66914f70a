"""Configuration of linters, type checkers, coverage and test selection: what checks less than before."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from otto_bot.core.tampering_entries import Config, Entry, words
from otto_bot.core.tampering_hits import TamperHit, hit
from otto_bot.core.tampering_paths import is_lint, is_mixed, is_test_config
from otto_bot.core.tampering_thresholds import limited

_LEFT_OUT = re.compile(
    r"(?:extend-)?(?:ignore|exclude|per-file-ignores|unfixable)|extend[-_](?:per-file-ignores|ignore|exclude)|disable[d]?|omit|ignores|ignorePatterns"
    r"|exclude[-_](?:lines|also|dirs|files|rules|functions|patterns)|Exclude|skip[-_](?:dirs|files|covered)|per_file_ignores|norecursedirs"
    r"|testPathIgnorePatterns|coveragePathIgnorePatterns|modulePathIgnorePatterns|watchPathIgnorePatterns|collect_ignore(?:_glob)?|excludes"
    r"|\S*exclusions?|NoWarn|WarningsNotAsErrors|ignoreErrors|baseline|allowed-confusables|disable_error_code|excludePaths|partial_branches"
)
"""Lists of what is not looked at."""
_LOOKED_AT = re.compile(
    r"(?:extend-)?select|extend-fixable|enable[d]?|linters|plugins|load-plugins|collectCoverageFrom|source|source_pkgs|enable_error_code|extends"
    r"|include|files|paths|packages|root_packages?|modules|rulesets?|WarningsAsErrors|Include|extend|contracts|layers|forbidden_modules"
)
"""Lists of what is looked at."""
_SELECTS = re.compile(
    r"testpaths|python_(?:files|classes|functions)|testMatch|testRegex|roots|testDir|spec|specs|suites|default_suite|testNamePattern|usefixtures_?"
)
"""Lists that say which tests there are: one that is new leaves out what it does not name."""
_UNFOUND = re.compile(r"collect_ignore(?:_glob)?|testPathIgnorePatterns|norecursedirs")
_STRICT = re.compile(
    r"strict\w*|disallow_\w+|warn_\w+|check_untyped_defs|no_implicit_\w+|extra_checks|local_partial_types|no(?:Implicit|Unused|Unchecked|Fallthrough)\w+"
    r"|exactOptionalPropertyTypes|alwaysStrict|useUnknownInCatchVariables|branch|xfail_strict|show_missing|Enabled|TreatWarningsAsErrors|failOn\w+"
    r"|haltOn\w+|check-coverage|checkCoverage|require_ci_to_pass|fail_ci_if_error|allErrorRules|recommended|typeCheckingMode|check|forbidOnly|failOnFlaky\w*"
    r"|default"
)
"""Switches that make checks stricter."""
_LAX = re.compile(
    r"ignore_errors|ignore_missing_imports|allow_\w+|allow[A-Z]\w*|skipLibCheck|implicit_reexport|informational|testFailureIgnore|skipTests|ignoreFailures"
    r"|passWithNoTests|only_pulls|allow-[\w-]+|skip_file_prefixes|suppressErrors|tests_off|ignore-failure|disable-all|disable_all|new|quiet"
)
"""Switches that make checks laxer."""
_PLAIN = re.compile(
    r"rev|version|minimumVersion|\$schema|python_version|target-version|targetVersion|target|cache-dir|cache_dir|description|language_version|additional_dependencies"
    r"|src|known-first-party|lib|outDir|rootDir|baseUrl|jsx|module\w*|paths|types|typeRoots|sourceMap|declaration\w*|name|fixable|show-source|output-format"
    r"|required-version|quote-style|indent-style|preview|fix|timeout|concurrency|verbose|esModuleInterop|isolatedModules|resolveJsonModule|stages|entry"
    r"|default_language_version|ci|autofix\w*|layout|comment|behavior|markers|minversion|pythonVersion|venv\w*|parserOptions|ecmaVersion|sourceType"
)
"""Keys that say nothing about what is checked."""
_OFF, _ON = (
    re.compile(r"^[\"']?(?:false|off|no|none|0|disabled?|basic|standard)\b", re.IGNORECASE),
    re.compile(r"^[\"']?(?:true|on|yes|1|enabled?|strict|all)\b", re.IGNORECASE),
)
_RANKED = re.compile(r"^[\[\s\"']*(?:level\s*=\s*[\"'])?(off|warn(?:ing)?|error|allow|deny|forbid|0|1|2)\b")
_RANK = {"off": 0, "0": 0, "allow": 0, "warn": 1, "warning": 1, "1": 1, "error": 2, "2": 2, "deny": 2, "forbid": 3}
_TOOLS = re.compile(
    r"(?:tool[.:])?(?:ruff|mypy|pylint|pyright|basedpyright|coverage|pytest|flake8|bandit|vulture|ty|importlinter|pydocstyle|pycodestyle|interrogate)"
    r"|lints|workspace\.lints|run$|report$|MASTER|MESSAGES CONTROL|testenv"
)
_DISTINCT = re.compile(
    r"fail_under|disallow_\w+|ignore_missing_imports|ignore_errors|extend-(?:ignore|select)|per-file-ignores|strict|omit|ignore|select|check_untyped_defs|warn_\w+"
    r"|testpaths|python_files|norecursedirs|xfail_strict|addopts|disable|exclude_lines|exclude_also|test\w*IgnorePatterns|coveragePath\w*|collectCoverageFrom"
    r"|testMatch|testRegex|TreatWarningsAsErrors|NoWarn|skipTests|testFailureIgnore|ignoreFailures|failOn\w+|haltOn\w+|passWithNoTests"
)
_KNOWN_ONLY = re.compile(r"[tj]sconfig|codecov|sonar|nycrc|coveragerc|biome")
_IGNORE_FILE = re.compile(r"(?:^|/)\.(?:eslint|semgrep|stylelint)ignore$")
_SEVERE = re.compile(r"eslint|tslint|biome|stylelint|package\.json$|Cargo\.toml$|clippy|deno")


def loosened(configs: Sequence[Config]) -> Iterator[TamperHit]:
    """Hits in files that configure checks: item by item where the key is known, else every line that is gone."""
    for config in configs:
        path = config.file.path
        if config.file.status == "added":
            yield from _new(config)
            continue
        if not (is_lint(path) or is_mixed(path) or is_test_config(path)):
            continue
        if config.file.status == "deleted":
            if is_lint(path) or is_test_config(path):
                yield hit("lint_changed", path, None, "a file that configures checks is deleted")
            continue
        yield from _of(config)


def _new(config: Config) -> Iterator[TamperHit]:
    """A new file of configuration takes nothing away, unless it keeps tests from being found."""
    for entry in config.added if is_test_config(config.file.path) else ():
        if entry.own and _UNFOUND.fullmatch(entry.key) and words(entry.value):
            yield hit("tests_left_out", config.file.path, entry.line, "tests are kept from being found")


def _of(config: Config) -> Iterator[TamperHit]:
    path = config.file.path
    numbers = limited(path, (entry.line for entry in (*config.removed, *config.added)))
    before, after = _grouped(config.removed, config, numbers), _grouped(config.added, config, numbers)
    for key in dict.fromkeys((*before, *after)):
        yield from _key(config, key[1], before.get(key, []), after.get(key, []))


def _grouped(entries: Sequence[Entry], config: Config, numbers: set[int]) -> dict[tuple[str, str], list[Entry]]:
    """Entries of checks by (section, key)."""
    found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        if id(entry.line) not in numbers and _about_checks(entry, config.file.path):
            found[_group(entry)].append(entry)
    return found


def _group(entry: Entry) -> tuple[str, str]:
    """Keys below a list belong to it: `per-file-ignores` has a path a line."""
    for key in entry.path:
        if _LEFT_OUT.fullmatch(key):
            return entry.section, key
    if re.search(r"per-file-ignores", entry.section):
        return entry.section, "per-file-ignores"
    return entry.section, entry.key


def _about_checks(entry: Entry, path: str) -> bool:
    if not is_mixed(path):
        return True
    if entry.section and path.rpartition("/")[2] != "package.json":
        return _TOOLS.match(entry.section) is not None
    above = {"eslintConfig", "jest", "nyc", "c8", "rules", "ava", "mocha", "stylelint"} & set(entry.path)
    return bool(above) or any(_DISTINCT.fullmatch(key) for key in entry.path)


def _key(config: Config, key: str, old: list[Entry], new: list[Entry]) -> Iterator[TamperHit]:
    path = config.file.path
    if _IGNORE_FILE.search(path):
        yield from _more(path, old, new)
    elif _ranked(path, old, new):
        yield from _severity(path, old, new)
    elif _UNFOUND.fullmatch(key):
        yield from _more(path, old, new, "tests_left_out")
    elif _LEFT_OUT.fullmatch(key):
        yield from _more(path, old, new)
    elif _SELECTS.fullmatch(key):
        listed = old or not any(entry.own for entry in new)
        yield from _fewer(path, old, new, "tests_left_out") if listed else _narrowed(path, new)
    elif _STRICT.fullmatch(key):
        yield from _switch(path, old, new, strict=True)
    elif _LAX.fullmatch(key):
        yield from _switch(path, old, new, strict=False)
    elif _LOOKED_AT.fullmatch(key):
        yield from _fewer(path, old, new)
    elif not _PLAIN.fullmatch(key):
        yield from _unknown(config, key, old, new)


def _more(path: str, old: list[Entry], new: list[Entry], rule: str = "lint_changed") -> Iterator[TamperHit]:
    """A list of exceptions that got longer."""
    before = Counter(word for entry in old for word in _items(entry))
    for entry in new:
        fresh = [word for word in _items(entry) if before[word] <= 0]
        before.subtract(_items(entry))
        if fresh:
            yield hit(rule, path, entry.line, "more is left out of the checks")


def _items(entry: Entry) -> list[str]:
    key = {entry.key} if entry.own and len(entry.path) > 1 else set[str]()
    return [word for word in (*key, *words(entry.value)) if word not in {"=", ":", "-", "true"}]


def _fewer(path: str, old: list[Entry], new: list[Entry], rule: str = "lint_changed") -> Iterator[TamperHit]:
    """A list of what is checked that got shorter. A longer family (`E` for `E501`) covers its members."""
    after = Counter(word for entry in new for word in words(entry.value) if word != "-")
    families = tuple(word for word in after if 0 < len(word) <= 4 and word.isalpha())
    for entry in old:
        mine = [word for word in words(entry.value) if word != "-"]
        gone = [
            word
            for word in mine
            if after[word] <= 0 and not word.startswith(families or ("\0",)) and "ALL" not in after
        ]
        after.subtract(mine)
        if gone:
            yield hit(rule, path, entry.line, "less is looked at than before")


def _narrowed(path: str, new: list[Entry]) -> Iterator[TamperHit]:
    yield hit("tests_left_out", path, new[0].line, "which tests are found is narrowed")


def _switch(path: str, old: list[Entry], new: list[Entry], *, strict: bool) -> Iterator[TamperHit]:
    on, off = (_ON, _OFF) if strict else (_OFF, _ON)
    was = next((entry for entry in old if on.match(entry.value)), None)
    now = next((entry for entry in new if off.match(entry.value)), None)
    still = any(on.match(entry.value) for entry in new)
    if now is not None and not any(off.match(entry.value) for entry in old):
        yield hit("lint_changed", path, now.line, "a check is switched off, or made laxer")
    elif strict and was is not None and not still and now is None:
        yield hit("lint_changed", path, was.line, "a switch that made checks stricter is gone")


def _ranked(path: str, old: list[Entry], new: list[Entry]) -> bool:
    return _SEVERE.search(path) is not None and any(entry.own and _RANKED.match(entry.value) for entry in (*old, *new))


def _severity(path: str, old: list[Entry], new: list[Entry]) -> Iterator[TamperHit]:
    before = [(rank, entry) for entry in old if (rank := _rank(entry)) is not None]
    after = [(rank, entry) for entry in new if (rank := _rank(entry)) is not None]
    most = max((rank for rank, _ in before), default=None)
    if after and (least := min(after, key=lambda one: one[0])) and least[0] < (1 if most is None else most):
        yield hit("lint_changed", path, least[1].line, "a rule counts less than before")
    elif not after and most:
        yield hit("lint_changed", path, before[0][1].line, "a rule is gone")


def _rank(entry: Entry) -> int | None:
    match = _RANKED.match(entry.value)
    return _RANK[match[1]] if match else None


def _tool(entry: Entry) -> str:
    """What a repository of hooks is called: it may only have got another owner."""
    return entry.value.strip("\"'").rpartition("/")[2]


def _unknown(config: Config, key: str, old: list[Entry], new: list[Entry]) -> Iterator[TamperHit]:
    """In a file that only configures checks, what is gone may have been one; so may an item of a list not shown."""
    path = config.file.path
    if not is_lint(path) or _KNOWN_ONLY.search(path):
        return
    bare = re.compile(r"\s*[\[\](){},;]*\s*$")
    moved = {_tool(entry) for entry in new if entry.key == "repo"}
    gone = [
        entry
        for entry in old
        if not bare.match(entry.line.text) and not (entry.key == "repo" and _tool(entry) in moved)
    ]
    if gone:
        yield hit("lint_changed", path, gone[0].line, "a line of a file that configures checks is changed")
    elif not key:
        yield from (
            hit("lint_changed", path, entry.line, "something is added to a list that may leave things out")
            for entry in new
            if re.match(r"\s+(?:-\s+)?[\"']?[\w*./:-]+[\"']?,?\s*$", entry.line.text)
        )
