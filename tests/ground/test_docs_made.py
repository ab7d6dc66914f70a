"""The made parts of docs/ are what the code says: settings, commands, events, states, rules, answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from otto_bot.core.attempt import TaskState
from otto_bot.core.commands import VERBS
from otto_bot.core.config import Config
from otto_bot.core.run import RunPhase
from otto_bot.settings import FILE_VARIANTS, Settings
from scripts.docs_pages import commands, events, settings, states
from scripts.docs_pages.__main__ import DOCS, PAGES
from scripts.docs_pages.marks import COMMAND, made

HOW = (DOCS / "how-it-works.md").read_text("utf-8")
DESIGN = (DOCS / "design.md").read_text("utf-8")
QUICK = {name: parts for name, parts in PAGES.items() if name != "how-it-works.md"}


@pytest.mark.parametrize(("name", "parts"), QUICK.items(), ids=QUICK)
def test_a_page_is_what_the_code_says(name: str, parts: Mapping[str, Callable[[], str]]) -> None:
    page = (DOCS / name).read_text("utf-8")
    assert made(page, parts) == page, f"docs/{name} is not up to date: run `{COMMAND}`"


def test_the_diagrams_are_the_steps_that_the_reducer_takes() -> None:
    """Played again, to the last arrow; thousands of other lives are looked through beside the simulator's own test."""
    assert made(HOW, PAGES["how-it-works.md"]) == HOW, f"docs/how-it-works.md is not up to date: run `{COMMAND}`"


def test_a_mark_that_is_missing_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"needs exactly one <!-- made: events"):
        made("no mark at all", PAGES["events.md"])


def test_nothing_is_left_out_of_the_pages() -> None:
    """Every variable, key, command, word and event has its row; no row is of something else."""
    configure, said = (DOCS / "configure.md").read_text("utf-8"), (DOCS / "commands.md").read_text("utf-8")
    variables = {f"OTTO_{name.upper()}" for name in Settings.model_fields}
    variables |= {f"OTTO_{name.upper()}_FILE" for name in FILE_VARIANTS}
    assert set(_first(configure, "settings")) == variables
    assert set(settings.keys()) >= set(_first(configure, "config"))
    assert {key.partition(".")[0] for key in _first(configure, "config")} == set(Config.model_fields)
    assert [form.split()[1] for form in _first(said, "words")] == list(VERBS)
    assert re.findall(r"^### `otto-bot (.*)`$", said, re.MULTILINE) == list(commands.parsers())
    told = re.findall(r"^\| `(\w+)` \|", (DOCS / "events.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(kind.__name__ for kind in events.every())


def _first(page: str, name: str) -> list[str]:
    part = page.partition(f"<!-- made: {name},")[2].partition(f"<!-- end of {name} -->")[0]
    return re.findall(r"^\| `([^`]+)`", part, re.MULTILINE)


def test_every_state_is_in_its_diagram() -> None:
    """Each phase and each state of a task is reached by an arrow."""
    reached = {(step.what, step.after) for step in states.told(HOW)}
    assert {after for what, after in reached if what == "task"} == set(TaskState)
    assert {after for what, after in reached if what == "run"} == set(RunPhase)


def test_diagrams_by_hand_show_no_step_that_is_never_taken() -> None:
    """Those of docs/design.md say why a step is taken; which steps there are, the reducer says."""
    taken = {(step.before, step.after) for step in states.told(HOW)}
    drawn = {
        (before, after)
        for before, after, _ in states.ARROW.findall(DESIGN)
        if states.START not in (before, after) and before in (*RunPhase, *TaskState)
    }
    assert len(drawn) > 30
    assert drawn <= taken, f"never taken: {sorted(drawn - taken)}"
