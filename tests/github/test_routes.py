"""No caller's string changes which endpoint is asked."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.github.routes import Segments, route


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("fix#12", "/x/fix%2312/y"),
        ("a/b", "/x/a%2Fb/y"),
        ("a?b=c&d", "/x/a%3Fb%3Dc%26d/y"),
        ("50%", "/x/50%25/y"),
        ("otto[bot]", "/x/otto%5Bbot%5D/y"),
        ("grün", "/x/gr%C3%BCn/y"),
        (Segments("heads/otto/7-1/t#1"), "/x/heads/otto/7-1/t%231/y"),
        (7, "/x/7/y"),
        ("{0}", "/x/%7B0%7D/y"),
    ],
)
def test_parts_are_quoted(part, path):
    assert route("/x/{part}/y", part).path == path


@pytest.mark.parametrize(
    "part",
    ["", ".", "..", "a\nb", "a\x00", "\x7f", "x" * 1025, "\ud800", -1, True]
    + [Segments(path) for path in ("", "/a", "a/", "a//b", "../../../user", "a/../b", "./a", "a/.", "a\r\n/b")],
)
def test_parts_that_no_path_may_hold(part):
    with pytest.raises(ValueError, match="GitHub"):
        route("/x/{part}", part)


@pytest.mark.parametrize("template", ["https://evil.example/x", "//evil.example/x", "x", ""])
def test_absolute_addresses_are_no_routes(template):
    with pytest.raises(ValueError, match="absolute URLs are never asked"):
        route(template)


def test_the_number_of_parts_must_fit():
    with pytest.raises(ValueError, match="more parts"):
        route("/x", "a")
    with pytest.raises(ValueError, match="fewer parts"):
        route("/x/{a}/{b}", "a")


@given(st.text(), st.text())
def test_whatever_the_parts_the_endpoint_stays(first, second):
    try:
        built = route("/repos/{owner}/{repo}/labels", first, second)
    except ValueError:
        return
    url = httpx.URL("https://api.github.test" + built.path)
    raw = url.raw_path.decode()
    assert url.host == "api.github.test"
    assert raw.count("/") == 4
    assert raw.startswith("/repos/")
    assert raw.endswith("/labels")


@pytest.mark.parametrize(
    ("login", "path"),
    [("r/../../x", b"/collaborators/r%2F..%2F..%2Fx/permission"), ("a?b#c", b"/collaborators/a%3Fb%23c/permission")],
)
async def test_hostile_parts_stay_in_their_place_on_the_wire(wire, repo, login, path):
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return httpx.Response(404)

    wire.router.route(method="GET", host="api.github.test").mock(side_effect=answer)
    assert (await repo.permission(login)).level == "none"
    assert seen == [b"/repos/acme/shop" + path]


async def test_the_exchange_refuses_a_route_made_by_hand(app):
    from otto_bot.github.routes import Route

    for path in ("https://evil.example/x", "//evil.example/x"):
        with pytest.raises(ValueError, match="never absolute"):
            await app._kit.exchange("nobody", "GET", Route("x", path))
