"""What happened in the repository before the run: verdicts on heads of other issues, as the ledger keeps them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from otto_bot.bench.answers import Answered, of_record
from otto_bot.bench.scenario import BenchScenario, PastVerdict
from otto_bot.core.config import HostCaps
from otto_bot.core.events import IssueChanged, RunEvent, VerificationEnded
from otto_bot.core.evidence import Failure
from otto_bot.core.values import Person, Repo
from otto_bot.diagnosis.diagnose import diagnose
from otto_bot.diagnosis.models import Annotation, CheckedJob, StepResult
from otto_bot.store.ledger import Ledger, Trigger


def tell_history(ledger: Ledger, scenario: BenchScenario, repo: Repo, who: Person, now: datetime) -> None:
    """Write the runs of other issues with their verdicts into the ledger; each of them is over."""
    for issue in sorted({one.issue for one in scenario.bench.history}):
        own = sorted((o for o in scenario.bench.history if o.issue == issue), key=lambda o: -o.hours_ago)
        begun = now - timedelta(hours=own[0].hours_ago + 1)
        trigger = Trigger(key=f"label/{issue}", repo=repo, issue=issue, title=f"Issue {issue}", body="", actor=who)
        run = ledger.start(trigger, HostCaps(), begun)
        assert run is not None
        events: list[RunEvent] = [_verdict(scenario, one, now) for one in own]
        events.append(IssueChanged(at=now, what="closed"))
        for event in events:
            ledger.append(run.id, [event], event.at)


def _verdict(scenario: BenchScenario, one: PastVerdict, now: datetime) -> RunEvent:
    at = now - timedelta(hours=one.hours_ago)
    sha = hashlib.sha256(f"{one.issue}/{one.head}".encode()).hexdigest()[:40]
    failure = None
    if one.answer is not None and not one.green:
        answered = of_record(scenario, scenario.bench.answer(one.answer), None, at)
        failure = failure_of(scenario, answered, "t1", 1, sha)
    ending = "green" if one.green else "red"
    return VerificationEnded.model_validate(
        {"at": at, "target": "t1/a1", "sha": sha, "ending": ending, "failure": failure}
    )


def failure_of(scenario: BenchScenario, answered: Answered, task: str, attempt: int, sha: str) -> Failure:
    """What the diagnosis makes of an answer, as `jobs/verify_head.py` does from the same bytes."""
    flow = scenario.workflow
    steps = tuple(StepResult.model_validate(step.model_dump()) for step in answered.steps)
    job = CheckedJob(
        id=1,
        name=flow.job,
        workflow=flow.name,
        conclusion=answered.job,
        steps=steps,
        log=answered.log,
        annotations=tuple(Annotation(path=".github", message=text) for text in answered.annotations),
        runner="GitHub Actions 12" if answered.steps else "",
    )
    return diagnose(task, attempt, sha, [job])
