"""The page on this machine as an ASGI application: opened once by its address, then held to the browser that did."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from otto_bot.text import setup_page as pages

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
COOKIE = "otto_setup"
_DIGEST = base64.b64encode(hashlib.sha256(pages.SCRIPT.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_DIGEST}'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# No `form-action`: browsers hold a form's redirects to it as well, and GitHub may first send to a login elsewhere.
HEADERS = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Keys(NamedTuple):
    """Random values of one set-up. `entry` opens the page once; `room` is the path of everything after it and is in
    the way back from GitHub; `cookie` is known to the one browser; `state` comes back from GitHub."""

    entry: str
    room: str
    cookie: str
    state: str

    @classmethod
    def made(cls, token: Callable[[], str]) -> Keys:
        """New ones."""
        return cls(token(), token(), token(), token())


class Shown(NamedTuple):
    """An answer; with `to` a redirect."""

    status: int
    html: str = ""
    to: str = ""
    cookie: str = ""


class LocalPage:
    """Who asks must name this address as host, and have the cookie that the first visit was given.

    `show` makes the page as things stand; `back` takes a code from GitHub whose state was right; `refused` makes the
    page that says a state was not; `installed` is what the page's script asks.
    """

    def __init__(
        self,
        keys: Keys,
        show: Callable[[], str],
        back: Callable[[str], Awaitable[Shown]],
        refused: Callable[[], str],
        installed: Callable[[], bool],
        port: int = 0,
    ) -> None:
        self._keys, self._show, self._back, self._refused = keys, show, back, refused
        self._installed = installed
        self.port = port
        """Set once it is known."""
        self._entered = False

    @property
    def url(self) -> str:
        """What opens the page, once."""
        return f"http://127.0.0.1:{self.port}/{self._keys.entry}"

    @property
    def redirect_url(self) -> str:
        """Where GitHub sends the browser back to."""
        return f"http://127.0.0.1:{self.port}/{self._keys.room}/back"

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        await _answer(send, await self.answer(scope))

    async def answer(self, scope: Scope) -> Shown:
        """What is said to a request. Nothing here is changed by anything but a GET that a browser makes as a page."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get(b"host") != f"127.0.0.1:{self.port}":
            return Shown(421, pages.trouble(pages.OTHER_HOST))  # another name that leads here: DNS rebinding
        if scope["method"] != "GET":
            return Shown(405, pages.trouble(pages.NOTHING))
        own = headers.get(b"sec-fetch-site") == "same-origin" and scope["path"].endswith("/installed")
        if headers.get(b"sec-fetch-dest", "document") != "document" and not own:
            return Shown(403, pages.trouble(pages.NOT_YOURS))  # a picture, a frame or a script of another page
        path = scope["path"]
        if _same(path, f"/{self._keys.entry}"):
            return self._enter()
        if not path.startswith(f"/{self._keys.room}/"):
            return Shown(404, pages.trouble(pages.NOTHING))
        if not _same(_cookie(headers.get(b"cookie", "")), self._keys.cookie):
            return Shown(403, pages.trouble(pages.NOT_YOURS))
        what = path.removeprefix(f"/{self._keys.room}/")
        if what == "":
            return Shown(200, self._show())
        if what == "installed":
            return Shown(200 if self._installed() else 404)
        if what == "back":
            return await self._came_back(scope["query_string"].decode("latin-1"))
        return Shown(404, pages.trouble(pages.NOTHING))

    def _enter(self) -> Shown:
        if self._entered:
            return Shown(403, pages.trouble(pages.NOT_YOURS))
        self._entered = True
        path = f"/{self._keys.room}/"
        return Shown(303, to=path, cookie=f"{COOKIE}={self._keys.cookie}; Path={path}; HttpOnly; SameSite=Lax")

    async def _came_back(self, query: str) -> Shown:
        given = parse_qs(query[:4096], keep_blank_values=True)
        codes, states = given.get("code", []), given.get("state", [])
        if not right_state(states, self._keys.state):
            return Shown(400, self._refused())
        shown = await self._back(codes[0] if len(codes) == 1 else "")
        return Shown(303, to=f"/{self._keys.room}/") if shown.to else shown


def right_state(given: list[str], wanted: str) -> bool:
    """Whether exactly the state that was sent came back, compared in constant time."""
    return len(given) == 1 and _same(given[0], wanted)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


async def _answer(send: Send, shown: Shown) -> None:
    body = shown.html.encode()
    headers = [*HEADERS, (b"content-length", b"%d" % len(body))]
    if shown.to:
        headers.append((b"location", shown.to.encode()))
    if shown.cookie:
        headers.append((b"set-cookie", shown.cookie.encode()))
    await send({"type": "http.response.start", "status": shown.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def as_json(manifest: dict[str, Any]) -> str:
    """The manifest as the form carries it."""
    return json.dumps(manifest, separators=(",", ":"))
