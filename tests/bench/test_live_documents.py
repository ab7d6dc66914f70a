"""The README says that the pilot helps only with a recorded interval above 0; the example manifest is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from otto_bot.bench.live.verdict import Result, recorded_results
from otto_bot.bench.options import REPEATS, USD
from otto_bot.bench.real.manifest import load_manifest
from otto_bot.core.config import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parents[2]
LIVE = (ROOT / "docs" / "bench-gate-live.md").read_text()
CLAIM = re.compile(
    r"\bpilot\b[^.!?]{0,80}\b(?:helps|improves|outperforms|beats|wins|pays off|(?:recovers|fixes|saves|solves) more"
    r"|is better|works better|(?:is|was) shown to help|makes [^.!?]{0,40} better)\b",
    re.IGNORECASE,
)
"""Sentences that claim a benefit of the pilot."""
NO_CLAIM = re.compile(r"\b(?:whether|if|only|until|unless|not|no|nobody|never|may say)\b", re.IGNORECASE)
"""Words that make a condition or a denial of such a sentence."""


def claims(text: str) -> list[str]:
    """The sentences of a document that say that the pilot helps."""
    plain = re.sub(r"\s+", " ", re.sub(r"<!--.*?-->|[*_`>]", " ", text, flags=re.DOTALL))
    sentences = re.split(r"(?<=[.!?])\s+", plain)
    return [one for one in sentences if CLAIM.search(one) and not NO_CLAIM.search(one)]


@pytest.mark.parametrize(
    ("text", "is_claim"),
    [
        ("The pilot helps.", True),
        ("With the **pilot**, which\nreads all failures, Otto does well: the pilot recovers more tasks.", True),
        ("Our pilot beats the plain replan by two tasks.", True),
        ("Nobody has shown that the pilot helps.", False),
        ("Whether the pilot helps is measured by a bench.", False),
        ("It is not shown that the pilot is better.", False),
        ("The pilot reads all failures and decides what happens next.", False),
    ],
)
def test_a_claim_is_told_from_a_question(text: str, is_claim: bool) -> None:
    assert bool(claims(text)) == is_claim


def problem(readme: str, live: str) -> str | None:
    """What is wrong with what the README says; None = nothing."""
    said = claims(readme)
    if said and not any(result.shows_help for result in recorded_results(live)):
        return f"no recorded live result has an interval above 0, and the README says: {said[0]}"
    return None


def test_the_readme_claims_no_more_than_was_recorded() -> None:
    assert problem((ROOT / "README.md").read_text(), LIVE) is None


def test_a_claim_needs_an_interval_above_zero() -> None:
    line = Result(
        bench="gate --live", model="m", address="api.example.com", date="2026-11-02", prices="p", groups=9, pairs=9,
        dropped=0, recovered=(1.0, 0.2, 2.0), wasted=(0.0, -1.0, 1.0), usd=(0.0, -1.0, 1.0),
    )  # fmt: skip
    assert problem("The pilot helps.", LIVE + line.line) is None
    below = line.model_copy(update={"recovered": (1.0, -0.2, 2.0)})
    assert "the README says: The pilot helps." in (problem("The pilot helps.", below.line) or "")


def test_the_document_says_that_nothing_is_recorded_exactly_while_it_is_so() -> None:
    assert ("No live result has been recorded yet." in LIVE) == (not recorded_results(LIVE))


def test_the_documented_manifest_is_valid(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", LIVE, re.DOTALL)
    (tmp_path / "manifest.yml").write_text(block.replace("/opt/venvs/ledger", str(tmp_path)))
    (one,) = load_manifest(tmp_path / "manifest.yml").repositories
    assert [len(issue.plan.tasks) if issue.plan else None for issue in one.issues] == [None, 3]


def test_defaults_stand_in_the_document() -> None:
    for text in (f"[{DEFAULT_MODEL}]", f"each scenario or issue [{REPEATS}]", f"in `--out` [{USD:g}]"):
        assert text in LIVE
