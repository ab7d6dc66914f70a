"""What is built and why it is built so, as files of a repository."""

from __future__ import annotations

from otto_bot.core.plan import Journey, Plan
from otto_bot.core.run import Run
from otto_bot.text.markdown import inline, plain

SPEC, ARCHITECTURE = "product-spec.md", "architecture.md"


def spec_files(run: Run) -> dict[str, str]:
    """Name → text of the files that the plan's product spec and trade-offs make; none where it has neither."""
    plan = run.plan
    if plan is None:
        return {}
    files = {}
    if plan.spec is not None:
        files[SPEC] = _file(run, "Product spec", _spec(plan))
    if plan.architecture:
        files[ARCHITECTURE] = _file(run, "Architecture", _trade_offs(plan))
    return files


def _file(run: Run, title: str, sections: list[str]) -> str:
    head = f"# {title}: {inline(plain(run.title, 200), 200)}"
    lead = f"Written from the plan of issue {run.issue} when the work began. Change it as the product changes."
    text = "\n\n".join([head, lead, *sections]) + "\n"
    return text.replace("&#47;", "/")  # no bot reads a file as a comment, and people read it as it is


def _spec(plan: Plan) -> list[str]:
    spec = plan.spec
    assert spec is not None
    features = [f"- **{feature.id}** {inline(feature.name, 120)}" for feature in spec.features]
    parts = [inline(plan.summary, 1000), _section("Scope", [inline(spec.scope, 1000)] if spec.scope else [])]
    parts += [_section("Features", features), _section("Not part of it", _bullets(plan.non_goals))]
    parts += [_section("Assumptions", _bullets(plan.assumptions)), _section("Kept as stated", _bullets(plan.stack))]
    if spec.journeys:
        parts += ["## User journeys", *(_journey(journey) for journey in spec.journeys)]
    return [part for part in parts if part]


def _journey(journey: Journey) -> str:
    features = f" ({', '.join(inline(one, 10) for one in journey.features)})" if journey.features else ""
    steps = [
        f"{number}. {inline(step.do, 300)}\n   → {inline(step.see, 300)}"
        for number, step in enumerate(journey.steps, 1)
    ]
    return "\n".join([f"### {journey.id} {inline(journey.title, 120)}{features}", "", *steps])


def _trade_offs(plan: Plan) -> list[str]:
    return [
        f"- **{inline(one.decision, 300)}** instead of {inline(one.instead_of, 300)}: {inline(one.why, 500)}"
        for one in plan.architecture
    ]


def _bullets(items: tuple[str, ...]) -> list[str]:
    return [f"- {inline(item, 500)}" for item in items]


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([f"## {title}", "", *lines]) if lines else ""
