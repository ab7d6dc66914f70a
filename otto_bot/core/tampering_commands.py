"""The commands that run tests and linters: gone, made narrower, or with their failure thrown away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from otto_bot.core.patches import Line, squeezed
from otto_bot.core.tampering_entries import Config, Entry
from otto_bot.core.tampering_hits import TamperHit, hit
from otto_bot.core.tampering_paths import is_ci, is_mixed, is_script, is_test_config

RUNNER = re.compile(
    r"(?<![\w@/.-])(?:pytest|py\.test|unittest|nose2|tox|nox|jest|vitest|mocha|ava|karma|playwright\s+test|cypress\s+run"
    r"|(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?(?:test|lint|check|typecheck)[\w:-]*|npm\s+t|go\s+(?:test|vet)|cargo\s+(?:test|nextest|clippy|check)"
    r"|mvnw?|gradlew?|sbt\s+test|rspec|rake\s+(?:test|spec)|rails\s+test|phpunit|pest|dotnet\s+test|bats|ctest|swift\s+test|mix\s+test"
    r"|ruff|flake8|mypy|pyright|pylint|eslint|tsc|biome|golangci-lint|staticcheck|rubocop|phpstan|psalm|shellcheck|lint-imports"
    r"|coverage|c8|nyc|deno\s+test|make\s+(?:test|check|lint)\w*|\./gradlew|\./mvnw)(?![\w@])",
)
WEAK = re.compile(
    r"\|\|\s*(?:true|:|exit\s+0|echo|/bin/true)(?!\w)|;\s*(?:true|exit\s+0)\s*[\"']?,?\s*$|--no-verify"
    r"|--pass-?[wW]ith-?[nN]o-?[tT]ests"
    r"|--deselect|--ignore(?:-glob|-paths)?[= ]|-k[= ]?\s*[\"'\\]*not\b|-m[= ]?\s*[\"'\\]+not\b|--exit-zero"
    r"|-DskipTests|-Dmaven\.test\.skip"
    r"|-Dskip|(?:^|\s)-x\s+(?:test|check)\b|--skip[= ]|--testPathIgnorePatterns|--reruns|--retries"
    r"|--no-cov\b|-p\s+no:|--ignore-missing-imports"
    r"|--allow-warnings|-fae\b|--fail-never|-Dmaven\.test\.failure\.ignore"
    r"|(?:^|\s)-A\s+\w|--max-fail|--exclude[= ]|--no-strict"
)
_WEAK_KEY = re.compile(
    r"\b(?:continue-on-error|continueOnError|allow_failure|ignore_outcome|ignoreFailures|isIgnoreFailures|testFailureIgnore|skipTests"
    r"|passWithNoTests|maven\.test\.skip)\b[\"']?>?\s*[:=]?\s*[\"']?(?:true|True|yes)\b|^\s*if:\s*(?:\$\{\{\s*)?false\b|^\s*if\s*:\s*0\b"
)
_VERSION = re.compile(
    r"[<>=!~^]=?\s*[\"']?v?\d+(?:\.\d|[\"'])|[\"']\s*:\s*[\"'](?:[\^~<>=v]|\d|workspace:|file:|npm:|latest|\*)|==\s*\d"
)
_IMPORT = re.compile(r"\s*(?:import\s|from\s|(?:const|let|var)\s.{0,200}\brequire\()")
_COMPARED = 100
"""Commands of one file that are compared with each other."""
_TARGET = re.compile(r"(?:test|tests|check|checks|ci|lint|verify|typecheck|coverage|all)[\w-]*\s*:(?!=)")
_HELD = re.compile(r"^(?:commands?(?:_pre|_post)?|addopts|scripts?|cmd|run|args|shell)$")
_KEYED = re.compile(r"^\s*commands(?:_pre|_post)?\s*=")
_POSARGS = re.compile(r"\{posargs:?([^{}]{0,200})\}")
"""What runs where nobody says more on the command line."""
_FINE = re.compile(
    r"--cov\S*|--strict\S*|-W|error\S*|-v+|--verbose|-q+|--quiet|--junit\S*|--tb\S*|-n|auto|\d+|--color\S*|--durations\S*|-race"
    r"|--doctest-modules|--all\S*|--locked|--workspace|--coverage|--ci|-r\w+|--reporter\S*|-D|warnings|--|-count=1|\./\.\.\.|-cover\S*|--check|--no-cache"
    r"|--max-warnings\S*|--runInBand|-x|--random-order|-p|randomly|--showlocals|-l|--parallel|--frozen|--no-fix|--fail-under\S*|--branch"
)


def commands(configs: Sequence[Config]) -> Iterator[TamperHit]:
    """Hits in build scripts, test configuration and scripts of package managers. CI files are hits by themselves."""
    gained = Counter(squeezed(entry.line.text) for config in configs for entry in config.added)
    for config in configs:
        path = config.file.path
        yield from _weak(config)
        if (
            config.file.status != "added"
            and not is_ci(path)
            and (is_script(path) or is_mixed(path) or is_test_config(path))
        ):
            yield from _changed(config, gained)


def _weak(config: Config) -> Iterator[TamperHit]:
    path, file = config.file.path, config.file
    if file.status == "added" and not is_test_config(path):
        return
    before = [entry.line.text for entry in config.removed]
    for entry in config.added:
        line = entry.line
        weak = WEAK.search(line.text) if _runs(entry, config) else None
        weak = weak or _WEAK_KEY.search(line.text)
        if weak and not any(weak[0] in text for text in before):
            yield hit("failure_ignored", path, line, "a failure would not count here, or tests are left out")
    yield from _errexit(config)


def _errexit(config: Config) -> Iterator[TamperHit]:
    """`set -e` of a script that checks."""
    path = config.file.path
    about = re.search(r"test|check|lint|verify|ci\b", path) or any(RUNNER.search(line.text) for line in config.lines)
    if not about or not (is_script(path) or is_ci(path)):
        return
    on = re.compile(r"^\s*set\s+-[a-z]*e|^\s*set\s+-o\s+errexit")
    kept = any(on.search(entry.line.text) for entry in config.added)
    for entry in config.removed:
        if on.search(entry.line.text) and not kept:
            yield hit("failure_ignored", path, entry.line, "the script no longer stops at a failure")
    for entry in config.added:
        if re.match(r"\s*set\s+\+[a-z]*e", entry.line.text):
            yield hit("failure_ignored", path, entry.line, "the script goes on after a failure from here")


def _runs(entry: Entry, config: Config) -> bool:
    """Whether a line is a command that checks, or options of one."""
    path, text = config.file.path, entry.line.text
    if entry.key == "addopts":
        return True
    if RUNNER.search(text) is None or _VERSION.search(text) or _IMPORT.match(text):
        return False
    if not is_mixed(path):
        return True
    return (entry.own and " " in entry.value.strip("\"', ")) or (entry.own and _scripted(entry)) or _item(entry)


def _scripted(entry: Entry) -> bool:
    parents = " ".join((entry.section, *entry.path[:-1])).lower()
    return any(word in parents for word in ("script", "task", "testenv", "poe", "nox"))


def _item(entry: Entry) -> bool:
    return not entry.own and _HELD.match(entry.key) is not None


def _changed(config: Config, gained: Counter[str]) -> Iterator[TamperHit]:
    added = [entry for entry in config.added if _runs(entry, config) or _is_target(entry.line, config)][:_COMPARED]
    for entry in config.removed:
        target = _is_target(entry.line, config)
        if not target and not _runs(entry, config):
            continue
        text = squeezed(entry.line.text)
        if gained[text] > 0:
            gained[text] -= 1
            continue
        match = next((new for new in added if _covers(new.line.text, entry.line.text)), None)
        if match is None:
            yield hit("test_command_changed", config.file.path, entry.line, "what is run to test or to lint is changed")
        else:
            added.remove(match)


def _is_target(line: Line, config: Config) -> bool:
    return (
        re.search(r"[Mm]akefile|\.mk$|[Jj]ustfile", config.file.path) is not None
        and _TARGET.match(line.text) is not None
    )


def _covers(new: str, old: str) -> bool:
    """Whether a command does all that the old one did: the same words, and none that makes it narrower."""
    if WEAK.search(new) and not WEAK.search(old):
        return not Counter(_words(old)) - Counter(_words(new))  # that it is weaker is said already
    first, _, _rest = new.partition("&&")
    words = Counter(_words(new))
    words.subtract(_words(old))
    if any(count < 0 for count in words.values()):
        return False
    more = Counter(_words(first if "&&" not in old else new))
    more.subtract(_words(old))
    return _TARGET.match(new) is not None or all(_FINE.fullmatch(word) for word, count in more.items() if count > 0)


def _words(text: str) -> list[str]:
    text = _KEYED.sub("", _POSARGS.sub(r"\1", text))
    plain = re.sub(r"\d+(?:\.\d+)*", "0", text)  # numbers are limits, and looked at as such
    return [word for word in re.split(r"[\s\"',]+", plain) if word and word not in {"[", "]", "&&", ";"}]
