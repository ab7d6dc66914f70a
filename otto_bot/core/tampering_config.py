"""Hits outside of tests: CI, build scripts, configuration of checks, and comments that silence a checker."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from otto_bot.core.patches import ChangedFile, Line, hunks, reformatted
from otto_bot.core.tampering_commands import commands
from otto_bot.core.tampering_entries import Config, read, said
from otto_bot.core.tampering_hits import TamperHit, hit
from otto_bot.core.tampering_lint import loosened
from otto_bot.core.tampering_paths import is_ci, is_code, is_lint, is_mixed, is_script, is_test, is_test_config
from otto_bot.core.tampering_thresholds import lowered

SILENCED_AT_ONCE = 5
"""As many comments that silence a checker, more than were taken away, are no exception any more."""

_ONE_LINE = re.compile(
    r"#\s*(?:noqa\b|type:\s*ignore|pyright:\s*ignore|pylint:\s*disable|pragma:\s*no\s*cover|nosec\b|mypy:\s*ignore|ty:\s*ignore)"
    r"|eslint-disable-(?:next-)?line|@ts-(?:ignore|expect-error)|//\s*nolint|#\[allow\(|@SuppressWarnings|@Suppress\(|rubocop:disable"
    r"|(?:istanbul|c8|v8)\s+ignore|phpstan-ignore|psalm-suppress|#pragma\s+warning\s+disable|//\s*NOLINT|biome-ignore|noinspection|LCOV_EXCL"
    r"|\bskipcq\b|shellcheck\s+disable|phpcs:ignore"
)
_WHOLE_FILE = re.compile(
    r"^\s*#\s*(?:ruff|flake8):\s*noqa\b|^#\s*(?:mypy:\s*(?:ignore-errors|disable-error-code|allow-)|pylint:\s*(?:skip-file|disable=)|type:\s*ignore\s*$|pyright:\s*(?:basic|ignore|strict=false|report))"
    r"|^\s*/\*\s*eslint-disable(?!-)|@ts-nocheck|#!\[allow\(|^//\s*nolint|@file:Suppress|^\s*//\s*phpcs:ignoreFile|phpcs:disable|^#\s*rubocop:disable"
    r"|^\s*/\*\s*(?:istanbul|c8|v8)\s+ignore\s+file|^#\s*shellcheck\s+disable|biome-ignore-all|@codeCoverageIgnore\b|#\[cfg\(not\((?:test|coverage)"
)


def of_configuration(files: Sequence[ChangedFile]) -> Iterator[TamperHit]:
    """Hits of every file that is no test, file by file."""
    configs = [read(file) for file in files if configures(file)]
    for config in configs:
        yield from _ci(config)
        yield from _unread(config)
    yield from lowered([config for config in configs if config.file.status != "deleted"])
    yield from commands(configs)
    yield from loosened(configs)
    yield from _silenced(files)


def configures(file: ChangedFile) -> bool:
    """Whether a file says what is run, or how strictly."""
    kinds = (is_ci, is_lint, is_test_config, is_mixed, is_script)
    return file.status != "copied" and any(
        kind(path) for kind in kinds for path in (file.path, file.old_path or file.path)
    )


def _ci(config: Config) -> Iterator[TamperHit]:
    """Whatever changes in a file that says what CI runs; a new one adds to what is checked."""
    file = config.file
    before = file.old_path or file.path
    if not is_ci(before) or file.status == "added":
        return
    if file.status == "deleted" or (
        file.status == "renamed" and before.rpartition("/")[0] != file.path.rpartition("/")[0]
    ):
        yield hit("ci_changed", file.path, None, "a file that says what CI runs is deleted or moved away")
        return
    for hunk in hunks(file.patch):
        for removed, added in hunk.blocks():
            changed = [line for line in (*removed, *added) if said(line)]
            if changed and not reformatted(removed, added):
                yield hit(
                    "ci_changed",
                    file.path,
                    (added or removed)[0] if len(changed) == 1 else changed[-1 if added else 0],
                    "what CI runs is changed",
                )


def _unread(config: Config) -> Iterator[TamperHit]:
    file = config.file
    only = is_ci(file.path) or is_lint(file.path) or is_test_config(file.path)
    if only and (file.binary or file.cut) and file.status not in ("added", "deleted"):
        yield hit("not_readable", file.path, None, "a change of what is checked that is binary or too large to be read")


def _silenced(files: Sequence[ChangedFile]) -> Iterator[TamperHit]:
    """Comments that silence a checker: for a whole file, or many of them."""
    added: list[tuple[str, Line]] = []
    removed = 0
    for file in files:
        new_test = file.status == "added" and is_test(file.path)
        if file.status in ("deleted", "copied") or not is_code(file.path) or new_test:
            continue
        lines = [line for hunk in hunks(file.patch) for line in hunk.lines if line.sign != " "]
        yield from _whole_file(file.path, lines)
        added += [(file.path, line) for line in lines if line.sign == "+" and _ONE_LINE.search(line.text)]
        removed += sum(1 for line in lines if line.sign == "-" and _ONE_LINE.search(line.text))
    if len(added) - removed >= SILENCED_AT_ONCE:
        count = len(added) - removed
        for path, line in added:
            yield hit("checks_silenced", path, line, f"one of {count} new comments that silence a checker")


def _whole_file(path: str, lines: Sequence[Line]) -> Iterator[TamperHit]:
    gone = Counter(line.text.strip() for line in lines if line.sign == "-")
    for line in lines:
        if line.sign == "+" and _WHOLE_FILE.search(line.text):
            if gone[line.text.strip()] > 0:
                gone[line.text.strip()] -= 1
            else:
                yield hit("checks_silenced", path, line, "a checker is silenced for a whole file")
