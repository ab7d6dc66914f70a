"""The evidence of a gate: failures first, then texts and reports, within one budget, numbered E1 to En."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from otto_bot.agents.fence import visible
from otto_bot.agents.packing import SMALLEST, narrow, share, size
from otto_bot.core.evidence import EvidenceItem, Excerpt, FailingTest, Failure
from otto_bot.core.values import Frozen

EVIDENCE_BYTES = 72_000
"""The budget of one gate's evidence where nothing else is known, 36,000 tokens at most."""
OVERHEAD = 240
"""Bytes of one item besides its text: its fence and its label."""
FAILURES_PART = 0.6
"""What failures get at least, if they need it, before texts and reports get anything."""
TESTS_SHOWN = 20
_FIRST = frozenset({"log", "annotation", "test", "verdict", "message", "diff"})
"""Kinds that are a failure's own. Texts of tasks and handoffs share what these leave."""


class Reported(Frozen):
    """Something quotable besides a failure's excerpts: a diff, a handoff, the text of a task or of the issue."""

    task: str | None = None
    attempt: int | None = None
    excerpt: Excerpt


class EvidencePack(Frozen):
    """Numbered evidence and words for what did not fit."""

    items: tuple[EvidenceItem, ...]
    cut: tuple[str, ...] = ()

    @property
    def by_id(self) -> dict[str, EvidenceItem]:
        """The items as the rules of a decision want them."""
        return {item.id: item for item in self.items}


Item = TypeVar("Item", Reported, EvidenceItem)


def number_evidence(
    failures: Sequence[Failure], reported: Sequence[Reported] = (), budget: int = EVIDENCE_BYTES
) -> EvidencePack:
    """The evidence of these failures, each with an even share of `budget` bytes, then of its own excerpts.

    What is reported besides comes after the failures and shares what they leave, at most the rest of the budget. Text
    is stripped of invisible characters here, so that what is quoted later stands in what is stored.
    """
    found = [Reported(task=f.task, attempt=f.attempt, excerpt=e) for f in failures for e in f.excerpts]
    tests = [Reported(task=f.task, attempt=f.attempt, excerpt=e) for f in failures for e in _tests(f)]
    cleaned = [_clean(item, budget) for item in (*found, *reported, *tests) if item.excerpt.text.strip()]
    fitted, cut = _fit(cleaned, budget)
    items = tuple(
        EvidenceItem(id=f"E{number}", task=item.task, attempt=item.attempt, excerpt=item.excerpt)
        for number, item in enumerate(fitted[:9999], start=1)
    )
    return EvidencePack(items=items, cut=tuple(cut))


def refit(items: Iterable[EvidenceItem], budget: int = EVIDENCE_BYTES) -> EvidencePack:
    """Numbered evidence held to a budget once more; numbers stay, and what fits already is not changed."""
    kept, cut = _fit(list(items), budget)
    return EvidencePack(items=tuple(kept), cut=tuple(cut))


def _tests(failure: Failure) -> tuple[Excerpt, ...]:
    """Failing tests with message and frames, where no excerpt holds them already."""
    told = [test for test in failure.failing_tests if test.message or test.frames]
    if not told or any(excerpt.kind == "test" for excerpt in failure.excerpts):
        return ()
    text = "\n".join(_test(test) for test in told[:TESTS_SHOWN])
    return (Excerpt(kind="test", source="failing tests as the log names them", text=text),)


def _test(test: FailingTest) -> str:
    place = f" ({test.file}:{test.line})" if test.file and test.line else ""
    frames = "".join(f"\n  at {frame[:200]}" for frame in test.frames)
    return f"{test.id[:300]}{place}: {test.message[:600]}{frames}"


def _clean(item: Reported, budget: int) -> Reported:
    excerpt = narrow(item.excerpt, 2 * budget)
    return item.model_copy(update={"excerpt": excerpt.model_copy(update={"text": visible(excerpt.text)})})


def _fit(items: Sequence[Item], budget: int) -> tuple[list[Item], list[str]]:
    """Items within the budget in their order, and what was cut."""
    first = [place for place, item in enumerate(items) if item.excerpt.kind in _FIRST]
    later = [place for place, item in enumerate(items) if item.excerpt.kind not in _FIRST]
    needs = [sum(_weight(items[place]) for place in tier) for tier in (first, later)]
    given = min(needs[0], max(int(budget * FAILURES_PART), budget - needs[1]))
    fitted: dict[int, Item] = {}
    cut: list[str] = []
    _groups(items, first, given, fitted, cut)
    _groups(items, later, budget - given, fitted, cut)
    return [fitted[place] for place in sorted(fitted)], cut


def _groups(items: Sequence[Item], tier: Sequence[int], budget: int, fitted: dict[int, Item], cut: list[str]) -> None:
    """Even shares for the groups of a tier: one a failure, one a text. A text that would get nothing is left out."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for place in tier:
        item = items[place]
        own = item.excerpt.kind in _FIRST
        groups.setdefault((item.task, item.attempt) if own else (place,), []).append(place)
    parts = list(groups.values())
    if parts and sum(_weight(items[place]) for place in tier) > budget and items[tier[0]].excerpt.kind not in _FIRST:
        most = max(0, budget // (SMALLEST + OVERHEAD))
        cut += [_left_out(items[place]) for part in parts[most:] for place in part]
        parts = parts[:most]
    shares = share(budget, [sum(_weight(items[place]) for place in part) for part in parts])
    for part, given in zip(parts, shares, strict=True):
        _group(items, part, given, fitted, cut)


def _group(items: Sequence[Item], part: Sequence[int], given: int, fitted: dict[int, Item], cut: list[str]) -> None:
    """One failure or text within its share, evenly over its sources, so that no check starves another."""
    held, dropped = list(part), []
    if sum(_weight(items[place]) for place in part) > given:
        most = max(1, given // (SMALLEST + OVERHEAD))
        ranked = _in_turn(items, part)
        held, dropped = sorted(ranked[:most]), sorted(ranked[most:])
    room = max(40 * len(held), given - OVERHEAD * len(held))
    for place, limit in _rooms(items, held, room):
        item = items[place]
        excerpt = narrow(item.excerpt, limit)
        if excerpt != item.excerpt:
            gone = len(item.excerpt.text) - len(excerpt.text)
            cut.append(f"{item.task or 'run'}: {item.excerpt.place}: {gone} characters cut around the first error")
        fitted[place] = item.model_copy(update={"excerpt": excerpt})
    cut += [_left_out(items[place]) for place in dropped]


def _in_turn(items: Sequence[Item], part: Sequence[int]) -> list[int]:
    """The first excerpt of each source, then the second of each, …"""
    seen: dict[str, int] = {}
    turns: dict[int, int] = {}
    for place in part:
        source = items[place].excerpt.source
        turns[place] = seen[source] = seen.get(source, 0) + 1
    return sorted(part, key=lambda place: (turns[place], place))


def _rooms(items: Sequence[Item], held: Sequence[int], room: int) -> list[tuple[int, int]]:
    """Bytes for each item: evenly over the sources, then over what each says."""
    sources: dict[str, list[int]] = {}
    for place in held:
        sources.setdefault(items[place].excerpt.source, []).append(place)
    sizes = [[size(items[place].excerpt.text) for place in places] for places in sources.values()]
    given = share(room, [sum(each) for each in sizes])
    return [
        (place, limit)
        for places, each, most in zip(sources.values(), sizes, given, strict=True)
        for place, limit in zip(places, share(most, each), strict=True)
    ]


def _weight(item: Item) -> int:
    return size(item.excerpt.text) + OVERHEAD


def _left_out(item: Item) -> str:
    return f"{item.task or 'run'}: {item.excerpt.place}: left out"
