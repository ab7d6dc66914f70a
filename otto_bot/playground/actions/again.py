"""Which jobs of a run start again when its failed jobs are run again."""

from otto_bot.playground.actions.api import Job
from otto_bot.playground.actions.state import RunState
from otto_bot.playground.actions.workflow import needs_of


def keys_to_run_again(state: RunState) -> set[str]:
    """The jobs that failed or were cancelled, and everything that needs one of them; of calls, the caller's key."""
    legs = state.attempt.legs
    again = {_top(key) for key, found in legs.items() if any(_is_bad(leg.live.record) for leg in found)}
    again |= {key for key in state.workflow.jobs if key not in {_top(one) for one in legs}}
    if not any(_is_bad(live.record) for live in state.attempt.order):
        return set()
    grown = True
    while grown:
        more = {key for key, job in state.workflow.jobs.items() if again.intersection(needs_of(job))}
        grown = not more <= again
        again |= more
    return again


def is_kept(state: RunState, key: str, again: set[str]) -> bool:
    """Whether what the job gave in the attempt before still holds. Of a call that runs again every job does."""
    if "/" in key:
        return _top(key) not in again
    return key not in again or not again.intersection(needs_of(state.workflow.jobs[key]))


def _top(key: str) -> str:
    return key.partition("/")[0].partition("#")[0]


def _is_bad(job: Job) -> bool:
    return job.conclusion in ("failure", "cancelled", "timed_out")
