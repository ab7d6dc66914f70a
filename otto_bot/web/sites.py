"""Under which address a request reaches these pages, and whether another site sent the browser here."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from otto_bot.text import login as text
from otto_bot.web.access import may_see, refusal
from otto_bot.web.answer import Page
from otto_bot.web.plain import plain
from otto_bot.web.reach import Reach

DEFAULT_PORTS = {"http": "80", "https": "443"}


class Place:
    """The address of the pages, as the host has set it."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._public = origin(reach.public_url)

    def base(self, request: Request, css: str) -> str | Page:
        """Scheme and host under which the request came; or why nothing is shown there."""
        mode = self._reach.mode
        if mode == "off":
            return plain(404, css, text.OFF)
        if mode == "login" and self._public:
            hosts = request.headers.getlist("host")
            scheme = self._public.partition(":")[0]
            if len(hosts) == 1 and origin(f"{scheme}://{hosts[0]}") == self._public:
                return self._public
            return plain(403, css, text.OTHER_HOST, ((self._reach.public_url, self._reach.public_url),))
        if may_see(self._reach.bound, request):
            return f"http://{request.headers['host']}"
        return refusal(css) if mode == "local" else plain(403, css, text.NO_PUBLIC)


def origin(url: str) -> str:
    """Scheme, host and port as browsers name an origin; empty for what is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port is None or str(port) == DEFAULT_PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def foreign(request: Request, base: str) -> bool:
    """Whether another site sent this: by the browser's own word, which no page can change."""
    site, sender = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site != "same-origin":
        return True
    if sender is None or (sender == "null" and site == "same-origin"):
        return False
    return origin(sender) != origin(base)
