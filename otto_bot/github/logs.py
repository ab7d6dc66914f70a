"""Fetch a log or an archive from the short-lived address that GitHub redirects to, without any credential."""

from __future__ import annotations

import asyncio

import httpx

from otto_bot.github.errors import GitHubError, LogsGone, TooLarge, Unreachable
from otto_bot.github.transport import COUNTS_DECODED, MAX_BODY_BYTES, BodyTooLargeError

DEADLINE_SECONDS = 300.0
CUT_LINE = b"\n##[warning]Otto read only the first %d bytes of this log.\n"


async def download(
    transport: httpx.AsyncBaseTransport,
    location: str,
    *,
    allow_http: bool,
    limit: int = MAX_BODY_BYTES,
    whole: bool = False,
) -> bytes:
    """The body at `location`, at most `limit` bytes and a line that says where it was cut; `whole` cuts nothing.

    The address holds a signature, so it is neither logged nor named in errors, and it is asked through the bare
    transport: no client adds a header, a cookie or another redirect. Raises LogsGone or Unreachable, and TooLarge where
    the whole has more than `limit` bytes.
    """
    what = "archive" if whole else "log"
    try:
        url = httpx.URL(location)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ({"https", "http"} if allow_http else {"https"}) or not url.host or url.userinfo:
        raise GitHubError(302, f"GitHub redirected the {what} to an address that cannot be used")
    extensions = {"timeout": httpx.Timeout(30, connect=5).as_dict(), COUNTS_DECODED: True}
    request = httpx.Request("GET", url, headers={"User-Agent": "otto-bot"}, extensions=extensions)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            body, cut = await _read(transport, request, limit, what)
    except TimeoutError:
        failure: GitHubError = Unreachable(0, f"the {what} could not be read in {DEADLINE_SECONDS:.0f} s")
    except httpx.HTTPError as error:
        failure = Unreachable(0, f"the {what} could not be read: {type(error).__name__}")
    else:
        if not cut:
            return body
        if not whole:
            return body + CUT_LINE % limit
        failure = TooLarge(200, f"the {what} has more than {limit} bytes")
    raise failure


async def _read(
    transport: httpx.AsyncBaseTransport, request: httpx.Request, limit: int, what: str
) -> tuple[bytes, bool]:
    """The first `limit` bytes, and whether there are more."""
    response = await transport.handle_async_request(request)
    response.request = request
    try:
        if response.status_code in (404, 410):
            raise LogsGone(response.status_code, f"the {what} is not kept any more")
        if response.status_code != 200:
            raise Unreachable(response.status_code, f"the {what}'s storage answered {response.status_code}")
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > limit:
                    break
        except BodyTooLargeError:  # of encoded bytes: what arrived is kept
            return bytes(body[:limit]), True
        return bytes(body[:limit]), len(body) > limit
    finally:
        await response.aclose()
