"""How a job ends besides success: later, again, or with a person. Raised by jobs, read by the engine."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.barring import BarredBy


class Later(Exception):
    """Nothing is wrong: the same step again, at a time or soon. Costs nothing and counts nothing."""

    def __init__(self, until: datetime | None, why: str) -> None:
        self.until = until
        self.message = why
        self.kind = "later"
        super().__init__(why)


class Superseded(Exception):
    """Another try of the same work took this one's place, as its worker had hung: nothing more is written or told."""

    def __init__(self, ticket: str) -> None:
        super().__init__(f"{ticket} was taken over while its worker hung; it writes nothing more")


class ShutOut(Exception):
    """GitHub lets nobody write in this repository, or does not let Otto in: the run rests until that is over.

    Nothing failed, and nothing is counted: the same step comes again then.
    """

    def __init__(self, by: BarredBy, message: str) -> None:
        self.by = by
        self.message = message
        self.kind = "shut_out"
        super().__init__(message)


class Retry(Exception):
    """Something outside did not work; it is tried again after a growing pause.

    `outage`: the other side is down for everyone. That may last, so that the tries spread over longer.
    """

    def __init__(
        self, message: str, kind: str = "outside", after_seconds: float = 0.0, *, outage: bool = False
    ) -> None:
        self.outage = outage
        self.message = message
        self.kind = kind
        self.after_seconds = after_seconds
        super().__init__(message)


class NeedsPerson(Exception):
    """Only a person can help; the message says what to do."""

    def __init__(self, message: str, kind: str = "person") -> None:
        self.message = message
        self.kind = kind
        super().__init__(message)
