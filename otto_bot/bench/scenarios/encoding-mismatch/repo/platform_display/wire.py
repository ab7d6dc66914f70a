"""Bytes to and from the display."""

_END = b"\x1e"


def record(body: bytes) -> bytes:
    """A record as the display takes it."""
    return body + _END


def split_header(data: bytes) -> tuple[str, bytes]:
    """Character set of a list, and the rest of it."""
    header, _, body = data.partition(b"\n")
    return header.split(b";")[0].decode("ascii"), body
