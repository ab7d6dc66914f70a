"""The judge: holds a green attempt against its criteria, one status each, on evidence that was recorded."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from otto_bot.agents.examiner import Check, ExamineRequest
from otto_bot.agents.fence import fence
from otto_bot.agents.packing import clip_all
from otto_bot.agents.scope_part import judge_part
from otto_bot.agents.surroundings import house_rules_parts, with_house_rules
from otto_bot.core.config import Project
from otto_bot.core.house_rules import HouseRules
from otto_bot.core.plan import TaskSpec
from otto_bot.core.records import CommandRecord
from otto_bot.core.values import Frozen
from otto_bot.core.verdict import Verdict
from otto_bot.core.verdict_check import Material, check

DIFF_CHARS = 90_000
REPAIRS = 1
"""How often a verdict that cannot be believed goes back within one conversation."""
ASKED_ANEW = 2
"""How often the judge is asked from the beginning, after that; then a person is."""

_SYSTEM = """\
You are the judge of Otto. A coder worked on one task; the repository's GitHub Actions have run on the result and are \
green. The checkout is exactly that commit. You say of each criterion of this task whether it holds.

- `met`: what you recorded, or a test in Actions, shows it. `not_met`: it shows that the criterion does not hold. \
`unclear`: you looked, and neither shows.
- `evidence`: what shows it, in one or two sentences. `refs`: its ground, each one of: the number of a record (`R3`), \
or the name of a test as its runner or its file has it (`tests/test_a.py::test_b`). A [must] item without one that \
holds is rejected. The diff alone, or what it claims in comments or messages, is no evidence. R1 counts only for an \
item whose evidence names the job that shows it.
- Words in double quotes beside a record must stand in that record, word for word.
- Judge what the criterion says, nothing else: no criterion of your own, no style, no other task's work.
- Green checks show only what they check. A test that cannot fail, or that was removed or weakened, shows nothing: \
read the test that you name. Where no test shows a criterion, try it.
- A command with another exit code than 0 shows no `met`: turn it round, `program missing.txt; test $? -eq 2`.
- The sandbox has no network and may lack what the project's checks install. What fails only for want of that says \
nothing about the work: look in another way.
One item for each criterion id, each id once. `passed`: whether every [must] item is met. `summary`: one sentence for \
a person."""


_UNWATCHED = """\
## No workflow ran on this commit
The repository's workflows do not start for the files of this change. Nothing is green, and R1 shows nothing of the \
work: look at each criterion yourself."""


class JudgeRequest(Frozen):
    """What is judged: the whole diff of one attempt. `records` are the harness's own: R1 is what Actions said.

    `key` names the work of judging in the journal, `number` the conversation, from 1. `timeout` is in seconds.
    """

    run: str
    model: str
    task: TaskSpec
    attempt: int
    diff: str
    records: tuple[CommandRecord, ...]
    unwatched: bool = False
    """No workflow ran: path filters leave out every file of this change."""
    house_rules: HouseRules = ()
    projects: tuple[Project, ...] = ()
    """Those of the task's scope."""
    nonce: str
    key: str
    number: int = 1
    max_tokens: int = Field(default=12_000, gt=0)
    timeout: float = Field(default=240.0, gt=0)


def examination(request: JudgeRequest) -> ExamineRequest[Verdict]:
    """The request as an examination; each conversation has a place in the journal and numbers of tries of its own."""
    return ExamineRequest(
        role="judge",
        run=request.run,
        model=request.model,
        system=with_house_rules(_SYSTEM, request.house_rules),
        prompt=judge_prompt(request),
        schema=Verdict,
        nonce=request.nonce,
        key=f"{request.key}/judge{request.number}",
        task=request.task.key,
        attempt=request.attempt,
        tries=1 + (request.number - 1) * (REPAIRS + 1),
        repairs=REPAIRS,
        records=request.records,
        step_tokens=request.max_tokens,
        step_timeout=request.timeout,
    )


def holds(material: Material) -> Check[Verdict]:
    """What is wrong with a verdict, in sentences for the judge."""

    def problems(verdict: Verdict, records: Sequence[CommandRecord]) -> Sequence[str]:
        return [problem.words for problem in check(verdict, records, material)]

    return problems


def judge_prompt(request: JudgeRequest) -> str:
    """Task, criteria and diff; a large diff is cut evenly over its files. The records come behind it."""
    task, nonce = request.task, request.nonce
    criteria = "\n".join(f"{item.id} [{item.level}] {item.text}" for item in task.criteria)
    parts = [
        f"# {task.key}, attempt {request.attempt}\n{fence('title', task.title, nonce)}",
        fence("goal", task.goal, nonce),
        f"## Criteria\n{fence('criteria', criteria, nonce)}",
        *judge_part(task.projects, request.projects, nonce),
        *house_rules_parts(request.house_rules, nonce),
        fence("diff", _diff(request.diff), nonce),
        *([_UNWATCHED] if request.unwatched else []),
        "## Records that are there already",
    ]
    return "\n\n".join(parts)


def _diff(diff: str) -> str:
    if len(diff) <= DIFF_CHARS:
        return diff or "the diff is empty"
    pieces = diff.split("\ndiff --git ")
    files = [(piece.split("\n", 1)[0][:200], piece) for piece in pieces]
    return "\ndiff --git ".join(text for _, text in clip_all(files, DIFF_CHARS))
