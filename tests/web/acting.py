"""A host whose people log in at the stand-in, and what a browser of theirs sends: forms as the pages have them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import httpx
from github_server import CLIENT_SECRET, GitHub
from pydantic import SecretStr

from otto_bot.core.values import Repo
from otto_bot.playground.github.world import INSTALLATION_ID, REPO_ID
from otto_bot.web.reach import Reach

PUBLIC = "https://otto.example.org"


def repo_of(github: GitHub) -> Repo:
    """The repository of the stand-in."""
    owner, _, name = github.world.full_name.partition("/")
    return Repo(id=REPO_ID, installation_id=INSTALLATION_ID, owner=owner, name=name, default_branch="main")


def reach_of(github: GitHub, **changes: Any) -> Reach:
    """Where pages are served with login."""
    base = Reach("login", "0.0.0.0", PUBLIC, github.client_id, SecretStr(CLIENT_SECRET), github.url, github.url)
    return base._replace(**changes)


async def log_in(http: httpx.AsyncClient, github: GitHub, login: str) -> None:
    """One person has logged in with this browser."""
    leaving = await http.get("/login", params={"next": "/"})
    assert leaving.status_code == 303, leaving.text
    back = await http.get(str(github.agree(leaving.headers["location"], login)))
    assert back.status_code == 303, back.text


class Forms(HTMLParser):
    """The forms of a page by their names, with what they would send as they stand."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: dict[str, list[tuple[str, str]]] = {}
        self.actions: dict[str, str] = {}
        self.disabled: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._form = self._area = self._button = ""
        self._described = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = told.get("aria-label", told.get("action", ""))
            self.forms[self._form], self.actions[self._form] = [], told.get("action", "")
        elif tag == "input" and self._form and (told.get("type") != "checkbox" or "checked" in told):
            self.forms[self._form].append((told["name"], told.get("value", "")))
        elif tag == "textarea":
            self._area = told["name"]
            self.forms[self._form].append((self._area, ""))
        elif tag == "button" and "disabled" in told:
            self._button, self._described = "?", told.get("aria-describedby", "")
        if "id" in told:
            self._id = told["id"]
            self.texts.setdefault(told["id"], "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "button":
            self._button = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[self._form][-1] = (self._area, data.removeprefix("\n"))
        elif self._button:
            self.disabled[data] = self._described
        elif getattr(self, "_id", ""):
            self.texts[self._id] += data

    def sends(self, name: str, **changes: Any) -> list[tuple[str, str]]:
        """What a form sends; `task` adds chosen ones."""
        fields = [(key, str(changes.pop(key)) if key in changes and key != "task" else value)
                  for key, value in self.forms[name]]  # fmt: skip
        return [*fields, *(("task", key) for key in changes.pop("task", ())), *changes.items()]


async def press(http: httpx.AsyncClient, path: str, name: str, page: str = "", **changes: Any) -> httpx.Response:
    """Open a page, fill a form in and send it; `page` = it was opened before."""
    found = Forms(page or (await http.get(path)).text)
    assert name in found.forms, (name, list(found.forms), found.disabled)
    return await send(http, found.actions[name], found.sends(name, **changes))


async def send(http: httpx.AsyncClient, path: str, fields: list[tuple[str, str]], **headers: str) -> httpx.Response:
    """What a browser sends of a form of ours."""
    body = str(httpx.QueryParams(fields)).encode()
    kind = {"content-type": "application/x-www-form-urlencoded", "origin": PUBLIC, "sec-fetch-site": "same-origin"}
    return await http.post(path, content=body, headers={**kind, **headers})
