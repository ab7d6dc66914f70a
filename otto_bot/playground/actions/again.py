"""Which jobs of a run start again when its failed jobs are run again."""

from otto_bot.playground.actions.api import Job
from otto_bot.playground.actions.state import RunState
from otto_bot.playground.actions.workflow import needs_of


def keys_to_run_again(state: RunState) -> set[str]:
    """The jobs that failed or were cancelled, and everything that needs one of them."""
    again = {key for key, legs in state.attempt.legs.items() if any(_is_bad(leg.live.record) for leg in legs)}
    again |= {key for key in state.workflow.jobs if key not in state.attempt.legs}
    if not any(_is_bad(live.record) for live in state.attempt.order):
        return set()
    grown = True
    while grown:
        more = {key for key, job in state.workflow.jobs.items() if again.intersection(needs_of(job))}
        grown = not more <= again
        again |= more
    return again


def _is_bad(job: Job) -> bool:
    return job.conclusion in ("failure", "cancelled", "timed_out")
