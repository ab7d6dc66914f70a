"""Fetch a log or an archive from the short-lived address that GitHub redirects to, without any credential."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx

from otto_bot.github.errors import GitHubError, LogsGone, TooLarge, Unreachable
from otto_bot.github.transport import COUNTS_DECODED, MAX_BODY_BYTES, MOST_BYTES, BodyTooLargeError

DEADLINE_SECONDS = 300.0
POUR_SECONDS = 1800.0
"""For a log that is only written to a file: it may have ten times as many bytes."""
CHUNK = 64 * 1024
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
    request = _request(location, what, allow_http=allow_http)
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


async def pour(
    transport: httpx.AsyncBaseTransport, allow_http: bool, location: str, limit: int
) -> AsyncIterator[bytes]:
    """The log at `location`, chunk by chunk, however long it is; behind `limit` bytes a line says where it was cut.

    Nothing is kept in memory. Raises as `download` does, also in the middle of it.
    """
    request = _request(location, "log", allow_http=allow_http)
    request.extensions[MOST_BYTES] = limit + 1
    seen = 0
    try:
        async with asyncio.timeout(POUR_SECONDS):
            response = await transport.handle_async_request(request)
            response.request = request
            try:
                _check_status(response, "log")
                async for chunk in response.aiter_bytes(CHUNK):
                    yield chunk[: limit - seen]
                    seen += len(chunk)
                    if seen > limit:
                        break
            except BodyTooLargeError:  # of encoded bytes
                seen = limit + 1
            finally:
                await response.aclose()
    except TimeoutError:
        failure: GitHubError | None = Unreachable(0, f"the log could not be read in {POUR_SECONDS:.0f} s")
    except httpx.HTTPError as error:
        failure = Unreachable(0, f"the log could not be read: {type(error).__name__}")
    else:
        failure = None
    if failure is not None:
        raise failure
    if seen > limit:
        yield CUT_LINE % limit


def _request(location: str, what: str, *, allow_http: bool) -> httpx.Request:
    try:
        url = httpx.URL(location)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ({"https", "http"} if allow_http else {"https"}) or not url.host or url.userinfo:
        raise GitHubError(302, f"GitHub redirected the {what} to an address that cannot be used")
    extensions = {"timeout": httpx.Timeout(30, connect=5).as_dict(), COUNTS_DECODED: True}
    return httpx.Request("GET", url, headers={"User-Agent": "otto-bot"}, extensions=extensions)


def _check_status(response: httpx.Response, what: str) -> None:
    if response.status_code in (404, 410):
        raise LogsGone(response.status_code, f"the {what} is not kept any more")
    if response.status_code != 200:
        raise Unreachable(response.status_code, f"the {what}'s storage answered {response.status_code}")


async def _read(
    transport: httpx.AsyncBaseTransport, request: httpx.Request, limit: int, what: str
) -> tuple[bytes, bool]:
    """The first `limit` bytes, and whether there are more."""
    response = await transport.handle_async_request(request)
    response.request = request
    try:
        _check_status(response, what)
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
