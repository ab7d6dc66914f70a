"""The steps that are worth a line of their own: one well-named event each, in the log at INFO."""

from __future__ import annotations

import logging
from enum import StrEnum

from otto_bot.observe.context import Value


class Event(StrEnum):
    """Names that dashboards and searches may rely on; docs/observe.md says what each one carries."""

    WORKER_STARTED = "worker.started"
    WORKER_STOPPING = "worker.stopping"
    WEB_STARTED = "web.started"
    RUN_STARTED = "run.started"
    RUN_ENDED = "run.ended"
    RUN_RESTS = "run.rests"
    RUN_PARKED = "run.parked"
    RUN_UNPARKED = "run.unparked"
    RUN_BARRED = "run.barred"
    RUN_UNBARRED = "run.unbarred"
    PLAN_MADE = "plan.made"
    PULL_REQUEST_OPENED = "pull_request.opened"
    ATTEMPT_BEGUN = "attempt.begun"
    ATTEMPT_ENDED = "attempt.ended"
    VERIFICATION_ENDED = "verification.ended"
    TASKS_MERGED = "tasks.merged"
    GATE_OPENED = "gate.opened"
    GATE_DECIDED = "gate.decided"
    COMMENT_POSTED = "comment.posted"
    PERSON_CALLED = "person.called"
    EFFECT_FAILED = "effect.failed"
    GITHUB_LIMITED = "github.limited"
    DELIVERY_REFUSED = "delivery.refused"


class Named:
    """What a log record carries besides its words: the name of an event and its own fields."""

    __slots__ = ("event", "fields")

    def __init__(self, event: Event, fields: dict[str, Value]) -> None:
        self.event, self.fields = event, fields


def tell(log: logging.Logger, event: Event, /, **fields: Value) -> None:
    """One line for a step that was made. Fields are ids, names, numbers and times: no text that a person wrote."""
    if log.isEnabledFor(logging.INFO):
        log.info(event.value, extra={"otto": Named(event, fields)})
