"""Refusals say what is wrong and what a person can do; their one link is live, and no forged one is."""

from __future__ import annotations

import pytest
import yaml
from markdown_it import MarkdownIt

from otto_bot.core.config import VerifyConfig
from otto_bot.core.lanes import LaneKind, Workflow, choose
from otto_bot.text import refusals
from otto_bot.text.links import Links


def test_no_ci_fits_into_a_reason_with_its_link(links: Links) -> None:
    reason = refusals.no_ci("no workflow starts " * 100, links, "main")
    assert len(reason) <= refusals.REASON_LIMIT
    assert reason.endswith(refusals.starter_link(links, "main"))
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


def test_the_starter_workflow_would_be_chosen() -> None:
    data = yaml.safe_load(refusals.STARTER)
    data["on"] = data.pop(True)
    lane = choose([Workflow(path=refusals.STARTER_PATH, data=data)], "otto/1-1/run", "main", VerifyConfig())
    assert lane.kind is LaneKind.DISPATCH
    assert data["permissions"] == {"contents": "read"}


def test_reasons() -> None:
    many = [(f"place.{n}", "is wrong") for n in range(9)]
    said = refusals.bad_config(many, ".github/otto.yml")
    assert "`.github/otto.yml`" in said
    assert "place.0: is wrong" in said
    assert "and 5 more" in said
    assert "404" in refusals.config_unreadable("404 for me")
    assert "$10" in refusals.money_used_up(10)
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
