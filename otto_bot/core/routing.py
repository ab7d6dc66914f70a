"""How a fact reaches another task: its words with the place they were read in, never without."""

from __future__ import annotations

from collections.abc import Mapping

from otto_bot.core.decision import Routed
from otto_bot.core.evidence import EvidenceItem, quote_holds

MOST_SOURCES = 3


def sourced(routed: Routed, items: Mapping[str, EvidenceItem]) -> str:
    """`words [source: t1 attempt 1 · place: "quote"]`; only the words where no quote holds."""
    known = dict(items)
    good = [citation for citation in routed.citations if quote_holds(citation, known)][:MOST_SOURCES]
    said = []
    for citation in good:
        item = known[citation.evidence]
        owner = f"{item.task} attempt {item.attempt or 1} · " if item.task else ""
        said.append(f'{owner}{item.excerpt.place}: "{citation.quote[:200]}"')
    return f"{routed.context} [source: {'; '.join(said)}]" if said else routed.context
