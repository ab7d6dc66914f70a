"""The evidence of a gate: failures' excerpts and what tasks reported, within one budget, numbered E1 to En."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from otto_bot.agents.fence import visible
from otto_bot.agents.packing import SMALLEST, narrow, share
from otto_bot.core.evidence import EvidenceItem, Excerpt, Failure
from otto_bot.core.values import Frozen

EVIDENCE_CHARS = 60_000
"""The budget of one gate, about 20,000 tokens."""


class Reported(Frozen):
    """Something quotable that is no failure's own: a passed task's handoff, an annotation of the base."""

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
    failures: Sequence[Failure], reported: Sequence[Reported] = (), budget: int = EVIDENCE_CHARS
) -> EvidencePack:
    """The evidence of these failures, each with an even share of `budget` characters, then of its own excerpts.

    What the tasks reported shares as if it were one more failure. Text is stripped of invisible characters here, so
    that what is quoted later stands in what is stored.
    """
    groups = [[Reported(task=f.task, attempt=f.attempt, excerpt=e) for e in f.excerpts] for f in failures]
    groups.append(list(reported))
    cleaned = [[_clean(item) for item in group] for group in groups]
    fitted, cut = _fit(cleaned, budget)
    items = tuple(
        EvidenceItem(id=f"E{number}", task=item.task, attempt=item.attempt, excerpt=item.excerpt)
        for number, item in enumerate(fitted[:9999], start=1)
    )
    return EvidencePack(items=items, cut=tuple(cut))


def refit(items: Iterable[EvidenceItem], budget: int = EVIDENCE_CHARS) -> EvidencePack:
    """Numbered evidence held to a budget once more; numbers stay, and what fits already is not changed."""
    numbered = list(items)
    groups: dict[tuple[str | None, int | None], list[EvidenceItem]] = {}
    for item in numbered:
        groups.setdefault((item.task, item.attempt), []).append(item)
    kept, cut = _fit(list(groups.values()), budget)
    order = {item.id: place for place, item in enumerate(numbered)}
    return EvidencePack(items=tuple(sorted(kept, key=lambda item: order[item.id])), cut=tuple(cut))


def _clean(item: Reported) -> Reported:
    excerpt = item.excerpt.model_copy(update={"text": visible(item.excerpt.text)})
    return item.model_copy(update={"excerpt": excerpt})


def _fit(groups: Sequence[Sequence[Item]], budget: int) -> tuple[list[Item], list[str]]:
    """Items within the budget, and what was cut."""
    present = [list(group) for group in groups if group]
    shares = share(budget, [sum(len(item.excerpt.text) for item in group) for group in present])
    kept: list[Item] = []
    cut: list[str] = []
    for group, given in zip(present, shares, strict=True):
        most = max(1, given // SMALLEST)
        held, dropped = group[:most], group[most:]
        if sum(len(item.excerpt.text) for item in group) <= given:
            held, dropped = group, []
        for item, size in zip(held, share(given, [len(item.excerpt.text) for item in held]), strict=True):
            excerpt = narrow(item.excerpt, size)
            if excerpt != item.excerpt:
                gone = len(item.excerpt.text) - len(excerpt.text)
                cut.append(f"{item.task or 'run'}: {item.excerpt.place}: {gone} characters cut around the first error")
            kept.append(item.model_copy(update={"excerpt": excerpt}))
        cut += [f"{item.task or 'run'}: {item.excerpt.place}: left out" for item in dropped]
    return kept, cut
