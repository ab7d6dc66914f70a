"""Where a weakened check is seen, to the line, and in which words; what holds for any of the labelled diffs as one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from tampering_table import FOLDER, Labelled, changed, table

from otto_bot.core.patches import ChangedFile
from otto_bot.core.tampering import scan

TABLE = table()
LOST = frozenset({"test_removed", "test_file_deleted", "check_removed", "check_weakened"})
"""Rules for what is gone: what stands elsewhere in the change is not."""
OF_A_LINE = frozenset(
    {
        "lint_changed", "failure_ignored", "tests_left_out", "ci_changed",
        "test_file_disabled", "failure_swallowed", "test_command_changed", "not_readable",
    }
)  # fmt: skip
"""Rules that look at nothing but one place: no other file of the change excuses it, or makes it worse."""
HUNK = re.compile(r"@@ -([0-9]+)(?:,[0-9]+)? \+([0-9]+)")


def told(files: Sequence[ChangedFile]) -> str:
    return "\n".join(f"{hit.rule} {hit.place} | {hit.line} | {hit.why}" for hit in scan(files))


@pytest.mark.parametrize("name", ["weaker.txt", "innocent.txt"])
def test_what_is_seen_in_each_labelled_diff(name: str, snapshot: SnapshotAssertion) -> None:
    weaker = [one for one in TABLE if (one.rule is not None) == (name == "weaker.txt")]
    assert (FOLDER / name).exists()
    assert "\n".join(f"## {one.name}\n{told(one.files)}" for one in weaker) == snapshot


def apart(group: Sequence[Labelled], back: bool = False) -> list[ChangedFile]:
    """The files of some diffs, each once: of two with the same path the later one stands in a folder of its own."""
    seen: set[str] = set()
    files = []
    for number, one in enumerate(group):
        for file in map(reversed_, one.files) if back else one.files:
            path = f"more{number}/{file.path}" if file.path in seen else file.path
            seen.add(path)
            files.append(file.model_copy(update={"path": path}))
    return files


def standing(file: ChangedFile) -> dict[tuple[str, int], str]:
    """The lines of a diff by side and number."""
    found: dict[tuple[str, int], str] = {}
    old = new = 0
    for line in file.patch.split("\n")[:-1]:
        if head := HUNK.match(line):
            old, new = int(head[1]), int(head[2])
            continue
        if line[:1] != "+":
            found["old", old] = line[1:].strip()
            old += 1
        if line[:1] != "-":
            found["new", new] = line[1:].strip()
            new += 1
    return found


GROUPS = st.lists(st.sampled_from(TABLE), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(GROUPS, st.booleans(), st.randoms())
def test_each_place_is_named_once_and_its_line_stands_there(group: list[Labelled], back: bool, order: Random) -> None:
    files = apart(group, back)
    order.shuffle(files)
    lines = {file.path: standing(file) for file in files}
    hits = scan(files)
    for hit in hits:
        for place in (("old", hit.old_line), ("new", hit.new_line)):
            assert place[1] is None or lines[hit.path][place] == hit.line
    assert len({(hit.path, hit.old_line, hit.new_line, hit.line or hit.rule) for hit in hits}) == len(hits)
    paths = [file.path for file in files]
    assert [hit.path for hit in hits] == sorted((hit.path for hit in hits), key=paths.index)


@settings(max_examples=40, deadline=None)
@given(GROUPS, st.randoms())
def test_what_one_line_shows_is_seen_whatever_else_is_changed(group: list[Labelled], order: Random) -> None:
    files = apart(group)
    alone = {hit for file in files for hit in scan([file])}
    order.shuffle(files)
    assert {hit for hit in scan(files) if hit.rule in OF_A_LINE} == {hit for hit in alone if hit.rule in OF_A_LINE}


def joined(first: ChangedFile, second: ChangedFile) -> ChangedFile:
    """Two changes of one file."""
    return first.model_copy(update={"patch": first.patch + second.patch})


def test_what_is_seen_where_one_file_has_two_changes(snapshot: SnapshotAssertion) -> None:
    """Of one language: what is gone in one hunk may stand in another."""
    kinds: dict[str, list[ChangedFile]] = {}
    for one in TABLE:
        for file in one.files:
            if file.status == "modified" and file.patch:
                kinds.setdefault(file.path.rpartition(".")[2], []).append(file)
    rows = []
    for kind, files in sorted(kinds.items()):
        pairs = pairwise(files)
        rows += [f"## {kind} {place}\n{told([joined(*pair)])}" for place, pair in enumerate(pairs)]
    assert "\n".join(rows) == snapshot


def reversed_(file: ChangedFile) -> ChangedFile:
    """The change taken back."""
    status = {"added": "deleted", "deleted": "added"}.get(file.status, file.status)
    lines = file.patch.split("\n")[:-1]
    back = {"+": "-", "-": "+"}
    body = ["@@" if line.startswith("@@") else back.get(line[:1], line[:1]) + line[1:] for line in lines]
    path, old = (file.old_path, file.path) if file.old_path else (file.path, None)
    return changed(path, *body, status=status, old_path=old)


CHANGES = [pytest.param(file, id=f"{one.name}-{file.path}") for one in TABLE for file in one.files if file.patch]


@pytest.mark.parametrize("file", CHANGES)
def test_nothing_is_lost_that_is_put_elsewhere_or_taken_back(file: ChangedFile) -> None:
    back = reversed_(file)
    elsewhere = {"path": f"elsewhere/{back.path}", "old_path": None, "status": "modified"}
    hits = scan([file, back.model_copy(update=elsewhere)])
    if file.status == "modified":
        hits += scan([joined(file, back)])
    assert [hit for hit in hits if hit.rule in LOST] == []


def test_much_of_the_table_is_lost_or_of_a_line() -> None:
    """So that what holds for all of them says something."""
    rules = Counter(hit.rule for one in TABLE for hit in scan(one.files))
    assert sum(rules[rule] for rule in LOST) >= 25
    assert all(rules[rule] for rule in (*LOST, *OF_A_LINE))
