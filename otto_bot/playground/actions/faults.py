"""Endings on demand that GitHub, not the code, is to blame for, with the records and words GitHub shows for them."""

import re
from collections.abc import Sequence

from otto_bot.playground.actions.api import Annotation, Fault, WorkflowRun
from otto_bot.playground.actions.live import LiveJob

BILLING = (
    "The job was not started because recent account payments have failed or your spending limit needs to be "
    "increased. Please check the 'Billing & plans' section in your settings"
)
SETUP = (
    "Failed to download action 'https://api.github.com/repos/actions/checkout/tarball'. Error: The request timed out."
)
REJECTED = "The deployment was rejected or didn't satisfy other protection rules."
FLAKY = "curl: (56) Recv failure: Connection reset by peer"


def find(faults: Sequence[Fault], run: WorkflowRun, job_name: str) -> Fault | None:
    """The first fault that fits the job in this run and attempt."""
    return next((fault for fault in faults if _fits(fault, run, job_name)), None)


def _fits(fault: Fault, run: WorkflowRun, job_name: str) -> bool:
    attempts = (1,) if fault.kind == "flaky" else fault.attempts
    return (
        (not attempts or run.run_attempt in attempts)
        and (not fault.runs or run.run_number in fault.runs)
        and bool(re.search(fault.workflow, run.workflow_path) or re.search(fault.workflow, run.name))
        and bool(re.search(fault.job, job_name))
        and bool(re.search(fault.branch, run.head_branch))
    )


def never_start(live: LiveJob) -> None:
    """No runner ever takes the job: no steps, no log, only an annotation."""
    live.annotate(Annotation(".github", 1, 1, "failure", BILLING))
    live.complete("failure")


def rejected(live: LiveJob) -> None:
    """A reviewer of the job's environment said no: no steps, no log."""
    live.annotate(Annotation(".github", 1, 1, "failure", REJECTED))
    live.complete("failure")


def lost_runner(live: LiveJob) -> None:
    """The runner went away: a step stays in progress for ever, and there is no log."""
    runner = live.record.runner_name
    text = (
        f"The hosted runner: {runner} lost communication with the server. Anything in your workflow that terminates "
        "the runner process, starves it for CPU/Memory, or blocks its network access can cause this error."
    )
    live.annotate(Annotation(".github", 1, 1, "failure", text))
    live.log = None
    live.complete("failure")


def enter_first_step(live: LiveJob) -> int:
    """The job has been set up and is in its first step that runs something; its index."""
    assert live.book is not None
    now = live.record.started_at or live.record.created_at
    index = next((i for i, plan in enumerate(live.book.plans) if plan.script is not None), 0)
    live.book.finish_setup("success", now)
    for earlier in range(index):
        live.book.begin(earlier, None, now)
        live.book.end(earlier, "success", now)
    live.book.begin(index, None, now)
    live.steps_changed()
    return index


def flaky(live: LiveJob) -> None:
    """The first step that runs something loses its connection."""
    assert live.book is not None
    assert live.log is not None
    index = enter_first_step(live)
    plan = live.book.plans[index]
    live.log.run_group(plan.script or "", plan.shell, plan.env)
    live.log.line(FLAKY)
    live.log.error("Process completed with exit code 56.")
    live.annotate(Annotation(".github", 1, 1, "failure", "Process completed with exit code 56."))
    live.close_log("failure")
    live.complete("failure")
