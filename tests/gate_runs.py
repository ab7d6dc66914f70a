"""Runs at gates in a real database, decided over a real Messages server: what replay and insight are tested on."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.estimate_values import Estimate
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, Excerpt
from otto_bot.core.redact import Redactor
from otto_bot.core.run import Run
from otto_bot.core.values import Repo, Usage
from otto_bot.git.mirror import Mirror
from otto_bot.github.errors import Unreachable
from otto_bot.jobs.context import Context
from otto_bot.jobs.run_pilot import run_pilot
from otto_bot.model.client import ModelClient
from otto_bot.model.prices import Prices
from otto_bot.store.archive import Archive
from otto_bot.store.effect_rows import EffectRows, Ticket
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger, Trigger


def load(name: str, folder: str, file: str) -> ModuleType:
    """A helper module by path: test folders are no packages."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(folder) / file)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


build = load("core_builders", "core", "core_builders.py")
kit = load("otto_messages_server", "model", "messages_server.py")

PLAN = build.plan("t1", "t2", build.spec("t3", "t2"))
SECRET = "hunter2-is-secret"
LOG = f"collected 3 items\nE   ModuleNotFoundError: No module named 'flask'\ntoken={SECRET}\nexit code 1"


def fails(key: str, number: int = 1, cause: Cause = Cause.TEST) -> list[RunEvent]:
    """The attempt is red, with a log."""
    excerpt = Excerpt(kind="log", source=f"verify / {key}", text=LOG, first_line=10, last_line=13)
    made: list[RunEvent] = build.to_failed(key, number, cause, excerpts=(excerpt,))
    return made


def answer(**changes: Any) -> dict[str, Any]:
    """What a pilot says that may stand: t1 differently, t2 again."""
    cited = [{"evidence": "E1", "quote": "No module named 'flask'"}]
    said: dict[str, Any] = {
        "failure_analysis": [
            {"task": "t1", "class": "environment", "summary": "flask is missing", "citations": cited,
             "confidence": "high"}
        ],
        "retry_strategies": [
            {"task": "t1", "action": "retry_different", "guidance": "Add flask to pyproject.toml", "reason": "missing"},
            {"task": "t2", "action": "retry", "reason": "enough"},
        ],
        "routed_context": [{"target_task": "t3", "context": "CI installs only what is declared", "citations": cited}],
        "batches": [["t1", "t2"], ["t3"]],
    }  # fmt: skip
    return {**said, **changes}


BAD = answer(batches=[["t1"], ["t3"]])
ORDER = {"batches": [["t1", "t2"], ["t3"]], "reason": "r"}


class _Offline(Context):
    """GitHub and git are out of reach: a gate is decided without the attempts' diffs then."""

    async def mirror(self, run: Run) -> Mirror:
        raise Unreachable(0, "nothing is served here")


@dataclass
class Stage:
    """A database and the jobs' context over it."""

    engine: sa.Engine
    client: ModelClient | None = None
    now: datetime = build.T0

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.engine)

    @property
    def context(self) -> Context:
        def model() -> ModelClient:
            assert self.client is not None, "no model is called here"
            return self.client

        unused: Any = None
        return _Offline(
            ledger=self.ledger, rows=EffectRows(self.engine), archive=Archive(self.engine),
            learnings=Learnings(self.engine), github=unused, web_url="", docs_url="",
            runner=unused, state_dir=Path(), model=model, prices=Prices.published(), redactor=Redactor([SECRET]),
            cage=None, stopping=lambda: False, now=lambda: self.now, nonce_key=b"key",
        )  # fmt: skip

    def add(self, run: Run, events: Sequence[RunEvent]) -> Run:
        return self.ledger.append(run.id, events, self.now)

    def start(
        self, settings: Config | None = None, *, plan: Any = PLAN, issue: int = 4, estimate: Estimate | None = None,
        repo: Repo = build.REPO,
    ) -> Run:  # fmt: skip
        """A run whose pull request is open."""
        trigger = Trigger(key=f"label/{repo.id}/{issue}", repo=repo, issue=issue, title="T", body="B", actor=build.ANNA)
        run = self.ledger.start(trigger, HostCaps(), self.now)
        assert run is not None
        opened = e.PullRequestOpened(at=self.now, number=2, node_id="n", head_sha="head", head_tree="tree-head")
        green = e.VerificationEnded(at=self.now, target="baseline", sha="head", ending="green")
        made = e.PlanMade(at=self.now, number=0, plan=plan, estimate=estimate)
        run = self.add(run, [build.prepared(settings), made, e.PlanPosted(at=self.now, revision=1, comment_id=5)])
        return self.add(run, [opened, green])

    def done(self, issue: int, estimate: Estimate, cost: float, repo: Repo = build.REPO) -> Run:
        """A run of one task that was estimated, cost so much, and is done."""
        run = self.start(plan=build.plan("t1"), issue=issue, estimate=estimate, repo=repo)
        call = f"run/{run.id}/coder/t1/a1/g0/n1/try1"
        paid = e.MoneySettled(at=self.now, call=call, usage=Usage(usd=cost))
        return self.add(run, [e.MoneyReserved(at=self.now, call=call, usd=cost), paid, *build.to_verified("t1")])

    def at_gate(self, settings: Config | None = None, causes: dict[str, Cause] | None = None, issue: int = 4) -> Run:
        """t1 and t2 failed."""
        run = self.start(settings, issue=issue)
        for key, cause in (causes or {"t1": Cause.TEST, "t2": Cause.TEST}).items():
            run = self.add(run, fails(key, 1, cause))
        return run

    async def decide(self, run: Run, generation: int = 1, *, commit: bool = True) -> Run:
        """The gate's job, as the worker does it."""
        effect = next(one for one in scheduled(run) if one.kind is EffectKind.GATE)
        events = await run_pilot(self.context, run, effect, Ticket(key=effect.key, generation=generation))
        return self.add(run, events) if commit else self.ledger.load(run.id)

    def through(self, run: Run, *steps: Callable[[Run], Run] | RunEvent) -> Run:
        """More of the run's life: events, or the builders' own steps, which only read the newest run."""
        for step in steps:
            event = step(run) if callable(step) else step
            run = self.add(run, [event])
        return run

    def post(self, run: Run) -> Run:
        gate = run.gates[-1]
        posted = e.DecisionPosted(at=self.now, gate=gate.number, revision=gate.revision, comment_id=90)
        return self.add(run, [posted])

    def apply(self, run: Run) -> Run:
        gate = run.gates[-1]
        return self.add(run, [e.DecisionApplied(at=build.at(3600), gate=gate.number, revision=gate.revision)])


def config(**parts: Any) -> Config:
    """A repository's settings; the plan needs nobody's yes."""
    return Config.model_validate({"plan": {"approval": "never"}, "verify": {"exposure": "accept"}, **parts})
