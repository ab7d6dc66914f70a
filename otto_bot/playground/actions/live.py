"""A job while it changes: the record, its log and its steps, published to the host at every change of state."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from otto_bot.playground.actions.api import Annotation, Conclusion, Job
from otto_bot.playground.actions.joblog import JobLog
from otto_bot.playground.actions.steps import StepBook


class LiveJob:
    """Owns one `Job` record. After `complete` nothing changes any more."""

    def __init__(self, record: Job, now: Callable[[], datetime], publish: Callable[[Job], None]) -> None:
        self.record = record
        self.log: JobLog | None = None
        self.book: StepBook | None = None
        self._now = now
        self._publish = publish
        publish(record)

    @property
    def is_over(self) -> bool:
        """Whether the job has completed."""
        return self.record.status == "completed"

    def wait(self) -> None:
        """Another job of its concurrency group runs."""
        self.record = replace(self.record, status="pending")
        self._publish(self.record)

    def waits(self) -> None:
        """An environment's reviewer has to let the job go on."""
        self.record = replace(self.record, status="waiting")
        self._publish(self.record)

    def goes_on(self) -> None:
        """It was let go on: it is in the queue like any other."""
        self.record = replace(self.record, status="queued")
        self._publish(self.record)

    def start(self, runner: str | None, log: JobLog | None, book: StepBook | None) -> None:
        """A runner has taken the job."""
        self.log, self.book = log, book
        self.record = replace(self.record, status="in_progress", started_at=self._now(), runner_name=runner)
        self.steps_changed()

    def steps_changed(self) -> None:
        """Publish the steps as they are now."""
        steps = self.book.snapshot() if self.book else ()
        self.record = replace(self.record, steps=steps)
        self._publish(self.record)

    def annotate(self, *annotations: Annotation) -> None:
        """Add annotations; they are published with the next change."""
        self.record = replace(self.record, annotations=(*self.record.annotations, *annotations))

    def complete(self, conclusion: Conclusion) -> None:
        """End the job as its steps stand; a second call does nothing."""
        if self.is_over:
            return
        now = self._now()
        steps = self.book.snapshot() if self.book else ()
        self.record = replace(
            self.record,
            status="completed",
            conclusion=conclusion,
            steps=steps,
            started_at=self.record.started_at or now,
            completed_at=now,
        )
        self._publish(self.record)

    def close_log(self, running: Conclusion) -> None:
        """End the steps (those that run with the given conclusion) and write the tail that every log has."""
        if self.book is not None:
            self.book.close(running, self._now())
        if self.log is not None:
            for plan in self.book.plans if self.book else ():
                if plan.has_post:
                    self.log.line("Post job cleanup.")
            self.log.line("Cleaning up orphan processes")

    def carry_over(self, earlier: "LiveJob") -> None:
        """Take over how the job of the attempt before ended."""
        old = earlier.record
        self.log = earlier.log
        self.record = replace(
            old,
            id=self.record.id,
            run_attempt=self.record.run_attempt,
            check_run_id=self.record.check_run_id,
        )
        self._publish(self.record)

    def cancelled(self, reason: str | None = None) -> None:
        """The job was cancelled: what ran says so, and a job that no runner took has no log."""
        if self.is_over:
            return
        if reason is not None:
            self.annotate(Annotation(".github", 1, 1, "failure", reason))
        if self.log is not None:
            self.log.error("The operation was canceled.")
            self.annotate(Annotation(".github", 1, 1, "failure", "The operation was canceled."))
        self.close_log("cancelled")
        self.complete("cancelled")
