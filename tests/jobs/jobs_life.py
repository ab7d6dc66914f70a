"""A run lived by its real jobs over a real git server; the test says what the model writes and what Actions finds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from core_builders import plan, said, spec

from otto_bot.agents.coder import CodeResult, Ending
from otto_bot.agents.coder_prompt import CodeRequest
from otto_bot.core import events as e
from otto_bot.core.attempt import TaskState
from otto_bot.core.config import Config
from otto_bot.core.effects import Effect, EffectKind, scheduled
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.plan import Plan
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Usage
from otto_bot.git.commits import tree_of
from otto_bot.git.workspace import Workspace
from otto_bot.jobs import code_task
from otto_bot.jobs.context_notes import told_notes
from otto_bot.jobs.registry import JOBS
from otto_bot.jobs.starting import start_of
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_config import Do
from otto_bot.store.effect_rows import Ticket
from otto_bot.store.ledger import Trigger

CI = (
    "name: CI\non:\n  pull_request:\n    branches: [main]\npermissions:\n  contents: read\njobs:\n  test:\n"
    "    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n"
)
CONFIG = {"qa": {"enabled": False}, "verify": {"settle_seconds": 0}, "pilot": {"grace_minutes": 0}}


class Life:
    """One run. Each step is a job of the house, asked for by the run itself."""

    def __init__(self, bench: Any, run: Run) -> None:
        self.bench = bench
        self.context = bench.context
        self.id = run.id
        self.request: CodeRequest | None = None
        self.claimed: dict[str, Ticket] = {}

    @classmethod
    async def begin(cls, bench: Any, made: Plan | None = None) -> Life:
        """A run whose pull request is open and whose baseline is green."""
        context = bench.context
        trigger = Trigger(key="k", repo=bench.repo, issue=1, title="T", body="B", actor=Person(id=11, login="anna"))
        from otto_bot.core.config import HostCaps

        run = context.ledger.start(trigger, HostCaps(), context.now())
        assert run is not None
        life = cls(bench, run)
        (prepared,) = await life.do(EffectKind.PREPARE, record=False)
        assert isinstance(prepared, e.Prepared), prepared
        await life.tell(prepared.model_copy(update={"config": Config.model_validate(CONFIG)}))
        await life.tell(e.PlanMade(at=context.now(), number=0, plan=made or plan("t1")))
        await life.tell(e.PlanPosted(at=context.now(), revision=1, comment_id=5))
        await life.do(EffectKind.OPEN_PULL_REQUEST)
        await life.ends("baseline")
        return life

    @property
    def run(self) -> Run:
        run: Run = self.context.ledger.load(self.id)
        return run

    async def tell(self, *events: RunEvent) -> Run:
        run: Run = await self.context.record(self.id, *events)
        return run

    def due(self, kind: EffectKind, task: str = "") -> Effect:
        found = [one for one in scheduled(self.run) if one.kind is kind and task in ("", one.task)]
        assert found, f"{kind} of {task or 'the run'} is not due: {[one.key for one in scheduled(self.run)]}"
        return found[0]

    def kinds(self) -> set[EffectKind]:
        return {one.kind for one in scheduled(self.run)}

    async def do(self, kind: EffectKind, task: str = "", *, record: bool = True) -> list[RunEvent]:
        """The job of a due effect; its events are recorded."""
        effect = self.due(kind, task)
        ticket = self.ticket(effect)
        events = list(await JOBS[kind](self.context, self.run, effect, ticket))
        if record:
            self.context.ledger.append(self.id, events, self.context.now(), done=ticket)
        return events

    def ticket(self, effect: Effect) -> Ticket:
        """The try of an effect, as a worker that claims whatever is due has it."""
        claimed = self.context.rows.claim("life", self.context.now(), 1000)
        self.claimed.update({ticket.key: ticket for ticket in claimed})
        return self.claimed[effect.key]

    async def code(
        self,
        task: str,
        ending: Ending = "finished",
        *,
        meanwhile: Callable[[], Awaitable[object]] | None = None,
        **files: str | None,
    ) -> RunEvent:
        """One attempt of which the model wrote these files (`__` in a name stands for a dot).

        `meanwhile` happens while it works.
        """
        effect = self.due(EffectKind.CODE, task)
        mirror = await self.context.mirror(self.run)
        start = await start_of(self.context, self.run, mirror, effect)
        where = {"at": self.context.now(), "task": task, "attempt": effect.attempt}
        begun = e.AttemptStarted.model_validate(
            {**where, "base_sha": start.base, "branch": start.branch, "fresh": start.fresh}
        )
        run = await self.tell(begun)
        last = run.task(task).last
        assert last is not None
        session = code_task._Session(self.context, run, mirror, effect, self.ticket(effect), last)
        workspace = await Workspace.open(mirror, last.base_sha, session.path, notes=told_notes(run, last))
        self.request = await session._request(workspace)
        for name, text in files.items():
            path = workspace.path / name.replace("__", ".")
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        if meanwhile is not None:
            await meanwhile()
        tree = (await workspace.snapshot()).tree
        (event,) = await session._finish(workspace, CodeResult(ending=ending, tree=tree, turns=1, usage=Usage()))
        await workspace.remove()
        await self.tell(event)
        return event

    async def ends(self, target: str, ending: str = "green") -> Run:
        """Actions says so; what is green is looked at for weakened tests."""
        sha = self.run.verifications[target].sha
        why = None
        if ending != "green":
            task, _, number = target.partition("/a")
            why = Failure(task=task, attempt=int(number or 0), phase=Phase.VERIFY, cause=Cause.TEST, fingerprint="x")
        given = {"at": self.context.now(), "target": target, "sha": sha, "ending": ending, "failure": why}
        run = await self.tell(e.VerificationEnded.model_validate(given))
        if (task := target.partition("/a")[0]) in run.tasks and run.task(task).state is TaskState.JUDGING:
            await self.do(EffectKind.JUDGE, task)
        return self.run

    async def retry(self, *tasks: str, words: str = "") -> Run:
        """A person wants the tasks once more; the decision is posted and carried out."""
        line = f"/otto retry {','.join(tasks)}" + (f" -- {words}" if words else "")
        await self.tell(said(line, key=f"{line}{len(self.run.gates)}").model_copy(update={"at": self.context.now()}))
        return await self.apply()

    async def gate(self, moves: dict[str, str]) -> Run:
        """A gate at which the pilot decides so."""
        from core_builders import decision

        now, number = self.context.now(), len(self.run.gates) + 1
        await self.tell(
            e.GateOpened(at=now, gate=number), e.DecisionMade(at=now, gate=number, decision=decision(moves))
        )
        return await self.apply()

    async def apply(self) -> Run:
        gate = self.run.gates[-1]
        await self.tell(
            e.DecisionPosted(at=self.context.now(), gate=gate.number, revision=gate.revision, comment_id=90)
        )
        if self.run.gates[-1].deadline is None:
            await self.tell(said("/otto approve", key=f"yes{gate.number}"))
        at = self.context.now()
        return await self.tell(e.DecisionApplied(at=at, gate=gate.number, revision=self.run.gates[-1].revision))

    async def push(self, branch: str, message: str = "Change", **files: str | None) -> str:
        """A person pushes; slashes and dots of a name are written out in `files` by `___` and `__`."""
        named = {name.replace("___", "/").replace("__", "."): text for name, text in files.items()}
        given = {"push": {"branch": branch, "files": named, "message": message}}
        await Hand(self.bench.stand_in.hub, "dev").do(Do.model_validate(given))
        sha = self.bench.stand_in.hub.world.repo.resolve(branch)
        assert sha is not None
        return str(sha)

    async def main_moves(self, **files: str | None) -> str:
        """A person pushes to the default branch, and the run hears of it."""
        sha = await self.push("main", **files)
        await self.tell(e.BaseMoved(at=self.context.now(), sha=sha))
        return sha

    async def remote_head(self) -> str | None:
        """Where the run branch is on GitHub."""
        return await (await self.context.mirror(self.run)).remote_head(f"refs/heads/{self.run.run_branch}")

    async def files(self, revision: str) -> dict[str, str]:
        """What stands at the top of a commit or branch on GitHub."""
        mirror = await self.context.mirror(self.run)
        sha = revision if len(revision) == 40 else await mirror.remote_head(f"refs/heads/{revision}")
        assert sha is not None
        await mirror.fetch(sha)
        reading = self.context.reading(mirror)
        return {path: reading.file_at(sha, path).decode() for path in reading.files(sha) if "/" not in path}

    async def subtree(self, revision: str, path: str) -> str:
        mirror = await self.context.mirror(self.run)
        return str((await mirror.git("show", f"{revision}:{path}")).text) if await tree_of(mirror, revision) else ""


__all__ = ["CI", "Life", "spec"]
