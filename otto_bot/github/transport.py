"""The one HTTP transport of the process: shared by every client, and it never reads without an end."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from functools import cache
from types import TracebackType

import httpx

MAX_BODY_BYTES = 50 * 1024 * 1024
MOST_DIGITS = 11
PUT_ASIDE = "x-otto-"
"""Before the name of a header that only Otto itself reads."""
COUNTS_DECODED = "otto_counts_decoded"
"""Request extension of a caller that bounds the decoded bytes itself, and so may be sent a compressed body."""


MOST_BYTES = "otto_most_bytes"
"""Request extension of a caller that keeps nothing of the body in memory: it may have so many bytes."""


class BodyTooLargeError(Exception):
    """The body has more bytes than allowed."""


class _CappedStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, limit: int) -> None:
        self._inner = inner
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for chunk in self._inner:
            seen += len(chunk)
            if seen > self._limit:
                raise BodyTooLargeError(f"more than {self._limit} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


def _readable_limits(headers: httpx.Headers) -> None:
    """A limit's time that is no plain number (a date, nonsense) is put aside: githubkit would fail on it."""
    for name in ("retry-after", "x-ratelimit-reset"):
        text = headers.get(name)
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < MOST_DIGITS):
            headers[f"{PUT_ASIDE}{name}"] = text
            del headers[name]


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts, read once: a file of 300 kB."""
    return httpx.create_ssl_context()


class SharedTransport(httpx.AsyncBaseTransport):
    """Survives the short-lived clients that githubkit makes for every call; `shutdown` really closes it.

    Bodies are asked for unencoded, so that bytes on the wire are bytes in memory and a small compressed answer
    cannot become a large one.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport | None = None, limit: int = MAX_BODY_BYTES) -> None:
        self._inner = inner or httpx.AsyncHTTPTransport(verify=_trusted(), limits=httpx.Limits(max_connections=40))
        self._limit = limit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Accept-Encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding != "identity" and COUNTS_DECODED not in request.extensions:
            await response.aclose()
            raise httpx.DecodingError("the server compressed an answer that was asked for plain", request=request)
        _readable_limits(response.headers)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _CappedStream(response.stream, request.extensions.get(MOST_BYTES, self._limit))
        return response

    async def __aenter__(self) -> SharedTransport:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Left open: the client that ends here is only one user of many."""

    async def aclose(self) -> None:
        """Left open, as `__aexit__`."""

    async def shutdown(self) -> None:
        """Close all connections. The transport cannot be used afterwards."""
        await self._inner.aclose()
