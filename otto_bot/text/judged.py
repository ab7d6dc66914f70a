"""A verdict in words: what each item stands on, and what is said where the judge could not be believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from otto_bot.core.plan import TaskSpec
from otto_bot.core.records import RUN, CommandRecord
from otto_bot.core.verdict import Proof, SeenTest, Verdict, VerdictItem
from otto_bot.text.markdown import code, command_line, inline


def not_believed(task: str, times: int, problems: Sequence[str], *, last: bool) -> str:
    """Why a verdict does not count, and what happens next. Plain text; nothing of it is the work's fault."""
    why = "; ".join(problem[:200] for problem in problems[:3]) or "it gave none"
    if not last:
        return f"the verdict on {task} is not believed and the judge is asked anew: {why}"
    return (
        f"the judge was asked {times} times about {task} and no verdict could be believed; nothing is blamed on the "
        f"work for it. `/otto resume` asks the judge again. Last: {why}"
    )


def record_words(record: CommandRecord) -> str:
    """A record in one line of plain text: what was done, and how it ended."""
    ending = f" → {record.ending}" if record.ending else ""
    return f"{'$' if record.tool == RUN else record.tool} {record.what}{ending}"


def seen_words(test: SeenTest) -> str:
    """How a test is known, in plain text."""
    if test.seen == "report":
        return "passed in Actions, by its uploaded report"
    return f"defined in {test.where} of this commit, whose jobs were green"


def verdict_lines(task: TaskSpec, verdict: Verdict, proof: Proof) -> list[str]:
    """One bullet an item: id, level, status, criterion, what the judge says, and what it stands on."""
    criteria = {criterion.id: criterion for criterion in task.criteria}
    lines = []
    for item in verdict.items:
        if item.id in criteria:
            criterion = criteria[item.id]
            said = f" ({inline(item.evidence, 500)})" if item.evidence else ""
            status = item.status.replace("_", " ")
            lines.append(f"- {item.id} [{criterion.level}] {status}: {inline(criterion.text, 300)}{said}")
            lines += [f"  - {words}" for words in grounds(item, proof)]
    return lines


def grounds(item: VerdictItem, proof: Proof) -> Iterator[str]:
    """Command with exit code, or test id with how it is known."""
    for record in proof.cited(item.id)[:10]:
        ending = f" → {record.ending}" if record.ending else ""
        what = command_line(record.what, 300) if record.what else ""
        yield f"{record.ref} {inline(record.tool, 64)} {what}{ending}"
    for test in proof.ground(item.id).tests[:10]:
        yield f"{code(test.id, 200)}: {inline(seen_words(test), 400)}"
