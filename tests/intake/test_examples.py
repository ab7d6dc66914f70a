"""Every payload that GitHub publishes as an example goes the whole way in: signed, stored or ignored, worked in.

With OTTO_WEBHOOK_EXAMPLES (the folder of npm package `@octokit/webhooks-examples`): those of github.com and of
Enterprise Server 3.1 to 3.5, each as published, with nothing but what Otto declares, and with what nobody knows yet.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from otto_bot.core.run import Outcome
from otto_bot.intake.at_work import AtWork
from otto_bot.intake.grouping import Grouping
from otto_bot.intake.payloads import MODELS
from otto_bot.intake.webhook import PATH, Receiver

EXAMPLES = os.environ.get("OTTO_WEBHOOK_EXAMPLES", "")
SECRET = b"It's a Secret to Everybody"
Json = dict[str, Any]

pytestmark = pytest.mark.skipif(
    not EXAMPLES, reason="set OTTO_WEBHOOK_EXAMPLES to the folder of the npm package @octokit/webhooks-examples"
)

ACTED_ON = {
    "installation.created", "installation.deleted", "installation.new_permissions_accepted", "installation.suspend",
    "installation.unsuspend", "installation_repositories.added", "installation_repositories.removed",
    "issues.deleted", "issues.labeled", "issues.reopened", "issues.transferred", "issues.unlabeled",
    "pull_request.labeled", "repository.deleted", "repository.edited", "repository.renamed", "repository.transferred",
    "workflow_run.completed",
}  # fmt: skip
"""Of the examples, these are taken up where their repository has a run: whoever changes that changes it here."""


def examples() -> Iterator[tuple[str, Json]]:
    """Event and payload of every published example, each content once."""
    seen = set()
    for file in sorted(Path(EXAMPLES).glob("*/index.json")):
        for entry in json.loads(file.read_text(encoding="utf-8")):
            for payload in entry["examples"]:
                text = json.dumps([entry["name"], payload], sort_keys=True)
                if text not in seen:
                    seen.add(text)
                    yield entry["name"], payload


def declared(model: type[BaseModel], value: Any) -> Any:
    """A payload without every key that Otto does not declare."""
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, field in model.model_fields.items():
        key = str(field.alias or name)
        if key in value:
            kept[key] = _declared(field.annotation, value[key])
    return kept


def _declared(kind: Any, value: Any) -> Any:
    if isinstance(value, list):
        return [_declared(kind, item) for item in value]
    inner = next((one for one in _models(kind)), None)
    return declared(inner, value) if inner is not None else value


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in getattr(kind, "__args__", ()):
        yield from _models(part)


def with_news(value: Any) -> Any:
    """A payload to which GitHub has added something in every object of it."""
    if isinstance(value, list):
        return [with_news(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {**{key: with_news(part) for key, part in value.items()}, "brand_new": {"a": [1, None]}}


class Door:
    """GitHub's side of the receiver: signs a delivery and hears the answer."""

    def __init__(self, receiver: Receiver, counted: Counter[str]) -> None:
        self._receiver, self.counted, self._number = receiver, counted, 0

    async def __call__(self, event: str, payload: Json) -> tuple[int, str]:
        """Status, and what became of it."""
        body, answers = json.dumps(payload).encode(), []
        self._number += 1
        sign = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json", "content-length": str(len(body)), "x-github-event": event,
            "x-github-delivery": f"example-{self._number}", "x-hub-signature-256": f"sha256={sign}",
        }  # fmt: skip
        scope = {"type": "http", "method": "POST", "path": PATH}
        scope["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Json:
            return parts.pop()

        async def send(message: Json) -> None:
            answers.append(message)

        before = Counter(self.counted)
        await self._receiver(scope, receive, send)
        (result,) = self.counted - before
        return answers[0]["status"], result


class Counts:
    """Deliveries by what became of them."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def count(self, event: str, result: str) -> None:
        self.counted[result] += 1


@pytest.fixture
async def door(bench: Any) -> AsyncIterator[Door]:
    """Into the bench's inbox; every repository counts as one with a run."""
    grouping, counts = Grouping(bench.inbox), Counts()
    grouping.start()
    yield Door(Receiver(grouping, [SECRET], AtWork(frozenset, time.monotonic), counts), counts.counted)
    await grouping.stop()


def here(bench: Any, payload: Json) -> Json:
    """The same of the bench's repository and installation."""
    owner, name = bench.repo.owner, bench.repo.name
    ours = {"id": bench.repo.id, "name": name, "full_name": f"{owner}/{name}", "default_branch": "main"}
    given = {**payload, "installation": {**(payload.get("installation") or {}), "id": bench.repo.installation_id}}
    return {**given, "repository": {**payload["repository"], **ours}} if payload.get("repository") else given


VARIANTS: dict[str, Callable[[str, Json], Json]] = {
    "as published": lambda event, payload: payload,
    "only what is declared": lambda event, payload: (
        declared(MODELS[event], payload) if event in MODELS else {"action": payload.get("action")}
    ),
    "with more than anybody knows": lambda event, payload: with_news(payload),
    "with an action that nobody knows": lambda event, payload: {**payload, "action": "brand_new"},
}


async def test_every_example_is_taken_up_or_ignored_and_none_is_an_error(
    bench: Any, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """Those that are ours are the same ones whatever else stands in them."""
    caplog.set_level(logging.WARNING)
    fates: dict[str, dict[str, set[str]]] = {variant: {} for variant in VARIANTS}
    for event, payload in examples():
        for variant, made in VARIANTS.items():
            sent = made(event, payload)
            status, result = await door(event, here(bench, sent) if event in MODELS else sent)
            name = f"{event}.{payload['action']}" if "action" in payload else event
            assert (status, result in ("stored", "ignored")) == (202, True), f"{name} {variant}: {status} {result}"
            fates[variant].setdefault(name, set()).add(result)
    await bench.work()
    assert [row for row in bench.rows() if row.state != "done" or row.error] == []
    told = [record.getMessage() for record in caplog.records if record.name != "otto_bot.intake.standing"]
    assert told == [], "only that a repository is not there may be said"
    stored = {variant: {name for name, seen in all_.items() if "stored" in seen} for variant, all_ in fates.items()}
    assert len(fates["as published"]) > 150
    assert stored["as published"] == stored["with more than anybody knows"] == ACTED_ON
    # Where less is said, more is kept: the worker looks closer.
    assert stored["only what is declared"] >= ACTED_ON


async def test_examples_that_are_ours_begin_steer_and_end_a_run(bench: Any, door: Door) -> None:
    """Labelled, told something, the label taken off: three published payloads about the bench's own issue."""
    found = {f"{event}.{payload.get('action')}": payload for event, payload in examples()}
    people = bench.stand_in.hub.world
    dev = {"id": people.user("dev").id, "login": "dev", "type": "User"}

    async def tell(name: str, **changes: Json) -> None:
        payload = here(bench, found[name])
        for key, part in {"sender": dev, **changes}.items():
            payload = {**payload, key: {**(payload.get(key) or {}), **part}}
        status, result = await door(name.partition(".")[0], payload)
        assert (status, result) == (202, "stored")
        await bench.work()

    issue = {"number": 1, "id": people.issue(1).id}
    bench.drop("issues")
    await bench.do(label={"name": "otto"})
    assert bench.ledger.run_ids() == []
    await tell("issues.labeled", issue=issue, label={"name": "otto"})
    assert bench.run.issue == 1
    comment = {"id": 77_001, "body": "/otto pause", "user": dev, "performed_via_github_app": None}
    await tell("issue_comment.created", issue=issue, comment=comment)
    assert bench.given() == ["pause"]
    await bench.do(unlabel={"name": "otto"})
    assert bench.run.outcome is None
    await tell("issues.unlabeled", issue=issue, label={"name": "otto"})
    assert bench.run.outcome is Outcome.CANCELLED
