"""A queue with DBOS's semantics: an id that ended, well or badly, never runs again; a dead worker's ids come back."""

from __future__ import annotations

from otto_bot.store.effect_rows import Ticket


class Queue:
    """Ids and what became of them. Starting one whose id is known starts nothing."""

    def __init__(self) -> None:
        self._ended: set[str] = set()
        self._running: dict[str, tuple[str, Ticket]] = {}

    def enqueue(self, ticket: Ticket, worker: str) -> bool:
        """Start one execution for a worker; False = this id was started before, and nothing runs."""
        if ticket.id in self._ended or ticket.id in self._running:
            return False
        self._running[ticket.id] = (worker, ticket)
        return True

    def end(self, ticket: Ticket) -> None:
        """The execution came to its end, whatever became of it."""
        if self._running.pop(ticket.id, None) is not None:
            self._ended.add(ticket.id)

    def recovered(self, worker: str) -> list[Ticket]:
        """What a worker of this name had in hand when it died: executed once more as soon as the name is back."""
        return [ticket for owner, ticket in self._running.values() if owner == worker]
