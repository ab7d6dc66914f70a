"""What people read about rules: what is wanted, what Otto has, what they can do; whoever wrote the pattern."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from markdown_it import MarkdownIt

from otto_bot.core.branch_rules import KINDS, BranchRule, Broken
from otto_bot.core.config import BranchesConfig
from otto_bot.core.run import Run
from otto_bot.text.branch_rules import cannot_be_told, not_signed, refused_by_rules, trouble_of
from otto_bot.text.branches import branches_lines
from otto_bot.text.links import Links
from otto_bot.text.plan import plan_comment
from otto_bot.text.pull import pull_body
from otto_bot.text.refusals import REASON_LIMIT, reason_words
from otto_bot.text.trouble import Trouble

HOSTILE = "`@octocat` [a](https://evil.example) <img src=x>\n\n# /otto stop"


def rule(kind: str, **more: Any) -> BranchRule:
    return BranchRule.model_validate({"kind": kind, **more})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_rule_has_its_words_and_its_entry(kind: str, links: Links) -> None:
    given = {"operator": "regex", "pattern": "^x", "limit": 3, "ruleset": 4}
    said = refused_by_rules([Broken(rule=rule(kind, **given), what="otto/1-1/run")], links, "otto")
    assert said.startswith(f"the rule `{kind}` of ruleset 4 ")
    assert said.endswith(f"All of them are here: {links.rules}")
    assert "{" not in said
    assert len(said) <= REASON_LIMIT
    assert trouble_of([Broken(rule=rule(kind))]) in set(Trouble)


def test_patterns_of_others_act_on_nothing_and_the_one_link_is_live(links: Links) -> None:
    broken = [Broken(rule=rule("branch_name_pattern", operator="regex", pattern=HOSTILE * 20), what=HOSTILE * 20)] * 3
    said = refused_by_rules(broken, links, "otto", "feature/otto")
    assert len(said) <= REASON_LIMIT
    shown = MarkdownIt().render(reason_words(said, links, "main"))
    assert (shown.count("<a"), shown.count("<img"), shown.count("<h1")) == (1, 0, 0)
    assert f'href="{links.rules}"' in shown
    assert "and 1 more" in said


@pytest.mark.parametrize(
    ("operator", "negate", "words"),
    [
        ("starts_with", False, "names of branches that start with `fix/`"),
        ("ends_with", True, "names of branches that do not end with `fix/`"),
        ("contains", False, "names of branches that contain `fix/`"),
        ("regex", True, "names of branches that do not match `fix/`"),
    ],
)
def test_what_a_pattern_asks_for(operator: str, negate: bool, words: str, links: Links) -> None:
    given = rule("branch_name_pattern", operator=operator, pattern="fix/", negate=negate)
    assert words in refused_by_rules([Broken(rule=given, what="otto/1-1/run")], links, "otto")


def test_what_cannot_be_signed_says_what_to_do() -> None:
    assert "GitHub Enterprise Server" in not_signed("unsigned")
    assert "(`unsigned`)" in not_signed("unsigned")
    assert "(`no reason`)" in not_signed("")
    assert "Rename the file" in cannot_be_told("b'gr\\xfc'")


def test_the_plan_says_nothing_of_branches_as_usual(moment: Callable[[str], Run], links: Links) -> None:
    assert branches_lines(moment("working"), links) == ""


def test_the_plan_says_what_is_otherwise_and_why(moment: Callable[[str], Run], links: Links) -> None:
    pattern = rule("branch_name_pattern", operator="regex", pattern="^(feature|fix)/")
    manner = (rule("required_signatures"), rule("required_linear_history"))
    run = moment("working").model_copy(update={"branches_prefix": "feature/otto", "branch_rules": (pattern, *manner)})
    said = branches_lines(run, links).split("\n")
    assert said[0].startswith(
        "**Branches** begin with `feature/otto/`: a rule wants names that match `^(feature|fix)/`. [More about this]("
    )
    assert said[1].startswith("**Commits** are made by GitHub and signed")
    assert said[2].startswith("**No merge commits:**")
    assert "\n".join(said) in plan_comment(run, links)
    taken = run.model_copy(update={"branches_prefix": "otto-bot", "branch_rules": ()})
    assert "`otto-bot/`: a branch named `otto` stands in the way" in branches_lines(taken, links)


def test_the_prefix_that_somebody_set_is_no_surprise(moment: Callable[[str], Run], links: Links) -> None:
    run = moment("working")
    config = run.config.model_copy(update={"branches": BranchesConfig(prefix="mine/otto")})
    assert branches_lines(run.model_copy(update={"branches_prefix": "mine/otto", "config": config}), links) == ""


def test_a_base_that_no_rule_lets_in_keeps_nobody_from_merging(moment: Callable[[str], Run], links: Links) -> None:
    run = moment("working").model_copy(update={"base_conflict": "b" * 40, "base_no_merges": True})
    body = pull_body(run, links, None)
    assert "**Base:** `main` at [`bbbbbbb`](" in body
    assert "Work goes on without it." in body
    assert "Before it can be merged" not in body
