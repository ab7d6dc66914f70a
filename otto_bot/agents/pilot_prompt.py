"""What the pilot and the plain replan are told: bounded, fenced, the trusted part apart from the untrusted."""

from __future__ import annotations

import json

from pydantic import Field

from otto_bot.agents.evidence_pack import refit
from otto_bot.agents.fence import fence, rule
from otto_bot.agents.packing import BYTES_PER_TOKEN, bullets, clip, clip_all, size
from otto_bot.agents.rules import default_moves, tasks_to_run
from otto_bot.core.decision import Facts
from otto_bot.core.evidence import EvidenceItem, Failure
from otto_bot.core.values import Frozen

PROMPT_VERSION = "pilot/2"
"""Raised with every change of a system prompt, so that decisions of different prompts are told apart."""

PILOT_PROMPT_TOKENS = 64_000
"""The most one prompt of a gate may take, system prompt included; counted by code as bytes / BYTES_PER_TOKEN."""
PROMPT_BYTES = PILOT_PROMPT_TOKENS * BYTES_PER_TOKEN

PLAN_BYTES = 8_000
REPLAN_BYTES = 30_000
FAILURE_BYTES = 12_000
HISTORY_BYTES = 8_000
HANDOFF_BYTES = 6_000
LEARNING_BYTES = 4_000
RELATION_BYTES = 4_000
LIST_BYTES = 2_500
CUT_BYTES = 3_000
MARGIN = 1_000
"""Parts of it; evidence gets everything that they leave, and at least half."""


class Past(Frozen):
    """An attempt that is over: what was tried, and what came of it."""

    task: str
    attempt: int
    strategy: str
    result: str


class Told(Frozen):
    """What a passed task wants others to know."""

    task: str
    text: str


class GateRequest(Frozen):
    """Everything a gate is decided on. `facts.evidence` is the numbered evidence; `cut` says what it lacks.

    `usd_left` is US dollars; `timeout` is seconds for one call; `nonce` is new for each gate.
    """

    run: str
    gate: int
    model: str
    facts: Facts
    failures: tuple[Failure, ...]
    history: tuple[Past, ...] = ()
    handoffs: tuple[Told, ...] = ()
    learnings: tuple[str, ...] = ()
    attempts_left: dict[str, int] = {}
    usd_left: float = 0.0
    cut: tuple[str, ...] = ()
    nonce: str
    max_tokens: int = Field(default=16_000, gt=0)
    timeout: float = Field(default=240.0, gt=0)

    @property
    def evidence_bytes(self) -> int:
        """What is left for evidence when everything else is in the prompt."""
        bare = self.model_copy(update={"facts": self.facts.model_copy(update={"evidence": {}}), "cut": ()})
        used = size(pilot_system(self.nonce)) + size(pilot_prompt(bare)) + CUT_BYTES + MARGIN
        return max(PROMPT_BYTES // 4, PROMPT_BYTES - used)

    def bounded(self) -> GateRequest:
        """The same with its evidence held to the budget, so that what is shown is what quotes are checked in."""
        pack = refit(self.facts.evidence.values(), self.evidence_bytes)
        facts = self.facts.model_copy(update={"evidence": pack.by_id})
        return self.model_copy(update={"facts": facts, "cut": (*self.cut, *pack.cut)})


_PILOT = """\
You are the pilot of Otto. Otto works on a GitHub issue as a plan of tasks; each task is coded on its own branch and \
verified in GitHub Actions. A batch has settled and some attempts failed. You decide what happens next, across tasks.

Each coder will see the raw evidence of its own failures. Do not retell it. You add only what spans tasks or what a \
coder cannot see alone: the strategy, facts from one task that another needs, the order.

How to decide, for each task under "needs a strategy":
- Read its evidence and its history. Tell a fault of the code from one of the environment, the infrastructure or the \
task text (spec). Class `spec`: the task text contradicts the repository, another task or itself.
- `retry`: its own evidence is enough. No guidance.
- `retry_different`: it needs something it cannot see, or must not repeat what it did. Guidance: what to do, what to \
leave alone, where the project shows it. At most 2000 characters.
- `restart_fresh`: what it wrote leads nowhere; begin again from the run branch.
- `skip`: the task is pointless now. Only with an analysis of that task and a quote that shows it; while attempts \
are left only where its own text is at fault (class `spec`). A person must agree. What depends on it falls with it.
- `ask`: only a person can know. Exactly one question, ending with its only question mark.
Use only the actions that are listed for the task.

What must hold, or your answer is rejected as a whole:
- Exactly one entry in retry_strategies for each task that needs a strategy, and none for any other task.
- `batches` holds exactly the tasks that will run: pending + retried, without skipped and asked ones and without all \
that depends on those; each once; what a task depends on comes in an earlier batch; pairs marked apart never share one.
- A quote is copied word for word from the evidence item it cites (the shorter, the better) and holds no ellipsis.
- Each analysis cites evidence. What you cannot quote is a guess: say so, with confidence `low`.
- One analysis a task at most, of tasks that failed or that you skip.
- routed_context goes to tasks that are still open: facts, each with a citation, never orders. To a task on `retry` \
only what its own evidence does not show.
- new_learnings: only facts about the repository that later runs need, each with a citation. Usually none.
- No text asks to touch protected paths, or to delete, skip or weaken tests or checks; none holds a secret.
Plain words, no praise, no filler. Empty lists where there is nothing to say."""

_REPLAN = """\
You order the remaining tasks of a plan. Each task is coded on its own branch; tasks of one batch run side by side, \
batches one after another. Answer with batches that hold exactly the tasks listed under "to run", each once; what a \
task depends on comes in an earlier batch; pairs marked apart never share one. Put tasks together where you can, and \
early what others build on. `reason`: one sentence."""


def pilot_system(nonce: str) -> str:
    """The pilot's system prompt."""
    return f"{_PILOT}\n\n{rule(nonce)}"


def replan_system(nonce: str) -> str:
    """The replan's system prompt."""
    return f"{_REPLAN}\n\n{rule(nonce)}"


def pilot_prompt(request: GateRequest) -> str:
    """Everything the pilot decides on. The request must be `bounded`."""
    facts, nonce = request.facts, request.nonce
    parts = [
        f"# Gate {request.gate}",
        _standing(request),
        _section("Failures", _failures(request), nonce),
        _evidence(request),
        _section("Attempts so far", _history(request), nonce),
        _section("What passed tasks found out", _told(request), nonce),
        _section("The plan", _plan(facts), nonce),
        _section("Accepted learnings", bullets(request.learnings, LEARNING_BYTES), nonce),
    ]
    return "\n\n".join(part for part in parts if part)


def replan_prompt(request: GateRequest) -> str:
    """What the order of the remaining tasks is decided on."""
    facts = request.facts
    to_run = [key for key in facts.plan.keys if key in tasks_to_run(facts)]
    moves = [f"{move.task}: {move.action}" for move in default_moves(facts)]
    parts = [
        f"# Order after gate {request.gate}",
        f"To run: {', '.join(to_run) or 'nothing'}\nDone: {', '.join(sorted(facts.done)) or 'nothing'}",
        f"Decided moves: {'; '.join(moves) or 'none'}",
        _relations(facts),
        _section("The plan", _plan(facts.model_copy(update={"evidence": {}}), REPLAN_BYTES), request.nonce),
    ]
    return "\n\n".join(parts)


def _standing(request: GateRequest) -> str:
    """The trusted part: keys, enumerations and numbers only."""
    facts = request.facts
    strategies = []
    for key in facts.plan.keys:
        if key in facts.open_failures:
            names = ", ".join(sorted(facts.open_failures[key])) or "ask"
            left = request.attempts_left.get(key)
            strategies.append(f"- {key}: {names}" + ("" if left is None else f"; attempts left: {left}"))
    fixed = ", ".join(f"{move.task} ({move.action})" for move in facts.fixed)
    protected = clip(", ".join(facts.protected[:50]), LIST_BYTES)
    return "\n".join(
        [
            "## Where the run stands",
            "Needs a strategy (allowed actions):",
            *strategies,
            f"Already decided by the rules, not yours to change: {fixed or 'none'}",
            f"Pending: {', '.join(sorted(facts.pending)) or 'none'}",
            f"Merged or otherwise done: {', '.join(sorted(facts.done)) or 'none'}",
            f"To run if every failed task is coded again: {_everything(facts)}",
            _relations(facts),
            f"Budget left: ${request.usd_left:.2f}",
            f"Protected paths: {'' if protected else 'none'}".rstrip(),
            *([fence("protected paths", protected, request.nonce)] if protected else []),
        ]
    )


def _everything(facts: Facts) -> str:
    keys = facts.to_run | set(facts.open_failures)
    return ", ".join(key for key in facts.plan.keys if key in keys) or "none"


def _relations(facts: Facts) -> str:
    needs = [f"{key} needs {', '.join(sorted(value))}" for key, value in facts.plan.depends().items() if value]
    apart = [" and ".join(sorted(pair)) for pair in facts.plan.apart()]
    first = clip(f"Depends on: {'; '.join(needs) or 'nothing'}", RELATION_BYTES)
    return first + "\n" + clip(f"Apart: {'; '.join(sorted(apart)) or 'none'}", RELATION_BYTES)


def _section(title: str, text: str, nonce: str) -> str:
    return f"## {title}\n{fence(title.lower(), text, nonce)}" if text and text != "none" else ""


def _failures(request: GateRequest) -> str:
    """The typed records of what is to be decided; their excerpts stand under the evidence."""
    parts = []
    for failure in request.failures:
        if failure.task in request.facts.open_failures or not request.facts.open_failures:
            parts.append(
                (f"{failure.task} attempt {failure.attempt}", json.dumps(_record(failure), ensure_ascii=False))
            )
    return "\n".join(text for _, text in clip_all(parts, FAILURE_BYTES))


def _record(failure: Failure) -> dict[str, object]:
    data = failure.model_dump(mode="json", exclude={"excerpts"}, exclude_defaults=True)
    for name, most in (("detail", 400), ("fingerprint", 120), ("conclusion", 80)):
        if name in data:
            data[name] = str(data[name])[:most]
    for name, most in (("failing_jobs", 10), ("suspected_files", 10), ("signals", 8)):
        if name in data:
            data[name] = [str(item)[:200] for item in data[name][:most]]
    tests = data.get("failing_tests")
    if isinstance(tests, list):
        data["failing_tests"] = [str(test.get("id", ""))[:200] for test in tests[:20]]
        if len(tests) > 20:
            data["more_failing_tests"] = len(tests) - 20
    return data


def _evidence(request: GateRequest) -> str:
    """Each item in a fence of its own, so that no log can pose as another item."""
    parts = ["## Evidence"]
    for item in request.facts.evidence.values():
        label = f"{item.id} · {_owner(item)} · {item.excerpt.kind} · {item.excerpt.place}"
        parts.append(fence(label, item.excerpt.text, request.nonce))
    if request.cut:
        # Names of jobs and files stand in it, and these are others' words too.
        lacking = bullets([one_line[:300] for c in request.cut if (one_line := " ".join(c.split()))], CUT_BYTES)
        parts.append(fence("not shown for space", lacking, request.nonce))
    return "\n".join(parts)


def _owner(item: EvidenceItem) -> str:
    if item.task is None:
        return "the run"
    return f"{item.task} attempt {item.attempt}" if item.attempt else item.task


def _history(request: GateRequest) -> str:
    lines = [
        f"{past.task} attempt {past.attempt}: {past.strategy[:300]} → {past.result[:400]}" for past in request.history
    ]
    return bullets(lines, HISTORY_BYTES)


def _told(request: GateRequest) -> str:
    return bullets([f"{told.task}: {told.text[:1000]}" for told in request.handoffs], HANDOFF_BYTES)


def _plan(facts: Facts, limit: int = PLAN_BYTES) -> str:
    """Summary, what is settled, how the tasks stand to one another; the texts of open tasks are evidence."""
    settled = [f"{task.key} {task.title}" for task in facts.plan.tasks if task.key not in facts.open_tasks]
    texts = {item.task for item in facts.evidence.values() if item.excerpt.kind == "spec"}
    parts = [
        (task.key, task.model_dump_json(exclude_defaults=True))
        for task in facts.plan.tasks
        if task.key in facts.open_tasks and task.key not in texts
    ]
    relations = [f"{r.a} {r.kind} {r.b}: {r.reason}" for r in facts.plan.relations if {r.a, r.b} & facts.open_tasks]
    lines = [f"Summary: {facts.plan.summary}", *(text for _, text in clip_all(parts, limit))]
    lines.append("Settled:\n" + bullets(settled, LIST_BYTES))
    lines.append("Relations:\n" + bullets(relations, RELATION_BYTES))
    return "\n".join(lines)
