"""Commit messages keep to the repository's habit and never tell GitHub to skip its checks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from otto_bot.core.run import Run
from otto_bot.text.commits import attempt_commit, empty_commit, merge_commit, spec_commit, squash_commit, subject_line
from otto_bot.text.links import Links
from otto_bot.text.markdown import without_skip
from otto_bot.text.pull import pull_body, pull_title

TOKENS = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"]
TOKEN = re.compile(r"\[\s*(?:skip ci|ci skip|no ci|skip actions|actions skip)\s*\]|skip-checks\s*:", re.IGNORECASE)
CONVENTIONAL = ["feat: a", "fix(core)!: b", "docs: c", "Merge pull request #1"]


@pytest.mark.parametrize(
    "token", [*TOKENS, "[SKIP CI]", "[skip [skip ci]ci]", "\n\n\nskip-checks: true", "skip-checks:true"]
)
def test_no_token_survives(token: str, hostile: Callable[[str], Run], links: Links) -> None:
    run = hostile(f"Do it {token} now")
    for habits in ([], CONVENTIONAL):
        messages = [
            empty_commit(run, habits), spec_commit(run, ["a.md"], habits), merge_commit(run, "t2"),
            attempt_commit(run, "t2", 1, habits),
            squash_commit(run, "t2", habits), pull_title(run, habits), pull_body(run, links, f"- [ ] x {token}"),
        ]  # fmt: skip
        for message in messages:
            assert not TOKEN.search(message), message


@for_all(
    st.lists(st.sampled_from(["[", "]", "skip", "ci", "no", "actions", " ", "skip-checks", ":", "true"])).map("".join)
)
@settings(max_examples=300, deadline=None)
def test_taking_one_out_never_makes_another(text: str) -> None:
    assert not TOKEN.search(without_skip(text))


@for_all(st.text(max_size=400), st.sampled_from([[], CONVENTIONAL]))
@settings(max_examples=200, deadline=None)
def test_subjects_are_one_short_line(title: str, habits: list[str]) -> None:
    subject = subject_line(title, habits)
    assert 0 < len(subject) <= 72
    assert "\n" not in subject
    assert not re.search(r"#\d", subject)


def test_subjects_follow_the_habit() -> None:
    assert subject_line("Fix the crash in the cache.", CONVENTIONAL) == "fix: fix the crash in the cache"
    assert subject_line("add docs for the CLI", CONVENTIONAL) == "docs: add docs for the CLI"
    assert subject_line("REST API", CONVENTIONAL) == "feat: REST API"
    assert subject_line("chore: tidy", CONVENTIONAL) == "chore: tidy"
    assert subject_line("add docs for the CLI", ["Add x", "Mend y"]) == "Add docs for the CLI"
    assert subject_line("Fixes #12", []) == "12"
    long = subject_line("word " * 40, CONVENTIONAL)
    assert long.endswith("…")


def test_messages_have_a_subject_a_body_and_the_issue(moment: Callable[[str], Run]) -> None:
    run = moment("working")
    for message in (
        empty_commit(run, []), attempt_commit(run, "t2", 1, []), squash_commit(run, "t2", []), merge_commit(run, "t2")
    ):  # fmt: skip
        subject, blank, *rest = message.split("\n")
        assert len(subject) <= 72
        assert blank == ""
        assert any(rest)
        assert "ssue 5" in message
        assert all(len(line) <= 100 for line in rest)
