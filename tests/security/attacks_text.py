"""Attacks by text that Otto repeats: what others wrote acts on nothing where Otto shows it."""

from __future__ import annotations

from pathlib import Path

from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change
from otto_bot.text.markdown import plain

SKIP_TOKENS = defence(
    "skip-tokens",
    "A commit or title of Otto's never tells GitHub to skip its checks, whatever an issue is called",
    Change("otto_bot.text.markdown", "without_skip", "while before != text:", "while False:"),
)


@attack(
    "skip-token-in-a-title",
    point=8,
    by=SKIP_TOKENS,
    source="https://docs.github.com/actions/how-tos/manage-workflow-runs/skip-workflow-runs",
)
def skip_token_in_a_title(place: Path) -> str | None:
    """An issue is titled with a skip token within a skip token, so that nothing verifies what Otto writes."""
    title = plain("Tidy up [skip [skip ci]ci]")
    return title if "[skip ci]" in title else None
