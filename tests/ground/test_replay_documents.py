"""docs/replay.md says what the code does: exit codes and fields of the JSON of both commands."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel

from otto_bot.core.compare import Difference, Replayed
from otto_bot.core.gate_account import GateAccount
from otto_bot.core.gate_events import DecisionMade
from otto_bot.core.insight_values import (
    DeciderInsight,
    EstimateInsight,
    EstimateTally,
    Insight,
    ModelInsight,
    ShadowInsight,
    Spread,
    Tally,
)
from otto_bot.replay import EXIT_CANNOT, EXIT_DIFFERS, EXIT_SAME

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "replay.md").read_text()


def rows(name: str) -> dict[str, str]:
    """First and second column of the table between the marks `name`."""
    part = TEXT.partition(f"<!-- {name}:")[2].partition(f"<!-- end of {name} -->")[0]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("|")]
    return {first.strip("`"): second for first, second in cells[2:]}


def words(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def fields(*shapes: type[BaseModel]) -> set[str]:
    return {name for shape in shapes for name in shape.model_fields}


def test_exit_codes_of_replay_are_described() -> None:
    assert {int(code) for code in rows("exit")} == {EXIT_SAME, EXIT_DIFFERS, EXIT_CANNOT}


def test_fields_of_the_json_of_replay_are_described() -> None:
    described = rows("replay json")
    assert list(described) == list(Replayed.model_fields)
    kinds = set(Difference.model_fields["kind"].annotation.__args__)  # type: ignore[union-attr]
    assert words(described["differences"]) == fields(Difference) | kinds


def test_fields_of_the_json_of_insight_are_described() -> None:
    described = rows("insight json")
    assert list(described) == list(Insight.model_fields)
    deciders = {"pilot", "replan", "rules", "human"}
    assert words(described["deciders"]) == deciders | fields(DeciderInsight, Tally, Spread)
    assert words(described["model"]) == fields(ModelInsight)
    assert words(described["shadow"]) == fields(ShadowInsight)
    assert words(described["estimates"]) == fields(EstimateInsight, EstimateTally) | {"history", "sizes", "both"}


def test_fields_of_what_is_stored_exist() -> None:
    names = set(re.findall(r"`(?:DecisionMade)?\.(\w+)`", TEXT))
    assert {"request", "replies", "shadow", "prompt_version"} <= names <= fields(DecisionMade)
    assert set(re.findall(r"`account\.(\w+)`", TEXT)) <= fields(GateAccount)
