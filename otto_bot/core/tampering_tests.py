"""Tests that are gone, switched off or emptied: the old and the new text of test files, test by test."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from otto_bot.core.patches import ChangedFile, Hunk, Line, reformatted, squeezed
from otto_bot.core.tampering_asserts import Pool, weaker_checks
from otto_bot.core.tampering_cases import Case, Side, sides
from otto_bot.core.tampering_checks import strength
from otto_bot.core.tampering_hits import TamperHit, hit
from otto_bot.core.tampering_languages import Language, language_of
from otto_bot.core.tampering_pairs import Pair, paired
from otto_bot.core.tampering_paths import is_code, is_test, named_as_test
from otto_bot.core.tampering_switches import alone, switched_off

_ROW = re.compile(
    r"\s*(?:pytest\.param\(|Arguments\.of\(|arguments\(|\[(?:InlineData|TestCase|DataRow)\(|#\[(?:case|test_case)\(|[\[({]"
    r"|[\"'][^\"']{1,200}[\"']\s*(?:=>|:)\s*[\[{]).*[\])},]\s*$"
)


@dataclass
class TestText:
    """A file that holds tests, read on both sides."""

    file: ChangedFile
    language: Language
    hunks: tuple[Hunk, ...]
    old: Side
    new: Side
    by_path: bool
    """Whether its path says that it is a test; else only marked tests in it count."""

    __test__ = False


def of_tests(files: Sequence[ChangedFile]) -> Iterator[TamperHit]:
    """Hits in test files, and in tests that stand in source files."""
    texts = [text for file in files if (text := _read(file)) is not None]
    pairs, gone = paired([(text.file, text.old, text.new) for text in texts])
    pool = Pool((text.old, text.new) for text in texts)
    for text in texts:
        lost = gone.get(text.file.path, ())
        yield from _of_the_file(text, lost)
        yield from _removed(text, lost)
        ignored = _formatting(text.hunks)
        for pair in pairs.get(text.file.path, ()):
            if pair.old.name or text.by_path:
                yield from _of_the_pair(pair, text, pool, ignored)
        if text.by_path:
            yield from _rows(text, lost)
        if text.file.status != "added":
            yield from _new_alone(text)


def _new_alone(text: TestText) -> Iterator[TamperHit]:
    """Tests that are new here and make every other one be left out."""
    known = {case.name for case in text.old.named()}
    for case in text.new.named():
        if case.name not in known:
            yield from alone(case.whole, text.language, text.file.path)


def _read(file: ChangedFile) -> TestText | None:
    before = file.old_path or file.path
    if not is_code(before) or file.status == "copied":
        return None
    language = language_of(before)
    by_path = is_test(before) or is_test(file.path)
    if not by_path and language.needs is None:
        return None
    hunks, old, new = sides(file.patch, language)
    return TestText(file, language, hunks, old, new, by_path)


def _of_the_file(text: TestText, lost: Sequence[Case]) -> Iterator[TamperHit]:
    file = text.file
    before = file.old_path or file.path
    if not text.by_path or file.status == "added":
        return
    if file.status == "deleted":
        yield from _deleted(text, lost)
    elif file.status == "type_changed":
        yield hit("test_file_disabled", file.path, None, "a test file becomes a link or another kind of file")
    elif file.status == "renamed" and named_as_test(before) and not named_as_test(file.path):
        yield hit("test_file_disabled", file.path, None, "a test file gets a name by which no runner finds it")
    elif file.binary or file.cut:
        yield hit("not_readable", file.path, None, "a change of a test file that is binary or too large to be read")


def _deleted(text: TestText, lost: Sequence[Case]) -> Iterator[TamperHit]:
    shown = list(text.old.named())
    unread = text.file.binary or text.file.cut or not text.hunks
    checks = any(strength(line.text) is not None for hunk in text.hunks for line in hunk.lines)
    if lost:
        words = f"the file is deleted, and {len(lost)} of its {len(shown)} tests are nowhere else"
        yield hit("test_file_deleted", text.file.path, lost[0].start, words)
    elif unread or (not shown and checks):
        yield hit("test_file_deleted", text.file.path, None, "a test file is deleted")


def _removed(text: TestText, lost: Sequence[Case]) -> Iterator[TamperHit]:
    if text.file.status == "deleted" and text.by_path:
        return
    for case in lost:
        yield hit(
            "test_removed", text.file.path, case.start, "a test is gone, and none of its name or content is added"
        )


def _of_the_pair(pair: Pair, text: TestText, pool: Pool, ignored: frozenset[int]) -> Iterator[TamperHit]:
    path = pair.path
    found = [*switched_off(pair, text.language, path)]
    found += weaker_checks(pair, pool, ignored, text.file.path)
    yield from found
    if not found and pair.old.name and (line := _emptied(pair, text.language)) is not None:
        yield hit("test_emptied", path, line, "what the test did is gone, its name is left")


_NOTHING = re.compile(r"\s*(?:pass|\.\.\.|return|None|[{}()\[\];]*|\}\);?|end|do|done|:|true|\"\"\".*|'''.*)\s*;?\s*$")


def _emptied(pair: Pair, language: Language) -> Line | None:
    """The first line of a test that did something and does nothing now."""
    did = [line for line in pair.old.lines[1:] if line.sign == "-" and not _NOTHING.match(line.text)]
    does = [line for line in pair.new.lines[1:] if not _NOTHING.match(line.text)]
    shown = pair.old.start is not None and pair.new.start is not None
    one_line = pair.new.start is not None and len(pair.new.lines) == 1 and strength(pair.new.start.text) is not None
    return did[0] if shown and did and not does and not one_line else None


def _formatting(hunks: Sequence[Hunk]) -> frozenset[int]:
    """Lines of changes that only format, by identity."""
    found: set[int] = set()
    for hunk in hunks:
        for removed, added in hunk.blocks():
            if reformatted(removed, added):
                found |= {id(line) for line in (*removed, *added)}
    return frozenset(found)


def _rows(text: TestText, lost: Sequence[Case]) -> Iterator[TamperHit]:
    """Rows of a table of cases that are gone: each was a test."""
    gone = {id(line) for case in lost for line in case.whole}
    added = Counter(squeezed(line.text) for hunk in text.hunks for line in hunk.lines if line.sign == "+")
    for hunk in text.hunks:
        if text.language.table.search(hunk.section) or any(
            text.language.table.search(line.text) for line in hunk.lines
        ):
            yield from _rows_of(text.file.path, hunk, gone, added)


def _rows_of(path: str, hunk: Hunk, gone: set[int], added: Counter[str]) -> Iterator[TamperHit]:
    removed: list[Line] = []
    new = 0
    for before, after in hunk.blocks():
        if reformatted(before, after):
            continue
        new += sum(1 for line in after if _ROW.match(line.text))
        removed += [line for line in before if _ROW.match(line.text) and id(line) not in gone]
    for line in removed:
        if added[squeezed(line.text)] > 0:
            added[squeezed(line.text)] -= 1
            new -= 1
        elif new > 0:
            new -= 1
        else:
            yield hit("case_removed", path, line, "a row of a table of cases is gone")
