"""A bench scenario as one that the playground plays: repository, script, people, faults, and what must come of it."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from otto_bot.bench.arms import variants
from otto_bot.bench.claims import BEST
from otto_bot.bench.export_plan import answer, issue, why_not
from otto_bot.bench.measure import Measured
from otto_bot.bench.runner import run_bench
from otto_bot.bench.scenario import ANY, CANDIDATE, ActionFact, BenchScenario
from otto_bot.bench.scenario_file import OTTO, BenchError
from otto_bot.bench.script import SCRIPT, rules
from otto_bot.core.config import HostCaps, read_config
from otto_bot.core.decision import Decider

Json = dict[str, Any]
FAULTS = {"runner_lost": "lost_runner", "billing": "never_start"}
"""Recorded answers that the playground's runner can give by itself."""
NEEDS_HUMAN = "otto:needs-human"
TIME_LIMIT = 180


def export(scenario: BenchScenario, root: Path) -> Path:
    """Writes the scenario below `root`; returns its folder. It is played once here: what comes of it is expected there.

    Raises BenchError where the scenario cannot be used, is there already, or records what the playground cannot do.
    """
    folder = root / scenario.name
    found = [f"{scenario.file}: {place}: {reason}" for place, reason in _impossible(scenario)]
    if folder.exists():
        found.append(f"{folder}: file: is there already; name another folder")
    if found:
        raise BenchError(found)
    best = played_right(scenario)
    shutil.copytree(scenario.repo, folder / "repo", ignore=shutil.ignore_patterns("__pycache__"))
    otto = {**scenario.otto, "journeys": {"enabled": False}}
    (folder / "repo" / OTTO).write_text(yaml.safe_dump(otto, sort_keys=False), encoding="utf-8")
    text = yaml.dump(
        script(scenario, best), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110, default_flow_style=False
    )
    (folder / SCRIPT).write_text(text, encoding="utf-8")
    return folder


def played_right(scenario: BenchScenario) -> Measured:
    """The run of the bench in which the pilot is always right. Raises BenchError."""
    (done,) = asyncio.run(run_bench([scenario], variants([BEST], 1), 1, lambda _done: None))
    if done.problems or done.results[0].problems:
        raise BenchError([*done.problems, *(f"{scenario.name}: run: {one}" for one in done.results[0].problems)])
    return done.results[0]


def script(scenario: BenchScenario, best: Measured) -> Json:
    """Everything that `scenario.yml` says."""
    bench = scenario.bench
    planner: Json = {"when": {"role": "planner"}, "reply": {"json": answer(scenario)}}
    said: Json = {
        "description": bench.description,
        "issue": {**issue(scenario), "author": "maintainer"},
        "script": [planner, *rules(scenario)],
        "expect": expected(best),
        "time_limit": TIME_LIMIT,
    }
    if faults := [_fault(scenario, fact) for fact in bench.actions]:
        said["github"] = {"actions": {"faults": faults}}
    if people := _people(best):
        said["people"] = people
    return said


def expected(best: Measured) -> Json:
    """What the bench's own run came to."""
    return {
        "outcome": best.outcome,
        "tasks": {key: {"state": state, "attempts": best.attempts_by_task[key]} for key, state in best.states.items()},
        "gates": len(best.gates),
        "decided_by": [Decider.HUMAN.value if gate.revised else gate.decided_by for gate in best.gates],
    }


def _impossible(scenario: BenchScenario) -> Sequence[tuple[str, str]]:
    """What the playground cannot do as it is recorded."""
    bench = scenario.bench
    found = [("history", "other runs' verdicts are not in a playground's ledger")] if bench.history else []
    if any(mend.files for mend in bench.people.mends.values()):
        found.append(("people.mends", "commits of a person have to be scripted by hand, under `people`"))
    most = read_config(scenario.otto, HostCaps()).plan.max_tasks
    found += [("plan", reason) for reason in why_not(scenario, most)]
    if bench.people.budget:
        found.append(("people.budget", "money has to be scripted by hand, under `people`"))
    for n, fact in enumerate(bench.actions, 1):
        kind = bench.answer(fact.answer).kind
        if kind not in FAULTS:
            found.append((f"actions[{n}]", f"the playground's runner has no fault like {kind}"))
        elif fact.at in (ANY, CANDIDATE) or fact.if_check != "any":
            found.append((f"actions[{n}]", "only what befalls a task's branch, or the base commit, can be played"))
    return found


def _fault(scenario: BenchScenario, fact: ActionFact) -> Json:
    """By branch: the first attempt's; until something is mended only the first run of its jobs fails."""
    single = len(scenario.bench.plan.tasks) == 1
    fault: Json = {"kind": FAULTS[scenario.bench.answer(fact.answer).kind]}
    if fact.at.startswith("t") and not single:
        fault["branch"] = rf"/{re.escape(fact.at)}-[^/]*-a1$"
    elif fact.at.startswith("t"):
        fault["runs"] = [2]  # the first run is the base commit's
    else:
        fault["runs"] = [1]
    return {**fault, "attempts": list(fact.verifications)}


def _people(best: Measured) -> list[Json]:
    """What the person of the bench said in its own run, each time that the bot calls for one."""
    return [
        {
            "on": {"label": NEEDS_HUMAN, "nth": nth},
            "do": [{"comment": {"where": "issue", "body": text}} for text in said],
            "as": "maintainer",
        }
        for nth, said in enumerate(best.said, 1)
        if said
    ]


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as they are."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Everything is written out."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
