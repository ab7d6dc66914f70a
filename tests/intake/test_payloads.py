"""Narrow models: every published example is read, and nothing that may matter is dropped."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from otto_bot.intake.concern import Everywhere, concerns_us
from otto_bot.intake.payloads import MODELS, CheckRunPayload, IssueCommentPayload, IssuesPayload, parse

OURS = "<!-- otto run=3 surface=plan -->\n- [x] start"
EXAMPLES = os.environ.get("OTTO_WEBHOOK_EXAMPLES", "")


@pytest.mark.skipif(
    not EXAMPLES, reason="set OTTO_WEBHOOK_EXAMPLES to the folder of the npm package @octokit/webhooks-examples"
)
def test_every_published_example_is_read() -> None:
    seen: dict[str, int] = dict.fromkeys(MODELS, 0)
    for file in sorted(Path(EXAMPLES).glob("*/index.json")):
        for entry in json.loads(file.read_text(encoding="utf-8")):
            for example in entry["examples"] if entry["name"] in MODELS else ():
                parse(entry["name"], example)
                concerns_us(entry["name"], example, Everywhere())
                seen[entry["name"]] += 1
    assert all(seen.values()), seen


def test_fields_that_github_adds_are_ignored() -> None:
    payload = {
        "action": "labeled",
        "issue": {"id": 1, "number": 7, "title": "x", "brand_new": {"a": 1}, "type": None},
        "label": {"name": "otto", "archived_by": None},
        "sender": {"id": 5, "login": "ann", "type": "User"},
        "installation": {"id": 9, "node_id": "x"},
    }
    read = parse("issues", payload)
    assert isinstance(read, IssuesPayload)
    assert (read.issue.number, read.label and read.label.name, read.installation and read.installation.id) == (
        7,
        "otto",
        9,
    )


def test_a_button_names_its_action() -> None:
    check = {"id": 3, "name": "Otto", "head_sha": "a" * 40, "external_id": "run/7/verify/t1/a1", "app": {"id": 4}}
    read = parse(
        "check_run", {"action": "requested_action", "check_run": check, "requested_action": {"identifier": "retry"}}
    )
    assert isinstance(read, CheckRunPayload)
    assert read.requested_action is not None
    assert read.requested_action.identifier == "retry"


@pytest.mark.parametrize("bad", ["\\ud800", "\\udfff", "\\u0000", "\\udc00\\ud800"])
def test_what_no_database_takes_is_replaced(bad: str) -> None:
    """Everywhere in what people write; a whole pair stays what it is."""
    text = f"a{bad}b \\ud83d\\ude00"
    body = (
        f'{{"action": "created", "issue": {{"id": 1, "number": 7, "title": "{text}", "body": "{text}"}},'
        f' "comment": {{"id": 2, "body": "{text}"}}, "sender": {{"id": 5, "login": "{text}"}}}}'
    )
    read = parse("issue_comment", json.loads(body))
    assert isinstance(read, IssueCommentPayload)
    shown = "a" + "\ufffd" * (bad.count("u")) + "b \U0001f600"
    assert read.sender is not None
    assert [read.issue.title, read.issue.body, read.comment.body, read.sender.login] == [shown] * 4
    read.model_dump_json().encode()


def test_a_payload_without_its_heart_is_refused() -> None:
    with pytest.raises(ValidationError, match="issue"):
        parse("issues", {"action": "labeled"})
    with pytest.raises(KeyError):
        parse("star", {})


@pytest.mark.parametrize(
    ("event", "payload", "kept"),
    [
        ("issues", {"action": "labeled"}, True),
        ("issues", {"action": "opened"}, False),
        ("issue_comment", {"action": "created", "comment": {"body": "/otto retry"}}, True),
        ("issue_comment", {"action": "created", "comment": {"body": None}}, False),
        ("issue_comment", {"action": "edited", "comment": {"body": OURS, "user": {"type": "Bot"}}}, True),
        ("issue_comment", {"action": "edited", "comment": {"user": {"type": "Bot"}}}, False),
        ("issue_comment", {"action": "edited", "comment": {"body": "/otto", "user": {"type": "User"}}}, False),
        ("issue_comment", {"action": "deleted", "comment": {"body": "/otto"}}, False),
        ("pull_request_review", {"action": "submitted", "review": {"state": "changes_requested"}}, True),
        ("pull_request_review", {"action": "submitted", "review": {"state": "approved", "body": "/otto retry"}}, True),
        ("pull_request_review", {"action": "submitted", "review": {"state": "approved", "body": ""}}, False),
        ("pull_request_review_comment", {"action": "created", "comment": {"body": "/otto retry"}}, True),
        ("pull_request", {"action": "closed"}, True),
        ("pull_request", {"action": "assigned"}, False),
        ("push", {"ref": "refs/heads/main"}, True),
        ("workflow_run", {"action": "completed"}, True),
        ("workflow_run", {"action": "requested"}, False),
        ("check_run", {"action": "rerequested"}, True),
        ("check_run", {"action": "created"}, False),
        ("status", {"state": "failure"}, True),
        ("installation", {"action": "deleted"}, True),
        ("installation_repositories", {"action": "removed"}, True),
        ("issues", {"action": {"a": 1}}, False),
    ],
)
def test_what_is_kept(event: str, payload: dict[str, object], kept: bool) -> None:
    assert concerns_us(event, payload, Everywhere()) == (kept, event)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.sampled_from([*MODELS, "star"]),
    st.dictionaries(st.sampled_from(["action", "comment", "review", "ref", "state", "issue"]), json_values),
)
def test_no_shape_of_json_breaks_the_first_look(event: str, payload: dict[str, object]) -> None:
    kept, name = concerns_us(event, payload, Everywhere())
    assert isinstance(kept, bool)
    assert name == (event if event in MODELS else "other")
