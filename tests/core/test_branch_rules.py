"""GitHub's rules for a branch: what binds, what they refuse of names and commits, which prefix they let through."""

from __future__ import annotations

from typing import Any

import pytest

from otto_bot.core.branch_rules import (
    BranchRule,
    Made,
    branches_of,
    closed,
    fits,
    fitting_prefixes,
    linear,
    read_rules,
    refused,
    signs,
)

BOT = "9001+otto[bot]@users.noreply.github.com"
COMMIT = Made(sha="a" * 40, message="Say hello\n", author=BOT, committer=BOT, files=(("src/hello.txt", 14),))
NAMES = branches_of("otto", 7, 1)


def pattern(kind: str, operator: str, words: str, *, negate: bool = False) -> dict[str, Any]:
    return {"type": kind, "parameters": {"operator": operator, "pattern": words, "negate": negate}, "ruleset_id": 3}


@pytest.mark.parametrize(
    "item",
    [
        {}, {"type": None}, {"type": ["creation"]}, {"type": "deletion"}, {"type": "non_fast_forward"},
        {"type": "tag_name_pattern", "parameters": {"operator": "contains", "pattern": "x"}}, {"type": "one_of_2031"},
        {"type": "branch_name_pattern"}, {"type": "branch_name_pattern", "parameters": []},
        {"type": "branch_name_pattern", "parameters": {"operator": "sounds_like", "pattern": "x"}},
        {"type": "commit_message_pattern", "parameters": {"operator": "regex", "pattern": 7}},
        {"type": "max_file_size", "parameters": {"max_file_size": True}}, {"type": "max_file_path_length"},
    ],
)  # fmt: skip
def test_what_does_not_bind_or_is_not_understood_is_passed_over(item: dict[str, Any]) -> None:
    assert read_rules([item, {"type": "creation"}]) == (BranchRule(kind="creation"),)


def test_a_rule_is_read_with_its_ruleset() -> None:
    (rule,) = read_rules([pattern("branch_name_pattern", "regex", "^fix/")])
    assert rule == BranchRule(kind="branch_name_pattern", ruleset=3, operator="regex", pattern="^fix/")


@pytest.mark.parametrize(
    ("operator", "words", "negate", "text", "good"),
    [
        ("starts_with", "otto/", False, "otto/7-1/run", True),
        ("starts_with", "fix/", False, "otto/7-1/run", False),
        ("ends_with", "/run", False, "otto/7-1/run", True),
        ("contains", "7-1", True, "otto/7-1/run", False),
        ("contains", "8-1", True, "otto/7-1/run", True),
        ("regex", "^(feature|fix)/", False, "otto/7-1/run", False),
        ("regex", "^(feature|fix)/", False, "fix/otto/7-1/run", True),
        ("regex", "^otto", True, "otto/7-1/run", False),
        ("regex", "(?=otto)", False, "otto/7-1/run", True),  # not understood: the push will tell
        ("regex", "(?=fix)", True, "otto/7-1/run", True),
    ],
)
def test_pattern_rules(operator: str, words: str, negate: bool, text: str, good: bool) -> None:
    (rule,) = read_rules([pattern("branch_name_pattern", operator, words, negate=negate)])
    assert fits(rule, text) is good


@pytest.mark.parametrize("kind", ["creation", "update", "pull_request", "required_status_checks", "merge_queue"])
def test_rules_that_close_a_branch(kind: str) -> None:
    found = closed(read_rules([{"type": kind}]), NAMES)
    assert [(broken.rule.kind, broken.what) for broken in found] == [(kind, "otto/7-1/run")]


def test_a_name_rule_tells_the_first_name_that_it_refuses() -> None:
    rules = read_rules([pattern("branch_name_pattern", "regex", "/(run|t[0-9]+-.*)$")])
    assert [broken.what for broken in closed(rules, NAMES)] == ["otto/7-1/batch-1-1"]
    assert closed(read_rules([pattern("branch_name_pattern", "starts_with", "otto/")]), NAMES) == []


@pytest.mark.parametrize(
    ("item", "change", "what"),
    [
        (pattern("commit_message_pattern", "regex", r"^OPS-\d+ "), {}, "Say hello"),
        (pattern("commit_message_pattern", "regex", r"^OPS-\d+ "), {"message": "OPS-7 Say hello"}, None),
        (pattern("commit_author_email_pattern", "ends_with", "@octo.example"), {}, BOT),
        (pattern("committer_email_pattern", "contains", "noreply", negate=True), {"author": "x"}, BOT),
        (pattern("committer_email_pattern", "ends_with", "github.com"), {}, None),
        ({"type": "required_linear_history"}, {}, None),
        ({"type": "required_linear_history"}, {"parents": 2}, "a" * 40),
        ({"type": "required_signatures"}, {}, None),
        ({"type": "file_path_restriction", "parameters": {"restricted_file_paths": ["src/**"]}}, {}, "src/hello.txt"),
        ({"type": "file_path_restriction", "parameters": {"restricted_file_paths": ["*.txt", 3]}}, {}, None),
        ({"type": "file_path_restriction", "parameters": {"restricted_file_paths": [""]}}, {}, None),
        ({"type": "file_extension_restriction", "parameters": {"restricted_file_extensions": ["*.txt"]}}, {},
         "src/hello.txt"),
        ({"type": "file_extension_restriction", "parameters": {"restricted_file_extensions": [".md"]}}, {}, None),
        ({"type": "max_file_path_length", "parameters": {"max_file_path_length": 12}}, {}, "src/hello.txt"),
        ({"type": "max_file_path_length", "parameters": {"max_file_path_length": 13}}, {}, None),
        ({"type": "max_file_size", "parameters": {"max_file_size": 1}}, {"files": (("b", 1024 * 1024 + 1),)}, "b"),
        ({"type": "max_file_size", "parameters": {"max_file_size": 1}}, {"files": (("b", 1024 * 1024),)}, None),
    ],
)  # fmt: skip
def test_rules_about_commits(item: dict[str, Any], change: dict[str, Any], what: str | None) -> None:
    found = refused(read_rules([item]), [COMMIT.model_copy(update=change)])
    assert [broken.what for broken in found] == ([] if what is None else [what])


def test_each_rule_is_told_once() -> None:
    rules = read_rules([pattern("commit_message_pattern", "starts_with", "OPS-"), {"type": "required_linear_history"}])
    other = COMMIT.model_copy(update={"message": "Say goodbye", "parents": 2, "sha": "b" * 40})
    assert [broken.what for broken in refused(rules, [COMMIT, other])] == ["Say hello", "b" * 40]


def test_how_commits_are_made() -> None:
    both = read_rules([{"type": "required_signatures"}, {"type": "required_linear_history"}])
    assert (signs(both), linear(both), closed(both, NAMES)) == (True, True, [])
    assert (signs(both[1:]), linear(both[:1])) == (False, False)


@pytest.mark.parametrize(
    ("items", "prefix"),
    [
        ([pattern("branch_name_pattern", "starts_with", "feature/")], "feature/otto"),
        ([pattern("branch_name_pattern", "regex", "^(feature|fix)/")], "feature/otto"),
        ([pattern("branch_name_pattern", "regex", "^(?:feature|fix)/.+$")], "feature/otto"),
        ([pattern("branch_name_pattern", "regex", "^users/bots/")], "users/bots/otto"),
        ([pattern("branch_name_pattern", "regex", "^(feature|fix)/"),
          pattern("branch_name_pattern", "starts_with", "feature", negate=True)], "fix/otto"),
        ([pattern("branch_name_pattern", "regex", "^(feature|fix)/[A-Z]+-[0-9]+")], None),
        ([pattern("branch_name_pattern", "regex", "^(feature|fix)/[a-z-]+$")], None),
        ([pattern("branch_name_pattern", "contains", "feature")], None),
        ([pattern("branch_name_pattern", "starts_with", "fea ture/")], None),
        ([pattern("branch_name_pattern", "starts_with", "otto", negate=True)], None),
        ([pattern("branch_name_pattern", "starts_with", "a/b/c/")], None),
        ([{"type": "creation"}], None),
    ],
)  # fmt: skip
def test_a_prefix_is_read_from_plain_words_alone(items: list[dict[str, Any]], prefix: str | None) -> None:
    assert fitting_prefixes(read_rules(items), "otto", 7, 1)[:1] == ([] if prefix is None else [prefix])
