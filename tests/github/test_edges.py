"""The client's edges: limits, lost answers, expired tokens, redirects, pages, sizes."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from otto_bot.github.errors import (
    Forbidden,
    GitHubError,
    NotFound,
    Refused,
    RetryLater,
    TooLarge,
    Unauthorized,
    Unreachable,
)

NO_HEADERS: dict[str, str] = {}


def issue(number=1):
    return {"id": 5, "number": number, "title": "t", "state": "open", "user": {"login": "ann", "id": 7}}


async def test_a_request_carries_token_version_and_no_compression(wire, repo):
    route = wire.repo("GET", "/issues/1").respond(json=issue())
    assert (await repo.issue(1)).author_id == 7
    request = route.calls.last.request
    assert request.headers["authorization"] == "token ghs_secret1"
    assert request.headers["x-github-api-version"] == "2026-03-10"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"] == "otto-bot"
    assert wire.mint.calls.last.request.headers["x-github-api-version"] == "2026-03-10"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (
            400,
            'The version you specified in the "X-GitHub-API-Version" request header, "v3", is not a supported version.',
        ),
        (400, "API version not supported"),
        (410, "This API version is not supported any more"),
    ],
)
async def test_a_version_that_is_not_spoken_names_the_setting(wire, repo, status, message):
    wire.repo("GET", "/issues/1").respond(status, json={"message": message})
    with pytest.raises(Refused, match="Set OTTO_GITHUB_API_VERSION to a version that this server names") as caught:
        await repo.issue(1)
    assert (caught.value.reason, message in str(caught.value)) == ("api_version", True)


@pytest.mark.parametrize("status", [400, 410])
async def test_other_words_name_no_setting(wire, repo, status):
    wire.repo("GET", "/issues/1").respond(status, json={"message": "Version 2 of this issue was deleted"})
    with pytest.raises(Refused if status == 400 else NotFound) as caught:
        await repo.issue(1)
    assert "OTTO_" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "headers", "message", "seconds"),
    [
        pytest.param(403, {"retry-after": "17"}, "slow down", 17, id="retry-after"),
        pytest.param(429, {"retry-after": "0"}, "", 1, id="retry-after-zero"),
        pytest.param(429, {"retry-after": "999999999"}, "", 7200, id="absurd-wait-bounded"),
        pytest.param(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "+300"}, "API", 300, id="primary"),
        pytest.param(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "-9"}, "API", 1, id="reset-in-past"),
        pytest.param(403, NO_HEADERS, "You have exceeded a secondary rate limit.", 60, id="secondary-no-headers"),
        pytest.param(403, NO_HEADERS, "You have triggered an abuse detection mechanism", 60, id="abuse"),
        pytest.param(429, NO_HEADERS, "", 60, id="429-alone"),
        pytest.param(403, {"retry-after": "Sun, 22 Nov 2026 12:05:00 GMT"}, "", 300, id="retry-after-is-a-date"),
        pytest.param(403, {"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, "", 1, id="a-date-that-is-past"),
        pytest.param(403, {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, "", 7200, id="a-date-in-ages"),
        pytest.param(429, {"retry-after": "soon"}, "", 60, id="retry-after-is-nonsense"),
        pytest.param(429, {"retry-after": "-5"}, "", 60, id="retry-after-is-negative"),
        pytest.param(429, {"retry-after": "1.5"}, "", 60, id="retry-after-is-a-fraction"),
        pytest.param(403, {"retry-after": "9" * 40}, "", 7200, id="retry-after-overflows"),
        pytest.param(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "+9" + "9" * 30}, "", 60, id="odd-reset"),
        pytest.param(403, {"x-ratelimit-remaining": "0"}, "API rate limit exceeded", 60, id="no-reset"),
        pytest.param(
            403,
            {"retry-after": "5", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "+300"},
            "",
            5,
            id="retry-after-goes-first",
        ),
    ],
)
async def test_a_limit_says_until_when(wire, repo, clock, status, headers, message, seconds):
    if "x-ratelimit-reset" in headers:
        reset = int(clock.now().timestamp()) + int(headers["x-ratelimit-reset"])
        headers = {**headers, "x-ratelimit-reset": str(reset)}
    route = wire.repo("GET", "/issues/1").respond(
        status, headers={**headers, "x-github-request-id": "AB:1"}, json={"message": message}
    )
    with pytest.raises(RetryLater) as caught:
        await repo.issue(1)
    assert caught.value.until == clock.now() + timedelta(seconds=seconds)
    assert "AB:1" in str(caught.value)
    assert route.call_count == 1
    assert clock.slept == []


async def test_after_a_limit_nothing_is_sent_until_it_has_passed(wire, repo, clock):
    route = wire.repo("GET", "/issues/1").mock(
        side_effect=[httpx.Response(403, headers={"retry-after": "30"}), httpx.Response(200, json=issue())]
    )
    with pytest.raises(RetryLater):
        await repo.issue(1)
    with pytest.raises(RetryLater):
        await repo.issue(2)
    assert route.call_count == 1
    clock.pass_(seconds=31)
    assert (await repo.issue(1)).number == 1


async def test_a_wait_that_is_too_long_to_believe_says_when_otto_looks_again(wire, repo):
    wire.repo("POST", "/actions/runs/1/cancel").respond(403, headers={"retry-after": "864000"})
    with pytest.raises(RetryLater, match="GitHub named a longer time; Otto looks again after 2 hours"):
        await repo.cancel_run(1)


async def test_a_limit_that_names_no_wait_and_comes_again_is_not_asked_every_second(wire, repo, clock):
    wire.repo("GET", "/issues/1").respond(429, headers={"retry-after": "0"})
    waits = []
    for _ in range(8):
        with pytest.raises(RetryLater) as caught:
            await repo.issue(1)
        waits.append((caught.value.until - clock.now()).total_seconds())
        clock.pass_(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_plain_403_is_forbidden_and_names_the_permission(wire, repo):
    headers = {
        "x-accepted-github-permissions": "actions=write",
        "x-github-request-id": "R7",
        "x-ratelimit-remaining": "9",
    }
    wire.repo("POST", "/actions/runs/1/cancel").respond(
        403, headers=headers, json={"message": "Resource not accessible by integration"}
    )
    with pytest.raises(Forbidden, match=r"not accessible by integration \(needs actions=write\) \(request R7\)"):
        await repo.cancel_run(1)


@pytest.mark.parametrize("failure", [httpx.Response(502), httpx.ReadTimeout("gone"), httpx.ConnectError("no")])
async def test_a_post_is_sent_exactly_once(wire, repo, clock, failure):
    route = wire.repo("POST", "/actions/runs/1/rerun-failed-jobs").mock(side_effect=[failure])
    with pytest.raises(Unreachable) as caught:
        await repo.rerun_failed(1)
    assert caught.value.retryable
    assert route.call_count == 1
    assert clock.slept == []


@pytest.mark.parametrize("failure", [httpx.Response(502), httpx.ReadTimeout("gone"), httpx.ConnectError("no")])
async def test_a_get_is_repeated_twice_with_short_pauses(wire, repo, clock, failure):
    route = wire.repo("GET", "/issues/1").mock(side_effect=[failure, failure, httpx.Response(200, json=issue())])
    assert (await repo.issue(1)).number == 1
    assert route.call_count == 3
    assert clock.slept == [0.5, 2.0]


async def test_a_get_gives_up_after_three_failures(wire, repo):
    route = wire.repo("GET", "/issues/1").respond(503)
    with pytest.raises(Unreachable, match=r"GET /repos/\{owner\}/\{repo\}/issues/\{number\}: 503"):
        await repo.issue(1)
    assert route.call_count == 3


async def test_a_delete_is_repeated(wire, repo):
    route = wire.repo("DELETE", "/issues/1/labels/otto").mock(side_effect=[httpx.Response(500), httpx.Response(404)])
    await repo.remove_label(1, "otto")
    assert route.call_count == 2


async def test_404_then_200_where_the_thing_may_be_new(wire, repo, clock):
    sha = "a" * 40
    found = {"sha": sha, "tree": {"sha": "b" * 40}, "parents": [{"sha": "c" * 40}], "message": "m"}
    route = wire.repo("GET", f"/git/commits/{sha}").mock(
        side_effect=[httpx.Response(404), httpx.Response(200, json=found)]
    )
    assert (await repo.commit(sha)).parents == ("c" * 40,)
    assert route.call_count == 2
    assert clock.slept == [0.5]


async def test_404_elsewhere_is_an_answer(wire, repo):
    route = wire.repo("GET", "/issues/1").respond(404, json={"message": "Not Found"})
    with pytest.raises(NotFound):
        await repo.issue(1)
    assert route.call_count == 1


async def test_401_takes_one_fresh_token(wire, repo):
    route = wire.repo("GET", "/issues/1").mock(side_effect=[httpx.Response(401), httpx.Response(200, json=issue())])
    await repo.issue(1)
    sent = [call.request.headers["authorization"] for call in route.calls]
    assert sent == ["token ghs_secret1", "token ghs_secret2"]


async def test_401_twice_is_an_error_and_no_loop(wire, repo):
    route = wire.repo("POST", "/actions/runs/1/cancel").respond(401, json={"message": "Bad credentials"})
    with pytest.raises(Unauthorized):
        await repo.cancel_run(1)
    assert route.call_count == 2
    assert wire.mint.call_count == 2


async def test_the_token_is_in_no_error(wire, repo):
    answers = [401, 403, 404, 409, 422, 500]
    for status in answers:
        wire.repo("POST", "/actions/runs/1/cancel").respond(status, json={"message": "no"})
        with pytest.raises(GitHubError) as caught:
            await repo.cancel_run(1)
        _assert_secret_free(caught.value)
    for failure in (httpx.LocalProtocolError("Illegal header value b'token ghs_secret1'"), RuntimeError("ghs_secret1")):
        wire.repo("POST", "/actions/runs/1/cancel").mock(side_effect=failure)
        with pytest.raises(GitHubError) as caught:
            await repo.cancel_run(1)
        _assert_secret_free(caught.value)


def _assert_secret_free(error: BaseException) -> None:
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert "ghs_secret" not in shown
    assert "Bearer" not in shown


async def test_a_rename_is_followed_by_id_and_not_by_address(wire, repo):
    old = wire.repo("POST", "/actions/runs/1/cancel").respond(307, headers={"location": "https://evil.example/x"})
    new = wire.router.post("/repos/acme/store/actions/runs/1/cancel").respond(202)
    await repo.info()
    wire.resolve.respond(json={"id": 22, "name": "store", "owner": {"login": "acme"}})
    await repo.cancel_run(1)
    assert (old.call_count, new.call_count) == (1, 1)


async def test_a_404_under_an_old_name_is_asked_again_under_the_new_one(wire, repo, clock):
    wire.repo("GET", "/issues/1").respond(404)
    listing = wire.repo("GET", "/issues/1/comments").respond(404)
    with pytest.raises(NotFound):
        await repo.issue(1)
    assert wire.resolve.call_count == 1
    clock.pass_(minutes=2)
    wire.resolve.respond(json={"id": 22, "name": "store", "owner": {"login": "acme"}})
    wire.router.get("/repos/acme/store/issues/1").respond(json=issue())
    wire.router.get("/repos/acme/store/issues/1/comments").respond(json=[])
    assert (await repo.issue(1)).number == 1
    assert await repo.comments(1) == []
    assert listing.call_count == 0


async def test_pages_follow_the_link_but_not_its_host(wire, repo, comment):
    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", "1"))
        items = [comment(number, "new"), comment(1, "seen before: the list moved while it was read")]
        link = f'<https://evil.example/x?per_page=100&page={number + 1}>; rel="next", <https://x/?page=9>; rel="last"'
        return httpx.Response(200, json=items, headers={"link": link} if number < 3 else {})

    route = wire.repo("GET", "/issues/1/comments").mock(side_effect=answer)
    assert [found.id for found in await repo.comments(1)] == [1, 2, 3]
    assert route.call_count == 3


async def test_more_pages_than_allowed_is_an_error_and_not_a_short_list(wire, repo):
    route = wire.repo("GET", "/issues/1/comments").respond(json=[], headers={"link": '<https://x/?page=2>; rel="next"'})
    with pytest.raises(TooLarge, match="more than 50 pages"):
        await repo.comments(1)
    assert route.call_count == 50


async def test_an_endless_body_is_cut_off(wire, repo):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * (1024 * 1024)

    wire.repo("GET", "/issues/1").mock(side_effect=lambda _: httpx.Response(200, stream=_Stream(endless())))
    with pytest.raises(TooLarge):
        await repo.issue(1)
    assert sent < 60


class _Stream(httpx.AsyncByteStream):
    def __init__(self, source):
        self._source = source

    def __aiter__(self):
        return self._source

    async def aclose(self):
        await self._source.aclose()


@pytest.mark.parametrize("body", [b"<html>proxy</html>", b"", b"[" * 100_000, b'{"id": "x"}', b"[]", b"\xff\xfe"])
async def test_an_answer_that_is_no_issue_is_retryable_and_not_quoted(wire, repo, body):
    wire.repo("GET", "/issues/1").respond(200, content=body)
    with pytest.raises(Unreachable) as caught:
        await repo.issue(1)
    assert "proxy" not in str(caught.value)
    assert len(str(caught.value)) < 1000


async def test_hostile_words_of_a_server_become_one_short_line(wire, repo):
    wire.repo("GET", "/issues/1").respond(
        422,
        json={"message": "a\n\x1b[31mred\u202e" + "x" * 10_000, "errors": [{"message": "y" * 9999}, "z", None, 3] * 99},
    )
    with pytest.raises(GitHubError) as caught:
        await repo.issue(1)
    assert len(str(caught.value)) < 700
    assert str(caught.value).isprintable()


async def test_times_are_aware(wire, repo):
    wire.repo("GET", "/issues/1").respond(
        json={**issue(), "created_at": "2026-11-22T10:00:00Z", "body": None, "user": None}
    )
    got = await repo.issue(1)
    assert got.created_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert (got.body, got.author_login, got.author_id) == ("", "ghost", None)
