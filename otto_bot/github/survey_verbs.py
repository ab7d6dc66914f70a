"""Verbs that look a repository over: what is set there that would hinder a run. They read, and nothing else."""

from __future__ import annotations

from otto_bot.github.ci_models import ActionsPolicy, Environment, WorkflowRun
from otto_bot.github.errors import Forbidden, NotFound
from otto_bot.github.needs import needs
from otto_bot.github.reading import parse
from otto_bot.github.repository import RepositoryCalls

MOST_WAITING = 20


class SurveyVerbs(RepositoryCalls):
    """Mixed into Repository."""

    @needs(metadata="read")
    async def actions_policy(self) -> ActionsPolicy | None:
        """What the settings of Actions say; None where GitHub does not show them to the App, which is the usual case:
        they belong to *Administration*, which Otto never asks for."""
        try:
            return parse(ActionsPolicy, await self._json("/actions/permissions"))
        except (Forbidden, NotFound):
            return None

    @needs(actions="read")
    async def environments(self) -> list[Environment]:
        """Every environment, with whether reviewers are required. GitHub shows them where their plan has them."""
        try:
            return [parse(Environment, item) async for item in self._pages("/environments", key="environments")]
        except NotFound:
            return []

    @needs(actions="read")
    async def runs_to_approve(self) -> list[WorkflowRun]:
        """The last runs that wait until a person lets them start, newest first."""
        params: dict[str, str | int] = {"status": "action_required", "per_page": MOST_WAITING}
        found = (await self._json("/actions/runs", params=params)).get("workflow_runs") or []
        return [parse(WorkflowRun, item) for item in found]

    @needs(issues="read")
    async def label_names(self) -> frozenset[str]:
        """The labels that there are, in small letters."""
        return frozenset([str(item.get("name", "")).lower() async for item in self._pages("/labels")])
