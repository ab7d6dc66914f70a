"""How gates are decided in the simulated world: by every decider, in every mode, with and without money."""

from __future__ import annotations

import random

from otto_bot.agents.rules import rules_decision, tasks_to_run, with_order
from otto_bot.bench.simulate.rules import hold
from otto_bot.core.config import PilotConfig
from otto_bot.core.decision import Action, Decider, Decision, Facts, PilotDecision, Strategy, expected_tasks, settle
from otto_bot.core.evidence import EvidenceItem, Excerpt
from otto_bot.core.gate_account import Shadow
from otto_bot.core.plan import batches
from otto_bot.core.run import Gate
from otto_bot.core.validation import validate


def evidence_of(gate: Gate) -> dict[str, EvidenceItem]:
    """One item a failure."""
    items = {}
    for number, why in enumerate(gate.failures, start=1):
        excerpt = why.excerpts[0] if why.excerpts else Excerpt(kind="log", source="s", text="it broke here")
        items[f"E{number}"] = EvidenceItem(id=f"E{number}", task=why.task, attempt=why.attempt, excerpt=excerpt)
    return items


def decided(dice: random.Random, facts: Facts, config: PilotConfig, trouble: float) -> tuple[Decision, Shadow | None]:
    """What a gate comes to while there is money, and what the pilot would have said in shadow."""
    if not config.enabled:
        return _replan(facts, "off"), None
    if dice.random() < 0.3:
        return rules_decision(facts, "rules"), None
    own = pilot(dice, facts, trouble)
    if config.mode == "shadow":
        return _replan(facts, "shadow").model_copy(update={"analysis": own.analysis}), Shadow(decision=own)
    return own, None


def _replan(facts: Facts, why: str) -> Decision:
    raw = with_order(facts, batches(facts.plan, tasks_to_run(facts)))
    found = validate(raw, facts)
    hold(0, not found, f"the replan's own decision does not hold: {found}")
    return settle(raw, facts, Decider.REPLAN).model_copy(update={"why": why})


def pilot(dice: random.Random, facts: Facts, trouble: float) -> Decision:
    """A random decision that holds against the facts."""
    strategies = [_strategy(dice, key, allowed, trouble) for key, allowed in facts.open_failures.items()]
    skips = [{"task": key, "reason": "too much"} for key in sorted(facts.pending) if dice.random() < trouble * 0.2]
    cited = {item.task: [{"evidence": item.id, "quote": item.excerpt.text[:8]}] for item in facts.evidence.values()}
    some = next(iter(cited.values()))
    analysis = [
        {"task": key, "class": "spec", "summary": "s", "citations": cited.get(key, [])} for key in facts.open_failures
    ]
    across = [{"tasks": [skip["task"]], "finding": "it is of no use now", "citations": some} for skip in skips]
    left = {skip["task"] for skip in skips}
    told = [
        {"target_task": key, "context": "dicts, not tuples", "citations": some}
        for key in sorted(facts.pending - left)
        if dice.random() < trouble
    ]
    raw = PilotDecision.model_validate({"failure_analysis": analysis, "cross_task": across, "routed_context": told,
                                        "retry_strategies": strategies, "skip_tasks": skips})  # fmt: skip
    raw = raw.model_copy(update={"batches": batches(facts.plan, expected_tasks(raw, facts))})
    found = validate(raw, facts)
    hold(0, not found, f"a pilot's decision within what is allowed does not hold: {found}")
    return settle(raw, facts, Decider.PILOT)


def _strategy(dice: random.Random, key: str, allowed: frozenset[Action], trouble: float) -> Strategy:
    """A helpful pilot retries; one in trouble may choose anything that is allowed."""
    wanted = sorted(allowed - {Action.SKIP, Action.ASK}) if dice.random() >= trouble else []
    action = dice.choice(wanted or sorted(allowed - {Action.SKIP} if trouble == 0 else allowed))
    return Strategy.model_validate({
        "task": key,
        "action": action.value,
        "guidance": "use dicts" if action is Action.RETRY_DIFFERENT else "",
        "question": "tuples or dicts?" if action is Action.ASK else None,
    })  # fmt: skip
