"""The judge where nothing was written: holds one task's criteria against a branch as it is, on what it saw itself."""

from __future__ import annotations

from dataclasses import replace

from otto_bot.agents.examiner import ExamineRequest
from otto_bot.agents.fence import fence
from otto_bot.agents.judge import JudgeRequest, examination
from otto_bot.core.verdict import Verdict

_SYSTEM = """\
You are the judge of Otto. The checkout is a repository's default branch as it is; nobody changed it for you. You say \
of each criterion of one task whether it holds there.

- `met`: what you recorded shows it. `not_met`: it shows that the criterion does not hold. `unclear`: you looked, and \
it shows neither.
- `evidence`: what shows it, in one or two sentences. `refs`: the numbers of the records that do (`R3`); an item \
without one is rejected. Run the program where you can; what the code says of itself is no evidence.
- Words in double quotes must stand in a record that the item names, word for word.
- Judge what the criterion says, nothing else: no criterion of your own, no style, no other task's work.
- A command with another exit code than 0 shows no `met`: turn it round, `program missing.txt; test $? -eq 2`.
- The sandbox has no network and may lack what the project needs. What fails only for want of that says nothing.
One item for each criterion id, each id once. `passed`: whether every [must] item is met. `summary`: one sentence for \
a person."""


def certification(request: JudgeRequest, round_number: int) -> ExamineRequest[Verdict]:
    """The examination of one task's criteria; `request` has no attempt (0), no diff and no records."""
    return replace(examination(request), system=_SYSTEM, prompt=certify_prompt(request), gate=round_number)


def certify_prompt(request: JudgeRequest) -> str:
    """The task and its criteria."""
    task, nonce = request.task, request.nonce
    criteria = "\n".join(f"{item.id} [{item.level}] {item.text}" for item in task.criteria)
    files = ", ".join(task.files[:20])
    parts = [
        f"# {task.key}\n{fence('title', task.title, nonce)}",
        fence("goal", task.goal, nonce),
        f"## Criteria\n{fence('criteria', criteria, nonce)}",
        fence("files the plan named", files, nonce) if files else "",
    ]
    return "\n\n".join(part for part in parts if part)
