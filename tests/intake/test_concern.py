"""What is kept of GitHub's deliveries: everything a run could need, and nothing of repositories without one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.intake.at_work import EXPECTED_SECONDS, MOST_EXPECTED, STALE_SECONDS, AtWork
from otto_bot.intake.concern import NotAnObject, begins, concerns_us, parts
from otto_bot.intake.payloads import MODELS
from otto_bot.store.database import StoreUnavailable

EXAMPLES = os.environ.get("OTTO_WEBHOOK_EXAMPLES", "")
REPO = {"id": 7, "default_branch": "main"}
OWN = "otto/7-1/t3-parse-dates-a2"


def kept(event: str, at_work: frozenset[int], **payload: Any) -> bool:
    return concerns_us(event, parts(json.dumps({"repository": REPO, **payload}).encode()), at_work)[0]


BOT, PERSON = {"type": "Bot"}, {"type": "User"}
MARK = "<!-- otto run=3 surface=status -->"

ALWAYS: list[tuple[str, dict[str, Any]]] = [
    ("issues", {"action": "labeled", "label": {"name": "any"}}),
    ("issue_comment", {"action": "created", "comment": {"body": "please\n/otto retry"}}),
    ("issue_comment", {"action": "edited", "comment": {"body": "x", "user": BOT}, "changes": {"body": {"from": MARK}}}),
    ("issue_comment", {"action": "edited", "comment": {"body": MARK, "user": None}}),
    ("pull_request_review_comment", {"action": "created", "comment": {"body": "/otto"}}),
    ("pull_request_review", {"action": "submitted", "review": {"state": "commented", "body": "/otto help"}}),
    (
        "pull_request_review",
        {"action": "submitted", "review": {"state": "changes_requested"}, "pull_request": {"head": {"ref": OWN}}},
    ),
    ("pull_request", {"action": "closed", "pull_request": {"head": {"ref": "my/bots/12-3/run"}}}),
    ("push", {"ref": f"refs/heads/{OWN}"}),
    ("workflow_run", {"action": "completed", "workflow_run": {"head_branch": OWN}}),
    ("check_run", {"action": "completed", "check_run": {"check_suite": {"head_branch": OWN}}}),
    ("check_run", {"action": "requested_action", "check_run": {"external_id": "run/3/check/t1"}}),
    ("check_run", {"action": "rerequested", "check_run": {"external_id": "run/3/check/run"}}),
    ("status", {"state": "failure", "branches": [{"name": "x"}, {"name": OWN}]}),
    ("installation", {"action": "deleted", "repository": None}),
    ("installation_repositories", {"action": "removed", "repository": None}),
]
WITH_A_RUN: list[tuple[str, dict[str, Any]]] = [
    ("issues", {"action": "closed"}),
    ("issues", {"action": "unlabeled"}),
    ("issues", {"action": "edited", "changes": {"body": {"from": "x"}}}),
    ("push", {"ref": "refs/heads/main"}),
    ("workflow_run", {"action": "completed", "workflow_run": {"head_branch": "main"}}),
    ("workflow_run", {"action": "completed", "workflow_run": {"head_branch": None}}),
    ("check_run", {"action": "completed", "check_run": {"check_suite": None}}),
    ("status", {"state": "success", "branches": []}),
    ("status", {"state": "success", "branches": [{"name": "main"}]}),
    ("push", {"ref": "refs/heads/main", "repository": {"id": 7}}),
]
NEVER: list[tuple[str, dict[str, Any]]] = [
    ("issues", {"action": "opened"}),
    ("issues", {"action": "edited", "changes": {"milestone": 1}}),
    ("issue_comment", {"action": "created", "comment": {"body": "thanks"}}),
    ("issue_comment", {"action": "edited", "comment": {"body": "/otto retry", "user": PERSON}}),
    ("issue_comment", {"action": "edited", "comment": {"body": "a report", "user": BOT}}),
    ("pull_request", {"action": "closed", "pull_request": {"head": {"ref": "feature/login"}}}),
    (
        "pull_request_review",
        {"action": "submitted", "review": {"state": "changes_requested"}, "pull_request": {"head": {"ref": "fix"}}},
    ),
    ("push", {"ref": "refs/heads/feature"}),
    ("push", {"ref": "refs/tags/otto/7-1/run"}),
    ("workflow_run", {"action": "completed", "workflow_run": {"head_branch": "feature/7-1"}}),
    ("workflow_run", {"action": "requested", "workflow_run": {"head_branch": OWN}}),
    ("check_run", {"action": "requested_action", "check_run": {"external_id": "lint"}}),
    ("status", {"state": "pending", "branches": [{"name": OWN}]}),
    ("status", {"state": "failure", "branches": [{"name": "feature"}]}),
]


@pytest.mark.parametrize(("event", "payload"), ALWAYS)
def test_what_names_a_run_or_may_begin_one_is_always_kept(event: str, payload: dict[str, Any]) -> None:
    assert kept(event, frozenset(), **payload)


@pytest.mark.parametrize(("event", "payload"), WITH_A_RUN)
def test_what_changes_an_open_run_is_kept_where_there_is_one(event: str, payload: dict[str, Any]) -> None:
    assert kept(event, frozenset({7}), **payload)
    assert not kept(event, frozenset({8}), **payload)


@pytest.mark.parametrize(("event", "payload"), NEVER)
def test_other_peoples_work_is_dropped_also_beside_a_run(event: str, payload: dict[str, Any]) -> None:
    assert not kept(event, frozenset({7}), **payload)


def test_a_payload_without_a_repository_is_kept_for_the_worker_to_judge() -> None:
    assert kept("issues", frozenset(), action="closed", repository=None)


@pytest.mark.parametrize(
    ("event", "action", "may"),
    [
        ("issues", "labeled", True),
        ("issues", "closed", False),
        ("issue_comment", "created", True),
        ("push", None, False),
    ],
)
def test_a_label_and_a_command_may_begin_a_run(event: str, action: str | None, may: bool) -> None:
    assert begins(event, {"action": action}) is may


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
places = st.sampled_from(
    ["action", "ref", "state", "changes", "repository", "comment", "review", "pull_request", "check_run", "branches"]
)


@given(st.sampled_from(sorted(MODELS)), st.dictionaries(places, json_values))
def test_no_type_in_a_payload_is_trusted(event: str, payload: dict[str, Any]) -> None:
    """Whatever stands there, the narrow look decides as the whole payload would."""
    narrow = parts(json.dumps(payload).encode())
    assert concerns_us(event, narrow, {7}) == concerns_us(event, payload, {7})


@given(st.binary(max_size=64))
def test_bytes_are_an_object_or_refused(body: bytes) -> None:
    try:
        expected = json.loads(body)
    except (ValueError, RecursionError):
        expected = None
    if isinstance(expected, dict):
        parts(body)
    else:
        with pytest.raises(NotAnObject):
            parts(body)


@pytest.mark.skipif(
    not EXAMPLES, reason="set OTTO_WEBHOOK_EXAMPLES to the folder of the npm package @octokit/webhooks-examples"
)
def test_of_githubs_own_examples_the_narrow_look_says_the_same_as_the_whole() -> None:
    entries = json.loads((Path(EXAMPLES) / "api.github.com" / "index.json").read_text())
    looked = 0
    for entry in entries:
        for example in entry["examples"]:
            narrow = parts(json.dumps(example).encode())
            for work in (frozenset[int](), {example.get("repository", {}).get("id", 0)}):
                assert concerns_us(entry["name"], narrow, work) == concerns_us(entry["name"], example, work)
                looked += 1
    assert looked > 300


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_every_repository_counts_until_the_store_was_asked_and_when_it_cannot_be() -> None:
    answers: list[frozenset[int] | None] = [frozenset({1}), None, frozenset()]

    def ask() -> frozenset[int]:
        answer = answers.pop(0)
        if answer is None:
            raise StoreUnavailable("gone")
        return answer

    work = AtWork(ask, Clock())
    seen = [(1 in work, 2 in work)]
    for _ in range(3):
        await work.refresh()
        seen.append((1 in work, 2 in work))
    assert seen == [(True, True), (True, False), (True, True), (False, False)]


async def test_a_mistake_of_ours_drops_nothing_and_ends_no_asking(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[frozenset[int] | None] = [frozenset({1}), None, frozenset()]

    def ask() -> frozenset[int]:
        answer = answers.pop(0)
        if answer is None:
            raise sa.exc.ProgrammingError("SELECT", {}, Exception("no such column"))
        return answer

    work = AtWork(ask, Clock())
    seen = []
    for _ in range(3):
        await work.refresh()
        seen.append(2 in work)
    assert seen == [False, True, False]
    assert "not known" in caplog.text


async def test_what_a_store_that_hangs_said_long_ago_counts_no_more() -> None:
    clock = Clock()
    work = AtWork(frozenset, clock)
    await work.refresh()
    clock.now = STALE_SECONDS
    assert 2 not in work
    clock.now += 1
    assert 2 in work


async def test_where_a_run_may_begin_is_expected_for_a_while() -> None:
    clock = Clock()
    work = AtWork(frozenset, clock)
    await work.refresh()
    work.expect(5)
    assert 5 in work
    clock.now = EXPECTED_SECONDS
    await work.refresh()
    assert 5 not in work


async def test_more_than_can_be_remembered_means_everywhere() -> None:
    work = AtWork(frozenset, Clock())
    for number in range(MOST_EXPECTED + 1):
        work.expect(number)
    await work.refresh()
    assert -1 in work
