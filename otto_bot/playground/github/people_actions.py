"""What people do in the Actions tab and in the settings around it: cancel, run again, approve, review, set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from otto_bot.playground.actions.api import Actions, ActionsError, WorkflowRun
from otto_bot.playground.github.people_config import DoReviewDeployments, DoStanding, DoWhere
from otto_bot.playground.github.shapes import pulls as pull_shapes
from otto_bot.playground.github.state import Issue

if TYPE_CHECKING:
    from otto_bot.playground.github.people import Hand


class CannotDoError(ValueError):
    """A person cannot do this now; the text says why."""


def at_actions(hand: Hand) -> dict[str, Callable[[Any], Awaitable[None] | None]]:
    """The actions by their names in a scenario."""
    tab = ActionsTab(hand)
    return {
        "cancel_run": tab.cancel_run, "rerun_failed": tab.rerun_failed, "approve_run": tab.approve_run,
        "review_deployments": tab.review_deployments, "actions_standing": tab.set_standing,
    }  # fmt: skip


class ActionsTab:
    """One person before the Actions tab."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    @property
    def _actions(self) -> Actions:
        if self._hand.hub.actions is None:
            raise CannotDoError("Actions is switched off")
        return self._hand.hub.actions

    async def cancel_run(self, _what: DoWhere) -> None:
        """Cancels the newest unfinished workflow run."""
        rows = [row for row in self._actions.runs() if row.status != "completed"]
        if not rows:
            raise CannotDoError("no workflow run is in progress")
        await self._actions.cancel(rows[0].id, self._hand.login)

    async def rerun_failed(self, what: DoWhere) -> None:
        """Presses "Re-run failed jobs" on every failed run of the pull request's head."""
        for row in self._of_head(self._hand.find(what.where), "failure"):
            try:
                await self._actions.rerun(row.id, failed_only=True, actor=self._hand.login)
            except ActionsError as error:
                raise CannotDoError(str(error)) from error

    def approve_run(self, what: DoWhere) -> None:
        """Presses "Approve and run" on the pull request."""
        for row in self._of_head(self._hand.find(what.where), "action_required"):
            self._actions.approve(row.id)

    def review_deployments(self, what: DoReviewDeployments) -> None:
        """Answers for the environments of the newest run that waits; only who is a reviewer may."""
        actions = self._actions
        rows = [row for row in actions.runs() if row.status != "completed" and actions.pending(row.id)]
        if not rows:
            raise CannotDoError("no workflow run waits for a review")
        for name, who in actions.pending(rows[0].id).items():
            if self._hand.login not in who:
                raise CannotDoError(f"{self._hand.login} is no reviewer of {name!r}; reviewers: {', '.join(who)}")
        actions.review(rows[0].id, approved=what.approved)

    def set_standing(self, what: DoStanding) -> None:
        """Changes what is named."""
        self._actions.standing = replace(self._actions.standing, **what.model_dump(exclude_none=True))

    def _of_head(self, pull: Issue, conclusion: str) -> list[WorkflowRun]:
        sha = pull_shapes.part(pull).head_sha
        rows = [row for row in self._actions.runs(head_sha=sha) if row.conclusion == conclusion]
        if not rows:
            raise CannotDoError(f"no run of pull request {pull.number} ended {conclusion}")
        return rows
