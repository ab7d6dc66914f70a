"""The JSON API over a real ledger: what it answers, to whom, and in which form it says no."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from core_builders import ANNA, REPO, T0, to_failed
from fastapi import Request

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.run import Run
from otto_bot.core.values import Usage
from otto_bot.store import tables as t
from otto_bot.store.database import writing
from otto_bot.store.ledger import Trigger
from otto_bot.web.answer import Page
from otto_bot.web.assets import shipped
from otto_bot.web.entrance import Entrance
from otto_bot.web.reach import Reach
from otto_bot.web.viewer import Viewer

PLACES = (
    "/api/v1/runs",
    "/api/v1/runs/1",
    "/api/v1/runs/1/events",
    "/api/v1/runs/1/tasks/t1",
    "/api/v1/runs/1/gates/1",
    "/api/v1/insight",
    "/api/v1/health",
    "/api/openapi.json",
)


class Someone(Entrance):
    """Lets everybody in as the same person, or answers all of them with the same page."""

    def __init__(self, who: Viewer | Page) -> None:
        super().__init__(Reach(), shipped(), lambda: T0)
        self._who = who

    async def viewer(self, request: Request) -> Viewer | Page:
        return self._who


def enter(host: Any, who: Viewer | Page) -> None:
    host.app._api._pages.entrance = Someone(who)


async def get(host: Any, path: str, status: int = 200, **more: Any) -> Any:
    answer = await host.http.get(path, **more)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


async def error(host: Any, path: str, status: int, **more: Any) -> str:
    """The code of a refusal, which has words and advice."""
    said = await get(host, path, status, **more)
    assert set(said) == {"error"}
    assert set(said["error"]) == {"code", "message", "advice"}
    assert said["error"]["message"]
    assert said["error"]["advice"]
    return str(said["error"]["code"])


def elsewhere(host: Any, issue: int = 9) -> Run:
    """A run in another repository."""
    repo = REPO.model_copy(update={"id": 8, "name": "site"})
    trigger = Trigger(key=f"other/{issue}", repo=repo, issue=issue, title="Theirs", body="", actor=ANNA)
    run = host.ledger.start(trigger, HostCaps(), T0)
    assert isinstance(run, Run)
    return run


async def test_a_run_tells_why_what_next_and_what_to_do(host: Any) -> None:
    run = host.at_gate()
    host.archive.spent(
        call="c", run=run.id, role="coder", model="m", usage=Usage(usd=0.25, input_tokens=3), seconds=2, reply="", at=T0
    )

    said = await get(host, "/api/v1/runs/1")

    assert said["headline"]["why"] == "Batch 1 failed (t1: tests fail)."
    assert (said["phase"], said["outcome"], said["revision"]) == ("gate_review", None, 2)
    assert [(one["key"], one["state"], one["batch"], one["needs"]) for one in said["tasks"]] == [
        ("t1", "failed", 1, []), ("t2", "merged", 1, []), ("t3", "pending", 2, ["t2"])
    ]  # fmt: skip
    assert (said["gates"][0]["decided_by"], said["gates"][0]["failed"]) == ("pilot", ["t1"])
    assert (said["cost"]["cap_usd"], said["cost"]["by_phase"][0]["role"]) == (10.0, "coder")
    assert said["cost"]["by_phase"][0]["usd"] == 0.25
    assert [one["words"] for one in said["links"]][:2] == ["issue #4", "plan r1"]
    assert said["head_sha"] == host.ledger.load(1).head


async def test_the_list_has_the_filters_and_totals_of_the_page(host: Any) -> None:
    for issue in range(1, 8):
        host.start(issue=issue, title=f"Number {issue}")
    elsewhere(host)

    first = await get(host, "/api/v1/runs?size=3&repo=octo/app")
    following = await get(host, first["next"])
    last = await get(host, following["next"])
    beyond = await get(host, "/api/v1/runs?page=7&size=500")

    assert [len(one["runs"]) for one in (first, following, last)] == [3, 3, 1]
    assert {one["total"] for one in (first, following, last)} == {7}
    assert last["next"] is None
    assert len({run["id"] for one in (first, following, last) for run in one["runs"]}) == 7
    assert (beyond["runs"], beyond["size"]) == ([], 200)
    assert beyond["advice"] == "There is no page 7: the list has 1. Ask for page 1."
    assert (await get(host, "/api/v1/runs?text=%233"))["runs"][0]["issue"] == 3


async def test_events_are_followed_without_a_gap_and_without_one_twice(host: Any) -> None:
    run = host.at_gate()
    whole = await get(host, "/api/v1/runs/1/events?every=true&most=500")
    seen: list[int] = []
    after, more = 0, True
    while more:
        page = await get(host, f"/api/v1/runs/1/events?every=true&most=4&after={after}")
        seen += [one["seq"] for one in page["events"]]
        after, more = page["last"], page["more"]

    assert seen == [one["seq"] for one in whole["events"]] == list(range(1, len(seen) + 1))
    assert after == (await get(host, "/api/v1/runs/1"))["last_event"]
    host.add(run, e.Published(at=T0, surface="status", digest="d"), e.BaseMoved(at=T0, sha="new"))
    later = await get(host, f"/api/v1/runs/1/events?after={after}")
    assert [(one["type"], one["telling"]) for one in later["events"]] == [("BaseMoved", True)]
    assert later["last"] == after + 2


async def test_the_last_number_passes_what_was_left_out(host: Any) -> None:
    """Else whoever follows only what is telling would ask for the same events again and again."""
    run = host.at_gate()
    known = (await get(host, "/api/v1/runs/1"))["last_event"]
    host.add(run, e.Published(at=T0, surface="status", digest="d"))

    assert await get(host, f"/api/v1/runs/1/events?after={known}") == {
        "run": 1, "events": [], "last": known + 1, "more": False
    }  # fmt: skip


async def test_a_task_has_attempts_and_failure_records(host: Any) -> None:
    host.at_gate()

    failed, judged = await get(host, "/api/v1/runs/1/tasks/t1"), await get(host, "/api/v1/runs/1/tasks/t2")

    record = failed["attempts"][0]["failure"]
    assert (record["cause"], record["failed_when"], record["failure_class"]) == ("test", "verify", "code")
    assert record["failing_tests"][0]["id"] == "tests/test_links.py::test_expires"
    assert "No module named 'flask'" in record["excerpts"][0]["text"]
    assert judged["attempts"][0]["verdict"]["items"][0]["status"] == "met"


async def test_a_gate_has_facts_decision_evidence_validation_and_outcomes(host: Any) -> None:
    run = host.at_gate()
    host.add(run, e.DecisionApplied(at=T0 + timedelta(hours=1), gate=1, revision=run.gates[-1].revision))
    host.add(run, *to_failed("t1", 2))

    said = await get(host, "/api/v1/runs/1/gates/1")

    assert said["facts"][0]["task"] == "t1"
    (move,) = said["decision"]["moves"]
    assert (move["action"], move["decided_by"]) == ("retry_different", "pilot")
    assert (move["outcome"]["kind"], move["outcome"]["attempt"]) == ("failed", 2)
    assert said["decision"]["analysis"][0]["quotes"] == [
        {"evidence": "E1", "quote": "No module named 'flask'", "holds": True}
    ]
    assert said["evidence"][0]["excerpt"]["first_line"] == 20
    assert said["validation"]["rejections"] == ["batches: t3 is missing"]
    assert said["validation"]["replies"][0]["raw"] == '{"retry_strategies": []}'
    assert said["replay"][0]["command"] == "otto-bot replay 1 --gate 1"
    assert said["shadow"] is None


async def test_insight_and_health_are_told_as_on_the_pages(host: Any) -> None:
    host.at_gate()

    insight, health = await get(host, "/api/v1/insight?repo=OCTO/app"), await get(host, "/api/v1/health")
    none = await get(host, "/api/v1/insight?repo=octo/none")

    assert (insight["gates"], insight["deciders"]["pilot"]["gates"]) == (1, 1)
    assert [one["gates"] for one in insight["weeks"]] == [1]
    assert none["gates"] == 0
    assert health["runs"] == {"working": 1, "waiting": 0, "resting": 0}
    assert [one["accounts"] for one in health["installations"]] == [["octo"]]
    assert [one["about"] for one in health["troubles"]][:1] == ["workers"]


async def test_what_somebody_may_not_read_is_as_if_it_were_not_there(host: Any) -> None:
    host.at_gate()
    theirs = elsewhere(host)
    enter(host, Viewer(login="in", person=ANNA, repositories=frozenset({8})))

    listed = await get(host, "/api/v1/runs")
    hidden = [(await host.http.get(place)).json() for place in PLACES[1:5]]
    lost = (await host.http.get("/api/v1/runs/99")).json()

    assert [run["id"] for run in listed["runs"]] == [theirs.id]
    assert listed["total"] == 1
    assert [one["error"]["code"] for one in hidden] == ["no_run"] * 4
    assert hidden[0]["error"]["message"].replace("1", "99") == lost["error"]["message"]
    assert (await get(host, "/api/v1/insight"))["gates"] == 0
    enter(host, Viewer(login="in", person=ANNA, repositories=frozenset()))
    assert (await get(host, "/api/v1/health"))["installations"] == []


@pytest.mark.parametrize("place", [*PLACES, "/api/v1/nothing-like-it"])
async def test_who_may_not_look_is_told_so_before_anything_is_read(host: Any, place: str) -> None:
    host.at_gate()

    proxied = await error(host, place, 403 if "nothing" not in place else 404, headers={"X-Forwarded-For": "1.2.3.4"})
    assert proxied in ("not_here", "no_route")
    enter(host, Page(303, ""))
    if "nothing" not in place:
        assert await error(host, place, 401) == "nobody"
        assert (await host.http.get(place)).headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("place", "status", "code"),
    [
        ("/api/v1/runs/99", 404, "no_run"),
        ("/api/v1/runs/x", 422, "wrong_parameter"),
        ("/api/v1/runs/0", 422, "wrong_parameter"),
        (f"/api/v1/runs/{'9' * 40}", 422, "wrong_parameter"),
        ("/api/v1/runs?size=none", 422, "wrong_parameter"),
        ("/api/v1/runs?page=0", 422, "wrong_parameter"),
        ("/api/v1/runs?state=running", 422, "wrong_parameter"),
        ("/api/v1/runs?as_of=nan", 422, "wrong_parameter"),
        ("/api/v1/runs/1/events?most=501", 422, "wrong_parameter"),
        ("/api/v1/runs/1/tasks/t99", 404, "no_task"),
        ("/api/v1/runs/1/gates/9", 404, "no_gate"),
        ("/api/v1/", 404, "no_route"),
        ("/api/docs", 404, "no_route"),
        ("/api/v2/runs", 404, "no_route"),
    ],
)
async def test_every_refusal_says_what_to_do(host: Any, place: str, status: int, code: str) -> None:
    host.at_gate()

    assert await error(host, place, status) == code


async def test_other_methods_change_nothing_and_are_told_so(host: Any) -> None:
    host.executing()

    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await host.http.request(method, "/api/v1/runs/1")
        assert (answer.status_code, answer.json()["error"]["code"]) == (405, "wrong_method")


async def test_a_run_of_another_version_and_a_database_that_is_away_are_said(host: Any) -> None:
    host.executing()
    with writing(host.engine) as c:
        c.execute(t.runs.update().values(version=10**9))
    assert await error(host, "/api/v1/runs/1", 409) == "newer_version"
    enter(host, Viewer(login="in", repositories=frozenset({7})))
    assert await error(host, "/api/v1/runs/1", 404) == "no_run"
    with writing(host.engine) as c:
        c.execute(t.runs.update().values(version=0, state="{}"))
    assert await error(host, "/api/v1/runs/1", 500) == "unreadable"


async def test_a_database_that_does_not_answer_is_said_to_programs(make_database: Any, make_host: Any) -> None:
    host = make_host("127.0.0.1", make_database("sqlite"))
    with writing(host.engine) as c:
        c.execute(sa.text("ALTER TABLE runs RENAME TO gone"))

    async with host.http:
        assert await error(host, "/api/v1/runs", 503) == "unavailable"
    host.engine.dispose()


async def test_answers_carry_the_headers_of_pages_and_open_to_no_other_site(host: Any) -> None:
    host.executing()

    for place in (*PLACES[:2], "/api/v1/runs/99"):
        answer = await host.http.get(place, headers={"Origin": "https://evil.example"})
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_api_is_loaded_with_its_first_request() -> None:
    """A host that nobody asks stays as small as it was."""
    code = "import sys, otto_bot.app; print([m for m in sys.modules if m.startswith('otto_bot.web.api.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "['otto_bot.web.api.door']\n"), done.stderr
