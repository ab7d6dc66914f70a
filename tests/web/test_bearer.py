"""Whose token is in a header: GitHub is asked, believed for a minute, and where it does not say nobody is let in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from otto_bot.core.values import Person
from otto_bot.github.oauth import Logins
from otto_bot.github.tokens import Client
from otto_bot.web.bearer import BadToken, Bearer, CannotTell, owner_of, token_in

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
TOKEN = "ghu_" + "a1" * 18
GOOD: dict[str, Any] = {"app": {"client_id": "Iv1.abc"}, "user": {"id": 11, "login": "anna"}, "expires_at": None}


class GitHub:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, answer: Callable[[], httpx.Response]) -> None:
        self.answer, self.now = answer, T0
        self.asked: list[httpx.Request] = []
        client = Client("Iv1.abc", "s3cret")
        web, api = "https://github.test", "https://api.github.test"
        transport = httpx.MockTransport(self._handle)
        logins = Logins(api, web, client, now=lambda: self.now, transport=transport, sleep=self._waits)
        self.bearer = Bearer("Iv1.abc", logins.owner, lambda: self.now)

    async def _waits(self, seconds: float) -> None:
        """No test waits."""

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer()


async def test_a_token_of_this_app_is_its_owners() -> None:
    github = GitHub(lambda: httpx.Response(200, json=GOOD))

    found = await github.bearer.bearing([f"Bearer {TOKEN}"])

    assert found == (Person(id=11, login="anna"), TOKEN)
    (request,) = github.asked
    assert (request.method, str(request.url)) == ("POST", "https://api.github.test/applications/Iv1.abc/token")
    assert json.loads(request.content) == {"access_token": TOKEN}
    assert request.headers["authorization"].startswith("Basic ")


async def test_githubs_word_is_believed_for_a_minute_and_no_longer() -> None:
    github = GitHub(lambda: httpx.Response(200, json=GOOD))
    await github.bearer.bearing([f"Bearer {TOKEN}"])
    github.now = T0 + timedelta(seconds=59)
    await github.bearer.bearing([f"bearer {TOKEN}"])
    assert len(github.asked) == 1

    github.now, github.answer = T0 + timedelta(seconds=60), lambda: httpx.Response(404)

    with pytest.raises(BadToken):
        await github.bearer.bearing([f"Bearer {TOKEN}"])
    with pytest.raises(BadToken):
        await github.bearer.bearing([f"Bearer {TOKEN}"])
    assert len(github.asked) == 2  # a no is believed for a minute, too


async def test_a_token_that_ends_sooner_is_not_believed_longer() -> None:
    ends = (T0 + timedelta(seconds=20)).isoformat()
    github = GitHub(lambda: httpx.Response(200, json={**GOOD, "expires_at": ends}))
    await github.bearer.bearing([f"Bearer {TOKEN}"])
    github.now = T0 + timedelta(seconds=21)

    with pytest.raises(BadToken):
        await github.bearer.bearing([f"Bearer {TOKEN}"])


def _broken() -> httpx.Response:
    raise httpx.ConnectError("no way")


@pytest.mark.parametrize(
    "answer",
    [
        _broken,
        lambda: httpx.Response(500),
        lambda: httpx.Response(401),
        lambda: httpx.Response(302, headers={"location": "https://evil.test"}),
        lambda: httpx.Response(200, text="<html>"),
    ],
)
async def test_where_github_does_not_say_nobody_is_let_in(answer: Callable[[], httpx.Response]) -> None:
    github = GitHub(answer)

    with pytest.raises(CannotTell) as told:
        await github.bearer.bearing([f"Bearer {TOKEN}"])

    assert TOKEN not in repr(told.value)
    github.answer = lambda: httpx.Response(200, json=GOOD)
    assert await github.bearer.bearing([f"Bearer {TOKEN}"]) is not None  # and nothing of it is remembered


@pytest.mark.parametrize(
    "headers",
    [
        ["Basic YTpi"],
        ["Bearer"],
        ["Bearer ghp_" + "a" * 36],
        [f"Bearer {TOKEN} x"],
        [f"Bearer {TOKEN}\n"[:-2] + "!"],
        ["Bearer ghu_" + "a" * 600],
        [f"Bearer {TOKEN}", f"Bearer {TOKEN}"],
        [TOKEN],
        [],
    ],
)
async def test_what_is_no_token_of_a_user_is_passed_on_to_nobody(headers: list[str]) -> None:
    github = GitHub(lambda: httpx.Response(200, json=GOOD))

    with pytest.raises(BadToken):
        await github.bearer.bearing(headers)
    assert github.asked == []


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {**GOOD, "app": {"client_id": "Iv1.other"}},
        {**GOOD, "app": None},
        {**GOOD, "user": None},
        {**GOOD, "user": {"id": "11", "login": "anna"}},
        {**GOOD, "user": {"id": True, "login": "anna"}},
        {**GOOD, "user": {"id": 11, "login": "anna</script>"}},
        {**GOOD, "expires_at": "2026-11-01T08:00:00Z"},
        {**GOOD, "expires_at": "never"},
    ],
)
def test_an_answer_that_does_not_name_this_app_and_a_person_lets_nobody_in(said: Any) -> None:
    assert owner_of(said, "Iv1.abc", T0) is None
    assert owner_of(GOOD, "Iv1.abc", T0) == (Person(id=11, login="anna"), float("inf"))


async def test_many_wrong_tokens_push_no_good_one_out() -> None:
    github = GitHub(lambda: httpx.Response(200, json=GOOD))
    await github.bearer.bearing([f"Bearer {TOKEN}"])
    github.answer = lambda: httpx.Response(404)
    for number in range(1_100):
        with pytest.raises(BadToken):
            await github.bearer.bearing([f"Bearer ghu_{number:036d}"])

    assert await github.bearer.bearing([f"Bearer {TOKEN}"]) is not None
    assert len(github.bearer._refused) == 1_024


def test_the_token_is_read_from_one_header() -> None:
    assert token_in([f"Bearer {TOKEN}"]) == token_in([f"BEARER  {TOKEN} "]) == TOKEN
