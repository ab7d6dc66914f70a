"""Refusals say what is wrong and what a person can do; their one link is live, and no forged one is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from otto_bot.core.budget import Money
from otto_bot.core.onboarding import Facts, verify_workflow
from otto_bot.core.run import Run
from otto_bot.core.waits import Wait
from otto_bot.text import refusals
from otto_bot.text.call import call_comment
from otto_bot.text.links import Links
from otto_bot.text.status import status_comment


def test_no_ci_fits_into_a_reason_with_its_link(links: Links) -> None:
    reason = refusals.no_ci("no workflow starts " * 100, links, "main")
    assert len(reason) <= refusals.REASON_LIMIT
    assert reason.endswith(refusals.bare_link(links, "main"))
    shown = refusals.reason_words(reason, links, "main")
    assert "[add otto-verify.yml](https://github.com/octo/demo/new/main?filename=.github%2Fworkflows%2F" in shown
    assert "/otto resume" in shown


def test_a_long_branch_leaves_the_content_out(links: Links) -> None:
    branch = "b/" * 120
    assert len(refusals.no_ci("why " * 400, links, branch)) <= refusals.REASON_LIMIT


def test_a_forged_link_is_only_text(links: Links) -> None:
    forged = "press [add otto-verify.yml](https://github.com/octo/demo/new/main?filename=x&value=evil)"
    assert "<a" not in MarkdownIt().render(refusals.reason_words(forged, links, "main"))
    ours = refusals.no_ci("nothing runs", links, "main")
    assert MarkdownIt().render(refusals.reason_words(ours, links, "main")).count("<a") == 1


def test_an_empty_repository_is_offered_a_workflow_that_needs_no_test_command_yet(links: Links) -> None:
    reason = refusals.no_ci("no workflow starts " * 100, links, "main", Facts(empty=True))
    assert len(reason) <= refusals.REASON_LIMIT
    assert "put your test command in" not in reason
    shown = refusals.reason_words(reason, links, "main", Facts(empty=True))
    assert MarkdownIt().render(shown).count("<a") == 1
    assert "git+ls-files" in shown


def test_a_repository_without_a_commit_is_told_what_to_write_first(links: Links) -> None:
    for title in ("demo", "x" * 900):
        reason = refusals.no_commit(links, "main", title)
        assert len(reason) <= refusals.REASON_LIMIT
        assert "/new/main?filename=README.md" in reason
    shown = refusals.reason_words(refusals.no_commit(links, "main", links.repo), links, "main")
    assert "[create README.md](https://github.com/octo/demo/new/main?filename=README.md&value=%23+demo%0A)" in shown
    assert "/otto resume" in shown


@pytest.mark.parametrize(
    ("files", "tested"),
    [
        ({}, False), ({"README.md": "", "LICENSE": "", ".github/otto.yml": "", "pyproject.toml": ""}, False),
        ({"README.md": "", "app.py": ""}, True), ({"src/Main.java": ""}, True), ({"Makefile": ""}, True),
        ({"docs/guide.md": "", "bin/tool": ""}, True),
    ],
)  # fmt: skip
def test_the_workflow_for_an_empty_repository_tests_as_soon_as_there_is_code(
    tmp_path: Path, files: dict[str, str], tested: bool
) -> None:
    step = yaml.safe_load(verify_workflow(Facts(empty=True)))["jobs"]["verify"]["steps"][1]["run"]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    subprocess.run("git init -q && git add -A", shell=True, cwd=tmp_path, check=True)
    marked = step.replace("make test", "exit 7")
    assert subprocess.run(["bash", "-e", "-c", marked], cwd=tmp_path).returncode == (7 if tested else 0)


def test_a_link_that_an_earlier_release_wrote_leads_to_the_file_of_today(links: Links) -> None:
    """Its text is not taken over, whoever wrote it there."""
    reason = f"nothing verifies: {refusals.bare_link(links, 'main')}&value=on%3A+evil and more"
    shown = refusals.reason_words(reason, links, "main")
    assert "evil" not in shown
    assert "persist-credentials" in shown
    assert shown.endswith("and more")


def test_reasons() -> None:
    many = [(f"place.{n}", "is wrong") for n in range(9)]
    said = refusals.bad_config(many, ".github/otto.yml")
    assert "`.github/otto.yml`" in said
    assert "place.0: is wrong" in said
    assert "and 5 more" in said
    assert "404" in refusals.config_unreadable("404 for me")
    assert "archived" in refusals.repository_unusable("archived")


@pytest.mark.parametrize("size", [10, 10_000])
def test_reasons_fit(size: int) -> None:
    text = "x" * size
    for said in (
        refusals.bad_config([(text, text)] * 9, text), refusals.config_unreadable(text),
        refusals.repository_unusable(text),
    ):  # fmt: skip
        assert len(said) <= refusals.REASON_LIMIT


def test_links_quote_every_part() -> None:
    links = Links("https://ghe.example/", "o", "r")
    assert links.file("a/b", "src/ä b#c.py", 3, 5) == "https://ghe.example/o/r/blob/a/b/src/%C3%A4%20b%23c.py#L3-L5"
    assert links.branch("otto/5-1/run") == "https://ghe.example/o/r/tree/otto/5-1/run"
    assert links.job(7, 9) == "https://ghe.example/o/r/actions/runs/7/job/9"
    assert links.workflow_run(7) == "https://ghe.example/o/r/actions/runs/7"
    assert links.check(3) == "https://ghe.example/o/r/runs/3"
    assert links.ours("https://ghe.example/o/r/x) [y](z") == "https://ghe.example/o/r/x%29%20%5By%5D%28z"
    assert links.ours("https://ghe.example.evil/o/r") == ""
    assert links.ours("javascript:alert(1)") == ""
    assert "value" not in links.new_file("main", "a.yml", "x" * 8000)


def test_used_up_money_says_whose_it_was_and_who_can_allow_more(moment: Callable[[str], Run]) -> None:
    """Earlier runs and open calls are named; where the host forbids more, whoever hosts Otto is."""
    run = moment("working")
    money = Money(cap=10, inherited=6.4, settled=1.1, reserved={"a": 2.0})
    run = run.model_copy(update={"money": money})
    said = refusals.money_used_up(run, 1.25, more=True)
    assert "$10 for this issue" in said
    assert "$7.50 spent ($6.40 of it by earlier runs) and $2.00 held" in said
    assert "up to $1.25" in said
    assert "OTTO_MAX_USD" not in said
    assert "at most $50 for one issue" in refusals.money_used_up(run, 1.25, more=False)
    assert "OTTO_MAX_USD" in refusals.money_used_up(run, 1.25, more=False)


def test_an_unknown_model_is_named_with_those_near_it_and_what_to_set() -> None:
    said = refusals.unknown_models([("coder", "claude-sonet-5", ("claude-sonnet-5",)), ("pilot", "x\n@y", ())], "2026")
    assert "`models.coder` is claude-sonet-5 (near it: claude-sonnet-5)" in said
    assert "OTTO_PRICES" in said
    assert "as of 2026" in said
    assert "\n" not in said


def test_status_and_call_speak_of_the_lineage(moment: Callable[[str], Run], links: Links, now: datetime) -> None:
    """What earlier runs spent is said; what was reached and the exact reply are in the call."""
    run = moment("working")
    run = run.model_copy(update={"money": Money(cap=15, inherited=3.2, settled=1.0, granted=5)})
    status = status_comment(run, links, now)
    assert "$4.20 of $15 spent, $3.20 of it by earlier runs of this issue; $5 of that were allowed" in status
    assert "$4.20 / $15" in status.splitlines()[-1]
    wait = Wait(key="hold/1", kind="hold", question="the money is used up", reply="/otto budget +7")
    call = call_comment(run, wait, links, reminder=False)
    assert "Reply with `/otto budget +7`. Anyone" in call
    assert "**So far:** $4.20 of $15 spent" in call
    assert "of 4 tasks merged" in call
    other = call_comment(run, wait.model_copy(update={"reply": "/otto resume"}), links, reminder=False)
    assert "So far" not in other
