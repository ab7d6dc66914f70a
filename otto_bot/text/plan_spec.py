"""The plan comment's account of why work is split, what users get, and what was chosen against what."""

from __future__ import annotations

from otto_bot.core.plan import Domain, Journey, Plan
from otto_bot.core.run import Run
from otto_bot.text.body import Part
from otto_bot.text.markdown import fold, inline
from otto_bot.text.words import count, several

DOMAINS: dict[Domain, str] = {
    Domain.SURFACE: "another place where people meet it",
    Domain.ACCESS: "who may come in",
    Domain.PAYMENT: "money",
    Domain.INTEGRATION: "another system",
    Domain.ROLE: "another kind of user",
    Domain.BACKGROUND: "work in the background",
    Domain.ASKED: "asked for by itself",
}


def planner_says(run: Run) -> Part:
    """What the planner's answer broke; nothing where it broke nothing."""
    if not run.plan_notes:
        return Part("", "")
    lead = f"**Look closely:** {inline(run.plan_notes[0], 400)}"
    rows = [f"- {inline(note, 400)}" for note in run.plan_notes[1:30]]
    return Part("\n".join([lead, *rows]), f"{lead} The rules it broke are left out here.", kept=True)


def why_split(plan: Plan) -> Part:
    """The parts of the issue that can fail by themselves, in its own words."""
    if len(plan.tasks) < 2 or not plan.domains:
        return Part("", "")
    rows = [
        f'- {inline(domain.name, 80)} ({DOMAINS[domain.kind]}): "{inline(domain.asked, 300)}"'
        for domain in plan.domains
    ]
    lead = f"**Why {len(plan.tasks)} tasks:** these parts of the issue can fail while the rest works."
    return Part("\n".join([lead, *rows]), f"{lead} They are left out here.")


def what_users_get(plan: Plan) -> Part:
    """Scope and features, with the task that brings each."""
    spec = plan.spec
    if spec is None or not (spec.scope or spec.features):
        return Part("", "")
    lines = ["**What users get:**" + (f" {inline(spec.scope, 1000)}" if spec.scope else "")]
    for feature in spec.features:
        tasks = [task.key for task in plan.tasks if feature.id in task.features]
        by = f" · {several(tasks)}" if tasks else ""
        lines.append(f'- {feature.id} {inline(feature.name, 120)}{by}: "{inline(feature.asked, 300)}"')
    return Part("\n".join(lines), f"**What users get:** {count(len(spec.features), 'feature')}, left out here.")


def user_journeys(run: Run, plan: Plan) -> Part:
    """The ways of a user through the product, folded; they give way first where the comment is too long."""
    journeys = plan.spec.journeys if plan.spec else ()
    if not journeys:
        return Part("", "")
    when = "walked through when everything is merged" if run.config.journeys.enabled else "never walked through here"
    lead = f"**User journeys:** {len(journeys)}, {when}."
    names = "\n".join(f"- {journey.id} {inline(journey.title, 120)}" for journey in journeys)
    body = "\n\n".join(_journey(journey) for journey in journeys)
    return Part(f"{lead}\n\n{fold('Show their steps', body)}", f"{lead}\n{names}", first=True)


def _journey(journey: Journey) -> str:
    through = f" · {several([inline(name, 40) for name in journey.features])}" if journey.features else ""
    rows = [
        f"- {name}: {inline(step.do, 300)} → {inline(step.see, 300)}"
        for name, step in zip(journey.step_ids, journey.steps, strict=True)
    ]
    return "\n".join([f"{journey.id} {inline(journey.title, 120)}{through}", *rows])


def trade_offs(plan: Plan) -> Part:
    """Real choices of the architecture."""
    if not plan.architecture:
        return Part("", "")
    rows = [
        f"- {inline(one.decision, 300)}, instead of {inline(one.instead_of, 300)}: {inline(one.why, 500)}"
        for one in plan.architecture
    ]
    lead = "**Choices of the architecture:**"
    return Part("\n".join([lead, *rows]), f"{lead} {len(rows)}, left out here.")
