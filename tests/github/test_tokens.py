"""Tokens: one request for many callers, as little right as possible, fresh before they end, never shown."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import NotFound, Refused, RetryLater, Unreachable

API = "https://api.github.test"


async def test_ten_cold_calls_are_one_token_request(wire, app):
    wire.repo("GET", "/labels").respond(json=[])
    wire.repo("GET", "/rules/branches/main").respond(json=[])
    repo = app.repository(11, 22)
    await asyncio.gather(*(repo.branch_rules("main") for _ in range(10)))
    assert wire.mint.call_count == 1
    assert wire.resolve.call_count == 1


async def test_each_token_can_do_what_its_verb_needs_and_no_more(wire, repo):
    wire.repo("GET", "/labels").respond(json=[])
    await repo.info()
    await repo.ensure_labels([])
    await repo.fetch_token()
    await repo.push_token()
    assert [asked["repository_ids"] for asked in wire.minted] == [[22]] * 4
    assert [asked["permissions"] for asked in wire.minted] == [
        {"metadata": "read"},
        {"issues": "write"},
        {"contents": "read"},
        {"contents": "write"},
    ]


async def test_verbs_of_the_same_needs_share_a_token(wire, repo):
    wire.repo("GET", "/rules/branches/main").respond(json=[])
    wire.repo("GET", "/branches/main").respond(json={})
    wire.repo("GET", "/commits").respond(json=[])
    await repo.required_contexts("main")  # reads contents and metadata: the one has the other
    await repo.yielding().commits("main")
    assert [asked["permissions"] for asked in wire.minted] == [{"contents": "read"}]


async def test_a_verb_inside_of_another_has_no_rights_of_its_own(wire, repo):
    wire.repo("GET", "/issues/7/comments").respond(json=[])
    wire.repo("POST", "/issues/7/comments").respond(json={"id": 1, "html_url": "https://x"})
    await repo.upsert_comment(7, "<!-- otto x -->", "words")
    assert [asked["permissions"] for asked in wire.minted] == [{"issues": "write", "pull_requests": "write"}]


async def test_a_burst_of_tokens_stays_below_the_points_of_a_minute(wire, app, clock):
    """800 points a minute are 160 tokens; the rest is told when to come again, and GitHub is not asked."""
    for number in range(160):
        await app.repository(11, 1000 + number).fetch_token()
    with pytest.raises(RetryLater) as caught:
        await app.repository(11, 2000).fetch_token()
    assert wire.mint.call_count == 160
    clock.pass_(seconds=(caught.value.until - clock.now()).total_seconds())
    await app.repository(11, 2000).fetch_token()


async def test_a_token_that_is_being_minted_keeps_nobody_from_another(wire, app, repo):
    """One slow answer must not hold up verbs whose token is here already."""
    await repo.info()
    held = asyncio.Event()
    answer = wire.mint.side_effect

    async def slow(request):
        await held.wait()
        return answer(request)

    wire.mint.side_effect = slow
    pushing = asyncio.create_task(repo.push_token())
    await asyncio.wait_for(repo.info(), 5)
    assert not pushing.done()
    held.set()
    await pushing


async def test_a_token_is_renewed_with_less_than_five_minutes_left(wire, repo, clock):
    first = await repo.fetch_token()
    clock.pass_(minutes=55)
    assert await repo.fetch_token() == first
    clock.pass_(seconds=1)
    assert (await repo.fetch_token()).value != first.value
    assert wire.mint.call_count == 2


async def test_a_removed_installation_is_forgotten(wire, app, repo):
    await repo.fetch_token()
    app.forget(11)
    await app.repository(11, 22).fetch_token()
    assert wire.mint.call_count == 2


async def test_the_token_request_may_be_repeated(wire, repo, clock):
    body = {"token": "ghs_late", "expires_at": "2026-11-22T13:00:00Z"}
    wire.mint.side_effect = [httpx.Response(502), httpx.Response(201, json=body)]
    assert (await repo.fetch_token()).value == "ghs_late"
    assert clock.slept == [0.5]


@pytest.mark.parametrize(
    "body",
    [{}, [], {"token": "x"}, {"token": "x", "expires_at": "soon"}, {"token": "x", "expires_at": "2026-11-22T13:00:00"}],
)
async def test_an_answer_without_a_token_is_retryable(wire, repo, body):
    wire.mint.side_effect = None
    wire.mint.respond(201, json=body)
    with pytest.raises(Unreachable, match="no usable token"):
        await repo.fetch_token()


async def test_rights_that_were_not_granted_are_named(wire, repo):
    wire.mint.side_effect = None
    wire.mint.respond(422, json={"message": "The permissions requested are not granted to this installation."})
    with pytest.raises(Refused) as caught:
        await repo.info()
    assert caught.value.reason == "not_granted"


async def test_an_installation_that_is_gone(wire, repo):
    wire.mint.side_effect = None
    wire.mint.respond(404, json={"message": "Not Found"})
    with pytest.raises(NotFound, match="access_tokens"):
        await repo.info()


async def test_a_jwt_that_was_refused_is_signed_again(wire, app):
    route = wire.router.get("/app").mock(
        side_effect=[httpx.Response(401), httpx.Response(200, json={"id": 4711, "slug": "otto"})]
    )
    assert await app.bot_login() == "otto[bot]"
    assert route.call_count == 2


async def test_each_secret_is_told_and_hidden(wire, clock, private_key):
    told: list[str] = []
    async with GitHubApp(API, 4711, private_key, now=clock.now, sleep=clock.sleep, on_secret=told.append) as app:
        token = await app.repository(11, 22).fetch_token()
    assert told == [token.value]
    assert token.value not in repr(token)
    assert wire.mint.call_count == 1


@pytest.mark.parametrize(
    "key", ["", "secret words", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"]
)
def test_a_key_that_is_none_is_refused_without_quoting_it(clock, key):
    with pytest.raises(ValueError, match=r"whole \.pem file") as caught:
        GitHubApp(API, 4711, key, now=clock.now)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "api.github.com", "ftp://x", "https://u:p@host", "https://h/?q=1", "https://", "http://[::1"]
)
def test_an_address_that_is_none_is_refused(clock, private_key, url):
    with pytest.raises(ValueError, match="must look like"):
        GitHubApp(url, 4711, private_key, now=clock.now)
