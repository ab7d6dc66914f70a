"""Attacks by files of the repository that Otto reads before anything runs: configuration, workflows, patterns."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change
from otto_bot.core.config import Config, ConfigError, HostCaps
from otto_bot.git import diff_rules
from otto_bot.git.changes import FileChange
from otto_bot.git.diff_gate import inspect
from otto_bot.github import safe_yaml
from otto_bot.github.config_file import read_config_file
from otto_bot.github.models import WorkflowFile
from otto_bot.jobs.workflow_files import parsed

BOMB = "https://cwe.mitre.org/data/definitions/776.html and https://github.com/yaml/pyyaml/issues/235"
STACK = "https://cwe.mitre.org/data/definitions/674.html"


class OnGitHub:
    """A repository whose default branch has this configuration."""

    def __init__(self, text: str) -> None:
        self._body = text.encode()

    async def file(self, path: str, ref: str) -> bytes | None:
        return self._body


def configured(text: str) -> Config | str:
    """What Otto makes of the file: a configuration, or what stands in the comment that refuses."""
    try:
        given: Any = OnGitHub(text)
        return asyncio.run(read_config_file(given, "main", HostCaps()))
    except ConfigError as error:
        return str(error)


def written_out(value: object, known: dict[int, int]) -> int:
    """How many values a value is with everything shared written out, without writing it out."""
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) not in known:
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(written_out(part, known) for part in parts)
    return known[id(value)]


LAUGHS = defence(
    "no-yaml-bombs",
    "What aliases stand for is counted each time before anything is built from a file",
    Change("otto_bot.github.safe_yaml", "load", "_check_size(node, max_nodes)", "pass"),
)


@attack("billion-laughs-in-a-workflow", point=9, by=LAUGHS, source=BOMB)
def billion_laughs_in_a_workflow(place: Path) -> str | None:
    """A workflow of a kilobyte is half a million values once its aliases are written out, which who walks it does."""
    names = "abcdef"
    lines = [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in itertools.pairwise(names)]
    text = "\n".join(["on: push", "jobs: {}", "a: &a [x, x, x, x, x, x, x, x, x]", *lines])
    (workflow,) = asyncio.run(parsed([WorkflowFile(path="x.yml", text=text)]))
    size = written_out(workflow.data, {}) if workflow.data is not None else 0
    return f"{len(text)} bytes were taken as {size:,} values" if size > 100_000 else None


@attack("merge-keys-that-multiply", point=9, by=LAUGHS, source=BOMB)
def merge_keys_that_multiply(place: Path) -> str | None:
    """A configuration of some lines merges mappings that merge mappings: reading it multiplies them in memory."""
    names = "abcdef"
    lines = [f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 9)}]}}" for old, new in itertools.pairwise(names)]
    text = "\n".join(["a: &a {k: 1}", *lines])
    tracemalloc.start()
    try:
        configured(text)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return f"{len(text)} bytes took {most // 1024} KiB" if most > 2_000 * len(text) else None


DEPTH = defence(
    "no-deep-yaml",
    "A file that is nested deeper than anything people write is refused before anything recursive looks at it",
    Change("otto_bot.github.safe_yaml", "_check_events", "if depth > MAX_DEPTH:", "if False:"),
)


ALIASED_DEPTH = defence(
    "no-depth-by-aliases",
    "Levels that aliases stand for count as levels",
    Change("otto_bot.github.safe_yaml", "_check_written_out", "if levels > MAX_DEPTH:", "if False:"),
)


@attack("nested-until-the-stack-ends", point=9, by=(DEPTH, ALIASED_DEPTH), source=STACK)
def nested_until_the_stack_ends(place: Path) -> str | None:
    """A workflow nests lists until whoever reads or walks it runs out of stack."""
    (workflow,) = asyncio.run(parsed([WorkflowFile(path="x.yml", text="on: push\nx: " + "[" * 150 + "]" * 150)]))
    return "150 levels were taken in" if workflow.data is not None else None


@attack("aliases-until-the-stack-ends", point=9, by=ALIASED_DEPTH, source=STACK)
def aliases_until_the_stack_ends(place: Path) -> str | None:
    """A workflow stacks aliases, each some levels above the last one, for whoever writes out or walks what it holds."""
    deep = "[" * 50 + "{}" + "]" * 50
    lines = [f"x{number}: &x{number} {deep.format(f'*x{number - 1}')}" for number in range(1, 40)]
    text = "\n".join(["on: push", "x0: &x0 x", *lines])
    (workflow,) = asyncio.run(parsed([WorkflowFile(path="x.yml", text=text)]))
    value, levels = (workflow.data or {}).get("x39"), 0
    while isinstance(value, list):
        value, levels = value[0], levels + 1
    return f"{levels} levels were taken in" if levels else None


ONE_ERROR = defence(
    "one-error-for-bad-yaml",
    "Whatever is wrong with a file, the run refuses with a comment; nothing else fails",
    Change("otto_bot.github.safe_yaml", "load", "except (yaml.YAMLError, *_OF_THE_PARSER)", "except (yaml.YAMLError,)"),
)


@attack(
    "value-that-no-reader-expects",
    point=9,
    by=ONE_ERROR,
    source="https://docs.python.org/3/library/stdtypes.html#int-max-str-digits",
)
def value_that_no_reader_expects(place: Path) -> str | None:
    """A number that is none, or one of 5,000 digits, is an error that no handler of YAML errors catches."""
    for value in ("!!int x", "9" * 5000):
        try:
            configured(f"attempts: {{per_task: {value}}}")
        except Exception as error:  # noqa: BLE001 - whatever gets through is what is looked for
            return f"{type(error).__name__} got through"
    return None


@contextmanager
def _any_object() -> Iterator[None]:
    """PyYAML's reader that makes any Python object."""
    import yaml

    class Anything(yaml.UnsafeLoader):
        """Under our loader's name."""

    kinds = frozenset({"tag:yaml.org,2002:python/object/apply:os.mkdir", *safe_yaml._TAGS})
    with mock.patch.object(safe_yaml, "_Loader", Anything), mock.patch.object(safe_yaml, "_TAGS", kinds):
        yield


PLAIN = defence("plain-values-only", "A file of a repository is plain values: it names no types of Python", _any_object)


@attack("python-object-in-yaml", point=9, by=PLAIN, source="https://nvd.nist.gov/vuln/detail/CVE-2020-14343 (PyYAML)")
def python_object_in_yaml(place: Path) -> str | None:
    """A configuration asks the reader to call a function of Python."""
    configured(f"label: !!python/object/apply:os.mkdir [{place / 'made'}]")
    return "a directory was made by reading a file" if (place / "made").exists() else None


TWICE = defence(
    "no-key-twice",
    "A key that stands twice is an error: nobody reads one value and gets the other",
    Change("otto_bot.github.safe_yaml", "_check_keys", "and name in seen", "and False"),
)


@attack("key-that-stands-twice", point=9, by=TWICE, source="https://yaml.org/spec/1.2.2/#3213-node-comparison")
def key_that_stands_twice(place: Path) -> str | None:
    """A reviewer of `.github/otto.yml` sees a budget of a dollar at the top, and far below it stands another one."""
    found = configured("budget: {usd: 1}\n" + "# words\n" * 50 + "budget: {usd: 50}\n")
    return f"the budget is ${found.budget.usd:g}" if isinstance(found, Config) else None


@contextmanager
def _regular_expressions() -> Iterator[None]:
    """The matcher that there was before."""

    class Expression:
        def __init__(self, pattern: str) -> None:
            self._regex = re.compile(pattern.replace("*", "[^/]*"))

        def matches(self, text: str) -> bool:
            return self._regex.fullmatch(text) is not None

    with mock.patch.object(diff_rules, "ignore_glob", Expression):
        yield


LINEAR = defence(
    "linear-patterns", "A pattern of a repository is matched in time linear in the path", _regular_expressions
)


@attack(
    "pattern-that-takes-for-ever",
    point=9,
    by=LINEAR,
    source="https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS",
)
def pattern_that_takes_for_ever(place: Path) -> str | None:
    """`paths.protected` has a pattern of many stars, and the diff a path that nearly matches it."""

    def seconds(length: int) -> float:
        change = FileChange(path="a" * length, status="added", mode_after="100644")
        begun = time.thread_time()
        inspect([change], protected=("*a" * 4 + "*b",))
        return time.thread_time() - begun

    # The least of several: whatever else a machine does only adds to it.
    short, long = (min(seconds(length) for _ in range(5)) for length in (30, 60))
    return f"twice the path took {long / short:.0f} times as long" if long > 8 * short else None


@contextmanager
def _no_limits() -> Iterator[None]:
    with mock.patch("otto_bot.core.config.checked_all", tuple):
        yield


LIMITS = defence(
    "patterns-have-limits", "Patterns beyond a number, a length or a number of stars are an error in words", _no_limits
)


@attack(
    "nine-hundred-patterns",
    point=9,
    by=LIMITS,
    source="own: each of a hundred thousand paths is held against each pattern before every push",
)
def nine_hundred_patterns(place: Path) -> str | None:
    """A small configuration protects nine hundred patterns, and each path of each push is held against each of them."""
    found = configured("paths: {protected: [" + ", ".join(["a/**"] * 900) + "]}")
    return f"{len(found.paths.protected)} patterns were taken" if isinstance(found, Config) else None
