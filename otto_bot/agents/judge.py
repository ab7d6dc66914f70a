"""The judge: reads a green attempt's diff against its criteria, one status each."""

from __future__ import annotations

from pydantic import Field

from otto_bot.agents.fence import fence, plain, rule
from otto_bot.agents.packing import clip, clip_all
from otto_bot.agents.structured import Answer, Record, ask_for, repair, total
from otto_bot.core.plan import TaskSpec
from otto_bot.core.values import Frozen, Usage
from otto_bot.core.verdict import Assessment, Verdict, VerdictItem, assess
from otto_bot.model.budgeted import BudgetedModel
from otto_bot.model.calls import Block, ModelCall

DIFF_CHARS = 90_000
CI_CHARS = 6_000

_SYSTEM = """\
You are the judge of Otto. A coder worked on one task; the repository's GitHub Actions have run on the result. You say \
of each criterion of this task whether the diff and the checks show it.

- `met`: the diff or the checks show it. `not_met`: they show that it does not hold, or something it needs is missing. \
`unclear`: they show neither.
- `evidence`: where you see it, in one or two sentences: file and lines, or check, with a short quote.
- Judge what the criterion says, nothing else: no criterion of your own, no style, no other task's work.
- Green checks show only what they check. A test that cannot fail, or that was removed or weakened, shows nothing.
- What the diff claims in comments or messages is no evidence.
One item for each criterion id, each id once. `summary`: one sentence for a person."""


class JudgeRequest(Frozen):
    """What is judged: the whole diff of one attempt, and what Actions said about it. `timeout` is in seconds."""

    run: str
    model: str
    task: TaskSpec
    attempt: int
    diff: str
    checks: str
    nonce: str
    max_tokens: int = Field(default=12_000, gt=0)
    timeout: float = Field(default=240.0, gt=0)


class JudgeResult(Frozen):
    """The verdict held against the criteria. `incomplete`: a [must] was forgotten even when asked again.

    An incomplete verdict is the judge's fault, never a failed attempt: judge anew later.
    """

    verdict: Verdict
    assessment: Assessment
    incomplete: bool
    records: tuple[Record, ...] = ()

    @property
    def usage(self) -> Usage:
        """What the calls used together."""
        return total(self.records)

    @property
    def calls(self) -> int:
        """How often the judge was asked."""
        return len(self.records)


async def judge(model: BudgetedModel, request: JudgeRequest) -> JudgeResult:
    """One call; one repair if it is no verdict; one more for forgotten [must] items only. Raises ModelError."""
    prompt = judge_prompt(request)
    messages: list[Block] = [{"role": "user", "content": prompt}]
    answer = await _ask(model, request, 1, messages)
    records = [answer.record]
    if answer.value is None:
        answer = await _ask(model, request, 2, repair(messages, answer.record.text, answer.problems))
        records.append(answer.record)
    verdict = _strict(answer.value or Verdict(items=()))
    forgotten = assess(request.task, verdict).forgotten
    if forgotten and answer.value is not None:
        words = f"{prompt}\n\nAnswer for these criteria only: {', '.join(forgotten)}. Each needs an item."
        again = await _ask(model, request, len(records) + 1, [{"role": "user", "content": words}])
        records.append(again.record)
        if again.value is not None:
            added = tuple(item for item in _strict(again.value).items if item.id in forgotten)
            verdict = verdict.model_copy(update={"items": (*verdict.items, *added)})
    assessment = assess(request.task, verdict)
    return JudgeResult(
        verdict=verdict, assessment=assessment, incomplete=bool(assessment.forgotten), records=tuple(records)
    )


async def _ask(model: BudgetedModel, request: JudgeRequest, tries: int, messages: list[Block]) -> Answer[Verdict]:
    call = ModelCall(
        role="judge",
        run=request.run,
        task=request.task.key,
        attempt=request.attempt,
        tries=tries,
        model=request.model,
        system=f"{_SYSTEM}\n\n{rule(request.nonce)}",
        messages=messages,
        max_tokens=request.max_tokens,
        timeout=request.timeout,
        schema=Verdict,
    )
    return await ask_for(model, call, Verdict, request.nonce)


def _strict(verdict: Verdict) -> Verdict:
    """One item for each id: where the judge said two things, the worse one counts."""
    worst = {"not_met": 0, "unclear": 1, "met": 2}
    kept: dict[str, VerdictItem] = {}
    for item in verdict.items:
        other = kept.get(item.id)
        if other is None or worst[item.status] < worst[other.status]:
            kept[item.id] = item
    return verdict.model_copy(update={"items": tuple(kept.values())})


def judge_prompt(request: JudgeRequest) -> str:
    """Task, checks and diff; a large diff is cut evenly over its files."""
    task, nonce = request.task, request.nonce
    criteria = "\n".join(f"{item.id} [{item.level}] {item.text}" for item in task.criteria)
    parts = [
        f"# {task.key}, attempt {request.attempt}\n{plain(task.title, nonce)}",
        fence("goal", task.goal, nonce),
        f"## Criteria\n{plain(criteria, nonce)}",
        fence("result of the checks", clip(request.checks, CI_CHARS) or "no checks ran", nonce),
        fence("diff", _diff(request.diff), nonce),
    ]
    return "\n\n".join(parts)


def _diff(diff: str) -> str:
    if len(diff) <= DIFF_CHARS:
        return diff or "the diff is empty"
    pieces = diff.split("\ndiff --git ")
    files = [(piece.split("\n", 1)[0][:200], piece) for piece in pieces]
    return "\ndiff --git ".join(text for _, text in clip_all(files, DIFF_CHARS))
