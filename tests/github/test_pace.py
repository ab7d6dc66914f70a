"""Requests of one installation: serial writes with a pause, budgets, and a gate that GitHub's limits close."""

from __future__ import annotations

import ast
import asyncio
import itertools
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

import otto_bot.github as room
from otto_bot.core.quota import FEW_LEFT, USED_UP, YIELDED, Ask, Quota
from otto_bot.github import issue_verbs, weights
from otto_bot.github.errors import RetryLater
from otto_bot.github.pace import LEFT_NONE, READS_TOLD, UNANSWERED, LocalSlots, Pace
from otto_bot.github.routes import Route

LABEL = Ask()
COMMENT = Ask(content=True)


async def send(pace: Pace, ask: Ask = LABEL) -> None:
    async with pace.write(ask):
        pass


@pytest.fixture
def pace(clock) -> Pace:
    return Pace(1, LocalSlots(), clock.now, clock.sleep)


async def test_a_second_lies_between_two_writes(clock, pace):
    sent = []
    for _ in range(4):
        await send(pace)
        sent.append(clock.now())
        clock.pass_(seconds=0.25)
    assert [b - a for a, b in itertools.pairwise(sent)] == [timedelta(seconds=1)] * 3
    assert clock.slept == pytest.approx([0.75] * 3)


async def test_a_long_wait_is_told_and_not_slept(clock):
    waits: list[float] = []

    async def standing_still(seconds: float) -> None:
        waits.append(round(seconds, 3))

    pace = Pace(1, LocalSlots(), clock.now, standing_still)
    places = [pace._wait_for(LABEL) for _ in range(9)]
    results = await asyncio.gather(*places, return_exceptions=True)
    assert waits == [1, 2, 3, 4, 5]
    told = [result for result in results if isinstance(result, RetryLater)]
    assert [(one.until - clock.now()).total_seconds() for one in told] == [6.0] * 3
    assert {one.reason for one in told} == {USED_UP}
    clock.pass_(seconds=6)
    await send(pace)


async def test_no_write_is_sent_while_another_has_no_answer(clock, monkeypatch):
    monkeypatch.setattr("otto_bot.github.pace.PATIENCE", 0.01)
    pace = Pace(1, LocalSlots(pause=0), clock.now, clock.sleep)
    async with pace.write(LABEL):
        with pytest.raises(RetryLater, match=UNANSWERED):
            await send(pace)
    await send(pace)


async def test_who_comes_again_while_a_write_has_no_answer_uses_up_no_budget(clock, monkeypatch):
    """A minute without an answer, and everybody who has something to say asks every few seconds."""
    monkeypatch.setattr("otto_bot.github.pace.PATIENCE", 0.01)
    slots = LocalSlots(pause=0)
    pace = Pace(1, slots, clock.now, clock.sleep)
    async with pace.write(COMMENT):
        clock.pass_(seconds=6)
        for _ in range(200):
            clock.pass_(seconds=0.25)
            with pytest.raises(RetryLater, match=UNANSWERED):
                await send(pace, COMMENT)
    for _ in range(79):
        await send(pace, COMMENT)


async def test_what_waited_for_a_slow_write_is_not_sent_right_behind_it(clock, pace):
    started = []

    async def slow() -> None:
        async with pace.write(LABEL):
            started.append(clock.now())
            clock.pass_(seconds=3)

    await slow()
    await slow()
    await slow()
    assert min(b - a for a, b in itertools.pairwise(started)) >= timedelta(seconds=1)


async def test_progress_waits_for_its_part_of_the_minute_and_a_reply_does_not(clock):
    pace = Pace(1, LocalSlots(pause=0), clock.now, clock.sleep)
    for _ in range(48):
        await send(pace, COMMENT)
    with pytest.raises(RetryLater, match=YIELDED):
        await send(pace, COMMENT.model_copy(update={"yields": True}))
    await send(pace, COMMENT)


async def test_a_limit_of_one_process_is_a_limit_of_all(clock):
    slots = LocalSlots()
    one, two, other = (Pace(number, slots, clock.now, clock.sleep) for number in (1, 1, 2))
    await one.close(RetryLater(clock.now() + timedelta(seconds=90), "GitHub's rate limit"))
    for step in (two.check(), two.read(yields=False), send(two)):
        with pytest.raises(RetryLater, match="GitHub's rate limit") as caught:
            await step
        assert caught.value.until == clock.now() + timedelta(seconds=90)
    await other.read(yields=False)
    await send(other)
    clock.pass_(seconds=90)
    await send(two)


async def test_a_limit_that_came_while_a_write_waited_stops_it(clock):
    slots = LocalSlots()

    async def meanwhile(seconds: float) -> None:
        await slots.close(1, clock.now() + timedelta(seconds=30), "limit", clock.now())
        await clock.sleep(seconds)

    pace = Pace(1, slots, clock.now, meanwhile)
    await send(pace)
    with pytest.raises(RetryLater, match="limit"):
        await send(pace)


async def test_what_waited_behind_a_write_that_met_a_limit_is_not_sent(clock):
    pace = Pace(1, LocalSlots(pause=0), clock.now, clock.sleep)
    waiting = []
    async with pace.write(LABEL):
        waiting += [asyncio.create_task(send(pace)) for _ in range(2)]
        await asyncio.wait(waiting, timeout=0)
        await pace.close(RetryLater(clock.now() + timedelta(seconds=9), "limit"))
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(one).partition(";")[0] for one in results] == ["limit", "limit"]


async def test_reads_are_not_paced_but_counted(clock):
    slots = LocalSlots()
    pace = Pace(1, slots, clock.now, clock.sleep)
    for _ in range(800 + READS_TOLD - 1):
        await pace.read(yields=False)
    assert clock.slept == []
    for _ in range(2):
        with pytest.raises(RetryLater, match=USED_UP):
            await pace.read(yields=False)


def quota(clock, remaining: int, limit: int = 5000, resource: str = "core") -> dict[str, str]:
    reset = int(clock.now().timestamp()) + 900
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(reset),
        "x-ratelimit-resource": resource,
    }


async def test_what_can_wait_does_when_few_requests_are_left(wire, app, clock):
    wire.repo("GET", "/rules/branches/main").respond(json=[], headers=quota(clock, 499))
    wire.repo("POST", "/issues/1/labels").respond(json=[], headers=quota(clock, 400))
    repo = app.repository(11, 22)
    progress = repo.yielding()
    await progress.branch_rules("main")
    for step in (progress.branch_rules("main"), progress.add_labels(1, ["x"])):
        with pytest.raises(RetryLater, match=FEW_LEFT) as caught:
            await step
        assert caught.value.until == clock.now() + timedelta(minutes=10)
    await repo.branch_rules("main")
    await repo.add_labels(1, ["x"])
    assert wire.resolve.call_count == 1, "the name is resolved once for both"


async def test_after_the_last_request_of_the_hour_none_is_sent(wire, app, clock):
    route = wire.repo("GET", "/rules/branches/main").respond(json=[], headers=quota(clock, 0))
    repo = app.repository(11, 22)
    assert await repo.branch_rules("main") == []
    with pytest.raises(RetryLater, match=LEFT_NONE) as caught:
        await repo.branch_rules("main")
    assert caught.value.until == clock.now() + timedelta(seconds=900)
    assert route.call_count == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-limit": "x", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"},
        {"x-ratelimit-remaining": "0"},
        {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"},
        {**{f"x-ratelimit-{name}": "0" for name in ("limit", "remaining")}, "x-ratelimit-reset": "9" * 40},
    ],
)
async def test_headers_that_cannot_be_read_or_are_past_close_nothing(clock, pace, headers):
    await pace.heard(headers)
    await pace.read(yields=True)


async def test_a_time_that_no_limit_lasts_until_is_not_waited_for(clock, pace):
    """A proxy wrote nonsense once, or the clock of the host was set back by a day."""
    await pace.heard({**quota(clock, 100), "x-ratelimit-reset": "9999999999"})
    await pace.read(yields=True)
    await pace.heard(quota(clock, 100))
    with pytest.raises(RetryLater, match=FEW_LEFT):
        await pace.read(yields=True)
    clock.pass_(seconds=-86400)
    await pace.read(yields=True)
    await send(pace, LABEL.model_copy(update={"yields": True}))


async def test_the_quota_of_another_resource_is_not_this_one(clock, pace):
    await pace.heard(quota(clock, 0, resource="search"))
    await pace.read(yields=True)


async def test_installations_do_not_share_their_pace(wire, app):
    wire.repo("POST", "/issues/1/labels").respond(json=[])
    wire.router.post("/app/installations/12/access_tokens").respond(
        201, json={"token": "ghs_other", "expires_at": "2026-11-22T14:00:00Z"}
    )
    repo, other = app.repository(11, 22), app.repository(12, 22)
    for _ in range(160):
        await repo.add_labels(1, ["x"])
    with pytest.raises(RetryLater, match=USED_UP):
        await repo.add_labels(1, ["x"])
    await other.add_labels(1, ["x"])


async def test_the_apps_own_limit_stops_minting_and_no_installation_that_has_a_token(wire, app, clock):
    wire.repo("GET", "/rules/branches/main").respond(json=[])
    await app.repository(11, 22).branch_rules("main")
    mint = wire.router.post("/app/installations/12/access_tokens").respond(
        403, json={"message": "You have exceeded a secondary rate limit."}
    )
    for seconds in (60, 60):
        with pytest.raises(RetryLater) as caught:
            await app.repository(12, 22).branch_rules("main")
        assert caught.value.until == clock.now() + timedelta(seconds=seconds)
    assert mint.call_count == 1
    await app.repository(11, 22).branch_rules("main")


async def test_a_limit_without_a_time_grows_when_it_comes_again(wire, repo, clock):
    route = wire.repo("GET", "/rules/branches/main").mock(
        return_value=httpx.Response(403, json={"message": "You have exceeded a secondary rate limit."})
    )
    waits = []
    for _ in range(3):
        with pytest.raises(RetryLater) as caught:
            await repo.branch_rules("main")
        waits.append((caught.value.until - clock.now()).total_seconds())
        clock.pass_(seconds=waits[-1])
    assert waits == [60, 120, 240]
    assert route.call_count == 3


def writes_in_the_code() -> set[tuple[str, str]]:
    """Every write that a verb sends, read from the source: method and route template."""
    found: set[tuple[str, str]] = set()
    for file in Path(room.__path__[0]).glob("*.py"):
        if file.stem in ("oauth", "person_deeds"):
            continue  # one press of a person, with their own token: no installation's limits are used
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or len(node.args) < 2:
                continue
            method, where = node.args[:2]
            if node.func.attr not in ("_call", "call") or not isinstance(method, ast.Constant):
                continue
            objects = isinstance(where, ast.Constant) and str(where.value).startswith("/git/")
            repeatable = any(keyword.arg == "repeatable" for keyword in node.keywords)
            if method.value in ("GET", "HEAD") or (repeatable and not objects):
                continue
            found |= {(method.value, template) for template in templates(where, node.func.attr)}
    return found


def templates(where: ast.expr, called: str) -> list[str]:
    if isinstance(where, ast.Constant):
        return [f"/repos/{{owner}}/{{repo}}{where.value}"]
    if isinstance(where, ast.Subscript):
        assert ast.unparse(where.value) == "_REACTION_TAILS"
        return [f"/repos/{{owner}}/{{repo}}{tail}" for tail in issue_verbs._REACTION_TAILS.values()]
    if isinstance(where, ast.Name):
        assert where.id == "_GRAPHQL"
        return ["/graphql"]
    assert isinstance(where, ast.Call) and called == "call" and isinstance(where.args[0], ast.Constant)
    return [where.args[0].value]


def test_every_write_of_the_verbs_is_sorted_once():
    assert writes_in_the_code() == weights.CONTENT | weights.PLAIN
    assert not weights.CONTENT & weights.PLAIN


@pytest.mark.parametrize(
    ("method", "template", "content"),
    [
        *((method, template, True) for method, template in sorted(weights.CONTENT)),
        *((method, template, False) for method, template in sorted(weights.PLAIN)),
        ("POST", "/something/new", True),
    ],
)
def test_what_a_write_costs(method, template, content):
    ask = weights.weigh(method, Route(template, "/x"), yields=True)
    place = "/x" if (method, template) == ("POST", "/repos/{owner}/{repo}/issues/{number}/comments") else ""
    assert ask == Ask(write=True, content=content, points=5, yields=True, quota=None, place=place)


def test_quota_is_low_below_a_tenth():
    assert Quota(limit=5000, remaining=499, reset=1).low
    assert not Quota(limit=5000, remaining=500, reset=1).low
