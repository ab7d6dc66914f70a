"""A stored gate and its stored replies, validated again on the same way by today's rules."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Literal

from pydantic import ValidationError

from otto_bot.agents.pilot import PilotResult, decide_gate
from otto_bot.agents.pilot_prompt import PROMPT_VERSION, GateRequest
from otto_bot.agents.recorded import RecordedModel, RecordedReply
from otto_bot.core.compare import Cost, Difference, How, Of, Replayed, differences
from otto_bot.core.decision import Action, Decision
from otto_bot.core.events import DecisionMade
from otto_bot.jobs.run_pilot import mode_of
from otto_bot.model.client import read_reply
from otto_bot.model.errors import ProviderError
from otto_bot.store.gate_records import GateRecord


class CannotReplay(Exception):
    """A gate cannot be decided again; the message says why."""


def stored(record: GateRecord) -> tuple[DecisionMade, GateRequest]:
    """The recorded decision and the request behind it, with a new nonce. Raises CannotReplay."""
    made = record.made
    if made is None:
        decided = record.gate.decision is not None
        raise CannotReplay(
            "no evidence was weighed: a person's word or a green base decided" if decided else "it is not decided yet"
        )
    if not made.request:
        raise CannotReplay("an older version decided it, and stored no request")
    if record.request is None:
        raise CannotReplay(f"its stored request {made.request[:12]} is gone or damaged")
    try:
        request = GateRequest.model_validate_json(record.request)
    except ValidationError as error:
        raise CannotReplay(f"its request is of a form this version cannot read: {error.errors()[0]['msg']}") from None
    return made, request.model_copy(update={"nonce": secrets.token_hex(8)})


async def checked(record: GateRecord, made: DecisionMade, request: GateRequest) -> list[Replayed]:
    """The stored raw replies, validated by today's rules on the way they went then."""
    model = RecordedModel(_recorded(record, made))
    today = await decide_gate(model, request, mode_of(record.run.config.pilot))
    pairs: list[tuple[Of, Decision, PilotResult]] = [("decision", made.decision, today.result)]
    if made.shadow is not None and today.shadow is not None:
        pairs.append(("shadow", made.shadow.decision, today.shadow))
    rejected = _rejections(made, today.shadow or today.result)
    results = []
    for of, before, result in pairs:
        after = result.decision.model_copy(update={"decided_by": result.decided_by})
        found = (*differences(before, after), *(rejected if of == "decision" else ()))
        notes = [f"today's rules would ask what was not asked then: {lost.role} call {lost.tries}"
                 for lost in model.missing if of == "decision"]  # fmt: skip
        if made.prompt_hash and result.prompt_hash and (made.shadow is None or of == "shadow"):
            notes += _prompt_note(made, result)
        base = recorded_side(record, made, before, of, "check")
        state: Literal["same", "differs"] = "differs" if found else "same"
        results.append(
            base.model_copy(
                update={"state": state, "after": after, "differences": found, "notes": (*base.notes, *notes)}
            )
        )
    return results


def _prompt_note(made: DecisionMade, result: PilotResult) -> list[str]:
    if result.prompt_hash == made.prompt_hash:
        return []
    return [f"the prompt is another one today ({made.prompt_version} then, {PROMPT_VERSION} now)"]


def _recorded(record: GateRecord, made: DecisionMade) -> list[RecordedReply]:
    """The stored calls. Raises CannotReplay where a raw reply is not there any more."""
    replies = []
    for kept in made.replies:
        if kept.error:
            replies.append(RecordedReply(role=kept.role, tries=kept.tries, reply=None, error=kept.error))
            continue
        raw = record.raw(kept)
        if raw is None or kept.cut:
            lost = "longer than what is kept" if kept.cut else "gone or damaged"
            raise CannotReplay(f"the raw reply to {kept.call} is {lost}")
        try:
            reply = read_reply(raw.decode("utf-8", "replace"), request_id=kept.request_id, seconds=kept.seconds)
        except ProviderError as error:
            raise CannotReplay(f"the raw reply to {kept.call} cannot be read: {error}") from None
        replies.append(RecordedReply(role=kept.role, tries=kept.tries, reply=reply))
    return replies


def _rejections(made: DecisionMade, today: PilotResult) -> list[Difference]:
    """Calls whose answer was held for wrong then and not now, or the other way round, or for other fields."""
    now = {(record.role, record.tries): record.problems for record in today.records if not record.error}
    found = []
    for kept in made.replies:
        place = (kept.role, kept.tries)
        if place in now and _fields(kept.problems) != _fields(now[place]):
            then, later = "; ".join(kept.problems) or "accepted", "; ".join(now[place]) or "accepted"
            found.append(Difference(kind="rejections", before=f"{kept.role} {kept.tries}: {then}", after=later))
    return found


def _fields(problems: Sequence[str]) -> list[str]:
    return sorted(problem.partition(": ")[0] for problem in problems)


def recorded_side(record: GateRecord, made: DecisionMade, before: Decision, of: Of, how: How) -> Replayed:
    """The recorded side of a comparison."""
    calls = [reply for reply in made.replies if made.shadow is None or (reply.role == "pilot") == (of == "shadow")]
    cost = Cost(
        calls=len(calls),
        usd=round(sum(reply.usage.usd for reply in calls), 6),
        seconds=round(sum(reply.seconds for reply in calls), 3),
    )
    changed = [
        f"@{r.by} changed {change.task} afterwards (r{r.number}): {_said(change.before)} → {_said(change.after)}"
        for r in record.gate.account.revisions
        for change in r.changed
        if of == "decision"
    ]
    return Replayed(
        gate=made.gate, of=of, how=how, state="cannot", model=made.model, prompt_version=made.prompt_version,
        before=before, before_cost=cost, notes=tuple(changed),
    )  # fmt: skip


def _said(action: Action | None) -> str:
    return action.value.replace("_", " ") if action is not None else "in its turn"
