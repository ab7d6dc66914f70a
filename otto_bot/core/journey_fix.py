"""The task that mends what journeys found: the steps that did not pass are its criteria."""

from __future__ import annotations

from otto_bot.core.journeys import JourneyRound, fix_title, journeys_of, step_of
from otto_bot.core.plan import Criterion, Plan, TaskSpec

MOST_CRITERIA = 20


def fix_task(plan: Plan, one: JourneyRound, key: str) -> TaskSpec:
    """The task that mends failing journeys: the steps that did not pass are its criteria, nothing more."""
    chosen = [result for result in one.report.journeys if result.id in one.fixing]
    steps = [step for result in chosen for step in result.steps if step.status != "passed"]
    by_journey = {finding.journey: finding for finding in one.findings}
    lines = ["The finished product was tested by its user journeys. Mend what fails, and nothing else."]
    for result in chosen:
        finding = by_journey.get(result.id)
        seen = result.broken.seen if result.broken is not None else ""
        said = f"{finding.summary} {finding.guidance}".rstrip() if finding is not None else seen
        lines.append(f"- {result.id}: {said}")
        if seen and finding is not None:
            lines.append(f"  Seen: {seen}")
    if one.guidance:
        lines.append(f"A maintainer adds: {one.guidance}")
    features = {f for journey in journeys_of(plan) if journey.id in one.fixing for f in journey.features}
    criteria = [_criterion(plan, step.id, number) for number, step in enumerate(steps[:MOST_CRITERIA], 1)]
    return TaskSpec(
        key=key,
        title=fix_title(one.number, one.fixing),
        goal="\n".join(lines)[:4000],
        criteria=tuple(criteria),
        features=tuple(sorted(features)),
        size="M",
    )


def _criterion(plan: Plan, step: str, number: int) -> Criterion:
    do, see = step_of(plan, step)
    return Criterion(id=f"c{number}", text=f"{step}: {do} Then: {see}"[:500])
