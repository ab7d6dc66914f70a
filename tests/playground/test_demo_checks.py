"""What the demo says of a report: differences from what was expected, broken promises, the story, the comparison."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from rich.text import Text

from otto_bot.playground.demo.compare import table
from otto_bot.playground.demo.expect import differences
from otto_bot.playground.demo.promise import broken
from otto_bot.playground.demo.story import Story, comment_lines
from otto_bot.playground.scenario_expect import Expect

COMMENT, PUSH = "2026-01-01T00:00:10+00:00", "2026-01-01T00:00:20+00:00"
BRANCH = "refs/heads/otto/1-1/t2-expiry-a1"
DECIDED = "<!-- otto run=1 surface=gate/g1 -->\nbatch 1 failed"
CALL: dict[str, Any] = {
    "call": "a call", "run": "1", "role": "pilot", "task": "", "attempt": 0, "gate": 1, "turn": 1, "status": 200,
    "cut": False, "problem": "", "cache_read_tokens": 0, "cache_write_tokens": 0,
}  # fmt: skip

REPORT: dict[str, Any] = {
    "outcome": "done",
    "tasks": {"t1": {"state": "merged", "attempts": 1}, "t2": {"state": "merged", "attempts": 2}},
    "gates": [{"number": 1, "decided_by": "pilot", "comment_id": 7}],
    "events": [
        {"seq": 1, "type": "AttemptStarted", "task": "t2", "attempt": 1},
        {"seq": 2, "type": "DecisionPosted", "gate": 1, "revision": 2, "comment_id": 7},
        {"seq": 3, "type": "DecisionApplied", "gate": 1, "revision": 2},
        {"seq": 4, "type": "AttemptStarted", "task": "t2", "attempt": 2},
        {"seq": 5, "type": "AttemptPushed", "task": "t2", "attempt": 2, "sha": "b" * 40},
    ],
    "comments": [{"id": 7, "where": "pull/2", "author": "otto[bot]", "body": DECIDED, "created_at": COMMENT}],
    "threads": [
        {"id": 8, "number": 2, "author": "ann", "path": "a", "line": 3, "body": "Why?", "in_reply_to": None,
         "reactions": [{"content": "eyes", "user": "otto[bot]"}]},
        {"id": 9, "number": 2, "author": "otto[bot]", "path": "a", "line": 3, "body": "Done in c0ffee.",
         "in_reply_to": 8, "reactions": []},
    ],
    "pull_requests": [{"number": 2, "draft": True, "state": "open", "base": "main", "head": "x", "files": ["b", "a"],
                       "reviewers": ["ann"]}],
    "checks": [{"name": "Otto", "conclusion": "success"}],
    "workflow_runs": [{"name": "CI", "conclusion": "success", "run_attempt": 2, "branch": "x"}],
    "requests": [
        {"seq": 1, "at": "2026-01-01T00:00:05+00:00", "method": "POST", "path": "/octo/x.git/git-receive-pack",
         "status": 200, "refs": [{"ref": BRANCH, "old": "0" * 40, "new": "a" * 40}]},
        {"seq": 2, "at": PUSH, "method": "POST", "path": "/octo/x.git/git-receive-pack", "status": 200,
         "refs": [{"ref": BRANCH, "old": "a" * 40, "new": "b" * 40}]},
    ],
    "model_calls": [CALL],
    "usage": {"calls": 1, "usd": 0.034},
}  # fmt: skip
HOLDS: dict[str, Any] = {
    "outcome": "done",
    "tasks": {"t1": "merged", "t2": {"state": "merged", "attempts": 2}},
    "gates": 1,
    "decided_by": ["pilot"],
    "order": ["AttemptStarted", {"type": "DecisionPosted", "gate": 1}, {"type": "AttemptStarted", "attempt": 2}],
    "texts": [{"where": "pull/*", "contains": ["failed"], "lacks": ["secret"], "count": 1}],
    "threads": [
        {"author": "otto[bot]", "path": "a", "line": 3, "contains": ["Done"], "count": 1},
        {"answer": False, "reaction": "eyes", "count": 1},
    ],
    "pull_requests": [{"draft": True, "files": ["a", "b"], "reviewers": ["ann"], "count": 1}],
    "checks": [{"name": "Otto", "conclusion": "success"}],
    "workflow_runs": [{"attempt": 2, "conclusion": "success", "count": 1}, {"conclusion": "cancelled", "count": 0}],
    "requests": [{"method": "POST", "path": "receive-pack$", "at_least": 2, "at_most": 2}],
    "model_calls": {"pilot": 1, "replan": 0},
}


def test_everything_holds() -> None:
    assert differences(Expect.model_validate(HOLDS), REPORT) == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("outcome", "needs_human", "outcome: expected needs_human, got done"),
        ("tasks", {"t1": "failed"}, "tasks.t1: expected failed, got merged"),
        ("tasks", {"t2": {"state": "merged", "attempts": 1}}, "tasks.t2: expected 1 attempts, got 2"),
        ("tasks", {"t3": "merged"}, "there is no such task"),
        ("gates", 0, "gates: expected 0, got 1"),
        ("decided_by", ["rules"], "decided_by: expected ['rules'], got ['pilot']"),
        ("order", ["DecisionApplied", "DecisionPosted"], "order: DecisionPosted did not happen after DecisionApplied"),
        ("texts", [{"where": "issue/1"}], "there is none"),
        ("texts", [{"where": "pull/2", "count": 0}], "expected 0, got 1"),
        ("threads", [{"author": "ann"}], "threads: an answer with {'author': 'ann'}: there is none"),
        ("threads", [{"line": 4}], "there is none"),
        ("threads", [{"lacks": ["Done"]}], "there is none"),
        ("threads", [{"count": 2}], "expected 2, got 1"),
        ("threads", [{"answer": False, "reaction": "heart"}], "there is none"),
        ("pull_requests", [{"reviewers": []}], "there is none"),
        ("pull_requests", [{"files": ["a"]}], "there is none; there are [{'number': 2"),
        ("pull_requests", [{"state": "closed"}], "there is none"),
        ("checks", [{"name": "Otto", "conclusion": "failure"}], "there is none; there are ['Otto=success']"),
        ("workflow_runs", [{"conclusion": "cancelled"}], "there is none; there are ['CI x: success']"),
        ("workflow_runs", [{"workflow": "CI", "attempt": 1}], "CI in attempt 1: there is none"),
        ("requests", [{"path": "receive-pack", "at_most": 1}], "expected at most 1, got 2"),
        ("requests", [{"path": "dispatches", "at_least": 1}], "expected at least 1, got 0"),
        ("model_calls", {"pilot": 0}, "expected 0 of the pilot, got 1"),
    ],
)
def test_each_difference_is_said(key: str, value: Any, words: str) -> None:
    found = differences(Expect.model_validate({key: value}), REPORT)
    assert len(found) == 1
    assert words in found[0]


def test_a_call_that_no_rule_answered_is_a_difference() -> None:
    report = {**REPORT, "model_calls": [CALL | {"role": "coder", "status": 400, "problem": "no rule answers"}]}
    assert differences(Expect(), report) == ["model_calls: no rule answers"]


def test_the_promise_is_kept() -> None:
    assert broken(REPORT) == []


def without(kind: str) -> dict[str, Any]:
    return {**REPORT, "events": [event for event in REPORT["events"] if event["type"] != kind]}


def commented_at(when: str) -> dict[str, Any]:
    late = copy.deepcopy(REPORT)
    late["comments"][0]["created_at"] = when
    return late


def test_a_broken_promise_is_seen() -> None:
    assert broken(without("DecisionPosted")) == ["t2 attempt 2 was pushed without any posted decision"]
    gone, unseen = broken({**REPORT, "comments": []})
    assert "does not exist" in gone
    assert "no gate's comment was written" in unseen
    assert (
        broken(commented_at("2026-01-01T00:00:21+00:00"))[0] == "t2 attempt 2 was pushed before its decision's comment"
    )
    assert "is not in the log" in broken({**REPORT, "requests": REPORT["requests"][:1]})[0]


def test_a_second_push_without_a_comment_is_seen_without_the_ledger() -> None:
    """On the same branch or on a fresh one; a gate's comment that was there before the first push does not count."""
    fresh = copy.deepcopy(REPORT)
    fresh["requests"][1]["refs"][0]["ref"] = "refs/heads/otto/1-1/t2-expiry-a2"
    for report in (REPORT, fresh):
        blind = {**report, "events": []}
        assert broken(blind) == []
        early = [{**row, "created_at": "2026-01-01T00:00:01+00:00"} for row in report["comments"]]
        for comments in ([], early):
            assert len(broken({**blind, "comments": comments})) == 1


def test_the_comparison_fits_in_six_lines() -> None:
    failed = {**REPORT, "outcome": "needs_human", "tasks": {**REPORT["tasks"], "t2": {"state": "asked", "attempts": 3}}}
    lines = table(REPORT, failed)
    assert len(lines) <= 6
    assert "3" in lines[1]
    assert "done: 2 of 2 tasks" in lines[1]
    assert "needs_human: 1 of 2 tasks in the pull request; t2 asked" in lines[2]
    assert "did not come to rest" in table(REPORT, None)[2]


def told(event: dict[str, Any], story: Story | None = None) -> str:
    """The lines of one event without their colours."""
    return "\n".join(Text.from_markup(line).plain for line in (story or Story()).lines(event))


def test_the_story_names_tasks_and_reasons() -> None:
    story = Story()
    plan = {"tasks": [{"key": "t1", "title": "Count [visits]", "depends_on": []}]}
    assert "t1 Count [visits]" in told({"type": "PlanMade", "plan": plan}, story)
    failure = {"cause": "test", "failing_tests": [{"id": "test_a", "message": "assert 1 == 2\nmore"}]}
    red = told({"type": "VerificationEnded", "target": "t1/a1", "ending": "red", "failure": failure}, story)
    assert red == "t1 Count [visits]: red (test: assert 1 == 2)"
    decision = {"decided_by": "pilot", "moves": [{"task": "t1", "action": "retry_different", "guidance": "do [this]"}]}
    assert "t1: retry different “do [this]”" in told({"type": "DecisionMade", "decision": decision}, story)
    assert told({"type": "MoneyReserved"}) == ""


def test_the_story_tells_of_a_default_branch_only_where_it_moved() -> None:
    story = Story()
    told({"type": "Prepared", "base_sha": "a" * 40, "lane": {"kind": "push"}}, story)
    assert told({"type": "BaseTaken", "base_sha": "a" * 40}, story) == ""
    assert told({"type": "BaseTaken", "base_sha": "b" * 40}, story).endswith("moved and is taken in: bbbbbbb")
    assert told({"type": "BaseTaken", "base_sha": "b" * 40}, story) == ""


def test_a_comment_is_quoted_without_its_marker_and_not_endlessly() -> None:
    lines = comment_lines("<!-- otto: x -->\n### Otto\n\n\n" + "line\n" * 60)
    assert lines[0] == "### Otto"
    assert len(lines) == 41
    assert lines[-1].endswith("more lines")


def test_a_default_branch_that_was_taken_in_is_nobodys_work() -> None:
    """An attempt that adds nothing to it has its SHA, which was pushed before the decision."""
    report = copy.deepcopy(REPORT)
    report["requests"][1] |= {"at": "2026-01-01T00:00:07+00:00"}
    report["requests"][1]["refs"][0]["ref"] = "refs/heads/otto/1-1/run"
    assert broken(report) == ["t2 attempt 2 was pushed before its decision's comment"]
    report["events"].insert(1, {"seq": 1, "type": "BaseTaken", "sha": "b" * 40})
    assert broken(report) == []


def test_a_call_that_does_not_read_what_the_last_one_left_is_named() -> None:
    """In one conversation; a refused or broken call left nothing."""
    first = CALL | {"role": "coder", "task": "t1", "attempt": 1, "gate": 0, "cache_write_tokens": 1500}
    broken = first | {"turn": 2, "status": 529}
    second = first | {"turn": 2, "cache_read_tokens": 1500, "cache_write_tokens": 300}
    other = first | {"task": "t2", "turn": 2}

    assert differences(Expect(), {**REPORT, "model_calls": [first, broken, second, other]}) == []
    late = second | {"turn": 3, "cache_read_tokens": 1000, "call": "role=coder task=t1 turn=3"}
    assert differences(Expect(), {**REPORT, "model_calls": [first, second, late]}) == [
        "prompt cache: role=coder task=t1 turn=3 read 1000 tokens of 1800"
    ]
