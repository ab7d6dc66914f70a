"""The deliveries of the bench: GitHub's own examples, changed so that they concern a run, or so that none does."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BRANCH = "otto/7-1/t3-parse-dates-a2"
"""A branch as runs have them."""


@dataclass(frozen=True)
class Body:
    """What is sent again and again, each time with another GUID: the signature covers the body only."""

    event: str
    content: bytes
    signature: str


def kept(examples: Path, secret: str) -> list[Body]:
    """One body of each kind that is stored: label, command, branch, verification, review."""
    return [_body(event, payload, secret) for event, payload in _kept(_examples(examples))]


def foreign(examples: Path, secret: str) -> list[Body]:
    """Bodies of repositories that Otto has no run in: the same kinds, on branches and in words of other people."""
    picked = _examples(examples)
    wanted = [
        ("issue_comment", "created"),
        ("workflow_run", "completed"),
        ("check_run", "completed"),
        ("push", None),
        ("pull_request", "closed"),
        ("issues", "unlabeled"),
        ("status", None),
        ("star", "created"),
    ]
    return [_body(event, _one(picked, event, action), secret) for event, action in wanted]


def _kept(picked: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "issues", _one(picked, "issues", "labeled")
    comment = _one(picked, "issue_comment", "created")
    comment["comment"]["body"] = "/otto retry t3"
    yield "issue_comment", comment
    run = _one(picked, "workflow_run", "completed")
    run["workflow_run"]["head_branch"] = BRANCH
    yield "workflow_run", run
    check = _one(picked, "check_run", "completed")
    check["check_run"]["check_suite"]["head_branch"] = BRANCH
    yield "check_run", check
    push = _one(picked, "push", None)
    push["ref"] = f"refs/heads/{BRANCH}"
    yield "push", push
    review = _one(picked, "pull_request_review", "submitted")
    review["review"].update(state="changes_requested", body="/otto improve")
    yield "pull_request_review", review


def _examples(path: Path) -> dict[str, list[dict[str, Any]]]:
    index = json.loads((path / "api.github.com" / "index.json").read_text())
    return {entry["name"]: entry["examples"] for entry in index}


def _one(picked: dict[str, list[dict[str, Any]]], event: str, action: str | None) -> dict[str, Any]:
    """The longest example of an event, as a copy."""
    fitting = [example for example in picked[event] if action is None or example.get("action") == action]
    found: dict[str, Any] = json.loads(max((json.dumps(example) for example in fitting), key=len))
    return found


def _body(event: str, payload: dict[str, Any], secret: str) -> Body:
    content = json.dumps(payload, separators=(",", ":")).encode()
    return Body(event, content, "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest())
