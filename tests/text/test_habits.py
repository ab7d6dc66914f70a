"""Titles and subjects are written as the repository writes them, also those of what Otto does for itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from otto_bot.core.run import Run
from otto_bot.text.commits import empty_commit, spec_commit, subject_line
from otto_bot.text.habits import Habit, habit_of, own_subject
from otto_bot.text.pull import IN_PROGRESS, VERIFICATION, open_title, pull_title, verification_title

PLAIN = ["Add x", "feat: y", "Mend z"]
SEMANTIC = re.compile(r"^(?:feat|fix|docs|chore)(?:\([a-z]+\))?!?: [a-z]")
"""What a workflow that checks titles commonly wants."""


@pytest.mark.parametrize(
    ("subjects", "habit"),
    [
        ([], None),
        (PLAIN, None),
        (["Merge pull request #1", "Add x"], None),
        (["feat: a", "Add x"], Habit(("feat",))),
        (["fix: a", "feat: b", "fix: c"], Habit(("fix", "feat"))),
        (["fix(api): a", "feat(api)!: b", "feat(web): c"], Habit(("feat", "fix"), "api")),
        (["fix(api): a", "feat: b"], Habit(("fix", "feat"))),
        (["fix(api): a"], Habit(("fix",))),
        (["fix(a b, c): a", "fix(a b, c): b"], Habit(("fix",))),
        (["feat: Add a", "fix: Mend b", "fix: c"], Habit(("fix", "feat"), capital=True)),
    ],
)
def test_a_habit_is_what_most_subjects_show(subjects: Sequence[str], habit: Habit | None) -> None:
    assert habit_of(subjects) == habit


def test_what_otto_does_for_itself_takes_a_prefix_that_was_used_here() -> None:
    assert own_subject("Start work", PLAIN) == "Start work"
    assert own_subject("Start work", ["feat: a", "chore: b"]) == "chore: start work"
    assert own_subject("Start work", ["feat: a", "ci: b"]) == "ci: start work"
    assert own_subject("Start work", ["feat: a", "fix: b", "fix: c"]) == "fix: start work"
    assert own_subject("Start work", ["feat(ui): A", "fix(ui): B"]) == "feat(ui): Start work"


@pytest.mark.parametrize("habits", [["feat: a", "fix: b"], ["chore(api): a", "docs(api): b"]])
def test_every_title_passes_a_check_of_titles(moment: Callable[[str], Run], habits: Sequence[str]) -> None:
    run = moment("working")
    title = pull_title(run, habits)
    shown = [title, open_title(title, habits), verification_title(run, "t1/a2", habits)]
    shown += [verification_title(run, "b2/s1", habits), empty_commit(run, habits), spec_commit(run, ["a"], habits)]
    shown += [subject_line("Fix the crash", habits)]
    assert [one for one in shown if not SEMANTIC.match(one)] == []
    assert open_title(title, habits) == f"{title} {IN_PROGRESS}"
    assert verification_title(run, "t1/a2", habits).endswith(f"verify t1, attempt 2 of issue 5 {VERIFICATION}")


def test_without_prefixes_the_state_stands_in_front() -> None:
    assert open_title("Greet", PLAIN) == "[otto: in progress] Greet"
