"""Where a weakened check is seen, to the line, and in which words: of every labelled diff, and of many as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from syrupy.assertion import SnapshotAssertion
from tampering_table import FOLDER, Labelled, changed, table

from otto_bot.core.patches import ChangedFile
from otto_bot.core.tampering import scan

TABLE = table()
TOGETHER = 3
"""Diffs of the table that are read as one: what one loses another may have gained."""


def told(files: Sequence[ChangedFile]) -> str:
    return "\n".join(f"{hit.rule} {hit.place} | {hit.line} | {hit.why}" for hit in scan(files))


@pytest.mark.parametrize("name", ["weaker.txt", "innocent.txt"])
def test_what_is_seen_in_each_labelled_diff(name: str, snapshot: SnapshotAssertion) -> None:
    weaker = [one for one in TABLE if (one.rule is not None) == (name == "weaker.txt")]
    assert (FOLDER / name).exists()
    assert "\n".join(f"## {one.name}\n{told(one.files)}" for one in weaker) == snapshot


def apart(group: Sequence[Labelled]) -> list[ChangedFile]:
    """The files of some diffs, each once: of two with the same path the later one stands in a folder of its own."""
    seen: set[str] = set()
    files = []
    for number, one in enumerate(group):
        for file in one.files:
            path = f"more{number}/{file.path}" if file.path in seen else file.path
            seen.add(path)
            files.append(file.model_copy(update={"path": path}))
    return files


def test_what_is_seen_in_many_as_one(snapshot: SnapshotAssertion) -> None:
    groups = [TABLE[place : place + TOGETHER] for place in range(0, len(TABLE), 2)]
    assert "\n".join(f"## {group[0].name} ...\n{told(apart(group))}" for group in groups) == snapshot


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


def test_what_is_seen_where_a_change_is_taken_back(snapshot: SnapshotAssertion) -> None:
    """What weakens checks backwards is most often innocent forwards."""
    assert "\n".join(f"## {one.name}\n{told([reversed_(file) for file in one.files])}" for one in TABLE) == snapshot
