"""One run over a remote that others push to at any moment: real jobs and git, made-up models and Actions."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from core_builders import config, plan, said
from shared_remote import OTTO, Interrupted, Remote, commit_script

from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.branch_rules import BranchRule
from otto_bot.core.config import HostCaps
from otto_bot.core.decision import Action, Decider, Decision, Move
from otto_bot.core.effects import Effect, EffectKind, scheduled
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.plan import Plan
from otto_bot.core.policy import fixed_move
from otto_bot.core.redact import Redactor
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.git.commits import Author, tree_of, write_commit
from otto_bot.git.errors import GitFailed, PushRejected
from otto_bot.git.mirror import Mirror
from otto_bot.github.verbs import Repository
from otto_bot.jobs.context import Context
from otto_bot.jobs.gated_push import PushHeld
from otto_bot.jobs.outcomes import NeedsPerson, Retry
from otto_bot.jobs.registry import JOBS, translate
from otto_bot.jobs.starting import start_of
from otto_bot.model.prices import Prices
from otto_bot.store.archive import Archive
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.ticket import Ticket

REPO = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
ANNA = Person(id=11, login="anna")
REAL = (EffectKind.PUSH, EffectKind.CANDIDATE, EffectKind.MERGE, EffectKind.TAKE_BASE)
PLAYED = (EffectKind.CODE, EffectKind.VERIFY, EffectKind.GATE, EffectKind.POST_DECISION, EffectKind.APPLY)


class NoRules:
    """All that these jobs ask GitHub itself: there are no rules for branches."""

    async def binding_rules(self, _branch: str) -> tuple[BranchRule, ...]:
        return ()


@dataclass(frozen=True)
class Near(Context):
    """The jobs' context with its remote in a folder, and hardly any GitHub beside it."""

    remote: Remote = field(kw_only=True)

    async def mirror(self, run: Run) -> Mirror:
        async def no_token(_pushes: bool) -> None:
            return None

        mirror = Mirror(self.state_dir / "mirror.git", "https://example.org/o/r.git", no_token, self.runner)
        mirror.url = str(self.remote.path)
        await mirror.ensure()
        return mirror

    def repository(self, run: Run) -> Repository:
        return cast("Repository", NoRules())

    async def author(self) -> Author:
        return Author("otto[bot]", OTTO)

    async def habits(self, run: Run) -> list[str]:
        return []


class Play:
    """A run from its open pull request to its end, each step chosen by chance among those that are due."""

    def __init__(self, context: Near, number: int) -> None:
        self.context, self.remote, self.number = context, context.remote, number
        self.git = cast("Interrupted", context.runner)
        self.rng = self.remote.rng = random.Random(number)
        self.heard: list[tuple[str, str]] = []
        self.steps: list[str] = []
        self.id = 0
        self.words = 0

    @property
    def run(self) -> Run:
        return self.context.ledger.load(self.id)

    async def tell(self, *events: RunEvent) -> Run:
        return await self.context.record(self.id, *events)

    async def begin(self, made: Plan | None = None, *, people: bool = True) -> None:
        """The run branch with its empty commit; people are there from here on."""
        now = datetime.now(UTC)
        self.git.prefix, self.git.left, self.git.story, self.git.onto_run = "", 0, [], []
        trigger = Trigger(key=f"k{self.number}", repo=REPO, issue=self.number, title="T", body="B", actor=ANNA)
        run = self.context.ledger.start(trigger, HostCaps(), now)
        assert run is not None
        self.id = run.id
        mirror = await self.context.mirror(run)
        base = (await mirror.fetch("refs/heads/main"))["refs/heads/main"]
        settings = config(qa={"enabled": False}, attempts={"per_task": 5}, pilot={"grace_minutes": 0})
        lane, none = Lane(kind=LaneKind.PUSH, why="w"), Exposure(items=(), files_hash="h")
        prepared = e.Prepared(at=now, config=settings, base_sha=base, lane=lane, exposure=none, prefix="otto")
        made = made or (plan("t1") if self.rng.random() < 0.5 else plan("t1", "t2"))
        run = await self.tell(prepared, e.PlanMade(at=now, number=0, plan=made),
                              e.PlanPosted(at=now, revision=1, comment_id=5))  # fmt: skip
        tree = await tree_of(mirror, base)
        first = await write_commit(mirror, tree, [base], "Begin", author=await self.context.author(), when=now)
        await mirror.remote("push", [], [f"{first}:refs/heads/{run.run_branch}"])
        opened = e.PullRequestOpened(at=now, number=2, node_id="n", head_sha=first, head_tree=tree)
        await self.tell(opened, e.VerificationEnded(at=now, target="baseline", sha=first, ending="green"))
        self.git.prefix, self.git.left = f"{run.prefix}/", self.rng.randint(1, 3) if people else 0
        self.seen = self.remote.heads()

    async def step(self) -> bool:
        """One thing that is due, or a webhook; False where nothing is left to do."""
        await self._hears()
        run = self.run
        due = [one for one in scheduled(run) if one.kind in REAL + PLAYED]
        if run.ended or not due:
            return await self._speaks(run)
        effect = self.rng.choice(due)
        self.steps.append(effect.key)
        self.git.story.append(f"-- {effect.key}")
        await (self._job(run, effect) if effect.kind in REAL else self._played(run, effect))
        return True

    async def _job(self, run: Run, effect: Effect) -> None:
        try:
            events: Sequence[RunEvent] = await JOBS[effect.kind](
                self.context, run, effect, Ticket(key=effect.key, generation=1)
            )
        except (PushRejected, PushHeld, GitFailed, Retry, NeedsPerson) as error:
            means = translate(error)
            kind, message = getattr(means, "kind", "later"), str(means)
            events = [e.EffectFailed(at=self.now, key=effect.key, kind=kind, message=message[:500], retry_at=None)]
        self.git.story.append(f"   = {[event.type for event in events]}")
        await self.tell(*events)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def _played(self, run: Run, effect: Effect) -> None:
        what = {
            EffectKind.CODE: self._code, EffectKind.VERIFY: self._verify, EffectKind.GATE: self._gate,
            EffectKind.POST_DECISION: self._post, EffectKind.APPLY: self._apply,
        }  # fmt: skip
        await what[effect.kind](run, effect)

    async def _code(self, run: Run, effect: Effect) -> None:
        mirror = await self.context.mirror(run)
        start = await start_of(self.context, run, mirror, effect)
        where: dict[str, Any] = {"at": self.now, "task": effect.task, "attempt": effect.attempt}
        await self.tell(e.AttemptStarted(**where, base_sha=start.base, branch=start.branch, fresh=start.fresh))
        await mirror.fetch(start.base)
        files = {f"{effect.task}-{effect.attempt}.txt": "written\n"}
        if effect.attempt == 1:
            files[f"{effect.task}.txt"] = f"{effect.task} by Otto\n"
        ref = f"refs/work/{run.id}-{effect.task}-{effect.attempt}"
        script = commit_script(ref, OTTO, files, "Work", start.base)
        await mirror.git("fast-import", "--quiet", input=script.encode())
        told = (await mirror.git("rev-parse", ref, f"{ref}^{{tree}}")).text.split()
        await self.tell(e.AttemptCoded(**where, sha=told[0], tree=told[1]))

    async def _verify(self, run: Run, effect: Effect) -> None:
        task = effect.task
        red = bool(task) and effect.attempt < 3 and self.rng.random() < 0.12
        why = Failure(task=task, attempt=effect.attempt, phase=Phase.VERIFY, cause=Cause.TEST, fingerprint="x")
        sha = run.verifications[effect.target].sha
        given = {"target": effect.target, "sha": sha, "ending": "red" if red else "green"}
        await self.tell(e.VerificationEnded.model_validate({"at": self.now, **given, "failure": why if red else None}))

    async def _gate(self, run: Run, _effect: Effect) -> None:
        number = len(run.gates) + 1
        run = await self.tell(e.GateOpened(at=self.now, gate=number))
        moves = []
        for failure in run.gates[-1].failures:
            fresh = Action.RESTART_FRESH if self.rng.random() < 0.3 else Action.RETRY
            other = Move(task=failure.task, action=fresh, reason="because")
            moves.append(fixed_move(run.task(failure.task), failure) or other)
        made = Decision(decided_by=Decider.RULES, moves=tuple(moves))
        await self.tell(e.DecisionMade(at=self.now, gate=number, decision=made))

    async def _post(self, run: Run, _effect: Effect) -> None:
        gate = run.gates[-1]
        run = await self.tell(e.DecisionPosted(at=self.now, gate=gate.number, revision=gate.revision, comment_id=90))
        if run.gates[-1].deadline is None:
            await self._say(run, "/otto approve")

    async def _apply(self, run: Run, _effect: Effect) -> None:
        gate = run.gates[-1]
        await self.tell(e.DecisionApplied(at=self.now, gate=gate.number, revision=gate.revision))

    async def _say(self, run: Run, line: str) -> None:
        self.words += 1
        self.git.story.append(f"SAID {line}")
        await self.tell(said(line, key=f"{self.number}/{self.words}").model_copy(update={"at": self.now}))

    async def _hears(self, *, all_of_it: bool = False) -> None:
        """Webhooks of people's pushes come late, and tell where the branch is by then."""
        now, run = self.remote.heads(), self.run
        for branch in (one for one in sorted(now) if one == "main" or one.startswith(f"{run.prefix}/")):
            if now[branch] != self.seen.get(branch) and (all_of_it or self.rng.random() < 0.4):
                self.seen[branch] = now[branch]
                await self._told(self.run, branch, now[branch])

    async def _told(self, run: Run, branch: str, head: str) -> None:
        """What the desk makes of it; of what Otto pushed itself nothing."""
        if branch == "main":
            await self.tell(e.BaseMoved(at=self.now, sha=head))
            return
        ours = {attempt.sha for task in run.tasks.values() for attempt in task.attempts}
        ours |= {run.integration.sha} if run.integration else set()
        if branch == run.run_branch and head != run.head and head not in ours:
            tree = self.remote.run("rev-parse", f"{head}^{{tree}}").strip()
            await self.tell(e.RunBranchMoved(at=self.now, sha=head, tree=tree, by="rita"))
        for key, last in [(key, task.last) for key, task in run.tasks.items() if task.last is not None]:
            if branch == last.branch != run.run_branch and last.pushed and head not in ours:
                where = {"task": key, "attempt": last.number, "sha": head, "by": "rita"}
                await self.tell(e.AttemptBranchMoved.model_validate({"at": self.now, **where}))

    async def _speaks(self, run: Run) -> bool:
        """All webhooks have come; where the run rests after that, a person lets it go on, a few times."""
        await self._hears(all_of_it=True)
        after = self.run
        if [one for one in scheduled(after) if one.kind in REAL + PLAYED]:
            return True
        if after.ended or self.words > 6:
            return False
        await self._say(after, "/otto resume" if after.hold is not None else "/otto retry")
        return True

    def told(self) -> str:
        """What happened, for whoever reads a failure."""
        rows = [f"{key}: {task.state.value}, {len(task.attempts)} attempts" for key, task in self.run.tasks.items()]
        return "\n".join([f"interleaving {self.number}", *self.git.story[-400:], *rows, str(self.run.hold)])


def near(folder: Path, engine: sa.Engine) -> Near:
    """What jobs are given, over a remote that nobody has pushed to yet."""
    remote = Remote(folder / "remote.git", random.Random(0))
    return Near(
        ledger=Ledger(engine), rows=EffectRows(engine), archive=Archive(engine), learnings=Learnings(engine),
        github=none(), web_url="https://example.org", docs_url="https://example.org/docs/",
        runner=Interrupted(folder / "home", remote), state_dir=folder, model=none(), prices=Prices.published(),
        redactor=Redactor(), cage=None, stopping=lambda: False, now=lambda: datetime.now(UTC), nonce_key=b"key",
        remote=remote,
    )  # fmt: skip


def merged(run: Run) -> bool:
    return all(task.state is TaskState.MERGED for task in run.tasks.values())


def none() -> Any:
    """What is not there: nobody asks for it."""
    return cast("Any", None)
