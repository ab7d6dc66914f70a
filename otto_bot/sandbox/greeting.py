"""Reads which host a TLS client asks for, from the first bytes it sends, by OpenSSL's own parser."""

from __future__ import annotations

import ssl

GREETING_BYTES = 64 * 1024


class Greeting:
    """Feed it what comes until `read`; `name` is then the host that is asked for, None where none is named."""

    def __init__(self) -> None:
        self.read = False
        self.name: str | None = None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._named
        self._incoming = ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, ssl.MemoryBIO(), server_side=True)

    def feed(self, chunk: bytes) -> None:
        """Some more bytes."""
        self._incoming.write(chunk)
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return  # the greeting is not whole yet
        except ssl.SSLError:
            self.read = True  # whole, or none: there is no certificate here to go on with

    def _named(self, _session: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> int:
        self.name, self.read = name and name.lower().rstrip("."), True
        return int(ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE)
