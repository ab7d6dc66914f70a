"""What the ledger says of a run, as plain JSON: for people's scripts, the demo and tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from otto_bot.core.context_notes import context_of
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import CLASS_OF, Failure
from otto_bot.core.run import Gate, Outcome, Run
from otto_bot.core.waits import waits_for
from otto_bot.store.ledger import Ledger, NoSuchRun, Recorded

SOON = timedelta(seconds=10)
"""What is due within this time is still going on."""
LATER = frozenset({EffectKind.TIME_UP})
FOLLOW_SECONDS = 0.2

Json = dict[str, Any]


def report(ledger: Ledger, run_id: int) -> Json:
    """The whole report. Raises NoSuchRun."""
    run = ledger.load(run_id)
    return {
        "run_id": run.id,
        "phase": run.phase.value,
        "outcome": _outcome(run),
        "resting": at_rest(run, datetime.now(UTC)),
        "waits_for": wait.question if (wait := waits_for(run)) else None,
        "parked": run.parked.model_dump(mode="json") if run.parked is not None else None,
        "barred": [bar.model_dump(mode="json") for bar in run.bars],
        "pull_request": run.pull_request,
        "tasks": {k: {"state": task.state.value, "attempts": len(task.attempts)} for k, task in run.tasks.items()},
        "gates": [_gate(gate) for gate in run.gates],
        "context": context_of(run),
        "events": [_event(item) for item in ledger.events(run_id)],
        "usage": {
            "calls": run.money.calls,
            "input_tokens": run.money.usage.input_tokens,
            "output_tokens": run.money.usage.output_tokens,
            "usd": round(run.money.settled, 6),
            "inherited_usd": round(run.money.inherited, 6),
            "cap_usd": round(run.money.cap, 6),
        },
    }


def _outcome(run: Run) -> str | None:
    """How it came to rest; a run that waits for someone in the middle needs a human too."""
    if run.outcome is not None:
        return run.outcome.value
    return Outcome.NEEDS_HUMAN.value if waits_for(run) is not None else None


def at_rest(run: Run, now: datetime) -> bool:
    """Whether nothing will happen by itself: it is over or waits for someone, and everything is written."""
    soon = [
        effect
        for effect in scheduled(run)
        if effect.kind not in LATER and (effect.not_before is None or effect.not_before < now + SOON)
    ]
    return not soon and (run.resting or bool(run.bars) or waits_for(run) is not None)


def _gate(gate: Gate) -> Json:
    decision = gate.decision
    return {
        "number": gate.number,
        "failures": [_failure(gate, failure) for failure in gate.failures],
        "state": gate.state.value,
        "decided_by": decision.decided_by.value if decision else None,
        "decision": decision.model_dump(mode="json", by_alias=True) if decision else None,
        "revision": gate.revision,
        "comment_id": gate.comment_id,
        "approved_by": gate.approved_by or None,
        "approved_at": gate.approved_at.isoformat() if gate.approved_at else None,
        "account": gate.account.model_dump(mode="json", by_alias=True),
        "outcomes": gate.outcomes,
    }


def _failure(gate: Gate, failure: Failure) -> Json:
    said = next((a.class_ for a in gate.decision.analysis if a.task == failure.task), None) if gate.decision else None
    known = said or failure.class_hint or CLASS_OF[failure.cause]
    return {
        "task": failure.task,
        "attempt": failure.attempt,
        "cause": failure.cause.value,
        "class": known.value if known else None,
        "fingerprint": failure.fingerprint,
        "progress": failure.progress.value,
    }


def _event(item: Recorded) -> Json:
    data = item.event.model_dump(mode="json", by_alias=True)
    return {"seq": item.seq, **data, **({"refused": item.refused} if item.refused else {})}


def follow(ledger: Ledger, run_id: int) -> Iterator[Json]:
    """Each event as it is recorded, until the run rests."""
    seq = 0
    while True:
        try:
            items = ledger.events(run_id, seq)
            run = ledger.load(run_id) if items or seq else None
        except NoSuchRun:
            items, run = [], None
        for item in items:
            seq = item.seq
            yield _event(item)
        if run is not None and not items and at_rest(run, datetime.now(UTC)):
            return
        time.sleep(FOLLOW_SECONDS)
