"""The real application of a host over a real ledger, asked over ASGI as a browser on the same machine would ask."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from otto_bot.app import App, build_app
from otto_bot.core import events as e
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.decision import Analysis, CrossFinding, Decider, Learning, Routed
from otto_bot.core.evidence import Citation, EvidenceItem, Excerpt, FailingTest, FailureClass
from otto_bot.core.gate_account import GateReply
from otto_bot.core.run import Run
from otto_bot.core.values import Repo, Usage
from otto_bot.core.verdict import Verdict, VerdictItem
from otto_bot.settings import Settings
from otto_bot.store.archive import Archive
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.web.reach import Reach


def _load(name: str) -> ModuleType:
    """A helper module of the heart's tests: test folders are no packages."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / "core" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


build = _load("core_builders")
sys.path.insert(0, str(Path(__file__).parent))

LOG = "collected 3 items\nE   ModuleNotFoundError: No module named 'flask'\n1 failed, 2 passed\nexit code 1"
JOB = "https://github.com/octo/app/actions/runs/5/job/9"


def excerpt(text: str = LOG, **changes: Any) -> Excerpt:
    """Lines of a job's log."""
    lines = text.count("\n") + 1
    given = {"kind": "log", "source": "CI / test", "text": text, "first_line": 20, "last_line": 19 + lines, "url": JOB}
    return Excerpt.model_validate({**given, **changes})


class Host:
    """A database, the application over it, and runs whose events the real ledger took."""

    def __init__(
        self, url: str, place: Path, bound: str | Reach = "127.0.0.1", *, app_id: int = 42, key: str = "k"
    ) -> None:
        self.engine: sa.Engine = open_database(url)
        self.ledger, self.archive = Ledger(self.engine), Archive(self.engine)
        reach = bound if isinstance(bound, Reach) else Reach(bound=bound)
        settings = Settings(
            app_id=app_id, private_key=SecretStr(key), webhook_secret=(SecretStr("s"),), database_url=url,
            state_dir=place,
            host=reach.bound, pages=reach.asked, public_url=reach.public_url, client_id=reach.client_id,
            client_secret=reach.client_secret, github_api_url=reach.api_url, github_web_url=reach.web_url,
        )  # fmt: skip
        self.app: App = build_app(settings, lambda: True)
        self.logs = self.app.logs
        self.entrance = self.app.entrance
        self.http = self.browser(reach.public_url or "http://127.0.0.1:8080")

    def browser(self, base: str = "http://127.0.0.1:8080") -> httpx.AsyncClient:
        """Another one, with cookies of its own."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=base)

    async def close(self) -> None:
        """Nothing of it is open any more."""
        await self.http.aclose()
        await self.app.shown.aclose()
        self.engine.dispose()

    async def page(self, path: str, status: int = 200) -> str:
        """The HTML at an address."""
        answer = await self.http.get(path)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("text/html")
        return answer.text

    def add(self, run: Run, *events: Any) -> Run:
        return self.ledger.append(run.id, list(events), build.T0)

    def start(
        self, issue: int = 4, title: str = "Let links expire", body: str = "They live forever.",
        repo: Repo = build.REPO,
    ) -> Run:  # fmt: skip
        """A run that has just begun."""
        trigger = Trigger(key=f"label/{issue}", repo=repo, issue=issue, title=title, body=body, actor=build.ANNA)
        run = self.ledger.start(trigger, HostCaps(), build.T0)
        assert run is not None
        return run

    def executing(self, plan: Any = None, settings: Config | None = None, **start: Any) -> Run:
        """Its pull request is open, nobody was asked."""
        free = Config.model_validate({"plan": {"approval": "never"}, "verify": {"exposure": "accept"}})
        made = plan or build.plan("t1", "t2", build.spec("t3", "t2"))
        run = self.start(**start)
        run = self.add(run, build.prepared(settings or free), e.PlanMade(at=build.T0, number=0, plan=made))
        run = self.add(run, e.PlanPosted(at=build.T0, revision=1, comment_id=5))
        opened = e.PullRequestOpened(at=build.T0, number=2, node_id="n", head_sha="head", head_tree="tree-head")
        green = e.VerificationEnded(at=build.T0, target="baseline", sha="head", ending="green")
        return self.add(run, opened, green)

    def at_gate(self, **start: Any) -> Run:
        """t1 has failed in Actions, t2 is verified; the pilot has decided, its comment stands."""
        run = self.executing(**start)
        tests = (FailingTest(id="tests/test_links.py::test_expires", message="assert None", file="tests/a.py", line=3),)
        failed = build.to_failed("t1", excerpts=(excerpt(),), failing_tests=tests, failing_jobs=("CI / test",))
        verdict = Verdict(items=(VerdictItem(id="c1", status="met", evidence="R1 shows it"),), summary="fine")
        passed = [*build.to_verifying("t2"), build.ended("t2")]
        judged = e.JudgeEnded(at=build.T0, task="t2", attempt=1, verdict=verdict)
        run = self.add(run, *failed, *passed, judged)
        while run.integration is not None and run.phase.value == "integrating":
            run = self._merged(run)
        raw = self.archive.keep("reply", b'{"retry_strategies": []}', build.T0)
        opened = e.GateOpened(at=build.T0, gate=1)
        made = e.DecisionMade(
            at=build.T0, gate=1, decision=self._decision(), evidence=self._evidence(), model="claude", calls=2,
            usd=0.03, rejections=("batches: t3 is missing",),
            replies=(
                GateReply(call="c1", role="pilot", tries=1, model="claude", reply=raw, problems=("batches: no t3",),
                          seconds=2, usage=Usage(usd=0.01)),
                GateReply(call="c2", role="pilot", tries=2, model="claude", seconds=3, usage=Usage(usd=0.02)),
            ),
        )  # fmt: skip
        posted = e.DecisionPosted(
            at=build.T0, gate=1, revision=run.revision + 1, comment_id=90,
            url="https://github.com/octo/app/pull/2#issuecomment-90",
        )  # fmt: skip
        run = self.add(run, opened, made)
        return self.add(run, posted.model_copy(update={"revision": run.gates[-1].revision}))

    def _merged(self, run: Run) -> Run:
        step = run.integration
        assert step is not None
        where = {"batch": step.batch, "step": step.step, "tasks": step.merging}
        sha = f"m-{step.batch}-{step.step}"
        run = self.add(run, e.CandidateBuilt(at=build.T0, sha=sha, tree=f"tree-{sha}", branch="c", **where))
        if run.integration is not None and not run.integration.ready:
            target = f"b{step.batch}/s{step.step}"
            run = self.add(run, e.VerificationEnded(at=build.T0, target=target, sha=sha, ending="green"))
        return self.add(run, e.TasksMerged(at=build.T0, sha=sha, tree=f"tree-{sha}", **where))

    def _decision(self) -> Any:
        cited = (Citation(evidence="E1", quote="No module named 'flask'"),)
        analysis = Analysis(
            task="t1", class_=FailureClass.ENVIRONMENT, summary="flask is not declared", citations=cited,
            confidence="high",
        )  # fmt: skip
        return build.decision(
            {"t1": "retry_different"}, [["t1"], ["t3"]], decided_by=Decider.PILOT, analysis=(analysis,),
            cross_task=(CrossFinding(tasks=("t1", "t3"), finding="both need flask", citations=cited),),
            routed=(Routed(target_task="t3", context="declare what you import", citations=cited),),
            learnings=(Learning(text="CI installs only what is declared", citations=cited),),
        )  # fmt: skip

    def _evidence(self) -> tuple[EvidenceItem, ...]:
        spec = Excerpt(kind="spec", source="t1", text="Links expire.")
        return (
            EvidenceItem(id="E1", task="t1", attempt=1, excerpt=excerpt()),
            EvidenceItem(id="E2", task="t1", excerpt=spec),
        )


@pytest.fixture
async def host(database_url: str, tmp_path: Path) -> AsyncIterator[Host]:
    """A host that is bound to loopback."""
    made = Host(database_url, tmp_path)
    async with made.http:
        yield made
    await made.close()


@pytest.fixture
async def make_host(database_url: str, tmp_path: Path) -> AsyncIterator[Any]:
    """Hosts that are bound elsewhere, or have another database. Each is closed at the end, whatever a test did."""
    made: list[Host] = []

    def make(bound: Any, url: str = database_url, **app: Any) -> Host:
        made.append(Host(url, tmp_path, bound, **app))
        return made[-1]

    yield make
    for host in made:
        await host.close()
