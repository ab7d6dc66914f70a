"""The App itself: identity, installations, deliveries."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from otto_bot.github.errors import NotFound


async def test_identity_is_asked_once(wire, app):
    route = wire.router.get("/app").respond(json={"id": 4711, "slug": "otto"})
    wire.router.get("/app/installations").respond(
        json=[{"id": 9, "suspended_at": "2026-01-01T00:00:00Z"}, {"id": 11, "account": {"login": "acme", "id": 1}}]
    )
    user = wire.router.get(path="/users/otto[bot]").respond(json={"id": 99, "login": "otto[bot]"})
    assert (await app.identity()).bot_user_id == 99
    identity = await app.identity()
    assert (identity.id, identity.slug, identity.bot_login) == (4711, "otto", "otto[bot]")
    assert await app.bot_login() == "otto[bot]"
    assert route.call_count == 1
    assert user.calls.last.request.url.raw_path == b"/users/otto%5Bbot%5D"
    assert wire.minted == [{"permissions": {"metadata": "read"}}]


async def test_identity_before_the_first_installation(wire, app):
    wire.router.get("/app").respond(json={"id": 4711, "slug": "otto"})
    wire.router.get("/app/installations").respond(json=[])
    user = wire.router.get(path="/users/otto[bot]").respond(json={"id": 99})
    assert (await app.identity()).bot_user_id == 99
    assert "authorization" not in user.calls.last.request.headers


async def test_installation_of_a_repository(wire, app):
    wire.router.get("/repos/acme/shop/installation").respond(json={"id": 11, "account": {"login": "acme", "id": 1}})
    wire.router.get("/repos/acme/none/installation").respond(404)
    assert (await app.installation_for("acme", "shop")).account_login == "acme"
    with pytest.raises(NotFound):
        await app.installation_for("acme", "none")


async def test_more_installations_than_other_lists_may_have(wire, app):
    """An App with ten thousand is looked after as one with ten."""

    def answer(request):
        page = int(request.url.params.get("page", "1"))
        link = f'<https://api.github.test/app/installations?page={page + 1}>; rel="next"' if page < 100 else ""
        return httpx.Response(200, json=[{"id": page}], headers={"link": link})

    wire.router.get("/app/installations").mock(side_effect=answer)
    assert len(await app.installations()) == 100


async def test_repositories_of_an_installation(wire, app):
    wire.router.get("/installation/repositories").respond(
        json={"repositories": [{"id": 22, "name": "shop", "owner": {"login": "acme"}}]}
    )
    (found,) = await app.repositories(11)
    assert found.full_name == "acme/shop"


def delivery(id_, at):
    return {
        "id": id_,
        "guid": f"g{id_}",
        "event": "issues",
        "action": "labeled",
        "status": "OK",
        "status_code": 202,
        "delivered_at": at,
    }


async def test_deliveries_since_stop_where_they_are_older(wire, app):
    def answer(request):
        if "cursor" in request.url.params:
            return httpx.Response(200, json=[delivery(2, "2026-11-22T11:00:00Z"), delivery(1, "2026-11-22T09:00:00Z")])
        link = '<https://api.github.test/app/hook/deliveries?per_page=100&cursor=v1_2>; rel="next"'
        return httpx.Response(200, json=[delivery(3, "2026-11-22T11:30:00.5Z")], headers={"link": link})

    wire.router.get("/app/hook/deliveries").mock(side_effect=answer)
    found = await app.deliveries(datetime(2026, 11, 22, 10, tzinfo=UTC))
    assert [d.id for d in found] == [3, 2]


async def test_a_delivery_is_read_and_sent_again(wire, app):
    again = wire.router.post("/app/hook/deliveries/3/attempts").respond(202, json={})
    wire.router.get("/app/hook/deliveries/3").respond(
        json={**delivery(3, "2026-11-22T11:30:00Z"), "request": {"headers": {}, "payload": {"action": "labeled"}}}
    )
    await app.redeliver(3)
    assert again.call_count == 1
    assert again.calls.last.request.headers["authorization"].startswith("Bearer ")
    assert (await app.delivery(3)).payload == {"action": "labeled"}
