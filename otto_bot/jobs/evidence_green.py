"""Fetch what a green head shows: its jobs, which tests passed by their reports, and which tests its files define."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from otto_bot.core.attempt import Verification
from otto_bot.core.named_tests import defined_tests, is_test_file
from otto_bot.core.records import CommandRecord
from otto_bot.core.run import Run
from otto_bot.core.verdict_check import ACTIONS, REPORT
from otto_bot.diagnosis.junit_outcomes import Outcomes, outcomes_in_zip
from otto_bot.git.reading import Reading
from otto_bot.github.ci_models import WorkflowRun
from otto_bot.github.errors import NOT_NOW, GitHubError
from otto_bot.jobs.context import Context
from otto_bot.jobs.evidence_reports import MOST_BYTES, MOST_REPORTS, archive_of, best_first, worth_fetching

log = logging.getLogger(__name__)

MOST_JOBS = 3_000
SHOWN_JOBS = 100
"""Lines about jobs that a record shows; of more, the jobs of a matrix share one. All of them count."""
MOST_TEST_FILES = 2_000
SHOWN_TESTS = 300
"""Names of passed tests that a record lists; all of them count."""


class Green(NamedTuple):
    """What Actions showed of one head: `workflow / job` → conclusion, and the outcomes of tests by reports."""

    jobs: dict[str, str]
    outcomes: Outcomes


async def green_head(context: Context, run: Run, verification: Verification) -> Green:
    """Jobs and reports of a head's workflow runs. What GitHub does not tell is left out; only limits are waited for."""
    jobs: dict[str, str] = {}
    outcomes = Outcomes()
    room = [MOST_REPORTS, MOST_BYTES]
    for number in verification.run_ids:
        try:
            workflow = await context.repository(run).workflow_run(number)
            listed = await context.repository(run).jobs(number, workflow.run_attempt)
            for job in listed[: MOST_JOBS - len(jobs)]:
                name = f"{workflow.name} / {job.name}" if workflow.name else job.name
                jobs[context.redactor.text(name)] = job.conclusion or job.status
            outcomes = outcomes.plus(await _reports(context, run, workflow, room))
        except NOT_NOW:
            raise
        except GitHubError as error:
            log.warning("what the green run %s showed cannot be read: %s", number, error)
    clean = context.redactor.text
    return Green(jobs, Outcomes(*(frozenset(clean(name) for name in group) for group in outcomes)))


async def _reports(context: Context, run: Run, workflow: WorkflowRun, room: list[int]) -> Outcomes:
    """Outcomes of tests in what one workflow run uploaded; `room` is how many archives and bytes are left."""
    found = Outcomes()
    artifacts = await context.repository(run).artifacts(workflow.id)
    for artifact in sorted((one for one in artifacts if worth_fetching(one, workflow)), key=best_first):
        if room[0] <= 0 or artifact.size_in_bytes > room[1]:
            continue
        data = await archive_of(context, run, artifact, room[1])
        room[0], room[1] = room[0] - 1, room[1] - len(data or b"")
        if data:
            found = found.plus(await asyncio.to_thread(outcomes_in_zip, data))
    return found


def green_jobs(green: Green) -> tuple[str, ...]:
    """Names of the jobs that ended well, each also without its workflow."""
    names = [name for name, conclusion in green.jobs.items() if conclusion == "success"]
    return tuple(dict.fromkeys([*names, *(name.rpartition(" / ")[2] for name in names)]))


def _job_lines(jobs: Mapping[str, str]) -> list[str]:
    """A line for each job; where there are very many, one for all jobs of a matrix that ended alike."""
    lines = [f"{name}: {conclusion}" for name, conclusion in sorted(jobs.items())]
    if len(lines) <= SHOWN_JOBS:
        return lines
    families = Counter((name.partition(" (")[0], conclusion) for name, conclusion in jobs.items())
    # What did not end well first: it is never among what is left out.
    order = sorted(families, key=lambda one: (one[1] == "success", one))
    told = [f"{name}: {ended}" + (f" ({families[name, ended]} jobs)" if families[name, ended] > 1 else "")
            for name, ended in order]  # fmt: skip
    more = len(told) - SHOWN_JOBS
    return told[:SHOWN_JOBS] + ([f"and {more} more"] if more > 0 else [])


def own_records(green: Green, verification: Verification, expected: Sequence[str]) -> tuple[CommandRecord, ...]:
    """The harness's own records: R1 is what Actions said, R2 the tests that passed where there was a report."""
    if verification.ending == "unwatched":
        what = f"no workflow starts for the files of {verification.sha[:12]}"
        return (CommandRecord(number=1, tool=ACTIONS, what=what, output=f"{what}: path filters leave out all of them"),)
    lines = _job_lines(green.jobs)
    if not lines:
        lines = [f"{name}: not listed" for name in expected] or ["no jobs are listed"]
    what = f"GitHub Actions on {verification.sha[:12]}"
    actions = CommandRecord(number=1, tool=ACTIONS, what=what, output="\n".join([f"{what}: green", *lines]))
    passed, skipped, failed = green.outcomes
    if not passed and not skipped:
        return (actions,)
    names = [*sorted(passed)[:SHOWN_TESTS]]
    more = len(passed) - len(names)
    words = [f"{len(passed)} tests passed:", *names, *([f"and {more} more"] if more else [])]
    for label, group in (("skipped", skipped), ("failed", failed)):
        words += [f"{len(group)} {label}: {', '.join(sorted(group)[:20])}"] if group else []
    report = CommandRecord(number=2, tool=REPORT, what="JUnit reports that Actions uploaded", output="\n".join(words))
    return (actions, report)


def tests_of(reading: Reading, sha: str, changed: Sequence[str]) -> dict[str, str]:
    """Every test that the test files of a commit define → its file; those that the attempt changed are read first."""
    paths = [path for path in reading.files(sha) if is_test_file(path)]
    first = set(changed)
    paths.sort(key=lambda path: path not in first)
    return defined_tests(reading.texts(sha, paths[:MOST_TEST_FILES]))
