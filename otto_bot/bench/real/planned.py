"""Plans of issues that bring none: asked of the planner once, kept, and the same for every arm and repeat."""

from __future__ import annotations

import json
from dataclasses import dataclass

from otto_bot.agents.planner import PlanRequest, make_plan
from otto_bot.bench.live.keep import Kept
from otto_bot.bench.live.play import Live
from otto_bot.bench.live.routed import RoutedModel
from otto_bot.bench.place import Place
from otto_bot.bench.real.manifest import RealIssue
from otto_bot.core.config import HostCaps, read_config
from otto_bot.core.plan import Plan
from otto_bot.core.values import Usage
from otto_bot.git.reading import Reading
from otto_bot.jobs.plan_issue import key_files
from otto_bot.model.budgeted import BudgetedModel
from otto_bot.model.errors import ModelError

PLANS = "plans.json"


class _Open:
    """The bench's purse alone counts here: a plan belongs to no run."""

    async def reserve(self, call_id: str, usd: float) -> bool:  # noqa: ARG002 - a purse that is never empty
        return True

    async def settle(self, call_id: str, usage: Usage | None) -> None:  # noqa: ARG002 - as above
        return None


@dataclass(frozen=True)
class Plans:
    """The kept plans of a bench."""

    kept: Kept
    live: Live

    async def of(self, name: str, issue: RealIssue, place: Place) -> Plan | str:
        """The plan given, kept or asked for; else why there is none."""
        known = self._known()
        if issue.plan is not None or name in known:
            return issue.plan or known[name]
        made = await self._asked(name, issue, place)
        if isinstance(made, Plan):
            said = {key: plan.model_dump(mode="json") for key, plan in {**known, name: made}.items()}
            self.kept.write(PLANS, json.dumps(said, ensure_ascii=False, indent=1) + "\n")
        return made

    def _known(self) -> dict[str, Plan]:
        return {key: Plan.model_validate(plan) for key, plan in json.loads(self.kept.read(PLANS) or "{}").items()}

    async def _asked(self, name: str, issue: RealIssue, place: Place) -> Plan | str:
        live = self.live
        model = RoutedModel(None, live.model, live.purse, live.prices, live.redactor, f"{name}/plan", live.sleep)
        mirror = place.mirror(place.root / "before")
        reading = Reading(mirror.path, place.runner.environment())
        paths = reading.files(place.base_sha)
        request = PlanRequest(
            run=name, model=read_config(place.scenario.otto, HostCaps()).models.planner, title=issue.title,
            body=issue.body, paths=tuple(paths), key_files=key_files(reading, place.base_sha, paths),
            max_tasks=issue.max_tasks, nonce="0123456789abcdef",
        )  # fmt: skip
        try:
            result = await make_plan(BudgetedModel(model, _Open(), live.prices, live.redactor), request)
        except ModelError as error:
            return str(error)
        if result.fallback != "none":
            return f"the planner's answer was not usable: {'; '.join(result.problems)}"
        return result.plan
