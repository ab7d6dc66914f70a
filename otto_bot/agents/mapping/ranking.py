"""Which files a map shows first: named ones, then what they mention and what mentions them, then what is near.

Whole numbers only, and ties go by path: the same repository and the same words always give the same order.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from otto_bot.agents.mapping.definitions import Definition

NAMED = 1000
"""A file that the task or the issue names by its path."""
BELOW = 500
"""A file below a folder that is named."""
MENTIONED = 160
"""A file whose name stands as a word in a file that is named."""
NEAR = 60
"""A file beside one that is named."""
TEST_OF = 200
"""The test of a file that is named, or what a named test tests."""
REFERENCES_AT_MOST = 150
"""What using and being used can bring in one round."""
CONTENT_AT_MOST = 500
"""What words of the text that stand in a file can bring together."""
WORDS_AT_MOST = 300
"""What words of the text can bring together."""
SOURCES = 12
"""Files that are looked at first; what they mention counts."""
COMMON = 8
"""A name that more files have says nothing about any of them."""

_TOKEN = re.compile(r"[\w./\\-]{2,200}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,60}")
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_PLAIN = frozenset(
    re.findall(
        r"\w+",
        """about add all also and any are but can code could does each every file files for from has have how into issue
        its like make more must need new not one only other our out please per return see should some src such than that
        the their them then there these this those test tests text use used user using value was what when where which
        will with work would you your""",
    )
)
_LESS = re.compile(
    r"(?:^|/)(?:node_modules|vendor|third_party|thirdparty|external|dist|build|out|target|\.venv|venv|site-packages|"
    r"generated|fixtures|testdata|__snapshots__|migrations|examples?)/|\.min\.[jc]ss?$|\.pb\.go$|_pb2\.pyi?$|\.d\.ts$",
    re.IGNORECASE,
)
_TEST_PART = re.compile(r"^(?:tests?_)|(?:[_.-](?:tests?|spec))$|(?:Tests?|Spec)$")


@dataclass(frozen=True)
class Focus:
    """What the map is for: files that are likely to be touched (they need not exist), and the words of the task."""

    files: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Looked:
    """A file that was read: every name in it and their parts; its definitions where it was parsed."""

    path: str
    words: frozenset[str]
    parts: frozenset[str]
    definitions: tuple[Definition, ...] = ()


class Words:
    """Names in sources, and what they are made of; each name is taken apart once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, body: bytes) -> tuple[frozenset[str], frozenset[str]]:
        """Every name in a source, and every part of a name: `readConfig` has `read` and `config`."""
        names = frozenset(_WORD.findall(body.decode("utf-8", "replace")))
        parts: set[str] = set()
        for name in names:
            if name not in self._known:
                self._known[name] = tuple(_parts(name))
            parts.update(self._known[name])
        return names, frozenset(parts)


def first_scores(paths: Sequence[str], focus: Focus) -> dict[str, int]:
    """Path → points from names alone, for paths that have any."""
    scores: dict[str, int] = defaultdict(int)
    named = _named(paths, focus)
    for path in named:
        scores[path] += NAMED
    _add_neighbours(paths, focus, named, scores)
    for path, points in _by_words(paths, focus.text).items():
        scores[path] += points
    return dict(scores)


def _named(paths: Sequence[str], focus: Focus) -> list[str]:
    """Files that are named by their path, or by its end where that can mean few files only."""
    ends: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        ends[path.rpartition("/")[2]].append(path)
    tokens = [file.strip("/") for file in focus.files]
    tokens += [token.replace("\\", "/").strip("./-") for token in _TOKEN.findall(focus.text[:100_000])]
    found: dict[str, None] = {}
    for token in dict.fromkeys(tokens):
        last = token.rpartition("/")[2]
        if "." not in last and "/" not in token and token not in focus.files:
            continue
        same = [path for path in ends.get(last, ()) if path == token or path.endswith(f"/{token}")]
        if len(same) <= COMMON:
            found.update(dict.fromkeys(same))
    return list(found)


def _add_neighbours(paths: Sequence[str], focus: Focus, named: Sequence[str], scores: dict[str, int]) -> None:
    folders = {path.rpartition("/")[0] for path in [*named[:40], *focus.files[:40]]}
    below = tuple(f"{file.strip('/')}/" for file in focus.files if file.strip("/"))
    stems = {_tested(path) for path in [*named[:40], *focus.files[:40]]}
    taken = set(named)
    for path in paths:
        if path in taken:
            continue
        if below and path.startswith(below):
            scores[path] += BELOW
        if path.rpartition("/")[0] in folders:
            scores[path] += NEAR
        if _tested(path) in stems:
            scores[path] += TEST_OF


def _tested(path: str) -> str:
    """The stem of a file without what makes it a test."""
    return _TEST_PART.sub("", _stem(path)).lower()


def _by_words(paths: Sequence[str], text: str) -> dict[str, int]:
    """Points for words that a path shares with the text; a word that many paths have brings little."""
    wanted = wanted_words(text)
    if not wanted:
        return {}
    shared: dict[str, set[str]] = {}
    often: dict[str, int] = defaultdict(int)
    for path in paths:
        if mine := wanted.intersection(_parts(path)):
            shared[path] = mine
            for word in mine:
                often[word] += 1
    found = {}
    for path, mine in shared.items():
        stem = set(_parts(_stem(path)))
        points = sum((90 if word in stem else 30) // often[word].bit_length() for word in mine)
        found[path] = min(WORDS_AT_MOST, points)
    return found


def wanted_words(text: str) -> set[str]:
    """What the words of a task are made of, without those that say nothing."""
    names = [name for name in _WORD.findall(text[:100_000]) if name.lower() not in _PLAIN]
    return {part for name in names for part in _parts(name)} - _PLAIN


def _parts(words: str) -> list[str]:
    return [_stem_of(part.lower()) for part in _CAMEL.findall(words) if len(part) > 2]


def _stem_of(word: str) -> str:
    """A word without its ending: plans, planned and planning are one; roughly, and the same on both sides."""
    for end in ("ing", "ed", "es", "s", "e"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word[: -len(end)]
    return word


def by_content(looked: Sequence[Looked], text: str) -> dict[str, int]:
    """Points for words of the text that stand in a file; rare ones bring more, and a file of many words less."""
    wanted = wanted_words(text)
    often = Counter(word for one in looked for word in wanted & one.parts)
    worth = {word: max(0, len(looked).bit_length() + 1 - count.bit_length()) ** 2 for word, count in often.items()}
    return {
        one.path: min(
            CONTENT_AT_MOST, 40 * sum(worth[word] for word in wanted & one.parts) // (8 + len(one.parts) // 40)
        )
        for one in looked
    }


def mentioned(paths: Sequence[str], looked: Iterable[Looked]) -> dict[str, int]:
    """Points for files whose own name stands as a word in one of these, as an import does."""
    stems: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        stems[_stem(path)].append(path)
    scores: dict[str, int] = {}
    for one in looked:
        for word in one.words & stems.keys():
            if len(stems[word]) <= COMMON:
                scores.update((path, MENTIONED) for path in stems[word] if path != one.path)
    return scores


def order(paths: Iterable[str], scores: Mapping[str, int]) -> list[str]:
    """Paths by points; then what is no by-product, what is no test, what is less deep; then by name."""
    return sorted(
        paths,
        key=lambda path: (
            -scores.get(path, 0), _LESS.search(path) is not None, _is_test(path), path.count("/"), path,
        ),
    )  # fmt: skip


def _is_test(path: str) -> bool:
    folders = path.lower().split("/")[:-1]
    return not {"test", "tests", "spec", "__tests__"}.isdisjoint(folders) or _TEST_PART.search(_stem(path)) is not None


def _stem(path: str) -> str:
    """The name of a file up to its first dot, or all of a hidden file's name."""
    name = path.rpartition("/")[2]
    return name.partition(".")[0] or name


def with_references(looked: Sequence[Looked], scores: Mapping[str, int]) -> dict[str, int]:
    """Points after each file passed half of its own on to files whose definitions it uses, and a part to its users.

    A file that many others use gains a little by that alone. Two rounds: what a used file uses counts as well.
    """
    uses = _uses(looked)
    users: dict[str, list[str]] = defaultdict(list)
    for path, used in uses.items():
        for other in used:
            users[other].append(path)
    points = {one.path: scores.get(one.path, 0) + min(40, 2 * len(users[one.path])) for one in looked}
    for _ in range(2):
        gained: dict[str, int] = defaultdict(int)
        for path, used in uses.items():
            for other in used:
                gained[other] += points[path] // (2 * max(2, len(used)))
                gained[path] += points[other] // (4 * max(2, len(users[other])))
        points = {path: own + min(REFERENCES_AT_MOST, gained[path]) for path, own in points.items()}
    return points


def _uses(looked: Sequence[Looked]) -> dict[str, list[str]]:
    """File → files that define a name which it holds; names that several files define are no sign."""
    owners: dict[str, list[str]] = defaultdict(list)
    for one in looked:
        for name in sorted({name for _, _, _, name in one.definitions if len(name) > 3}):
            owners[name].append(one.path)
    single = {name: paths[0] for name, paths in owners.items() if len(paths) == 1}
    return {one.path: sorted({single[word] for word in one.words & single.keys()} - {one.path}) for one in looked}
