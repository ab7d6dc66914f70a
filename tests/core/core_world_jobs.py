"""What each effect brings back in the simulated world: plausible events, chosen by a seeded dice."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from core_builders import failure, prepared
from core_world_gates import broke, decided, evidence_of
from core_world_outer import Outer, extended

from otto_bot.agents.rules import rules_decision
from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.acceptance import new_hits, tampering
from otto_bot.core.attempt import BASELINE, Handoff
from otto_bot.core.config import Config
from otto_bot.core.decision import Decision, Learning
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, EvidenceItem, Excerpt, Phase, Progress
from otto_bot.core.funds import reply_for
from otto_bot.core.gate_account import Shadow
from otto_bot.core.learning_uses import Use, own, proposed_at, unwritten
from otto_bot.core.learnings import GateLearning, LearningStatus, OrderAnswer, Standing, Told
from otto_bot.core.notes import Findings
from otto_bot.core.plan import Plan
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.core.stale_base import outdated
from otto_bot.core.surfaces import surfaces
from otto_bot.core.tampering_hits import TamperHit
from otto_bot.core.values import Usage
from otto_bot.core.verdict import Verdict
from otto_bot.core.waits import waits_for

CI_CAUSES = (
    Cause.TEST, Cause.TEST, Cause.TEST, Cause.LINT, Cause.BUILD, Cause.DEPENDENCY, Cause.INFRA, Cause.FLAKY,
    Cause.TIMEOUT, Cause.CANCELLED, Cause.NEVER_STARTED, Cause.BASE_RED, Cause.BILLING, Cause.ACTION_REQUIRED,
    Cause.NO_CI, Cause.SYSTEMIC, Cause.UNKNOWN,
)  # fmt: skip
CODER_CAUSES = (
    Cause.NO_CHANGES, Cause.AGENT_LIMIT, Cause.PROVIDER_ERROR, Cause.HELD_BY_DIFF_GATE, Cause.BUDGET,
    Cause.TESTS_WEAKENED,
)  # fmt: skip


MOST = 0.2
"""Worst case of any call here, in US dollars."""


class Later(Exception):
    """The job gives its effect back."""


class Fails(Exception):
    """The job fails: again at a time, or a person has to help."""

    def __init__(self, person: bool) -> None:
        self.person = person
        super().__init__("person" if person else "again")


class Dies(Exception):
    """The worker dies in the middle: what it has written so far stays."""

    def __init__(self, *written: RunEvent) -> None:
        self.written = written
        super().__init__("dies")


def sha_of(*parts: object) -> str:
    return hashlib.sha1(repr(parts).encode()).hexdigest()


class Jobs(Outer):
    """Answers effects. `trouble` is how likely something goes wrong, 0 = a kind world."""

    def __init__(self, dice: random.Random, plan: Plan, config: Config, trouble: float) -> None:
        self.dice = dice
        self.plan = plan
        self.config = config
        self.trouble = trouble
        self.serial = 100
        self.causes: Sequence[Cause] = CI_CAUSES
        self.kept: dict[int, tuple[LearningStatus, str]] = {}

    def bad(self, weight: float = 1.0) -> bool:
        return self.dice.random() < self.trouble * weight

    def number(self) -> int:
        self.serial += 1
        return self.serial

    def answer(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        """The job's events. Raises Later or Fails."""
        if self.bad(0.1):
            raise Later
        if effect.kind is not EffectKind.TIME_UP and self.bad(0.15):
            raise Fails(person=self.dice.random() < 0.3)
        return _ANSWERS[effect.kind](self, run, effect, now)

    def paid(self, run: Run, name: str, now: datetime) -> list[RunEvent] | None:
        """A model call within the budget; None where the cap refuses it."""
        call = f"{name}/{self.number()}"
        if run.money.reserve(call, MOST) is None:
            return None
        if self.bad(0.05):
            raise Dies(e.MoneyReserved(at=now, call=call, usd=MOST))
        usage = None if self.bad(0.2) else Usage(input_tokens=10, output_tokens=5, usd=self.dice.random() * MOST)
        return [e.MoneyReserved(at=now, call=call, usd=MOST), e.MoneySettled(at=now, call=call, usage=usage)]

    def refused(self, name: str, now: datetime) -> list[RunEvent]:
        """What a call that does not fit leaves in the ledger."""
        return [e.MoneyReserved(at=now, call=f"{name}/{self.number()}", usd=MOST)]

    def broke(self, run: Run, now: datetime) -> RunEvent:
        return e.Refused(at=now, reason="money", reply=reply_for(run) or "/otto stop", money=True)

    def prepare(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        if self.bad(0.5):
            return [e.Refused(at=now, reason="the configuration is wrong")]
        return [prepared(self.config).model_copy(update={"at": now})]

    def plan_issue(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        paid = self.paid(run, "plan", now)
        if paid is None:
            return [*self.refused("plan", now), self.broke(run, now)]
        if run.pull_request is not None and self.bad(0.3):
            return [*paid, e.Refused(at=now, reason="no answer could be used", reply="/otto replan -- what to plan")]
        plan = self.plan if run.pull_request is None else extended(self.dice, run)
        return [*paid, e.PlanMade(at=now, number=effect.number, plan=plan)]

    def post_plan(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        return [e.PlanPosted(at=now, revision=effect.number, comment_id=self.number())]

    def open_pull_request(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        return [e.PullRequestOpened(at=now, number=2, node_id="n", head_sha="head", head_tree="tree-head")]

    def code(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        task = run.task(effect.task)
        where: dict[str, Any] = {"at": now, "task": effect.task, "attempt": effect.attempt}
        first: list[RunEvent] = []
        if task.last is None or task.last.number != effect.attempt:
            branch = run.run_branch if run.single else f"{run.prefix}/{effect.task}-a{effect.attempt}"
            told = tuple(
                Told(number=number, text="x", source="s") for number in sorted(own(run)) if self.tellable(number)
            )
            first = [e.AttemptStarted(**where, base_sha=run.head, branch=branch, learnings=told)]
        if run.stopping:
            sha = sha_of(effect.key)
            return [*first, e.AttemptStopped(**where, **({} if self.bad() else {"sha": sha, "tree": f"tree-{sha}"}))]
        paid = self.paid(run, "code", now)
        if paid is None:
            sha = sha_of(effect.key)
            saved = {} if self.bad() else {"sha": sha, "tree": f"tree-{sha}"}
            broke = self.failed(effect, Cause.BUDGET, Phase.CODING)
            return [*first, *self.refused("code", now), e.AttemptFailed(**where, failure=broke, **saved)]
        if self.bad(0.4):
            cause = self.dice.choice(CODER_CAUSES)
            return [*first, *paid, e.AttemptFailed(**where, failure=self.failed(effect, cause, Phase.CODING))]
        sha = sha_of(run.id, effect.task, effect.attempt, self.number())
        left = Handoff(findings=Findings(gotchas=(f"found by {effect.task}",)))
        return [*first, *paid, e.AttemptCoded(**where, sha=sha, tree=f"tree-{sha}", handoff=left)]

    def failed(self, effect: Effect, cause: Cause, phase: Phase) -> Any:
        return failure(
            effect.task, effect.attempt, cause, phase=phase, progress=self.dice.choice(list(Progress)),
            pre_existing=self.bad(0.05), excerpts=(Excerpt(kind="log", source="s", text="it broke here"),),
        )  # fmt: skip

    def push(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        last = run.task(effect.task).last
        if last is None or last.sha is None:
            return []
        where: dict[str, Any] = {"at": now, "task": effect.task, "attempt": effect.attempt}
        if self.bad(0.2):
            return [e.AttemptFailed(**where, failure=self.failed(effect, Cause.PUSH_REJECTED, Phase.PUSH))]
        if run.single and self.bad(0.2):
            moved = e.RunBranchMoved(at=now, sha=sha_of("person", self.number()), tree="tree-person", by="bob")
            return [moved, e.AttemptFailed(**where, failure=self.failed(effect, Cause.MERGE_CONFLICT, Phase.PUSH))]
        if not last.awaits_base and not run.resting and self.bad(0.3):
            newest = run.base_head if outdated(run) else sha_of("main", self.number())
            return [e.PushWaits(**where, base_sha=newest)]
        sha, renewed = last.sha, []
        if last.awaits_base:
            if self.bad(0.2):
                return [e.AttemptFailed(**where, failure=self.failed(effect, Cause.MERGE_CONFLICT, Phase.MERGE))]
            sha = sha_of("renewed", last.sha, run.head)
            renewed = [e.AttemptRenewed(**where, sha=sha, tree=f"tree-{sha}")]
        return [*renewed, e.AttemptPushed(**where, sha=sha, pull_request=None if run.single else self.number())]

    def verify(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        seen = run.verifications.get(effect.target)
        if seen is None or seen.ending is not None:
            return []
        if self.dice.random() < 0.3:
            return [e.VerificationPolled(at=now, target=effect.target, next_at=now + timedelta(seconds=3))]
        if not self.bad(0.5 if effect.target == BASELINE else 1.0):
            return [e.VerificationEnded(at=now, target=effect.target, sha=seen.sha, ending="green")]
        cause = self.dice.choice(self.causes)
        endings = {Cause.TIMEOUT: "timed_out", Cause.CANCELLED: "cancelled", Cause.NO_CI: "no_ci"}
        given = {"at": now, "target": effect.target, "sha": seen.sha, "ending": endings.get(cause, "red")}
        why = self.failed(effect.model_copy(update={"task": effect.task or effect.target}), cause, Phase.VERIFY)
        return [e.VerificationEnded.model_validate({**given, "failure": why})]

    def rerun(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        return [e.JobsRerun(at=now, target=effect.target, round=effect.number)]

    def judge(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        """Weakened tests end it before anyone is paid; what was accepted is not found again."""
        task, where = run.task(effect.task), {"at": now, "task": effect.task, "attempt": effect.attempt}
        hit = TamperHit(rule="test_removed", path="tests/a.py", line=f"a{effect.attempt}", why="a test is gone")
        if self.bad(0.3) and task.last is not None and new_hits(run, [hit]):
            why = tampering(effect.task, effect.attempt, task.last.sha or "", [hit])
            return [e.JudgeEnded.model_validate({**where, "verdict": Verdict(items=()), "failure": why})]
        if not run.config.qa.enabled:
            return [e.JudgeEnded.model_validate({**where, "verdict": Verdict(items=())})]
        paid = self.paid(run, "judge", now)
        if paid is None:
            return [*self.refused("judge", now), self.broke(run, now)]
        why = self.failed(effect, Cause.QA_FAILED, Phase.QA) if self.bad(0.4) else None
        verdict = Verdict(items=())
        return [*paid, e.JudgeEnded(at=now, task=effect.task, attempt=effect.attempt, verdict=verdict, failure=why)]

    def candidate(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        made = run.integration
        if made is None or made.sha is not None or made.step != effect.number:
            return []
        where: dict[str, Any] = {"at": now, "batch": made.batch, "step": made.step}
        if self.bad(0.4):
            key = self.dice.choice(made.merging)
            why = failure(key, 0, Cause.MERGE_CONFLICT, phase=Phase.MERGE)
            return [e.CandidateConflict(**where, task=key, failure=why)]
        last = run.task(made.merging[0]).last
        assert last is not None
        alone = len(made.merging) == 1 and last.base_sha == run.head
        sha = sha_of(run.head, made.merging, made.step, self.number())
        tree = last.tree if alone and last.tree else f"tree-{sha}"
        return [e.CandidateBuilt(**where, tasks=made.merging, sha=sha, tree=tree, branch=f"c{made.step}",
                                 pull_request=self.number())]  # fmt: skip

    def merge(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        made = run.integration
        if made is None or not made.ready or made.step != effect.number or made.sha is None or made.tree is None:
            return []
        if self.bad(0.2):
            return [e.RunBranchMoved(at=now, sha=sha_of("person", self.number()), tree="tree-person", by="bob")]
        where: dict[str, Any] = {"at": now, "batch": made.batch, "step": made.step}
        return [e.TasksMerged(**where, tasks=made.merging, sha=made.sha, tree=made.tree)]

    def gate(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        opened = e.GateOpened(at=now, gate=effect.gate)
        from otto_bot.core.machine import reduce

        after = reduce(run, opened)
        gate = after.gate if after is not None else None
        if after is None or gate is None or gate.number != effect.gate or gate.state is not GateState.OPENED:
            return []
        items = evidence_of(gate)
        facts = policy.facts_for(after, gate, items)
        if not facts.open_failures:
            return [opened, self.made(gate, items, rules_decision(facts, "one move each", serial=False), now)]
        # The job writes that the gate is open at once, and pays for its calls one by one.
        paid = self.paid(after, f"pilot/g{gate.number}", now)
        if paid is None:
            refused = self.refused(f"pilot/g{gate.number}", now)
            return [opened, *refused, self.made(gate, items, broke(facts), now)]
        made, shadow = decided(self.dice, facts, run.config.pilot, self.trouble)
        made = made.model_copy(update={"learnings": (Learning(text="x"),)})
        return [opened, *paid, self.made(gate, items, made, now, shadow)]

    def made(
        self, gate: Gate, items: dict[str, EvidenceItem], made: Decision, now: datetime, shadow: Shadow | None = None
    ) -> RunEvent:
        stands: tuple[GateLearning, ...] = ()
        if made.learnings:
            number = self.dice.randint(1, 3)
            status, by = self.kept.setdefault(number, (LearningStatus.PROPOSED, ""))
            stands = (GateLearning(index=0, number=number, status=status, by=by),)
        return e.DecisionMade(
            at=now, gate=gate.number, decision=made, evidence=tuple(items.values()), calls=1, usd=0.01,
            learnings=stands, shadow=shadow,
        )  # fmt: skip

    def tellable(self, number: int) -> bool:
        return self.kept.get(number, (LearningStatus.PROPOSED, ""))[0] is not LearningStatus.FORGOTTEN

    def learn(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        new, answers = unwritten(run), []
        for key, use in new.items():
            number = int(key[1:].split("/")[0])
            if use == Use.HELPED and proposed_at(run, number) and self.tellable(number):
                self.kept[number] = (LearningStatus.ACCEPTED, f"helped: run {run.id} t1 a2")
        for order in run.learning_orders:
            keep = order.given.command.verb == "keep"
            status = LearningStatus.ACCEPTED if keep else LearningStatus.FORGOTTEN
            self.kept[int(order.given.command.learning[1:])] = (status, "@anna")
            answers.append(OrderAnswer(number=order.number, key="learning_kept", detail=""))
        standing = tuple(Standing(number=n, status=status, by=by) for n, (status, by) in self.kept.items())
        return [e.LearningsWritten(at=now, uses=new, answers=tuple(answers), standing=standing)]

    def post_decision(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        gate = run.gate
        if gate is None or (gate.number, gate.revision) != (effect.gate, effect.number):
            return []
        assert run.pull_request is not None, "there is no pull request to post a decision on"
        comment = gate.comment_id or self.number()
        return [e.DecisionPosted(at=now, gate=gate.number, revision=gate.revision, comment_id=comment)]

    def apply(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        return [e.DecisionApplied(at=now, gate=effect.gate, revision=effect.number)]

    def show(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        digest = surfaces(run).get(effect.target)
        if digest is None or run.shown.get(effect.target) == digest:
            return []
        known = run.ids.get(effect.target) or self.number()
        return [e.Published(at=now, surface=effect.target, digest=digest, github_id=known)]

    def call(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        wait = waits_for(run)
        if wait is None or wait.key != effect.target.removesuffix("/reminder"):
            return []
        return [e.PersonCalled(at=now, wait=effect.target)]

    def reply(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        return [e.Replied(at=now, number=effect.number)]

    def tidy(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        return [e.Tidied(at=now, number=effect.number)]

    def take_base(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        where: dict[str, Any] = {"at": now, "asked": effect.target, "base_sha": effect.target}
        if self.bad(0.3):
            return [e.BaseConflict(**where, paths=("a.py",))]
        if self.bad(0.2):
            return [e.BaseRefused(**where, reason="the workflows are others now", exposure=f"hash-{effect.target}")]
        if self.bad(0.2):
            return [e.RunBranchMoved(at=now, sha=sha_of("person", self.number()), tree="tree-person", by="bob")]
        if self.bad(0.2):
            return [e.BaseTaken(**where, sha=run.head, tree=run.head_tree)]
        sha = sha_of("base", effect.target, run.head)
        return [e.BaseTaken(**where, sha=sha, tree=f"tree-{sha}")]

    def time_up(self, run: Run, effect: Effect, now: datetime) -> list[RunEvent]:
        return [e.TimeUsedUp(at=now)]


_ANSWERS: dict[EffectKind, Callable[[Jobs, Run, Effect, datetime], list[RunEvent]]] = {
    EffectKind.PREPARE: Jobs.prepare,
    EffectKind.PLAN: Jobs.plan_issue,
    EffectKind.POST_PLAN: Jobs.post_plan,
    EffectKind.OPEN_PULL_REQUEST: Jobs.open_pull_request,
    EffectKind.CODE: Jobs.code,
    EffectKind.PUSH: Jobs.push,
    EffectKind.VERIFY: Jobs.verify,
    EffectKind.RERUN: Jobs.rerun,
    EffectKind.JUDGE: Jobs.judge,
    EffectKind.CANDIDATE: Jobs.candidate,
    EffectKind.MERGE: Jobs.merge,
    EffectKind.GATE: Jobs.gate,
    EffectKind.POST_DECISION: Jobs.post_decision,
    EffectKind.APPLY: Jobs.apply,
    EffectKind.SHOW: Jobs.show,
    EffectKind.CALL: Jobs.call,
    EffectKind.REPLY: Jobs.reply,
    EffectKind.TIDY: Jobs.tidy,
    EffectKind.TIME_UP: Jobs.time_up,
    EffectKind.TAKE_BASE: Jobs.take_base,
    EffectKind.LEARN: Jobs.learn,
    EffectKind.JOURNEYS: Jobs.journeys,
    EffectKind.TRIAGE: Jobs.triage,
    EffectKind.POST_JOURNEYS: Jobs.post_journeys,
    EffectKind.APPLY_JOURNEYS: Jobs.apply_journeys,
    EffectKind.POST_REVIEW: Jobs.post_review,
    EffectKind.ANSWER_REVIEW: Jobs.answer_review,
}
