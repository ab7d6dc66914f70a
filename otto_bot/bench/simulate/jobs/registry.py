"""Which simulated job does which effect."""

from __future__ import annotations

from collections.abc import Mapping

from otto_bot.bench.simulate.jobs import checking, coding, deciding, merging, outer, planning, telling
from otto_bot.bench.simulate.jobs.case import Job
from otto_bot.core.effects import EffectKind

JOBS: Mapping[EffectKind, Job] = {
    EffectKind.PREPARE: planning.prepare,
    EffectKind.PLAN: planning.plan_issue,
    EffectKind.POST_PLAN: planning.post_plan,
    EffectKind.OPEN_PULL_REQUEST: planning.open_pull_request,
    EffectKind.REOPEN: planning.reopen,
    EffectKind.CODE: coding.code,
    EffectKind.PUSH: coding.push,
    EffectKind.VERIFY: checking.verify,
    EffectKind.RERUN: checking.rerun,
    EffectKind.JUDGE: checking.judge,
    EffectKind.CANDIDATE: merging.candidate,
    EffectKind.MERGE: merging.merge,
    EffectKind.TAKE_BASE: merging.take_base,
    EffectKind.GATE: deciding.gate,
    EffectKind.POST_DECISION: deciding.post_decision,
    EffectKind.APPLY: deciding.apply,
    EffectKind.LEARN: deciding.learn,
    EffectKind.SHOW: telling.show,
    EffectKind.CALL: telling.call,
    EffectKind.REPLY: telling.reply,
    EffectKind.TIDY: telling.tidy,
    EffectKind.TIME_UP: telling.time_up,
    EffectKind.JOURNEYS: outer.journeys,
    EffectKind.TRIAGE: outer.triage,
    EffectKind.POST_JOURNEYS: outer.post_journeys,
    EffectKind.APPLY_JOURNEYS: outer.apply_journeys,
    EffectKind.POST_REVIEW: outer.post_review,
    EffectKind.ANSWER_REVIEW: outer.answer_review,
}
"""Every kind of effect there is."""
