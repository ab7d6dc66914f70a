"""One long life of a run, made by the heart itself: every effect it asks for is answered with plausible events."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from otto_bot.core import events as e
from otto_bot.core.attempt import Handoff
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.decision import Action, Decider, Decision, Move
from otto_bot.core.effects import Effect, EffectKind, scheduled
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, EvidenceItem, Excerpt, FailingTest, Failure, Phase
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.machine import reduce
from otto_bot.core.notes import Findings
from otto_bot.core.plan import Criterion, Plan, TaskSpec
from otto_bot.core.records import CommandRecord
from otto_bot.core.run import Run
from otto_bot.core.surfaces import surfaces
from otto_bot.core.values import Person, Repo, Usage
from otto_bot.core.verdict import Ground, Proof, Verdict, VerdictItem
from otto_bot.core.waits import waits_for

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
ANNA = Person(id=11, login="anna")


@dataclass(frozen=True)
class Shape:
    """How long a life is. Each task fails `gates` times, then passes; `text` = characters that one failure quotes."""

    tasks: int = 40
    gates: int = 5
    turns: int = 60
    """Model calls of one attempt; each is two events."""
    judge: int = 10
    polls: int = 6
    reports: int = 12
    """Webhooks about one verification."""
    text: int = 8000
    batches: int = 1


def plan_of(shape: Shape) -> Plan:
    """Independent tasks, or some batches one after the other."""
    size = -(-shape.tasks // shape.batches)
    tasks = []
    for number in range(1, shape.tasks + 1):
        before = number - size
        needs = (f"t{before}",) if before >= 1 else ()
        criteria = tuple(
            Criterion(id=f"c{n}", text=f"observable thing {n} of task {number} holds for its user") for n in range(1, 5)
        )
        tasks.append(
            TaskSpec(
                key=f"t{number}", title=f"Slice number {number} of the product", goal="what it is for. " * 20,
                files=tuple(f"src/module_{number}/part_{n}.py" for n in range(6)), criteria=criteria, depends_on=needs,
            )
        )  # fmt: skip
    return Plan(summary="a large product", mode="decomposed", tasks=tuple(tasks))


def config_of(shape: Shape) -> Config:
    """Enough attempts for every gate, and no waiting for people."""
    return Config.model_validate(
        {
            "plan": {"max_tasks": 50, "approval": "never"},
            "attempts": {"per_task": min(10, shape.gates + 1)},
            "budget": {"usd": 100_000},
            "pilot": {"grace_minutes": 0},
            "verify": {"exposure": "accept"},
        }
    )


@dataclass
class Life:
    """The run and the events it went through; `told` sees each event and the run after it."""

    shape: Shape
    run_id: int = 1
    repo: int = 7
    installation: int = 3
    told: Callable[[RunEvent, Run], None] | None = None
    ledger: list[RunEvent] = field(default_factory=list)
    now: datetime = START
    run: Run = field(init=False)

    def __post_init__(self) -> None:
        first = e.RunStarted(
            at=self.now, run_id=self.run_id, issue=self.run_id, ordinal=1, title="A product",
            body="What it does. " * 100,
            repo=Repo(id=self.repo, installation_id=self.installation, owner="octo", name="app", default_branch="main"),
            actor=ANNA, caps=HostCaps(usd=100_000, minutes=1_000_000),
        )  # fmt: skip
        run = reduce(None, first)
        assert run is not None
        self.run = run
        self.ledger.append(first)
        self.serial = 1000

    def tell(self, *events: RunEvent) -> None:
        for event in events:
            self.ledger.append(event)
            after = reduce(self.run, event)
            assert after is not None
            self.run = after
            if self.told is not None:
                self.told(event, after)

    def number(self) -> int:
        self.serial += 1
        return self.serial

    def live(self, until: Callable[[Run], bool] = lambda _run: False) -> Run:
        """To its end, or until something holds."""
        while not until(self.run):
            effects = [one for one in scheduled(self.run) if one.kind is not EffectKind.TIME_UP]
            ready = [one for one in effects if one.not_before is None or one.not_before <= self.now]
            if not ready:
                times = [one.not_before for one in effects if one.not_before is not None]
                if not times:
                    return self.run
                self.now = min(times)
                continue
            for effect in ready:
                self.now += timedelta(seconds=1)
                self.answer(effect)
                if until(self.run):
                    break
        return self.run

    def answer(self, effect: Effect) -> None:
        """What the effect's job would bring back; nothing where the run has moved on meanwhile."""
        if any(one.key == effect.key for one in scheduled(self.run)):
            _ANSWERS[effect.kind](self, effect)

    def calls(self, name: str, count: int) -> Iterator[RunEvent]:
        for turn in range(count):
            self.now += timedelta(seconds=5)
            call = f"run/{self.run_id}/{name}/{turn}"
            usage = Usage(input_tokens=20_000, output_tokens=900, cache_read_tokens=15_000, usd=0.031)
            yield e.MoneyReserved(at=self.now, call=call, usd=0.25)
            yield e.MoneySettled(at=self.now, call=call, usage=usage)

    def failure(self, task: str, attempt: int, sha: str) -> Failure:
        """A failure as a long log gives it: excerpts of about `text` characters together."""
        line = (
            f"E   AssertionError: expected 200, got 500 in {task} of attempt {attempt}: /srv/app/orders/views.py:{{}}\n"
        )
        part = self.shape.text // 3
        texts = ["".join(line.format(n + 1000 * k) for n in range(part // len(line) + 1))[:part] for k in range(3)]
        excerpts = tuple(
            Excerpt(kind="log", source=f"job {k}", text=text, first_line=k * 100 + 1, last_line=k * 100 + 90)
            for k, text in enumerate(texts)
        )
        tests = tuple(
            FailingTest(id=f"tests/test_{task}.py::test_{n}", message=f"assert {n}", file=f"tests/test_{task}.py")
            for n in range(5)
        )  # fmt: skip
        return Failure(
            task=task, attempt=attempt, sha=sha, phase=Phase.VERIFY, cause=Cause.TEST, detail="5 tests failed",
            failing_jobs=("test",), failing_tests=tests, fingerprint=f"test:{task}:{attempt}", excerpts=excerpts,
        )  # fmt: skip

    def prepare(self, _effect: Effect) -> None:
        lane = Lane(kind=LaneKind.PUSH, why="`ci.yml`: its push filters match")
        self.tell(
            e.Prepared(
                at=self.now, config=config_of(self.shape), base_sha="b" * 40, lane=lane, prefix="otto",
                exposure=Exposure(items=(), files_hash="h"),
            )
        )  # fmt: skip

    def plan(self, effect: Effect) -> None:
        self.tell(*self.calls("plan", 2), e.PlanMade(at=self.now, number=effect.number, plan=plan_of(self.shape)))

    def post_plan(self, effect: Effect) -> None:
        self.tell(e.PlanPosted(at=self.now, revision=effect.number, comment_id=self.number()))

    def open_pull_request(self, _effect: Effect) -> None:
        self.tell(e.PullRequestOpened(at=self.now, number=2, node_id="n", head_sha="c" * 40, head_tree="d" * 40))

    def code(self, effect: Effect) -> None:
        where: dict[str, Any] = {"at": self.now, "task": effect.task, "attempt": effect.attempt}
        branch = f"{self.run.prefix}/{effect.task}-a{effect.attempt}"
        self.tell(e.AttemptStarted(**where, base_sha=self.run.head, branch=branch))
        self.tell(*self.calls(f"coder/{effect.task}/a{effect.attempt}", self.shape.turns))
        sha = hashlib.sha1(effect.key.encode()).hexdigest()
        left = Handoff(summary="what was done. " * 20, findings=Findings(gotchas=(f"found by {effect.task}",)))
        self.tell(e.AttemptCoded(**where, sha=sha, tree=sha[::-1], stat="6 files, +120 −14", handoff=left))

    def push(self, effect: Effect) -> None:
        last = self.run.task(effect.task).last
        assert last is not None and last.sha is not None
        self.tell(e.AttemptPushed(at=self.now, task=effect.task, attempt=effect.attempt, sha=last.sha))

    def verify(self, effect: Effect) -> None:
        seen = self.run.verifications[effect.target]
        if seen.polls < self.shape.polls:
            for _ in range(self.shape.reports // max(1, self.shape.polls)):
                self.tell(e.Reported(at=self.now, sha=seen.sha))
            later = self.now + timedelta(seconds=60)
            self.tell(e.VerificationPolled(at=self.now, target=effect.target, next_at=later, run_ids=(self.number(),)))
            return
        why = None
        if effect.task and effect.attempt <= self.shape.gates:
            why = self.failure(effect.task, effect.attempt, seen.sha)
        ending = "green" if why is None else "red"
        self.tell(
            e.VerificationEnded.model_validate(
                {"at": self.now, "target": effect.target, "sha": seen.sha, "ending": ending, "failure": why}
            )
        )

    def judge(self, effect: Effect) -> None:
        records = tuple(
            CommandRecord(number=n, tool="run", what=f"pytest -q tests/test_{n}.py", exit_code=0, output="ok " * 300)
            for n in range(1, 5)
        )
        items = tuple(VerdictItem(id=f"c{n}", status="met", evidence="it holds", refs=(f"R{n}",)) for n in range(1, 5))
        proof = Proof(grounds=tuple(Ground(item=f"c{n}", records=(n,)) for n in range(1, 5)), records=records)
        self.tell(*self.calls(f"judge/{effect.task}/a{effect.attempt}", self.shape.judge))
        self.tell(
            e.JudgeEnded(
                at=self.now, task=effect.task, attempt=effect.attempt, verdict=Verdict(items=items), proof=proof
            )
        )

    def candidate(self, effect: Effect) -> None:
        made = self.run.integration
        assert made is not None
        sha = hashlib.sha1(effect.key.encode()).hexdigest()
        commits = {key: hashlib.sha1(f"{sha}{key}".encode()).hexdigest() for key in made.merging}
        self.tell(
            e.CandidateBuilt(
                at=self.now, batch=made.batch, step=made.step, tasks=made.merging, sha=sha, tree=sha[::-1],
                branch=f"{self.run.prefix}/batch-{made.batch}", commits=commits,
            )
        )  # fmt: skip

    def merge(self, _effect: Effect) -> None:
        made = self.run.integration
        assert made is not None and made.sha is not None and made.tree is not None
        self.tell(
            e.TasksMerged(
                at=self.now, batch=made.batch, step=made.step, tasks=made.merging, sha=made.sha, tree=made.tree
            )
        )

    def gate(self, effect: Effect) -> None:
        self.tell(e.GateOpened(at=self.now, gate=effect.gate))
        gate = self.run.gate
        assert gate is not None
        self.tell(*self.calls(f"pilot/g{gate.number}", 1))
        excerpts = [(why, one) for why in gate.failures for one in why.excerpts]
        evidence = tuple(
            EvidenceItem(id=f"E{n}", task=why.task, attempt=why.attempt, excerpt=one)
            for n, (why, one) in enumerate(excerpts, start=1)
        )
        moves = tuple(
            Move(task=key, action=Action.RETRY_DIFFERENT, guidance="Do it otherwise. " * 20, reason="the log says why")
            for key in gate.tasks
        )
        made = Decision(decided_by=Decider.PILOT, why="each has its own reason", moves=moves)
        self.tell(
            e.DecisionMade(
                at=self.now, gate=gate.number, decision=made, evidence=evidence, calls=1, usd=0.03, model="m"
            )
        )

    def post_decision(self, effect: Effect) -> None:
        self.tell(e.DecisionPosted(at=self.now, gate=effect.gate, revision=effect.number, comment_id=self.number()))

    def apply(self, effect: Effect) -> None:
        self.tell(e.DecisionApplied(at=self.now, gate=effect.gate, revision=effect.number))

    def show(self, effect: Effect) -> None:
        digest = surfaces(self.run)[effect.target]
        known = self.run.ids.get(effect.target) or self.number()
        self.tell(e.Published(at=self.now, surface=effect.target, digest=digest, github_id=known))

    def call(self, effect: Effect) -> None:
        assert waits_for(self.run) is not None
        self.tell(e.PersonCalled(at=self.now, wait=effect.target))

    def tidy(self, effect: Effect) -> None:
        self.tell(e.Tidied(at=self.now, number=effect.number))


_ANSWERS: dict[EffectKind, Callable[[Life, Effect], None]] = {
    EffectKind.PREPARE: Life.prepare,
    EffectKind.PLAN: Life.plan,
    EffectKind.POST_PLAN: Life.post_plan,
    EffectKind.OPEN_PULL_REQUEST: Life.open_pull_request,
    EffectKind.CODE: Life.code,
    EffectKind.PUSH: Life.push,
    EffectKind.VERIFY: Life.verify,
    EffectKind.JUDGE: Life.judge,
    EffectKind.CANDIDATE: Life.candidate,
    EffectKind.MERGE: Life.merge,
    EffectKind.GATE: Life.gate,
    EffectKind.POST_DECISION: Life.post_decision,
    EffectKind.APPLY: Life.apply,
    EffectKind.SHOW: Life.show,
    EffectKind.CALL: Life.call,
    EffectKind.TIDY: Life.tidy,
}
