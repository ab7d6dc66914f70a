"""Logging in with GitHub, from the link to the list of runs and out again, against the stand-in as a server."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from github_server import CLIENT_SECRET, GitHub, github_server, serving
from login_browser import PUBLIC, csrf_of, leave, log_in, reach_of
from pydantic import SecretStr

from otto_bot.web import cookies
from otto_bot.web.entrance import local_path
from otto_bot.web.sessions import MOST_COOKIE, Seals, Ticket

SEALS = Seals(SecretStr(CLIENT_SECRET))


@pytest.fixture(scope="module")
def _one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with github_server(tmp_path_factory.mktemp("github")) as github:
        yield github


@pytest.fixture
def github(_one: GitHub) -> Iterator[GitHub]:
    _one.world.user_tokens.clear()
    _one.world.requests.clear()
    yield _one
    _one.world.config.app.suspended = False


@pytest.fixture
async def host(make_host: Any, github: GitHub) -> AsyncIterator[Any]:
    """A host with a public address, and one browser."""
    made = make_host(reach_of(github))
    yield made
    await made.close()


def ticket(**changes: Any) -> Ticket:
    """A session as it would be sealed now."""
    now = datetime.now(UTC)
    made = Ticket(a=now, i="session", u=6001, l="wilma", t="ghu_none", e=now + timedelta(hours=8))
    return made.model_copy(update=changes)


def wear(http: httpx.AsyncClient, one: Ticket, seals: Seals = SEALS) -> None:
    """A browser with the cookie of a session."""
    http.cookies.set("__Host-otto", seals.seal(cookies.SESSION, one), domain="otto.example.org", path="/")


async def test_a_person_logs_in_sees_pages_and_logs_out(host: Any, github: GitHub) -> None:
    refused = await host.http.get("/health?x=1")
    assert refused.status_code == 401
    assert 'href="/login?next=%2Fhealth%3Fx%3D1"' in refused.text

    back = await log_in(host.http, github, "wilma", "/health?x=1")
    assert (back.status_code, back.headers["location"]) == (303, "/health?x=1")
    page = await host.page("/health")
    assert "<span>wilma</span>" in page
    assert len(github.tokens()) == 1

    out = await host.http.post("/logout", data={"csrf": csrf_of(page)}, headers={"origin": PUBLIC})
    assert (out.status_code, out.headers["location"]) == (303, "/")
    assert github.tokens() == []
    assert (await host.http.get("/health")).status_code == 401


async def test_the_way_to_github_has_a_state_and_a_challenge_of_its_own(host: Any, github: GitHub) -> None:
    first, second = [parse_qs(urlsplit(await leave(host.http)).query) for _ in range(2)]

    assert first["redirect_uri"] == [f"{PUBLIC}/login/callback"]
    assert first["client_id"] == [github.client_id]
    assert first["code_challenge_method"] == ["S256"]
    assert len(first["state"][0]) >= 32
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]
    assert "scope" not in first


async def test_the_cookie_of_a_session_is_for_this_host_and_no_script(host: Any, github: GitHub) -> None:
    back = await log_in(host.http, github, "rob")

    lines = back.headers.get_list("set-cookie")
    session = next(line for line in lines if line.startswith("__Host-otto="))
    assert set(session.split("; ")[1:]) == {"Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=28800"}
    assert any(line.startswith("__Host-otto-login=;") and "Max-Age=0" in line for line in lines)
    assert len(session) < 4096
    assert github.tokens()[0] not in session


async def test_on_this_machine_over_http_the_cookie_has_a_plain_name(make_host: Any, github: GitHub) -> None:
    """Reading needs no login there, and who has logged in still sees every run."""
    made = make_host(reach_of(github, asked="local", bound="127.0.0.1", public_url=""))
    assert 'href="/login?next=/health"' in await made.page("/health")

    back = await log_in(made.http, github, "rob", "/health")

    session = next(line for line in back.headers.get_list("set-cookie") if line.startswith("otto="))
    assert set(session.split("; ")[1:]) == {"Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=28800"}
    assert "<span>rob</span>" in await made.page("/health")
    await made.close()


async def test_two_people_in_two_browsers(host: Any, github: GitHub) -> None:
    async with host.browser(PUBLIC) as other:
        await log_in(host.http, github, "wilma")
        await log_in(other, github, "rob")
        wilma, rob = (await host.http.get("/health")).text, (await other.get("/health")).text

        assert "<span>wilma</span>" in wilma
        assert "<span>rob</span>" in rob
        assert csrf_of(wilma) != csrf_of(rob)
        out = await host.http.post("/logout", data={"csrf": csrf_of(rob)})
        assert (out.status_code, "not of your session" in out.text) == (403, True)
        await host.http.post("/logout", data={"csrf": csrf_of(wilma)})
        assert (await other.get("/health")).status_code == 200


async def test_a_cookie_from_before_the_logout_opens_nothing(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    kept = dict(host.http.cookies)
    await host.http.post("/logout", data={"csrf": csrf_of(await host.page("/health"))})

    async with host.browser(PUBLIC) as thief:
        thief.cookies.update(kept)
        assert (await thief.get("/health")).status_code == 401


@pytest.mark.parametrize(
    ("headers", "csrf", "words"),
    [
        ({}, "", "not of your session"),
        ({}, "0" * 64, "not of your session"),
        ({"origin": "https://evil.example"}, None, "did not come from Otto"),
        ({"origin": "null"}, None, "did not come from Otto"),
        ({"origin": "http://otto.example.org"}, None, "did not come from Otto"),
        ({"origin": "https://otto.example.org:8443"}, None, "did not come from Otto"),
        ({"sec-fetch-site": "cross-site"}, None, "did not come from Otto"),
        ({"sec-fetch-site": "same-site", "origin": PUBLIC}, None, "did not come from Otto"),
        ({"sec-fetch-site": "none"}, None, "did not come from Otto"),
        ({"sec-fetch-site": "same-origin", "origin": PUBLIC}, None, ""),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, None, ""),
        ({"origin": f"{PUBLIC}:443"}, None, ""),
        ({}, None, ""),
    ],
)
async def test_a_form_counts_only_from_its_own_session_and_from_our_own_pages(
    host: Any, github: GitHub, headers: dict[str, str], csrf: str | None, words: str
) -> None:
    await log_in(host.http, github, "wilma")
    good = csrf_of(await host.page("/health"))

    answer = await host.http.post("/logout", data={"csrf": good if csrf is None else csrf}, headers=headers)

    assert answer.status_code == (403 if words else 303)
    assert words in answer.text
    assert (await host.http.get("/health")).status_code == (200 if words else 401)


async def test_a_code_that_somebody_else_brought_logs_nobody_in(host: Any, github: GitHub) -> None:
    """The attacker begins a login, stops before its end, and lets the victim's browser end it."""
    async with host.browser(PUBLIC) as attacker:
        theirs = github.agree(await leave(attacker), "rob")
    without = await host.http.get(str(theirs))
    await leave(host.http)
    with_another = await host.http.get(str(theirs))

    for answer in (without, with_another):
        assert answer.status_code == 400
        assert "was not begun here" in answer.text
        assert not any(line.startswith("__Host-otto=") for line in answer.headers.get_list("set-cookie"))
    assert github.tokens() == []


async def test_a_login_works_once(host: Any, github: GitHub) -> None:
    gone = await leave(host.http)
    kept = dict(host.http.cookies)
    back = str(github.agree(gone, "wilma"))
    assert (await host.http.get(back)).status_code == 303

    host.http.cookies.update(kept)
    again = await host.http.get(back)

    assert (again.status_code, "was not begun here" in again.text) == (400, True)


async def test_a_code_that_github_does_not_take_is_a_page(host: Any, github: GitHub) -> None:
    back = github.agree(await leave(host.http), "wilma")
    github.world.login_codes.clear()

    answer = await host.http.get(str(back))

    assert (answer.status_code, "does not take this login any more" in answer.text) == (403, True)
    assert 'href="/login?next=%2F"' in answer.text


async def test_a_challenge_of_somebody_else_gives_no_token(host: Any, github: GitHub) -> None:
    back = github.agree(await leave(host.http), "wilma", code_challenge="x" * 43)

    assert (await host.http.get(str(back))).status_code == 403
    assert github.tokens() == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "You did not log in"),
        ("application_suspended", "GitHub has suspended this App"),
        ("redirect_uri_mismatch", "adds https://otto.example.org/login/callback to the callback URLs"),
        ("unverified_user_email", "It gave the reason unverified_user_email"),
        ("<script>alert(1)</script>", "It gave the reason unknown"),
    ],
)
async def test_whatever_github_says_is_a_page_with_advice(host: Any, github: GitHub, error: str, words: str) -> None:
    state = parse_qs(urlsplit(await leave(host.http, "/health")).query)["state"][0]

    answer = await host.http.get("/login/callback", params={"error": error, "state": state})

    assert answer.status_code == 403
    assert words in answer.text
    assert 'href="/login?next=%2Fhealth"' in answer.text
    assert "<script" not in answer.text


async def test_a_client_secret_that_github_does_not_know_is_named(make_host: Any, github: GitHub) -> None:
    made = make_host(reach_of(github, client_secret=SecretStr("another-secret-of-some-length")))

    answer = await log_in(made.http, github, "wilma")

    assert (answer.status_code, "compares OTTO_CLIENT_ID and OTTO_CLIENT_SECRET" in answer.text) == (403, True)
    await made.close()


async def test_where_github_is_not_there_the_login_says_so_and_nothing_is_shown(
    make_host: Any, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otto_bot.github.session.BACKOFF_SECONDS", (0.0,))
    made = make_host(reach_of(github))
    back = str(github.agree(await leave(made.http), "wilma"))
    away = make_host(reach_of(github, api_url="http://127.0.0.1:9", web_url="http://127.0.0.1:9"))
    async with away.browser(PUBLIC) as browser:
        browser.cookies.update(dict(made.http.cookies))
        answer = await browser.get(back)
        assert (answer.status_code, "GitHub does not answer now" in answer.text) == (503, True)
        browser.cookies.clear()
        wear(browser, ticket())
        answer = await browser.get("/runs/1")
        assert (answer.status_code, "GitHub does not answer now" in answer.text) == (503, True)
        csrf = SEALS.csrf("session")
        assert (await browser.post("/logout", data={"csrf": csrf})).status_code == 303
        assert (await browser.get("/")).status_code == 401
    await made.close()
    await away.close()


async def test_a_github_that_is_slow_is_not_waited_for(
    host: Any, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(host.http, github, "wilma")
    monkeypatch.setattr("otto_bot.web.github_door.PATIENCE_SECONDS", 0)

    answer = await host.http.get("/health")

    assert (answer.status_code, "GitHub does not answer now" in answer.text) == (503, True)


async def test_a_token_that_was_revoked_at_github_logs_out(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    github.world.user_tokens.clear()

    answer = await host.http.get("/health")

    assert (answer.status_code, "You are logged out" in answer.text) == (401, True)
    assert any("__Host-otto=;" in line for line in answer.headers.get_list("set-cookie"))


async def test_a_token_that_ends_soon_is_renewed_once_and_the_cookie_follows(host: Any, github: GitHub) -> None:
    await log_in(host.http, github, "wilma")
    (old,) = github.world.user_tokens.values()
    soon = datetime.now(UTC) + timedelta(minutes=2)
    wear(host.http, ticket(token=old.value, ends=soon, refresh=old.refresh))

    for _ in range(2):
        answer = await host.http.get("/health")
        assert (answer.status_code, "<span>wilma</span>" in answer.text) == (200, True)

    assert old.revoked
    assert len(github.tokens()) == 1
    wear(host.http, ticket(id="another", token=old.value, ends=soon, refresh=old.refresh))
    assert (await host.http.get("/health")).status_code == 401


@pytest.mark.parametrize(
    "since", [timedelta(hours=-8), timedelta(minutes=5)], ids=["eight hours old", "from the future"]
)
async def test_a_session_ends(host: Any, github: GitHub, since: timedelta) -> None:
    await log_in(host.http, github, "wilma")
    (token,) = github.tokens()
    wear(host.http, ticket(at=datetime.now(UTC) + since, token=token))

    answer = await host.http.get("/health")

    assert answer.status_code == 401
    assert any("__Host-otto=;" in line for line in answer.headers.get_list("set-cookie"))


async def test_no_cookie_of_another_making_opens_anything(host: Any, github: GitHub) -> None:
    """Another secret, another kind of cookie, one bit changed, nonsense, and one that is too long."""
    await log_in(host.http, github, "wilma")
    (token,) = github.tokens()
    good = SEALS.seal(cookies.SESSION, ticket(token=token))
    other = Seals(SecretStr("another-secret-of-some-length")).seal(cookies.SESSION, ticket(token=token))
    forged = (other, SEALS.seal(cookies.LOGIN, ticket(token=token)), good[:-3] + "AAA", "x", "x" * (MOST_COOKIE + 1))

    for value in forged:
        answer = await host.http.get("/health", headers={"cookie": f"__Host-otto={value}"})
        assert answer.status_code == 401
    assert (await host.http.get("/health", headers={"cookie": f"__Host-otto={good}"})).status_code == 200
    assert (await host.http.get("/health", headers={"cookie": f"otto={good}"})).status_code == 401


def test_a_session_with_tokens_as_long_as_they_may_become_fits_into_a_cookie() -> None:
    long = ticket(token="ghu_" + "x" * 600, refresh="ghr_" + "y" * 600)

    assert len(SEALS.seal(cookies.SESSION, long)) < MOST_COOKIE
    assert "x" * 20 not in repr(long)


@pytest.mark.parametrize(
    ("said", "goes"),
    [
        ("/", "/"), ("/runs/7", "/runs/7"), ("/?repo=a%2Fb&q=x", "/?repo=a%2Fb&q=x"), ("", "/"),
        ("//evil.example", "/"), ("///evil.example", "/"), ("/\\evil.example", "/"), ("\\/evil.example", "/"),
        ("https://evil.example", "/"), ("javascript:alert(1)", "/"), ("/\tevil", "/"), ("/\n/evil.example", "/"),
        ("/%0d%0aset-cookie:x", "/%0d%0aset-cookie:x"), ("/ü", "/"), ("/a b", "/"), ("/login", "/"),
        ("/login/callback?code=1", "/"), ("/logout", "/"), ("/" + "x" * 501, "/"), (" /runs", "/"), ("runs", "/"),
    ],
)  # fmt: skip
async def test_a_login_leads_to_our_own_pages_only(host: Any, github: GitHub, said: str, goes: str) -> None:
    assert local_path(said) == goes
    back = await log_in(host.http, github, "rob", said)
    assert back.headers["location"] == goes


@pytest.mark.parametrize(
    "name", ["evil.example", "otto.example.org:8443", "otto.example.org.evil.example", "127.0.0.1:8080"]
)
async def test_under_another_name_nothing_is_shown(host: Any, github: GitHub, name: str) -> None:
    await log_in(host.http, github, "wilma")

    for method, place in (("GET", "/"), ("GET", "/login"), ("GET", "/login/callback"), ("POST", "/logout")):
        answer = await host.http.request(method, place, headers={"host": name})
        assert (answer.status_code, "is not the address of these pages" in answer.text) == (403, True)
        assert PUBLIC in answer.text
    assert (await host.http.get("/", headers={"host": "OTTO.example.org:443"})).status_code == 200


async def test_a_login_without_a_public_address_is_for_this_machine(make_host: Any, github: GitHub) -> None:
    made = make_host(reach_of(github, bound="127.0.0.1", public_url=""))

    answer = await made.http.get("/", headers={"x-forwarded-for": "203.0.113.7"})
    assert (answer.status_code, "have no address yet" in answer.text) == (403, True)
    assert (await made.http.get("/")).status_code == 401
    assert (await log_in(made.http, github, "rob")).status_code == 303
    assert (await made.http.get("/")).status_code == 200
    await made.close()


async def test_pages_that_are_off_are_nowhere(make_host: Any, github: GitHub) -> None:
    made = make_host(reach_of(github, asked="off"))

    for place in ("/", "/runs/1", "/login", "/login/callback", "/health"):
        answer = await made.http.get(place, headers={"accept": "text/html"})
        assert (answer.status_code, "There are no pages here" in answer.text) == (404, True)
    assert (await made.http.get("/healthz")).status_code == 200
    assert (await made.http.get("/metrics")).status_code == 200
    await made.close()


async def test_without_a_client_nobody_can_log_in_and_the_page_says_what_is_missing(make_host: Any) -> None:
    made = make_host("127.0.0.1")

    assert "/login" not in await made.page("/health")
    answer = await made.http.get("/login")
    assert (answer.status_code, "sets OTTO_CLIENT_ID" in answer.text) == (404, True)
    await made.close()


async def test_no_token_stands_in_a_log_or_on_a_page(
    host: Any, github: GitHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    back = str(github.agree(await leave(host.http), "wilma"))
    code = parse_qs(urlsplit(back).query)["code"][0]
    await host.http.get(back)
    (token,) = github.world.user_tokens.values()
    seen = [(await host.http.get(place)).text for place in ("/", "/health", "/runs/1")]
    github.world.user_tokens.clear()
    seen.append((await host.http.get("/health")).text)

    ours = [row.getMessage() for row in caplog.records if not row.name.startswith(("httpcore", "httpx", "hpack"))]
    for secret in (token.value, token.refresh, code, CLIENT_SECRET):
        assert not any(secret in text for text in (*seen, *ours))


async def test_the_whole_way_over_sockets_on_this_machine(make_host: Any, github: GitHub) -> None:
    """As with the demo: both servers listen, the browser follows every redirect by itself, and the port is any."""
    made = make_host(reach_of(github, asked="local", bound="127.0.0.1", public_url=""))
    with serving(made.app) as url:
        async with httpx.AsyncClient(base_url=url, trust_env=False, headers={"accept": "text/html"}) as browser:
            choose = await browser.get("/login?next=/health", follow_redirects=True)
            assert str(choose.url).startswith(f"{github.url}/login/oauth/authorize?")
            link = choose.text.partition('href="/login/oauth/authorize/as?')[2].partition('"')[0].replace("&amp;", "&")
            there = await browser.get(f"{github.url}/login/oauth/authorize/as?{link}", follow_redirects=True)

            assert str(there.url) == f"{url}/health"
            assert "Log out" in there.text
            sent = {"origin": url, "sec-fetch-site": "same-origin"}
            out = await browser.post("/logout", data={"csrf": csrf_of(there.text)}, headers=sent, follow_redirects=True)
            assert "Log in with GitHub" in out.text
    assert github.tokens() == []
    await made.close()
