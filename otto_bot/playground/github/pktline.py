"""git's packet lines, as far as needed to put a reason into the answer to a refused push."""

from __future__ import annotations

DECLINED = b"pre-receive hook declined"
MAX_PAYLOAD = 60_000


def split(data: bytes) -> list[bytes | None]:
    """Payloads of packet lines, None for a flush; a malformed rest is left out."""
    rows: list[bytes | None] = []
    at = 0
    while at + 4 <= len(data):
        try:
            size = int(data[at : at + 4], 16)
        except ValueError:
            break
        if size < 4:
            rows.append(None)
            at += 4
        else:
            rows.append(data[at + 4 : at + size])
            at += size
    return rows


def join(rows: list[bytes | None]) -> bytes:
    """The packet lines of these payloads."""
    return b"".join(b"0000" if row is None else b"%04x" % (len(row) + 4) + row for row in rows)


def replace_reason(answer: bytes, reason: str) -> bytes:
    """A receive-pack answer in which `reason` stands for the refusal of the pre-receive hook."""
    rows = split(answer)
    report = b"".join(row[1:] for row in rows if row and row[:1] == b"\x01")
    if not report:  # no side band: the report itself
        return join([row and row.replace(DECLINED, reason.encode()) for row in rows])
    inner = [row and row.replace(DECLINED, reason.encode()) for row in split(report)]
    others = [row for row in rows if row and row[:1] != b"\x01"]
    mended = join(inner)
    parts = [b"\x01" + mended[at : at + MAX_PAYLOAD] for at in range(0, len(mended), MAX_PAYLOAD)]
    return join([*others, *parts, None])
