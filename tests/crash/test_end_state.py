"""The comparison itself: what differs between two runs is seen, what may differ is not."""

from __future__ import annotations

import copy
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from crash_end_state import differences, doubles, end_state, paid_too_often

Json = dict[str, Any]


def comment(number: int, where: str, surface: str, words: str) -> Json:
    body = f"<!-- otto run=1 surface={surface} -->\n{words}"
    return {"id": number, "where": where, "author": "otto[bot]", "body": body}


def check(sha: str, surface: str, conclusion: str) -> Json:
    return {
        "id": len(sha), "name": f"Otto {surface}", "head_sha": sha, "status": "completed", "conclusion": conclusion,
        "external_id": f"run/1/{surface}", "ours": True, "title": "Done", "actions": [],
    }  # fmt: skip


def report(numbers: tuple[int, int] = (3, 4), port: int = 40001, sha: str = "3f2a9c1") -> Json:
    """A run with two verification pull requests that may be numbered either way."""
    pulls = [(2, "otto/1-1/run"), (numbers[0], "otto/1-1/t1-a1"), (numbers[1], "otto/1-1/t2-a1")]
    words = f"[t1](http://127.0.0.1:{port}/octo/x/pull/{numbers[0]}) #{numbers[0]} at {sha}, $0.04 / $10, 12 s, 19:20"
    return {
        "outcome": "done", "phase": "done", "waits_for": None, "labels": ["otto"],
        "tasks": {"t1": {"state": "merged", "attempts": 1}}, "gates": [],
        "issues": [{"number": 1, "state": "open", "labels": ["otto"]}],
        "pull_requests": [
            {"number": number, "head": head, "title": "T", "body": "B", "draft": True, "state": "open", "base": "main",
             "files": ["a"], "labels": [], "reviewers": [], "author": "otto[bot]"} for number, head in pulls
        ],
        "comments": [comment(11, "issue/1", "status", words), comment(12, f"pull/{numbers[0]}", "gate/g1", "why")],
        "checks": [check(sha, "check/run", "success")],
    }  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*argv: str) -> str:
        who = ["-c", "user.name=o", "-c", "user.email=o@example.com"]
        return subprocess.run(["git", *who, *argv], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    git("init", "-q", "-b", "main")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-q", "-m", "one")
    return tmp_path


def test_numbers_times_money_and_commits_may_differ(repository: Path) -> None:
    want = end_state(report(), repository)
    assert want["branches"].keys() == {"main"}
    assert differences(want, end_state(report((4, 3), 55000, "9d8e7f6"), repository)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r.update(outcome="needs_human"), "outcome: done → needs_human"),
        (lambda r: r["tasks"]["t1"].update(attempts=2), "tasks / t1 / attempts: 1 → 2"),
        (lambda r: r["pull_requests"][0].update(draft=False), "pull requests / otto/1-1/run / draft: true → false"),
        (lambda r: r["pull_requests"][0]["files"].append("b"), 'files: ["a"] → ["a", "b"]'),
        (lambda r: r["pull_requests"].append({**r["pull_requests"][0], "number": 9}), "otto/1-1/run (2)"),
        (lambda r: r["comments"].append(copy.deepcopy(r["comments"][0])), "surface=status --> (2)"),
        (lambda r: r["comments"].pop(), "(not there)"),
        (lambda r: r["comments"][0].update(body=r["comments"][0]["body"] + " and more"), "and more"),
        (lambda r: r["checks"][0].update(conclusion="failure"), "run/1/check/run / conclusion: success → failure"),
        (lambda r: r["issues"][0]["labels"].append("otto:done"), '["otto"] → ["otto", "otto:done"]'),
        (lambda r: r["issues"][0].update(reactions=[{"content": "eyes", "user": "o"}]), '[] → ["eyes of o"]'),
    ],
)
def test_every_difference_is_seen(repository: Path, change: Any, words: str) -> None:
    other = report()
    change(other)
    found = "\n".join(differences(end_state(report(), repository), end_state(other, repository)))
    assert words in found


def test_another_tree_on_a_branch_is_a_difference(repository: Path, tmp_path: Path) -> None:
    want = end_state(report(), repository)
    (tmp_path / "a").write_text("2")
    who = ["-c", "user.name=o", "-c", "user.email=o@example.com"]
    subprocess.run(["git", *who, "commit", "-q", "-am", "two"], cwd=tmp_path, check=True)
    assert [line.split(":")[0] for line in differences(want, end_state(report(), repository))] == ["branches / main"]


def test_doubles_are_seen() -> None:
    one = report()
    assert doubles(one) == []
    one["checks"] *= 2
    one["comments"].append(comment(13, "issue/1", "status", "other words"))
    one["pull_requests"].append(one["pull_requests"][1])
    found = "\n".join(doubles(one))
    for what in (
        "2 times the check 3f2a9c1 run/1/check/run",
        "2 times the comment issue/1",
        "2 times the pull request",
    ):
        assert what in found


def test_a_kill_pays_one_call_once_more_and_no_other() -> None:
    want = Counter({"planner": 1, "coder": 1})
    assert paid_too_often(want, Counter({"planner": 1, "coder": 2}), 1) == []
    assert paid_too_often(want, Counter({"planner": 1, "coder": 3}), 1) == ["paid 3 times instead of 1: coder"]
    many = {f"turn {number}": 1 for number in range(4)}
    twice = Counter(dict.fromkeys(many, 2))
    assert paid_too_often(Counter(many), twice, 1) == ["4 answers were paid again, after 1 kills"]
    assert paid_too_often(Counter(many), twice, 2) == []
    assert paid_too_often(want, Counter({"planner": 1}), 1) == ["never asked: coder"]
    assert paid_too_often(want, Counter({**want, "pilot": 1}), 1) == ["asked only after a kill: pilot"]
