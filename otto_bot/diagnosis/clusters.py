"""Many failures to few causes: equal fingerprints first, then what shares its failing tests or its telling line."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from otto_bot.diagnosis.keylines import Says, says
from otto_bot.diagnosis.masks import key_of_test, normalised


class Item(NamedTuple):
    """One failure to be put with its like. `group`: only items of one group (a repository) share a cluster.

    `summary` is one telling line of it: the first error, or the sentence why; `tests` are ids of failing tests.
    """

    id: str
    fingerprint: str
    summary: str = ""
    tests: tuple[str, ...] = ()
    group: str = ""


class Cluster(NamedTuple):
    """Failures of one cause. `members` are ids in order; `representative` is the one that stands for them.

    `joined_by` says what they share: `fingerprint`, `tests` or `line`, the weakest of what was needed.
    """

    representative: str
    members: tuple[str, ...]
    joined_by: str

    @property
    def size(self) -> int:
        """How many failures it holds."""
        return len(self.members)


LEVELS = ("fingerprint", "tests", "line")


def clusters(items: Iterable[Item]) -> tuple[Cluster, ...]:
    """Clusters, biggest first, then by representative; each id is in exactly one. The order of `items` is no matter.

    Two failures are joined where their fingerprints are equal, else where exactly the same tests fail in both, else
    where neither names tests and both say the same telling line. An id that is given twice counts once.
    """
    known = {item.id: item for item in sorted(items)}
    roots = {id_: id_ for id_ in known}
    level = dict.fromkeys(known, 0)
    for depth in range(len(LEVELS)):
        first: dict[Hashable, str] = {}
        for item in known.values():
            key = _key(item, depth)
            if key is None:
                continue
            other = first.setdefault(key, item.id)
            _join(roots, level, other, item.id, depth)
    found: dict[str, list[Item]] = {}
    for item in known.values():
        found.setdefault(_root(roots, item.id), []).append(item)
    made = (_cluster(members, LEVELS[level[root]]) for root, members in found.items())
    return tuple(sorted(made, key=lambda cluster: (-cluster.size, cluster.representative)))


def cluster_of(made: Sequence[Cluster]) -> Mapping[str, int]:
    """Id to the index of its cluster."""
    return {member: index for index, cluster in enumerate(made) for member in cluster.members}


def _key(item: Item, depth: int) -> Hashable | None:
    """What the item shares with its like at this level; None where it has nothing to share."""
    if depth == 0:
        return (item.group, item.fingerprint) if item.fingerprint else None
    if depth == 1:
        return (item.group, frozenset(map(key_of_test, item.tests))) if item.tests else None
    if item.tests or says(item.summary) is not Says.ERROR:
        return None
    return item.group, normalised(item.summary)


def _root(roots: dict[str, str], id_: str) -> str:
    while roots[id_] != id_:
        roots[id_] = roots[roots[id_]]
        id_ = roots[id_]
    return id_


def _join(roots: dict[str, str], level: dict[str, int], one: str, other: str, depth: int) -> None:
    one, other = sorted((_root(roots, one), _root(roots, other)))
    if one != other:
        roots[other] = one
        level[one] = max(level[one], level[other], depth)


def _cluster(members: Sequence[Item], joined_by: str) -> Cluster:
    """Of the members the one with the most common fingerprint speaks; of those the shortest summary, then the id."""
    count: dict[str, int] = {}
    for item in members:
        count[item.fingerprint] = count.get(item.fingerprint, 0) + 1
    best = min(members, key=lambda item: (-count[item.fingerprint], not item.summary, len(item.summary), item.id))
    return Cluster(best.id, tuple(item.id for item in members), joined_by)
