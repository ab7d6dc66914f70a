"""A bench scenario as a script of the scripted model: coder and judge rules, composed pilot and replan answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from otto_bot.bench.scenario import BenchScenario, Coded, Judged, PilotAnswer
from otto_bot.core.plan import TaskSpec

Json = dict[str, Any]
SCRIPT = "scenario.yml"


def write_script(scenario: BenchScenario, root: Path) -> Path:
    """The script as a folder of its own below `root`. JSON is YAML too."""
    folder = root / scenario.name
    folder.mkdir(parents=True)
    bench = scenario.bench
    said = {"issue": bench.issue.model_dump(), "script": rules(scenario)}
    (folder / SCRIPT).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return folder


def rules(scenario: BenchScenario) -> list[Json]:
    """Every rule, in the order in which they are tried."""
    bench = scenario.bench
    pilot = {
        "right": {key: _said(side.right) for key, side in bench.pilot.items()},
        "wrong": {key: [_said(one) for one in side.wrong] for key, side in bench.pilot.items() if side.wrong},
    }
    return [
        *(rule for task in bench.plan.keys for rule in _coder(scenario, task)),
        *judge_rules(scenario),
        {"when": {"role": "pilot"}, "reply": {"pilot": pilot}},
        {"when": {"role": "replan"}, "reply": {"order": "auto"}},
    ]


def _coder(scenario: BenchScenario, task: str) -> Iterator[Json]:
    for coded in scenario.bench.rules_of(task):
        when: Json = {"role": "coder", "task": task}
        if coded.prompt_contains:
            when["prompt_contains"] = list(coded.prompt_contains)
        if coded.prompt_lacks:
            when["prompt_lacks"] = list(coded.prompt_lacks)
        yield {"when": when, "reply": {"turns": [tools(coded)]}}


def tools(coded: Coded) -> list[Json]:
    """One turn: what is written, then the end."""
    finish: Json = {"summary": coded.summary}
    if coded.handoff:
        finish["handoff"] = list(coded.handoff)
    return [
        *({"tool": "write", "input": {"file_path": path, "content": text}} for path, text in coded.writes.items()),
        *(
            {"tool": "edit", "input": {"file_path": edit.file, "old_string": edit.old, "new_string": edit.new}}
            for edit in coded.edits
        ),
        {"tool": "finish", "input": finish},
    ]


def judge_rules(scenario: BenchScenario) -> Iterator[Json]:
    """For each task a rule for every set of criteria that are met: the diff decides, never the attempt."""
    for task in scenario.bench.plan.tasks:
        judged = scenario.bench.judge.get(task.key, {})
        watched = [criterion.id for criterion in task.criteria if criterion.id in judged]
        for bits in range(2 ** len(watched) - 1, -1, -1):
            met = {key for place, key in enumerate(watched) if bits >> place & 1}
            when: Json = {"role": "judge", "task": task.key}
            if met:
                when["prompt_contains"] = [judged[key].needs for key in watched if key in met]
            missing = {key: judged[key] for key in watched if key not in met}
            yield {"when": when, "reply": _verdict(scenario.workflow.job, task, missing)}


def _verdict(job: str, task: TaskSpec, missing: Mapping[str, Judged]) -> Json:
    """A verdict on evidence: the green job (R1), or a search for what is needed that finds nothing (R2, R3, …)."""
    refs = {key: f"R{number}" for number, key in enumerate(missing, start=2)}
    items = [
        {"id": c.id, "status": "not_met", "evidence": missing[c.id].says, "refs": [refs[c.id]]}
        if c.id in missing
        else {"id": c.id, "status": "met", "evidence": f"the job {job} is green", "refs": ["R1"]}
        for c in task.criteria
    ]
    said: Json = {"summary": "Read against its criteria.", "items": items}
    looks = [{"tool": "grep", "input": {"pattern": re.escape(one.needs)}} for one in missing.values()]
    return {"turns": [looks, [{"json": said}]]} if looks else {"json": said}


def _said(answer: PilotAnswer) -> Json:
    return answer.model_dump(mode="json", by_alias=True)
