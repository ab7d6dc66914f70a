"""Bodies of deliveries as they are kept: pressed where that spares the disk something, and told apart from raw ones."""

from __future__ import annotations

import zlib

PRESSED = b"\x78"
"""How zlib's own form begins; JSON never does."""
WORTH_IT = 1024
LARGEST = 64 * 1024 * 1024


def kept(body: bytes) -> bytes:
    """The quickest pressing: about a sixth of GitHub's JSON is left, and so much less is written and synced."""
    return zlib.compress(body, 1) if len(body) >= WORTH_IT or body.startswith(PRESSED) else body


def raw(stored: bytes) -> bytes:
    """The body as it came. Raises ValueError for what `kept` never made."""
    if not stored.startswith(PRESSED):
        return stored
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(stored, LARGEST)
    except zlib.error as error:
        raise ValueError("a stored delivery cannot be unpacked") from error
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("a stored delivery is cut off, or too large")
    return body
