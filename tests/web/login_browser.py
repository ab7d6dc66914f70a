"""A host whose people log in at the stand-in, and a browser that does it."""

from __future__ import annotations

from typing import Any

import httpx
from github_server import CLIENT_SECRET, GitHub
from pydantic import SecretStr

from otto_bot.web.reach import Reach

PUBLIC = "https://otto.example.org"


def reach_of(github: GitHub, **changes: Any) -> Reach:
    """A host that is reached from elsewhere, by login."""
    base = Reach("login", "0.0.0.0", PUBLIC, github.client_id, SecretStr(CLIENT_SECRET), github.url, github.url)
    return base._replace(**changes)


async def leave(http: httpx.AsyncClient, following: str = "/") -> str:
    """The link was followed; where GitHub waits for the browser."""
    answer = await http.get("/login", params={"next": following})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def log_in(http: httpx.AsyncClient, github: GitHub, login: str, following: str = "/") -> httpx.Response:
    """One person, from the link to the page they wanted."""
    return await http.get(str(github.agree(await leave(http, following), login)))


def csrf_of(page: str) -> str:
    """What the forms of a page carry."""
    found = page.partition('name="csrf" value="')[2].partition('"')[0]
    assert len(found) == 64, "the page has a form of the session"
    return found
