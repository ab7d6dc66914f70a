"""Which jobs of GitHub Actions belong to a run, and what the run itself keeps of their logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from otto_bot.core.evidence import Excerpt, Failure
from otto_bot.core.run import Run
from otto_bot.text.links import Links

_JOB = re.compile(r"/actions/runs/([0-9]{1,18})/job/([0-9]{1,18})(?:[#?]|$)")


class JobRef(NamedTuple):
    """A job of a run of a workflow."""

    workflow_run: int
    job: int


def job_of(url: str, links: Links) -> JobRef | None:
    """The job that an address of the run's repository leads to."""
    ours = links.ours(url)
    found = _JOB.match(ours[len(links.home) :]) if ours else None
    return JobRef(int(found[1]), int(found[2])) if found else None


def log_url(run_id: int, job: int, first: int | None = None, last: int | None = None) -> str:
    """The page of a job's log, at these lines."""
    lines = "" if not first else f"?line={first}" + (f"-{last}" if last and last != first else "")
    return f"/runs/{run_id}/logs/{job}{lines}"


def workflow_runs(run: Run) -> frozenset[int]:
    """The runs of workflows that verified something of this run."""
    return frozenset(number for one in run.verifications.values() for number in one.run_ids)


def kept_of(run: Run, links: Links) -> dict[JobRef, list[Excerpt]]:
    """What was frozen of each job's log, each piece once, in the order of the log."""
    found: dict[JobRef, dict[str, Excerpt]] = {}
    for excerpt in _excerpts(run):
        ref = job_of(excerpt.url, links)
        if ref is not None:
            found.setdefault(ref, {}).setdefault(f"{excerpt.first_line} {excerpt.sha256}", excerpt)
    return {
        ref: sorted(some.values(), key=lambda one: (one.kind != "log", one.first_line or 0))
        for ref, some in found.items()
    }


def _excerpts(run: Run) -> Iterator[Excerpt]:
    for failure in _failures(run):
        yield from failure.excerpts
    for gate in run.gates:
        yield from (item.excerpt for item in gate.evidence)


def _failures(run: Run) -> Iterator[Failure]:
    for task in run.tasks.values():
        for attempt in task.attempts:
            yield from (one for one in (attempt.failure, attempt.flaky) if one is not None)
    yield from (one.failure for one in run.verifications.values() if one.failure is not None)
    for gate in run.gates:
        yield from gate.failures


class Asked(NamedTuple):
    """A job whose log somebody wants to read, and whether it is known to belong to the run."""

    installation: int
    repository: int
    job: int
    known: bool
    workflow_runs: frozenset[int]

    def owns(self, workflow_run: int) -> bool:
        """Whether the run has to do with a job of this run of a workflow."""
        return self.known or workflow_run in self.workflow_runs


def asked_of(run: Run, job: int, links: Links) -> Asked:
    """A job of an address, as the run knows it."""
    known = any(ref.job == job for ref in kept_of(run, links))
    return Asked(run.repo.installation_id, run.repo.id, job, known, workflow_runs(run))
