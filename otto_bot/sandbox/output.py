"""Keeps the head and the tail of an endless output in bounded memory."""

from __future__ import annotations


class HeadAndTail:
    """Takes chunks; keeps about the first and the last half of `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._head_size = limit // 2
        self._tail_size = limit - limit // 2
        self._total = 0

    @property
    def truncated(self) -> bool:
        return self._cut > 0

    @property
    def total(self) -> int:
        """Bytes that came, kept or not."""
        return self._total

    def add(self, chunk: bytes) -> None:
        self._total += len(chunk)
        room = self._head_size - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        # Trimmed only now and then: dropping bytes at the front each time would copy the tail for every chunk.
        if len(self._tail) > 2 * self._tail_size + len(chunk):
            del self._tail[: -self._tail_size]

    def text(self) -> str:
        """What was kept, as text; bytes that are not UTF-8 are replaced."""
        head = self._head.decode("utf-8", "replace")
        tail = bytes(self._tail[-self._tail_size :]).decode("utf-8", "replace")
        if not self.truncated:
            return (self._head + self._tail).decode("utf-8", "replace")
        return f"{head}\n[… {self._cut} of {self._total} bytes of output were cut here …]\n{tail}"

    @property
    def _cut(self) -> int:
        return max(0, self._total - self._head_size - self._tail_size)
