"""How long the database takes for statements, and why it does not take them."""

from __future__ import annotations

import time
from typing import Any, Protocol

import sqlalchemy as sa

from otto_bot.store.troubles import meaning

_REASONS = (("disk of the database is full", "full"), ("holds the database's lock", "locked"), ("damaged", "damaged"))
_OURS = (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError)
"""A broken constraint or statement is no state of the database."""


class Seconds(Protocol):
    """Observes durations."""

    def observe(self, amount: float) -> None:
        """One more."""


class ByReason(Protocol):
    """Counts by a reason."""

    def labels(self, reason: str) -> Any:
        """The count of one of: locked, full, damaged, gone."""


def metered(engine: sa.Engine, statements: Seconds, errors: ByReason) -> None:
    """Measure every statement of an engine from now on."""

    def before(_c: Any, _cursor: Any, _statement: Any, _parameters: Any, context: Any, _many: bool) -> None:
        if context is not None:
            context.otto_began = time.perf_counter()

    def after(_c: Any, _cursor: Any, _statement: Any, _parameters: Any, context: Any, _many: bool) -> None:
        began = getattr(context, "otto_began", None)
        if began is not None:
            statements.observe(time.perf_counter() - began)

    def failed(context: Any) -> None:
        if not isinstance(context.sqlalchemy_exception, _OURS):
            said = meaning(str(context.original_exception))
            errors.labels(next((reason for words, reason in _REASONS if words in said), "gone")).inc()

    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "after_cursor_execute", after)
    sa.event.listen(engine, "handle_error", failed)
