"""Small makers of runs that stand at their journeys, reports and findings."""

from __future__ import annotations

from typing import Any

from core_builders import T0, at, executing, fold, merge_all, plan, spec, to_verified

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.config import Config
from otto_bot.core.journey_rounds import current
from otto_bot.core.journeys import Finding, FindingKind, JourneyReport, JourneyResult, StepResult
from otto_bot.core.plan import Journey, JourneyStep, Plan, ProductSpec
from otto_bot.core.records import CommandRecord
from otto_bot.core.run import Run
from otto_bot.core.stale_base import before_batch, newest

JOURNEYS = tuple(
    Journey(id=f"j{n}", title=f"way {n}", steps=(JourneyStep(do="a", see="b"), JourneyStep(do="c", see="d")))
    for n in (1, 2, 3)
)
RECORDS = (
    CommandRecord(number=1, tool="run", what="make fine", exit_code=0, output="fine"),
    CommandRecord(number=2, tool="run", what="make bad", exit_code=1, output="it broke here"),
)


def product(*tasks: str) -> Plan:
    return plan(*(spec(key) for key in tasks or ("t1", "t2"))).model_copy(
        update={"spec": ProductSpec(journeys=JOURNEYS), "non_goals": ("Sending mail.",)}
    )


def report(*failing: str) -> JourneyReport:
    made = []
    for journey in JOURNEYS:
        bad = journey.id in failing
        first = StepResult(id=f"{journey.id}.s1", status="passed", refs=("R1",))
        second = StepResult(id=f"{journey.id}.s2", status="passed", refs=("R1",))
        if bad:
            second = StepResult(id=f"{journey.id}.s2", status="failed", seen="it broke", refs=("R2",))
        made.append(JourneyResult(id=journey.id, steps=(first, second)))
    return JourneyReport(journeys=tuple(made), records=RECORDS)


def finding(key: str, kind: str = "implementation", **more: Any) -> Finding:
    question = "in or out?" if kind == "scope" else ""
    given = {"summary": "it broke", "ref": "R2", "quote": "broke here", "question": question, "guidance": "mend it"}
    return Finding.model_validate({"journey": key, "kind": FindingKind(kind), **given, **more})


def built(settings: Config | None = None) -> Run:
    """Everything of the plan is merged: round 1 is being walked."""
    run = executing(product(), settings)
    run = fold(run, *to_verified("t1"), *to_verified("t2"))
    return merge_all(run)


def walked(run: Run, *failing: str) -> Run:
    one = run.journeys[-1]
    event = e.JourneysTested(at=T0, round=one.number, head=one.head, via="sandbox", report=report(*failing))
    return fold(run, event)


def triaged(run: Run, *findings: Finding) -> Run:
    return fold(run, e.JourneysTriaged(at=T0, round=run.journeys[-1].number, findings=findings))


def posted(run: Run, seconds: float = 0) -> Run:
    one = run.journeys[-1]
    return fold(run, e.JourneysPosted(at=at(seconds), round=one.number, revision=one.revision, comment_id=70))


def applied(run: Run, seconds: float = 36000) -> Run:
    one = run.journeys[-1]
    return fold(run, e.JourneysApplied(at=at(seconds), round=one.number, revision=one.revision))


def failed_round(run: Run, *failing: str, kind: str = "implementation") -> Run:
    """Tested, explained, posted and applied."""
    run = posted(triaged(walked(run, *failing), *(finding(key, kind) for key in failing)))
    return applied(run)


def mended(run: Run, key: str) -> Run:
    """The added task is done and on the run branch; before it the base was looked at, and is what it was."""
    if before_batch(run):
        same = {"asked": newest(run), "base_sha": newest(run), "sha": run.head, "tree": run.head_tree}
        run = fold(run, e.BaseTaken.model_validate({"at": T0, **same}))
    run = fold(run, *to_verified(key))
    return merge_all(run, f"m-{key}") if run.task(key).state is not TaskState.MERGED else run


def state(run: Run) -> str:
    one = current(run)
    return one.state.value if one is not None else "none"
