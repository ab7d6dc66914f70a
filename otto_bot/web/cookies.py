"""Cookies of Mission Control: their names and attributes, and the layer that adds them to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSION, LOGIN = "otto", "otto-login"
KEPT = "otto.cookies"
"""Where a request's scope keeps the cookies that its answer will set."""


def name_of(kind: str, *, secure: bool) -> str:
    """On https the prefix makes browsers hold us to it: this host alone, all paths, never over plain http."""
    return f"__Host-{kind}" if secure else kind


def put(scope: Any, kind: str, value: str, *, secure: bool, seconds: int) -> None:
    """The answer sets a cookie; an empty value with 0 seconds takes it away."""
    attributes = f"Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}" + ("; Secure" if secure else "")
    waiting: dict[str, str] = scope.setdefault(KEPT, {})
    waiting[kind] = f"{name_of(kind, secure=secure)}={value}; {attributes}"


def drop(scope: Any, kind: str, *, secure: bool) -> None:
    """The answer takes a cookie away."""
    put(scope, kind, "", secure=secure, seconds=0)


def read(cookies: Mapping[str, str], kind: str, *, secure: bool) -> str:
    """A cookie of the request, or nothing."""
    return cookies.get(name_of(kind, secure=secure), "")


class WithCookies:
    """ASGI: whatever a request's answer is, it sets the cookies that were asked for while it was made."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        scope.setdefault(KEPT, {})  # here, so that whoever copies the scope on the way shares it

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start" and scope.get(KEPT):
                lines = [(b"set-cookie", line.encode("latin-1")) for line in scope[KEPT].values()]
                message = {**message, "headers": [*message.get("headers", []), *lines]}
            await send(message)

        await self._app(scope, receive, adding)
