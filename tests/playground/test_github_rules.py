"""Rulesets of the stand-in: what pushes and the Git Data API are refused, in GitHub's words, and what GitHub signs."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

ALL = {"include": ["~ALL"]}
PATTERN = {"operator": "regex", "pattern": "^(feature|fix)/"}
AUTHOR = {"operator": "ends_with", "pattern": "@octo.example"}


def ruled(settings: dict[str, Any], *rules: dict[str, Any]) -> None:
    settings["rules"] = [{**ALL, **rule} for rule in rules]


def pushed(github: Any, tmp_path: Path, branch: str = "otto/1-1/run", *, merge: bool = False, name: str = "new.py",
           text: str = "X = 1\n") -> subprocess.CompletedProcess[str]:  # fmt: skip
    token = github.token()
    work = github.clone(tmp_path, token)
    (work / name).write_text(text)
    github.git(work, "add", "-A", token=None)
    github.git(work, "commit", "-q", "-m", "Add it", token=None)
    if merge:
        github.git(work, "checkout", "-q", "-b", "side", "HEAD~1", token=None)
        github.git(work, "commit", "-q", "--allow-empty", "-m", "Beside", token=None)
        github.git(work, "merge", "-q", "--no-ff", "-m", "Take it in", "main", token=None)
    done: subprocess.CompletedProcess[str] = github.git(
        work, "push", "origin", f"HEAD:refs/heads/{branch}", token=token, ok=False
    )
    return done


@pytest.mark.parametrize(
    ("rule", "kwargs", "words"),
    [
        ({"type": "required_signatures"}, {}, "Commits must have verified signatures."),
        ({"type": "creation"}, {}, "Cannot create ref due to creations being restricted."),
        ({"type": "branch_name_pattern", "parameters": PATTERN}, {}, "Branch name must match a given regex pattern"),
        ({"type": "required_linear_history"}, {"merge": True}, "This branch must not contain merge commits."),
        ({"type": "commit_author_email_pattern", "parameters": AUTHOR}, {}, "Commit author email must end with @octo"),
        ({"type": "committer_email_pattern", "parameters": {**AUTHOR, "negate": True, "pattern": "example.com"}}, {},
         "Committer email must not end with example.com"),
        ({"type": "commit_message_pattern", "parameters": {"operator": "starts_with", "pattern": "OPS-"}}, {},
         "Commit message must start with OPS-"),
        ({"type": "file_path_restriction", "parameters": {"restricted_file_paths": ["*.py"]}}, {}, "File paths"),
        ({"type": "file_extension_restriction", "parameters": {"restricted_file_extensions": [".py"]}}, {}, "extensio"),
        ({"type": "max_file_path_length", "parameters": {"max_file_path_length": 5}}, {}, "File paths are too long."),
        ({"type": "max_file_size", "parameters": {"max_file_size": 1}}, {"text": "x" * 1_100_000}, "too large"),
    ],
)  # fmt: skip
def test_a_push_against_a_rule_is_refused_as_a_whole(
    github_settings: dict[str, Any], request: Any, tmp_path: Path, rule: Any, kwargs: Any, words: str
) -> None:
    ruled(github_settings, rule)
    github = request.getfixturevalue("github")
    done = pushed(github, tmp_path, **kwargs)
    assert done.returncode != 0
    assert "remote: error: GH013: Repository rule violations found for refs/heads/otto/1-1/run." in done.stderr
    assert words in done.stderr
    assert "(push declined due to repository rule violations)" in done.stderr
    assert "otto/1-1/run" not in github.state()["branches"]


@pytest.mark.parametrize(
    ("rule", "kwargs"),
    [
        ({"type": "required_linear_history"}, {}),
        ({"type": "branch_name_pattern", "parameters": PATTERN}, {"branch": "fix/otto/1-1/run"}),
        ({"type": "creation", "include": ["~DEFAULT_BRANCH"]}, {}),
        ({"type": "creation", "exclude": ["otto/**"]}, {}),
        ({"type": "creation", "bypass": "always"}, {}),
        ({"type": "max_file_size", "parameters": {"max_file_size": 1}}, {}),
    ],
)
def test_a_push_within_the_rules_goes_through(
    github_settings: dict[str, Any], request: Any, tmp_path: Path, rule: Any, kwargs: Any
) -> None:
    ruled(github_settings, rule)
    github = request.getfixturevalue("github")
    assert pushed(github, tmp_path, **kwargs).returncode == 0
    assert kwargs.get("branch", "otto/1-1/run") in github.state()["branches"]


def test_rules_are_listed_for_branches_that_do_not_exist(github_settings: dict[str, Any], request: Any) -> None:
    ruled(github_settings, {"type": "creation", "exclude": ["fix/**"], "bypass": "pull_requests_only", "ruleset": 7},
          {"type": "branch_name_pattern", "parameters": PATTERN})  # fmt: skip
    call = request.getfixturevalue("github").as_bot()
    rows = call("GET", "~/rules/branches/otto%2F1-1%2Frun").json()
    assert [(row["type"], row["ruleset_id"]) for row in rows] == [("creation", 7), ("branch_name_pattern", 1)]
    assert rows[1]["parameters"] == PATTERN
    assert [row["type"] for row in call("GET", "~/rules/branches/fix%2Fx").json()] == ["branch_name_pattern"]
    assert call("GET", "~/rulesets/7").json()["current_user_can_bypass"] == "pull_requests_only"
    assert call("GET", "~/rulesets/8").status_code == 404


def test_the_git_data_api_is_held_to_them_and_signs(github_settings: dict[str, Any], request: Any) -> None:
    ruled(github_settings, {"type": "required_signatures"})
    github = request.getfixturevalue("github")
    call = github.as_bot()
    head = github.state()["branches"]["main"]
    tree = call("GET", f"~/git/commits/{head}").json()["tree"]["sha"]
    given = {"message": "Add it", "tree": tree, "parents": [head]}
    signed = call("POST", "~/git/commits", json=given).json()
    assert signed["verification"]["verified"] is True
    assert signed["author"]["email"] == "9001+otto[bot]@users.noreply.github.com"
    assert signed["committer"]["email"] == "noreply@github.com"
    who = {"name": "otto[bot]", "email": signed["author"]["email"]}
    plain = call("POST", "~/git/commits", json={**given, "author": who}).json()
    assert plain["verification"] == {
        "verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None,
    }  # fmt: skip
    refused = call("POST", "~/git/refs", json={"ref": "refs/heads/otto/x", "sha": plain["sha"]})
    assert refused.status_code == 422
    assert refused.json()["message"] == (
        "Repository rule violations found\n\nCommits must have verified signatures.\n\n"
    )
    assert call("POST", "~/git/refs", json={"ref": "refs/heads/otto/x", "sha": signed["sha"]}).status_code == 201
    assert call("GET", f"~/git/commits/{signed['sha']}").json()["verification"]["reason"] == "valid"
