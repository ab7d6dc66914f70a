"""The documents say what the code does: prices, exit codes, fields, states and rooms."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from otto_bot.core.attempt import TaskState
from otto_bot.core.run import Outcome, RunPhase
from otto_bot.core.values import Usage
from otto_bot.explain import EXIT_CODES, EXIT_NOTHING, EXIT_USAGE, Request, explain
from otto_bot.model.prices import AS_OF, PUBLISHED

ROOT = Path(__file__).resolve().parents[2]
CONFIGURE = (ROOT / "docs" / "configure.md").read_text()
EXPLAIN = (ROOT / "docs" / "explain.md").read_text()
DESIGN = (ROOT / "docs" / "design.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def rows_of(text: str, name: str) -> list[list[str]]:
    """The rows of the table between the marks `name`, without backticks and without its head."""
    part = text.partition(f"<!-- {name}:")[2].partition(f"<!-- end of {name} -->")[0]
    rows = [[cell.strip().strip("`") for cell in line.split("|")[1:-1]] for line in part.splitlines() if "|" in line]
    assert all(len(row) == len(rows[0]) and row[-1] for row in rows)
    return rows[2:]


def test_prices_are_described_with_their_date() -> None:
    described = {row[0]: tuple(float(cell) for cell in row[1:]) for row in rows_of(CONFIGURE, "prices")}
    million = 1_000_000
    assert described == {
        name: (price.input, price.output, pytest.approx(price.model_copy(update={"long": None}).of(
            Usage(cache_read_tokens=million))))
        for name, price in PUBLISHED.items()
    }  # fmt: skip
    assert f"as of {AS_OF}" in CONFIGURE
    longer = PUBLISHED["claude-haiku-5-5"]
    assert [name for name, price in PUBLISHED.items() if price.long is not None] == ["claude-haiku-5-5"]
    assert longer.long is not None
    assert f"more than {longer.long_over:,} tokens of `claude-haiku-5-5` cost {longer.long.input:g}, " in CONFIGURE


def test_exit_codes_of_explain_are_described() -> None:
    """None is missing, none is invented."""
    assert {int(code) for code, _ in rows_of(EXPLAIN, "exit")} == {EXIT_NOTHING, EXIT_USAGE, *EXIT_CODES.values()}


def test_fields_of_the_json_of_explain_are_described() -> None:
    """The fields of each kind of object, in their order."""
    out = io.StringIO()
    explain(Request(("-",), as_json=True), out, io.StringIO(), io.BytesIO(b"E   AssertionError: x\n"), {})
    described: dict[str, list[str]] = {"all": []}
    for kind, field, _ in rows_of(EXPLAIN, "json"):
        described.setdefault(kind, [*described["all"]]).append(field)

    assert {item["kind"]: list(item) for item in json.loads(out.getvalue())} == {
        kind: fields for kind, fields in described.items() if kind != "all"
    }


def states(text: str, first: str) -> set[str]:
    """The states of the diagram in which `first` is the first one."""
    diagram = text.partition(f"[*] --> {first}")[2].partition("```")[0]
    return {first} | set(re.findall(r"^  (\w+)", diagram, re.MULTILINE)) | set(re.findall(r"--> (\w+)", diagram))


def test_the_diagrams_show_every_state() -> None:
    """Run phases and task states are those of the heart."""
    assert states(DESIGN, "planning") == set(RunPhase)
    assert states(DESIGN, "pending") == set(TaskState)
    assert all(f"`{outcome}`" in DESIGN for outcome in Outcome)


def test_every_room_is_described() -> None:
    """The table of rooms has a row for each folder of the package."""
    rooms = {path.parent.name for path in (ROOT / "otto_bot").glob("*/__init__.py")}
    described = set(re.findall(r"^\| `(\w+)` \|", DESIGN, re.MULTILINE))

    assert described == rooms


def test_every_page_can_be_found_from_another_one() -> None:
    """A page of `docs/` that nothing links to is read by nobody."""
    linked = {
        (document.parent / target).resolve()
        for document in DOCUMENTS
        for target in re.findall(r"\]\(([^)#\s]+\.md)[^)]*\)", document.read_text())
        if "://" not in target and (document.parent / target).resolve() != document.resolve()
    }

    assert [page.name for page in (ROOT / "docs").glob("*.md") if page.resolve() not in linked] == []
