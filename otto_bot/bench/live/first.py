"""The script of recorded first attempts: for each task the one that nobody has helped, and what judges it."""

from __future__ import annotations

import json
from pathlib import Path

from otto_bot.bench.checks import Checks
from otto_bot.bench.scenario import BenchScenario
from otto_bot.bench.script import SCRIPT, Json, judge_rules, tools
from otto_bot.bench.trials import Trials, fits


def write_first(scenario: BenchScenario, root: Path) -> Path:
    """A script folder below `root`.

    A task's first attempt is the rule that fits its bare opening prompt, whatever else a prompt holds: a fact that
    was routed to it in the scenario's own words must not be a scripted success.
    """
    folder = root / scenario.name
    folder.mkdir(parents=True)
    said = {"issue": scenario.bench.issue.model_dump(), "script": [*_coder(scenario, root), *judge_rules(scenario)]}
    (folder / SCRIPT).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return folder


def _coder(scenario: BenchScenario, root: Path) -> list[Json]:
    trials = Trials(scenario, Checks(scenario.workflow.command, root / "unused"))
    found: list[Json] = []
    for task in scenario.bench.plan.keys:
        prompt = trials.first_prompt(task)
        rule = next((rule for rule in scenario.bench.rules_of(task) if fits(rule, prompt)), None)
        if rule is not None:
            found.append({"when": {"role": "coder", "task": task}, "reply": {"turns": [tools(rule)]}})
    return found
