"""Who is shown pages while there is no login: only someone at the very machine, whose browser says so too.

The host header is looked at because a page of somebody else may let its own name lead here (DNS rebinding). A proxy on
the same machine would make everybody look local: what a proxy adds, and HTTP/1.0, which none of today's browsers
speaks but proxies do, is refused.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from fastapi import Request

from otto_bot.text.elsewhere import ELSEWHERE, TITLE
from otto_bot.web.answer import Page
from otto_bot.web.reach import loopback

FORWARDED = (
    "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-server", "x-real-ip",
    "cf-connecting-ip", "true-client-ip",
)  # fmt: skip


def host_of(header: str) -> str:
    """The host in a host header, without its port; empty where it is not one."""
    if header.startswith("["):
        name, closed, port = header[1:].partition("]")
        return name if closed and (not port or _port(port)) else ""
    name, colon, port = header.partition(":")
    return name if not colon or _port(colon + port) else ""


def _port(text: str) -> bool:
    return text.startswith(":") and text[1:].isascii() and text[1:].isdigit()


def local(bound: str, client: str | None, hosts: Sequence[str], *, forwarded: bool, old: bool) -> bool:
    """Whether a request may see pages: `bound` is where the server listens, `hosts` every host header of it."""
    if forwarded or old or not loopback(bound):
        return False
    if client is not None and not loopback(client):
        return False
    return len(hosts) == 1 and loopback(host_of(hosts[0]))


def may_see(bound: str, request: Request) -> bool:
    """The same of a request."""
    client = request.client.host if request.client is not None else None
    forwarded = any(name in request.headers for name in FORWARDED)
    old = request.scope.get("http_version") == "1.0"
    return local(bound, client, request.headers.getlist("host"), forwarded=forwarded, old=old)


def refusal(css: str) -> Page:
    """What everybody else reads; it is made without what pages need, so that strangers cost nothing."""
    said = "".join(f"<p>{html.escape(words)}</p>" for words in ELSEWHERE)
    return Page(
        403,
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{TITLE} · Otto</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{html.escape(css)}"></head>'
        f"<body><main><h1>{TITLE}</h1>{said}</main></body></html>\n",
    )
