"""How a plan is cut: one task unless parts can fail by themselves, and then slices that each bring something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from otto_bot.core.plan import Domain, FailureDomain, Plan, TaskSpec
from otto_bot.core.plan_problem import Intent, PlanProblem, PlanRule
from otto_bot.core.plan_words import content, english, shown, stands_in

LEAST_DOMAINS = 2

_APART = re.compile(
    r"\b(?:separate(?:ly)?|apart|independent(?:ly)?|individual(?:ly)?|each (?:in|as|by|on|with|of)|one by one|split|"
    r"(?:its|their|his|her) own|one after (?:another|the other)|step by step|in (?:two|three|four|several|\d+) "
    r"(?:steps|parts|pieces|tasks|pull requests|prs)|(?:two|three|four|five|several|\d+) (?:tasks|pull requests|"
    r"prs)|(?:different|distinct|own) (?:tasks?|parts?|commits?|branch(?:es)?|pull "
    r"requests?|prs?|modules?|files?)|first\b.{1,200}\bthen|on (?:its|their) own|by itself|a task (?:of|for) each)\b",
    re.IGNORECASE | re.DOTALL,
)
_ALL_APART = re.compile(
    r"\b(?:separate|independent|individual|different|own) (?:tasks?|changes?|parts?|pieces|steps|pull requests?|prs?|"
    r"commits?|slices|issues?)\b|\b(?:separately|independently|one by one|one after (?:another|the other))\b",
    re.IGNORECASE,
)
"""Said anywhere in the issue, it holds for each part that is quoted."""
_KINDS = {  # any noun can be a surface, a role or another system; these three have words of their own
    Domain.PAYMENT: r"pay|bill|invoic|check ?out|price|refund|charg|subscri|card|stripe|purchas|buy|money|fee|deposit|"
    r"donat|credit|sepa|tip|cost|cart|order",
    Domain.ACCESS: r"log ?in|sign|auth|password|session|token|permission|sso|oauth|access|secret|key|account|invit|"
    r"link|member|verif|2fa|two-factor|private|who may|allowed|cookie|only|can see|visible|restrict|"
    r"protect|share|public",
    Domain.BACKGROUND: r"job|cron|night|schedul|queue|worker|dail|hour|week|month|minute|morning|evening|background|"
    r"remind|every|periodic|batch|automatic|later|expir|lifetime|timeout|retry|poll|day|send|sent|notif|async|"
    r"sync|import|when|after|once",
}
_LAYERS = (
    r"(?:back-?end|front-?end|(?:database|db|sql|data) (?:schema|layer|model|tables?|migrations?)|"
    r"(?:schema|models?) and migrations|(?:service|persistence|api|ui|view|presentation|repository|"
    r"data access|domain|business|storage|network) layer|business logic|(?:data|domain|database|orm) models?|"
    r"controllers?|dtos?|ui components?|(?:ui|api|database) work|plumbing|wiring|scaffolding|boilerplate|"
    r"groundwork|foundations?|infrastructure|types and interfaces|stubs)"
)
_MAKE = (
    r"(?:(?:implement|build|add|create|write|set ?up|develop|extend|prepare|define|make|do|introduce|the|a|an|new|"
    r"whole|common|shared|basic|core|all|project|necessary|required|needed)\s+)*"
)
_LAYER_TITLE = (
    re.compile(
        rf"^{_MAKE}({_LAYERS})(?=\W*$|\s+(?:for|of|to|with|and|changes|work|part|side|code|in)\b|\s*[:(–—-])",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b((?:back-?end|front-?end|database|db|api|ui|server|client)[ -](?:part|side|half|layer|work|code))\W*$",
        re.IGNORECASE,
    ),
)


def cohesive(plan: Plan, intent: Intent) -> Iterator[PlanProblem]:
    """More than one task needs several parts of the intent that can fail by themselves, in the issue's own words."""
    if len(plan.tasks) < LEAST_DOMAINS:
        return
    real: set[tuple[str, ...]] = set()
    for domain in plan.domains:
        if why := _no_domain(domain, intent):
            yield PlanProblem(rule=PlanRule.COHESIVE, where=f"domain {shown(domain.name)}", reason=why)
        else:
            real.add(tuple(sorted(content(domain.name))) or (domain.name.casefold().strip(),))
    if len(real) < LEAST_DOMAINS:
        reason = (
            f"{len(plan.tasks)} tasks, but {len(real)} failure domains that the issue's words show; make it one task, "
            "or name at least two domains with words copied from the issue"
        )
        yield PlanProblem(rule=PlanRule.COHESIVE, where="domains", reason=reason)


def _no_domain(domain: FailureDomain, intent: Intent) -> str:
    if not stands_in(domain.asked, intent.texts):
        return f"{shown(domain.asked)} does not stand in the issue; copy its words exactly, or drop the domain"
    if not english("\n".join(intent.texts)):
        return ""
    apart = _APART.search(domain.asked) or any(_ALL_APART.search(text) for text in intent.texts)
    if domain.kind is Domain.ASKED and not apart:
        return f"{shown(domain.asked)} does not ask for the parts to be done apart"
    pattern = _KINDS.get(domain.kind)
    if pattern and not re.search(rf"\b(?:{pattern})", f"{domain.asked} {domain.name}", re.IGNORECASE):
        return f"{shown(domain.asked)} says nothing of {domain.kind.value}"
    return ""


def slices(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """Every task of several brings a feature that no other task brings, and none is a layer."""
    if len(plan.tasks) < LEAST_DOMAINS:
        return
    for task in plan.tasks:
        own = own_features(plan, task)
        if not own:
            reason = (
                "brings no feature that no other task brings: a layer, or a part of another task; make it part of the "
                "slices that need it"
            )
            yield PlanProblem(rule=PlanRule.SLICE, where=task.key, reason=reason)
        elif (layer := _layer(task.title)) and not _in_quotes(plan, own, layer):
            reason = f"{shown(layer)} is a layer; name and cut the task by what a user can do after it"
            yield PlanProblem(rule=PlanRule.SLICE, where=task.key, reason=reason)


def own_features(plan: Plan, task: TaskSpec) -> tuple[str, ...]:
    """Features of the spec that only this task brings."""
    known = {feature.id for feature in plan.spec.features} if plan.spec else set()
    others = {feature for other in plan.tasks if other is not task for feature in other.features}
    return tuple(feature for feature in task.features if feature in known and feature not in others)


def _layer(title: str) -> str:
    found = next((match for pattern in _LAYER_TITLE if (match := pattern.search(title.strip()))), None)
    return found.group(1) if found else ""


def _in_quotes(plan: Plan, features: tuple[str, ...], words: str) -> bool:
    """Whether the issue itself names the layer as what it wants."""
    quotes = [feature.asked for feature in plan.spec.features if feature.id in features] if plan.spec else []
    return any(words.casefold() in quote.casefold() for quote in quotes)
