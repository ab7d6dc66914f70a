"""Who comes to the ways in, what GitHub says of them, and the runs that they would like to command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from gate_stage import Stage

from otto_bot.core import events as e
from otto_bot.core.commands import Command, Given
from otto_bot.core.decision import Action, Decider, Decision, Move
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.github.ci_models import CheckAction
from otto_bot.playground.github.state import User
from otto_bot.text.markers import marker

FRESH, PLANNED, AT_WORK = 1, 2, 3
"""The issues: nobody asked for anything; a plan waits; a gate waits, and there is a pull request."""


# The stage ----------------------------------------------------------------------------------------------------------


async def prepared(stage: Stage) -> None:
    """Issue 1 without a run, issue 2 with a plan that waits, issue 3 with a gate that waits and a check."""
    for title in ("Plan this", "Do this"):
        await stage.do(open_issue={"title": title, "body": "Please."})
    await stage.do(label={"name": "otto", "where": f"issue/{PLANNED}"})
    await stage.planned(plan={"approval": "always"})
    await stage.do(label={"name": "otto", "where": f"issue/{AT_WORK}"})
    run = await stage.opened()
    body = f"{marker(run.id, 'gate/g1')}\n- [ ] `/otto approve r2` go on"
    gate = await stage.repository.upsert_comment(run.pull_request, marker(run.id, "gate/g1"), body)
    at, failure = stage.now(), Failure(task="t1", attempt=1, phase=Phase.CODING, cause=Cause.BASE_RED)
    moves = (Move(task="t1", action=Action.HOLD, reason="the base is red"),)
    told: list[e.RunEvent] = [
        e.VerificationEnded(at=at, target="baseline", sha=run.head, ending="red"),
        e.CommandGiven(at=at, given=Given(key="s", command=Command(verb="skip", tasks=("t2",)), by=run.actor)),
        e.AttemptStarted(at=at, task="t1", attempt=1, base_sha=run.head, branch="b"),
        e.AttemptFailed(at=at, task="t1", attempt=1, failure=failure),
        e.GateOpened(at=at, gate=1),
        e.DecisionMade(at=at, gate=1, decision=Decision(decided_by=Decider.RULES, moves=moves)),
        e.DecisionPosted(at=at, gate=1, revision=run.revision + 1, comment_id=gate.id),
    ]
    run = stage.ledger.append(run.id, told, at)
    assert run.gate is not None
    assert run.gate.comment_id == gate.id
    await stage.repository.upsert_check(
        run.head, "Otto / t2", f"run/{run.id}/check/t2/a1", status="completed", conclusion="failure", title="t",
        summary="s", actions=[CheckAction(label="e", description="d", identifier="explain:t2")],
    )  # fmt: skip
    await stage.work()


def stood(stage: Stage) -> dict[int, list[str]]:
    """What runs there are and what they were told. That a comment has to be put back is nobody's doing."""
    told = {run: stage.told(run) for run in stage.ledger.run_ids()}
    return {run: [x.type for x in events if x.type not in ("Published", "IssueEdited")] for run, events in told.items()}


# People -------------------------------------------------------------------------------------------------------------

Answer = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True)
class Who:
    """An account as GitHub knows it; `says` answers for GitHub where it is asked for the permission."""

    permission: str = "none"
    says: Callable[[User], Answer] | None = None
    kind: str = "User"
    app: bool = False
    reason: str = "write permission in this repository is needed"


def _answers(status: int = 200, body: Any = None, raw: bytes | None = None, **headers: str) -> Callable[[User], Answer]:
    def answer(_user: User) -> Answer:
        content = json.dumps(body).encode() if raw is None else raw
        return lambda _request: httpx.Response(status, content=content, headers=headers)

    return answer


def role_is(level: str, role: str, shift: int = 0) -> Callable[[User], Answer]:
    def answer(user: User) -> Answer:
        body = {"permission": level, "role_name": role, "user": {"id": user.id + shift, "login": user.login}}
        return lambda _request: httpx.Response(200, json=body)

    return answer


def _times_out(_user: User) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no answer", request=request)

    return answer


LATER = "later"
"""No reason: what was done waits until GitHub says."""
UNKNOWN = "GitHub did not say whether you may write here"
PEOPLE = {
    "outsider": Who(),
    "reader": Who("read"),
    "triager": Who("triage"),
    "custom role on triage": Who("read", says=role_is("read", "issue-nurse")),
    "custom role named like a better one": Who("read", says=role_is("read", "admin")),
    "bot": Who("write", kind="Bot", reason=""),
    "app in a writer's name": Who("write", app=True, reason="an app did this in your name"),
    "login taken by somebody else": Who("write", says=role_is("write", "write", shift=1), reason="as someone else"),
    "account that is gone": Who("write", says=_answers(404, {"message": "Not Found"})),
}
ERRORS = {
    "403": Who("write", says=_answers(403, {"message": "Resource not accessible"}), reason=UNKNOWN),
    "429": Who("write", says=_answers(429, {"message": "slow down"}, **{"retry-after": "60"}), reason=LATER),
    "500": Who("write", says=_answers(500, {"message": "oops"}), reason=LATER),
    "502 without JSON": Who("write", says=_answers(502, raw=b"<html>"), reason=LATER),
    "timeout": Who("write", says=_times_out, reason=LATER),
    "no JSON": Who("write", says=_answers(raw=b"\xff\xfe{"), reason=LATER),
    "a list": Who("write", says=_answers(body=[]), reason=LATER),
    "an unknown level": Who("write", says=_answers(body={"permission": "owner", "user": {"id": 1}}), reason=LATER),
    "nobody's level": Who("write", says=_answers(body={"permission": "admin"})),
    "the level of null": Who("write", says=_answers(body={"permission": "admin", "user": None})),
}
MAY = Who("read", says=role_is("write", "release-crew"))
"""A custom role that is built on write."""
