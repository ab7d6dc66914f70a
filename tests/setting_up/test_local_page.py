"""The page of `otto-bot setup` answers one browser, under its own address, and changes nothing for anybody else."""

from __future__ import annotations

from typing import Any

import pytest

from otto_bot.setting_up.local_page import Keys, LocalPage

KEYS = Keys("entry", "room", "cookie", "state")


class Visitor:
    """Sends requests to a page without a server."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.page = LocalPage(KEYS, lambda: "shown", self._back, lambda: "refused", lambda: False, 8000)

    async def _back(self, code: str) -> Any:
        self.codes.append(code)
        return self.page._enter()._replace(status=303, to="/")

    async def __call__(self, target: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        path, _, query = target.partition("?")
        given = {"host": "127.0.0.1:8000", **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip
        shown = await self.page.answer(scope)
        return shown.status, shown.cookie or shown.html


async def test_the_page_opens_once_and_for_one_browser() -> None:
    ask = Visitor()
    assert await ask("/entry") == (303, "otto_setup=cookie; Path=/room/; HttpOnly; SameSite=Lax")
    assert (await ask("/entry"))[0] == 403
    assert await ask("/room/", cookie="a=b; otto_setup=cookie") == (200, "shown")
    for target, more in (
        ("/room/", {}),
        ("/room/", {"cookie": "otto_setup=other"}),
        ("/room/back?code=c&state=state", {}),
        ("/room/", {"cookie": "otto_setup=cookie", "sec_fetch_dest": "iframe"}),
        ("/room/back?code=c&state=state", {"cookie": "otto_setup=cookie", "sec_fetch_dest": "image"}),
    ):
        assert (await ask(target, **more))[0] == 403
    assert (await ask("/", cookie="otto_setup=cookie"))[0] == 404
    assert (await ask("/room/else", cookie="otto_setup=cookie"))[0] == 404
    assert ask.codes == []


@pytest.mark.parametrize("host", ["evil.example:8000", "localhost:8000", "127.0.0.1", "127.0.0.1:8001", ""])
async def test_another_name_that_leads_here_is_told_nothing(host: str) -> None:
    ask = Visitor()
    assert (await ask("/entry", host=host))[0] == 421
    assert (await ask("/room/back?code=c&state=state", host=host, cookie="otto_setup=cookie"))[0] == 421
    assert ask.codes == []


@pytest.mark.parametrize(
    "query",
    ["code=c", "code=c&state=", "code=c&state=State", "code=c&state=state&state=x", "code=c&state=x&state=state",
     "code=c&state=%00", "state=%ff&code=c"],
)  # fmt: skip
async def test_a_code_without_our_state_is_not_taken(query: str) -> None:
    ask = Visitor()
    assert await ask(f"/room/back?{query}", cookie="otto_setup=cookie") == (400, "refused")
    assert ask.codes == []


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "HEAD"])
async def test_another_website_can_post_nothing(method: str) -> None:
    ask = Visitor()
    headers = {"cookie": "otto_setup=cookie", "origin": "https://evil.example"}
    assert (await ask("/room/back?code=c&state=state", method, **headers))[0] == 405
    assert ask.codes == []


async def test_the_pages_own_script_may_ask_whether_it_is_installed() -> None:
    ask = Visitor()
    mine = {"cookie": "otto_setup=cookie", "sec_fetch_dest": "empty"}
    assert (await ask("/room/installed", **mine, sec_fetch_site="same-origin"))[0] == 404
    assert (await ask("/room/installed", **mine, sec_fetch_site="cross-site"))[0] == 403
    assert (await ask("/room/", **mine, sec_fetch_site="same-origin"))[0] == 403
