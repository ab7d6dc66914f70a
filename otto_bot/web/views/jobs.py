"""The page of logs: the jobs that failures quote, by task; and all jobs of one verification as GitHub tells them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

from otto_bot.core.run import Run
from otto_bot.github.ci_models import Job, WorkflowRun
from otto_bot.github.errors import GitHubError
from otto_bot.text.links import Links
from otto_bot.text.logs import LOGS
from otto_bot.text.spoken import line
from otto_bot.text.words import ENDINGS
from otto_bot.web.logs.whose import kept_of, log_url
from otto_bot.web.views.parts import Link, jobs_url, run_url

MOST_RUNS, MOST_JOBS, MOST_ROWS = 12, 200, 200
SECONDS = 8.0
TONES = {"success": "done", "failure": "bad", "timed_out": "bad", "cancelled": "off", "skipped": "off"}


class Verbs(Protocol):
    """What is asked of GitHub."""

    async def workflow_run(self, run_id: int) -> WorkflowRun: ...

    async def jobs(self, run_id: int, attempt: int) -> list[Job]: ...


class WorkflowJobs(NamedTuple):
    """Jobs as GitHub tells them, or why it does not."""

    jobs: tuple[tuple[str, Job], ...] = ()
    trouble: str = ""
    cut: bool = False

    @classmethod
    async def asked(cls, ask: Callable[[int, int], Awaitable[Verbs]], run: Run, numbers: Sequence[int]) -> WorkflowJobs:
        """The jobs of these runs of workflows, newest attempt only."""
        found: list[tuple[str, Job]] = []
        try:
            async with asyncio.timeout(SECONDS):
                verbs = await ask(run.repo.installation_id, run.repo.id)
                for number in numbers[:MOST_RUNS]:
                    workflow = await verbs.workflow_run(number)
                    found += [(workflow.name, job) for job in await verbs.jobs(number, workflow.run_attempt)]
        except (GitHubError, ValueError) as error:
            return cls(tuple(found[:MOST_JOBS]), line(str(error), 300))
        except TimeoutError:
            return cls(tuple(found[:MOST_JOBS]), f"no answer in {SECONDS:.0f} s")
        return cls(tuple(found[:MOST_JOBS]), "", len(found) > MOST_JOBS or len(numbers) > MOST_RUNS)


class JobRow(NamedTuple):
    """One job and its log."""

    name: str
    state: str
    tone: str
    log: Link
    github: Link


class JobsPage(NamedTuple):
    """Everything of the page."""

    run: Link
    target: str
    rows: tuple[JobRow, ...]
    asked: bool
    trouble: str
    cut: bool
    targets: tuple[tuple[Link, str], ...]


def jobs_page(run: Run, target: str, told: WorkflowJobs, links: Links) -> JobsPage:
    """Quoted jobs where no verification was asked for, else all of it."""
    known = target in run.verifications
    rows = _told(run, told, links) if known else _quoted(run, links)
    return JobsPage(
        run=Link(f"run {run.id}", run_url(run.id)),
        target=target if known else "",
        rows=tuple(rows[:MOST_ROWS]),
        asked=known and bool(run.verifications[target].run_ids),
        trouble=told.trouble,
        cut=told.cut or len(rows) > MOST_ROWS,
        targets=tuple(
            (Link(one.target, jobs_url(run.id, one.target)), ENDINGS[one.ending] if one.ending else "")
            for one in list(run.verifications.values())[-MOST_ROWS:]
        ),
    )


def _told(run: Run, told: WorkflowJobs, links: Links) -> list[JobRow]:
    return [
        JobRow(
            line(f"{workflow} / {job.name}", 200),
            line((job.conclusion or job.status).replace("_", " "), 40),
            TONES.get(job.conclusion or "", "work" if job.status == "in_progress" else "todo"),
            Link(LOGS["log"], log_url(run.id, job.id)),
            Link(LOGS["at_github"], links.ours(job.html_url)),
        )
        for workflow, job in told.jobs
    ]


def _quoted(run: Run, links: Links) -> list[JobRow]:
    return [
        JobRow(
            line(some[0].source, 200),
            "",
            "bad",
            Link(LOGS["log"], log_url(run.id, ref.job, some[0].first_line, some[0].last_line)),
            Link(LOGS["at_github"], links.job(ref.workflow_run, ref.job)),
        )
        for ref, some in kept_of(run, links).items()
    ]
