"""Drive one attempt of a run: its jobs to their ends, then the run's own end."""

import asyncio
from collections.abc import Callable, Mapping

from otto_bot.playground.actions.api import ActionsConfig, ActionsHost
from otto_bot.playground.actions.graph import Attempting, JobGraph
from otto_bot.playground.actions.groups import Groups
from otto_bot.playground.actions.runner import Runner
from otto_bot.playground.actions.standing import Standing
from otto_bot.playground.actions.state import Leg, RunState


class AttemptDriver:
    """One attempt. `carried` are legs of the attempt before, by job key, that are not run again."""

    def __init__(
        self,
        state: RunState,
        runner: Runner,
        host: ActionsHost,
        config: ActionsConfig,
        slots: asyncio.Semaphore,
        groups: Groups,
        carried: Mapping[str, list[Leg]],
        standing: Callable[[], Standing],
    ) -> None:
        self._state = state
        self._attempt = Attempting(state, runner, host, config, slots, groups, carried, standing)

    async def drive(self) -> None:
        """Run every job and publish the run's end. A cancelled task ends all jobs as cancelled."""
        self._state.set_status("in_progress")
        try:
            conclusion = await JobGraph(self._attempt, self._state.workflow, self._state.inputs).run()
        except asyncio.CancelledError:
            self._end_cancelled()
            return
        if self._attempt.invalid is not None:
            self._state.fail_to_start(self._attempt.invalid)
        else:
            self._state.set_status("completed", conclusion)

    def _end_cancelled(self) -> None:
        for live in self._state.attempt.order:
            live.cancelled(self._state.cancel_reason)
        self._state.set_status("completed", "cancelled")
