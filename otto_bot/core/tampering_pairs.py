"""Which test of the old text is which of the new: by name, by the lines around, by content. The rest is gone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from otto_bot.core.patches import ChangedFile
from otto_bot.core.tampering_cases import Case, Side

COMPARED = 300
"""Tests that are compared by content; a diff with more of them is looked at by name alone."""
ALIKE = 0.7
"""How much of a test's words must stand in another for it to be the same, renamed."""
_WORD = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|'[^']*'|\"[^\"]*\"")
_TABLE = re.compile(
    r"parametrize|\.each\b|\bcases\b|@CsvSource|@ValueSource|InlineData|rstest|dataProvider", re.IGNORECASE
)


@dataclass
class Pair:
    """A test before and after, and where it stands now."""

    path: str
    old: Case
    new: Case


Read = tuple[ChangedFile, Side, Side]


def paired(texts: Sequence[Read]) -> tuple[dict[str, list[Pair]], dict[str, list[Case]]]:
    """(pairs, tests that are gone), each by the path of the file in which the test was."""
    pairs: dict[str, list[Pair]] = defaultdict(list)
    lost: list[tuple[str, Case]] = []
    fresh: list[tuple[str, Case]] = []
    for file, old, new in texts:
        before = {} if file.status == "added" else _keyed(old)
        after = {} if file.status == "deleted" else _keyed(new)
        for key, case in before.items():
            if key in after:
                pairs[file.path].append(Pair(file.path, case, after[key]))
            elif case.start is not None:
                lost.append((file.path, case))
        fresh += [(file.path, case) for key, case in after.items() if key not in before and case.name]
    gone: dict[str, list[Case]] = defaultdict(list)
    for path, case, match in _matched(lost, fresh):
        if match is None:
            gone[path].append(case)
        else:
            pairs[path].append(Pair(match[0], case, match[1]))
    return pairs, gone


def _keyed(side: Side) -> dict[tuple[str, int], Case]:
    """Tests by name and place among those of the same name; a test that goes on in a later hunk is one."""
    found: dict[tuple[str, int], Case] = {}
    seen: dict[str, int] = {}
    for case in side.cases:
        if not case.name:
            found["", case.hunk] = case
        elif case.start is None and case.name in seen:
            known = found[case.name, seen[case.name]]
            found[case.name, seen[case.name]] = Case(
                case.name, known.start, known.hunk, known.indent, known.marks, [*known.lines, *case.lines]
            )
        else:
            seen[case.name] = seen.get(case.name, 0) + 1
            found[case.name, seen[case.name]] = case
    return found


def _matched(
    lost: Sequence[tuple[str, Case]], fresh: Sequence[tuple[str, Case]]
) -> Iterator[tuple[str, Case, tuple[str, Case] | None]]:
    free = list(fresh)
    by_name: dict[str, list[tuple[str, Case]]] = defaultdict(list)
    for one in reversed(fresh):
        by_name[one[1].name].append(one)
    left: list[tuple[str, Case]] = []
    taken: set[int] = set()
    for path, case in lost:
        if named := by_name[case.name]:
            same = next((one for one in named[-COMPARED:] if one[0] == path), named[-1])
            named.remove(same) if len(named) <= COMPARED else named.pop()
            taken.add(id(same[1]))
            yield path, case, same
        else:
            left.append((path, case))
    free = [one for one in free if id(one[1]) not in taken][:COMPARED]
    words = {id(one[1]): _words(one[1]) for one in free}
    for place, (path, case) in enumerate(left):
        open_ = [one for one in free if id(one[1]) not in taken] if place < COMPARED else []
        match = _alike(path, case, open_, words)
        if match is not None and not _table(match[1]):
            taken.add(id(match[1]))
        yield path, case, match


def _alike(
    path: str, case: Case, free: Sequence[tuple[str, Case]], words: dict[int, frozenset[str]]
) -> tuple[str, Case] | None:
    kept = {id(line) for line in case.lines if line.sign == " "}
    for one in free:
        if kept and any(id(line) in kept for line in one[1].lines):
            return one
    mine = _words(case)
    if not mine:
        return None
    scores = [(len(mine & words[id(one[1])]) / len(mine), one[0] == path, place) for place, one in enumerate(free)]
    best = max(scores, default=(0.0, False, -1), key=lambda score: (score[0], score[1], -score[2]))
    return free[best[2]] if best[0] >= ALIKE else None


def _words(case: Case) -> frozenset[str]:
    """What a test says, without its name and the words that all tests have."""
    body = [line.text for line in case.whole if line is not case.start]
    if case.start is not None:
        body.append(case.start.text.replace(case.name, " "))
    return frozenset(_WORD.findall("\n".join(body))) - _COMMON


def _table(case: Case) -> bool:
    """Whether one test stands for many: several old ones may have become its rows."""
    return any(_TABLE.search(line.text) for line in case.whole)


_COMMON = frozenset(
    (
        *(
            "def",
            "async",
            "fn",
            "func",
            "function",
            "fun",
            "void",
            "public",
            "private",
            "val",
            "let",
            "const",
            "var",
            "new",
        ),
        *(
            "it",
            "test",
            "assert",
            "expect",
            "self",
            "assertEqual",
            "assertTrue",
            "toBe",
            "toEqual",
            "testing",
            "t",
            "T",
        ),
        *(
            "None",
            "True",
            "False",
            "true",
            "false",
            "null",
            "return",
            "the",
            "is",
            "not",
            "in",
            "and",
            "or",
            "if",
            "for",
        ),
        *("with", "as", "await"),
    )
)
