"""From stored delivery to event: what Actions reports, what nobody understands, what has to wait."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from otto_bot.core import events as e
from otto_bot.store import tables as t
from otto_bot.store.ledger import Trigger

SENDER = {"id": 1, "login": "dev", "type": "User"}


def reported(bench: Any) -> list[str]:
    return [event.sha for event in bench.told() if isinstance(event, e.Reported)]


def body(bench: Any, **more: Any) -> bytes:
    repository = {"id": bench.repo.id, "name": "demo", "full_name": "octo/demo", "default_branch": "main"}
    base = {"repository": repository, "installation": {"id": bench.repo.installation_id}, "sender": SENDER}
    return json.dumps({**base, **more}).encode()


async def test_only_what_a_verification_waits_for_is_reported(started: Any) -> None:
    run = await started.opened()
    other = "f" * 40
    app = {"id": 9, "slug": "lint"}
    for sha in (run.head, other):
        workflow_run = {"id": 5, "head_sha": sha, "status": "completed"}
        await started.put("workflow_run", "completed", body(started, action="completed", workflow_run=workflow_run))
        check = {"id": 6, "name": "lint", "head_sha": sha, "app": app}
        await started.put("check_run", "completed", body(started, action="completed", check_run=check))
        status = {"id": 7, "sha": sha, "context": "ci", "state": "success"}
        await started.put("status", "", body(started, **status))
    assert reported(started) == [run.head] * 3

    target = next(iter(run.verifications))
    ended = e.VerificationEnded(at=started.now(), target=target, sha=run.head, ending="green")
    started.ledger.append(run.id, [ended], started.now())
    await started.put("status", "", body(started, id=8, sha=run.head, context="ci", state="success"))
    assert len(reported(started)) == 3


async def test_a_run_of_another_repository_holds_up_no_report(started: Any) -> None:
    """It waits for Actions too, and belongs to a newer version, which may not be there for long."""
    run = await started.opened()
    elsewhere = started.repo.model_copy(update={"id": started.repo.id + 1})
    trigger = Trigger(key="k2", repo=elsewhere, issue=2, title="t", body="", actor=run.actor)
    other = started.ledger.start(trigger, run.caps, started.now())
    with started.engine.begin() as c:
        c.execute(t.runs.update().where(t.runs.c.id == other.id).values(version=t.runs.c.version + 1))
        c.execute(t.effects.update().where(t.effects.c.run_id == other.id).values(kind="verify", state="due"))
    workflow_run = {"id": 5, "head_sha": run.head, "status": "completed"}
    await started.put("workflow_run", "completed", body(started, action="completed", workflow_run=workflow_run))
    assert [item.event.type for item in started.ledger.events(run.id)][-1] == "Reported"
    assert started.rows()[-1].state == "done"


async def test_our_own_checks_report_nothing(started: Any) -> None:
    run = await started.opened()
    own = {"id": 6, "name": "Otto", "head_sha": run.head, "app": {"id": 4242, "slug": "otto"}}
    await started.put("check_run", "completed", body(started, action="completed", check_run=own))

    assert reported(started) == []


MALFORMED = {
    "no json": ("issues", "labeled", b"{"),
    "a list": ("issues", "labeled", b"[]"),
    "deep": ("issues", "labeled", b"[" * 100_000),
    "bytes": ("issues", "labeled", b"\xff\xfe"),
    "empty": ("issues", "labeled", b"{}"),
    "wrong types": ("issues", "labeled", b'{"issue": 7, "repository": "x", "installation": []}'),
    "number as text": ("issue_comment", "created", b'{"issue": {"id": 1, "number": "one"}, "comment": {"id": 1}}'),
    "no event of ours": ("marketplace_purchase", "bought", b"{}"),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_what_cannot_be_read_ends_at_once(bench: Any) -> None:
    for event, action, content in MALFORMED.values():
        await bench.put(event, action, content)

    assert [(row.state, row.attempts) for row in bench.rows()] == [("done", 1)] * len(MALFORMED)


async def test_parts_that_are_missing_or_odd_end_too(started: Any) -> None:
    run = await started.planned()
    issue = {"id": 1, "number": 1, "title": "T"}
    comment = {"id": run.plan_comment_id, "body": "x"}
    stop = {"issue": issue, "comment": {"id": 5, "body": "/otto stop"}}
    odd: list[tuple[str, str, dict[str, Any]]] = [
        ("issue_comment", "edited", {"issue": issue, "comment": comment, "changes": {"body": "text"}}),
        ("issue_comment", "edited", {"issue": issue, "comment": comment, "changes": None}),
        ("issue_comment", "created", {"issue": issue, "comment": {"id": 5, "body": None, "user": None}}),
        ("issue_comment", "created", {**stop, "sender": None}),
        (
            "issue_comment",
            "created",
            {**stop, "installation": None},
        ),
        ("issues", "labeled", {"issue": issue}),
        ("issues", "unlabeled", {"issue": issue, "label": None}),
        ("issues", "closed", {"issue": {**issue, "number": 99}}),
        ("check_run", "rerequested", {"check_run": {"id": 1, "name": "n", "head_sha": "s", "app": {"id": 4242}}}),
        ("pull_request", "synchronize", {}),
    ]
    for event, action, more in odd:
        await started.put(event, action, body(started, action=action, **more))

    assert {(row.state, row.attempts) for row in started.rows()} == {("done", 1)}
    assert started.given() == []


async def test_somebody_elses_words_in_a_comment_are_not_the_senders(started: Any) -> None:
    issue, other = {"id": 1, "number": 1}, {"id": 555, "login": "ann", "type": "User"}
    comment = {"id": 5, "body": "/otto stop", "user": other}
    await started.put("issue_comment", "created", body(started, action="created", issue=issue, comment=comment))

    assert started.given() == []


async def test_an_error_keeps_the_delivery_and_tries_later_until_it_is_dead(started: Any) -> None:
    started.fault(kind="status", status=502, match={"method": "POST", "path": "/reactions", "count": 8})
    await started.do(comment="/otto pause")
    row = started.rows()[-1]
    assert (row.state, row.attempts) == ("failed", 1)
    assert row.not_before > started.now().timestamp()
    assert "502" in row.error

    for _ in range(7):
        started.now.ahead += timedelta(minutes=2)
        await started.work()
    row = started.rows()[-1]
    assert (row.state, row.attempts) == ("dead", 8)
    assert row.body
    assert started.given() == []


async def test_after_an_error_the_command_is_given_once(started: Any) -> None:
    started.fault(kind="status", status=502, match={"method": "POST", "path": "/reactions"})
    await started.do(comment="/otto pause")
    started.now.ahead += timedelta(seconds=15)
    await started.work()

    assert started.given() == ["pause"]
    assert started.rows()[-1].state == "done"


async def test_a_rate_limit_parks_and_does_not_count(started: Any) -> None:
    fault = {"kind": "secondary_limit", "retry_after": 90, "match": {"method": "POST", "path": "/reactions"}}
    started.fault(**fault)
    await started.do(comment="/otto pause")
    row = started.rows()[-1]

    assert (row.state, row.attempts) == ("failed", 0)
    assert 60 < row.not_before - started.now().timestamp() <= 90
    started.now.ahead += timedelta(seconds=91)
    await started.work()
    assert started.given() == ["pause"]
