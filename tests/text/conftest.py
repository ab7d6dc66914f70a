"""Runs at telling moments, built through the state machine itself, and the extension that keeps comments as files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from otto_bot.core import events as e
from otto_bot.core.attempt import Handoff
from otto_bot.core.commands import Command, Given
from otto_bot.core.config import Config, VerifyConfig
from otto_bot.core.decision import Action, Analysis, CrossFinding, Decider, Decision, Learning, Move, Routed
from otto_bot.core.evidence import Cause, Citation, EvidenceItem, Excerpt, FailingTest, Failure, FailureClass, Phase
from otto_bot.core.exposure import Exposed, Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.learnings import GateLearning, LearningStatus
from otto_bot.core.machine import reduce
from otto_bot.core.onboarding import Facts, Project
from otto_bot.core.plan import Criterion, Plan, Relation, RelationSpec, TaskSpec
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo, Usage
from otto_bot.core.verdict import Verdict, VerdictItem
from otto_bot.text.links import Links
from otto_bot.text.refusals import no_ci

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))  # makers of runs at their journeys
sys.path.insert(0, str(Path(__file__).parent))

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SHA = {name: f"{index:x}" * 40 for index, name in enumerate(["base", "empty", "t1", "t2", "t3", "t4", "b1", "t2b"], 1)}
ACTOR = Person(id=7, login="maria")
REPO = Repo(id=1, installation_id=2, owner="octo", name="demo", default_branch="main")
LOG = """\
============================= test session starts ==============================
tests/test_cache.py::test_list_active FAILED
E   AssertionError: assert {'id': 1} == (1, 'open')
ModuleNotFoundError: No module named 'flask'
=========================== 1 failed, 9 passed in 0.41s ========================
"""


class MarkdownFile(SingleFileSnapshotExtension):
    """One readable Markdown file a snapshot."""

    _write_mode = WriteMode.TEXT
    file_extension = "md"


@pytest.fixture
def shown(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Comments as Markdown files."""
    return snapshot.use_extension(MarkdownFile)


@pytest.fixture
def links() -> Links:
    """Addresses in the repository of the stories."""
    return Links("https://github.com", "octo", "demo")


@pytest.fixture
def now() -> datetime:
    """A little after the start."""
    return START + timedelta(minutes=30)


def plan_of_four() -> Plan:
    """Three tasks side by side, one of them against another, and one later."""

    def task(key: str, title: str, **more: object) -> TaskSpec:
        fields = {
            "goal": f"{title}, as the issue asks.",
            "files": (f"src/{key}.py",),
            "criteria": (
                Criterion(id="c1", text=f"{title} works"),
                Criterion(id="c2", level="should", text="it is documented"),
            ),
        }
        return TaskSpec.model_validate({"key": key, "title": title, **fields, **more})

    return Plan(
        summary="Add a cache and a small REST API over it.",
        mode="decomposed",
        tasks=(
            task("t1", "store"),
            task("t2", "cache-layer", size="L"),
            task("t3", "rest-api"),
            task("t4", "client", depends_on=("t3",), size="S"),
        ),
        relations=(
            RelationSpec(a="t2", b="t4", kind=Relation.CONTRADICTORY, reason="tuples in one, dicts in the other"),
            RelationSpec(a="t1", b="t2", kind=Relation.INDEPENDENT),
        ),
        assumptions=("Python 3.11 is enough.",),
        non_goals=("No authentication.",),
    )


def follow(run: Run | None, *events: e.Event) -> Run:
    """The run after events; every one of them must have been understood."""
    for event in events:
        after = reduce(run, event)  # type: ignore[arg-type]
        assert after is not None
        assert after is not run, f"{event} changed nothing"
        run = after
    assert run is not None
    return run


def at(minutes: float) -> datetime:
    """Minutes after the start."""
    return START + timedelta(minutes=minutes)


def started(title: str = "Cache the list of active orders", **more: object) -> Run:
    """A labelled issue."""
    fields = {
        "at": START, "run_id": 41, "repo": REPO, "issue": 5, "ordinal": 1, "title": title, "body": "Please.",
        "actor": ACTOR,
    }  # fmt: skip
    return follow(None, e.RunStarted.model_validate({**fields, **more}))


def prepared(run: Run | None = None, exposed: bool = True, **config: object) -> Run:
    """The repository is read."""
    items = (
        Exposed(workflow=".github/workflows/ci.yml", what="secret", detail="PYPI_TOKEN"),
        Exposed(workflow=".github/workflows/ci.yml", what="own runner", detail="job test: self-hosted"),
    )
    lane = Lane(
        kind=LaneKind.PULL_REQUEST,
        workflows=(".github/workflows/ci.yml",),
        jobs=("test", "lint"),
        why="`ci.yml`: it runs on pull requests into `main`",
    )
    return follow(
        run or started(),
        e.Prepared(
            at=at(1),
            config=Config.model_validate(config),
            base_sha=SHA["base"],
            lane=lane,
            exposure=Exposure(items=items if exposed else (), files_hash="h"),
            prefix="otto",
        ),
    )


def planned(plan: Plan | None = None, run: Run | None = None) -> Run:
    """The plan is made and posted; it waits, because something is exposed."""
    run = follow(run or prepared(), e.PlanMade(at=at(2), number=0, plan=plan or plan_of_four()))
    return follow(run, e.PlanPosted(at=at(3), revision=1, comment_id=900))


def given(verb: str, by: Person = ACTOR, **fields: object) -> e.CommandGiven:
    """Someone says something."""
    command = Command.model_validate({"verb": verb, **fields})
    return e.CommandGiven(at=at(4), given=Given(key=f"c/{verb}/{fields}", command=command, by=by, where=5))


def opened(run: Run | None = None) -> Run:
    """Approved, and the draft pull request stands; the baseline is green."""
    run = follow(run or planned(), given("approve", revision=1)) if (run is None or not run.plan_approved_by) else run
    run = follow(run, e.PullRequestOpened(at=at(5), number=6, node_id="PR_6", head_sha=SHA["empty"], head_tree="tree0"))
    return follow(run, e.VerificationEnded(at=at(6), target="baseline", sha=SHA["empty"], ending="green"))


def pushed(run: Run, key: str, attempt: int = 1, sha: str | None = None) -> Run:
    """An attempt is coded and pushed."""
    sha = sha or SHA[key]
    branch = f"otto/5-1/{key}-a{attempt}"
    return follow(
        run,
        e.AttemptStarted(at=at(7), task=key, attempt=attempt, base_sha=run.head, branch=branch),
        e.AttemptCoded(
            at=at(8), task=key, attempt=attempt, sha=sha, tree=f"tree-{key}-{attempt}", stat="2 files, +31 -4",
            handoff=Handoff(summary=f"{key} written, with tests.", facts=("The project uses pytest.",)),
        ),
        e.AttemptPushed(at=at(9), task=key, attempt=attempt, sha=sha, pull_request=10 + attempt),
    )  # fmt: skip


def verdict(status: str = "met") -> Verdict:
    """What the judge says."""
    return Verdict.model_validate(
        {"items": (VerdictItem.model_validate({"id": "c1", "status": status, "evidence": "src/x.py line 3"}),)}
    )


def green(run: Run, key: str, attempt: int = 1) -> Run:
    """Actions is green and the judge content."""
    sha = run.task(key).attempts[attempt - 1].sha or ""
    url = "https://github.com/octo/demo/actions/runs/77"
    return follow(
        run,
        e.VerificationEnded(at=at(12), target=f"{key}/a{attempt}", sha=sha, ending="green", run_ids=(77,), url=url),
        e.JudgeEnded(at=at(13), task=key, attempt=attempt, verdict=verdict()),
    )


def failure(key: str, cause: Cause, **more: object) -> Failure:
    """A red attempt."""
    excerpt = Excerpt(
        kind="log", source="verify / test", text=LOG, first_line=212, last_line=218,
        url="https://github.com/octo/demo/actions/runs/78/job/9#step:4:212",
    )  # fmt: skip
    fields = {
        "task": key, "attempt": 1, "sha": SHA.get(key), "phase": Phase.VERIFY, "cause": cause,
        "detail": "the job test failed with exit code 1", "failing_jobs": ("test",), "fingerprint": f"f:{key}",
        "failing_tests": (
            FailingTest(
                id="tests/test_cache.py::test_list_active", message="dict != tuple", file="tests/test_cache.py", line=12
            ),
        ),
        "suspected_files": (f"src/{key}.py",), "excerpts": (excerpt,),
    }  # fmt: skip
    return Failure.model_validate({**fields, **more})


def red(run: Run, key: str, cause: Cause, attempt: int = 1, **more: object) -> Run:
    """Actions is red."""
    sha = run.task(key).attempts[attempt - 1].sha or ""
    found = failure(key, cause, **{"attempt": attempt, "sha": sha, **more})
    url = "https://github.com/octo/demo/actions/runs/78"
    ended = e.VerificationEnded(
        at=at(12), target=f"{key}/a{attempt}", sha=sha, ending="red", failure=found, run_ids=(78,), url=url
    )
    return follow(run, ended)


def mixed() -> Run:
    """Batch 1: t1 passes and is merged, t2 and t3 fail; a gate is due."""
    run = opened()
    for key in ("t1", "t2", "t3"):
        run = pushed(run, key)
    run = red(red(green(run, "t1"), "t2", Cause.TEST), "t3", Cause.DEPENDENCY)
    run = follow(
        run,
        e.CandidateBuilt(at=at(14), batch=1, step=1, tasks=("t1",), sha=SHA["b1"], tree="tree-t1-1"),
        e.TasksMerged(at=at(15), batch=1, step=1, tasks=("t1",), sha=SHA["b1"], tree="tree-t1-1"),
        e.MoneyReserved(at=at(15), call="c", usd=2.0),
        e.MoneySettled(at=at(15), call="c", usage=Usage(usd=1.42)),
    )
    return follow(run, e.GateOpened(at=at(16), gate=1))


def evidence() -> tuple[EvidenceItem, ...]:
    """What the pilot could quote."""
    first, second = failure("t2", Cause.TEST).excerpts[0], failure("t3", Cause.DEPENDENCY).excerpts[0]
    return (
        EvidenceItem(id="E1", task="t2", attempt=1, excerpt=first),
        EvidenceItem(id="E3", task="t3", attempt=1, excerpt=second),
    )


def pilot_decision(asking: bool = False) -> Decision:
    """The pilot's word on t2 and t3."""
    quote = Citation(evidence="E3", quote="ModuleNotFoundError: No module named 'flask'")
    ask = Move(task="t2", action=Action.ASK, question="Tuples or dicts?", reason="two tasks want different shapes")
    retry = Move(task="t2", action=Action.RETRY, reason="its evidence is enough")
    return Decision(
        decided_by=Decider.PILOT,
        moves=(
            ask if asking else retry,
            Move(
                task="t3",
                action=Action.RETRY_DIFFERENT,
                guidance="add flask to [project.dependencies]; CI installs with pip install -e .",
            ),
        ),
        analysis=(
            Analysis.model_validate(
                {"task": "t2", "class": FailureClass.SPEC, "hypothesis": True, "confidence": "low",
                 "summary": "`list_active()` returns dicts, the task text promised tuples"}
            ),
            Analysis.model_validate(
                {"task": "t3", "class": FailureClass.ENVIRONMENT, "confidence": "high", "citations": (quote,),
                 "summary": "`flask` is not installed in CI"}
            ),
        ),
        cross_task=(CrossFinding(tasks=("t3", "t4"), finding="both import flask", citations=(quote,)),),
        routed=(Routed(target_task="t4", context="flask is installed with pip install -e .", citations=(quote,)),),
        learnings=(Learning(text="CI installs with pip install -e .", citations=(quote,)),),
        batches=(("t3",), ("t4",)) if asking else (("t2", "t3"), ("t4",)),
    )  # fmt: skip


def decided(decision: Decision | None = None, run: Run | None = None, **more: object) -> Run:
    """The decision is made and not posted: the moment its comment is written."""
    kept = (GateLearning(index=0, number=3, status=LearningStatus.PROPOSED),)
    fields = {"evidence": evidence(), "model": "claude-sonnet-4-5", "calls": 1, "usd": 0.03, "learnings": kept, **more}
    made = {"at": at(17), "gate": 1, "decision": decision or pilot_decision(), **fields}
    return follow(run or mixed(), e.DecisionMade.model_validate(made))


def posted(run: Run | None = None) -> Run:
    """The decision's comment stands."""
    run = run or decided()
    gate = run.gates[-1]
    url = "https://github.com/octo/demo/pull/6#issuecomment-901"
    return follow(run, e.DecisionPosted(at=at(18), gate=gate.number, revision=gate.revision, comment_id=901, url=url))


def applied(run: Run | None = None) -> Run:
    """Grace has passed."""
    run = run or posted()
    gate = run.gates[-1]
    return follow(run, e.DecisionApplied(at=at(30), gate=gate.number, revision=gate.revision))


def finished() -> Run:
    """Everything passed in the end."""
    run = applied()
    run = pushed(run, "t2", 2, SHA["t2b"])
    run = pushed(run, "t3", 2, "c" * 40)
    run = green(green(run, "t2", 2), "t3", 2)
    run = merged(run, 2, ("t2", "t3"), "d" * 40)
    run = green(pushed(run, "t4", 1, "e" * 40), "t4")
    return merged(run, 3, ("t4",), "f" * 40)


def merged(run: Run, batch: int, tasks: tuple[str, ...], sha: str) -> Run:
    """A candidate of verified tasks goes onto the run branch."""
    assert run.integration is not None
    step, target = run.integration.step, f"b{batch}/s{run.integration.step}"
    where = {"batch": batch, "step": step, "tasks": tasks, "sha": sha, "tree": f"tree-{sha[:4]}"}
    return follow(
        run,
        e.CandidateBuilt.model_validate({"at": at(40), "branch": f"otto/5-1/batch-{batch}-{step}", **where}),
        e.VerificationEnded(at=at(41), target=target, sha=sha, ending="green"),
        e.TasksMerged.model_validate({"at": at(42), **where}),
    )


STORY: dict[str, Callable[[], Run]] = {
    "started": started,
    "planned": planned,
    "working": lambda: pushed(pushed(opened(), "t1"), "t2"),
    "gate": mixed,
    "decided": decided,
    "grace": posted,
    "reopened": applied,
    "asking": lambda: posted(decided(pilot_decision(asking=True))),
    "paused": lambda: follow(opened(), given("pause")),
    "refused": lambda: follow(started(), e.Refused(at=at(1), reason="the configuration is wrong")),
    "stopped": lambda: follow(opened(), given("stop")),
    "finished": finished,
}
"""Moments of one run, each as a function that makes it."""


@cache
def made(name: str) -> Run:
    """A run at a moment; runs never change, so one of each is enough."""
    return STORY[name]()


@pytest.fixture
def moment() -> Callable[[str], Run]:
    """A run at a moment by name."""
    return made


def single() -> Run:
    """A plan of one task, approved by rule."""
    plan = Plan(
        summary="One small change.",
        tasks=(TaskSpec(key="t1", title="Say hello", goal="Say hello.", criteria=(Criterion(id="c1", text="hello"),)),),
    )
    config = {"verify": VerifyConfig(exposure="accept"), "plan": {"approval": "never"}}
    return planned(plan, prepared(None, False, **config))


def by_hand() -> Run:
    """A person reopens the task that was asked about, with words of their own."""
    run = follow(STORY["asking"](), given("approve", revision=2))
    return follow(applied(run), given("retry", tasks=("t2",), guidance="dicts, as in the other module"))


def without_pilot() -> Run:
    """No model decided."""
    decision = Decision(
        decided_by=Decider.RULES,
        why="the pilot's answer was refused twice",
        moves=(
            Move(task="t2", action=Action.RESTART_FRESH, reason="no progress", decided_by=Decider.RULES),
            Move(task="t3", action=Action.SKIP, reason="no attempts are left", decided_by=Decider.RULES),
        ),
        batches=(("t2",),),
    )
    return decided(decision, evidence=(), model="", calls=0, usd=0.0)


def rerunning() -> Run:
    """The machines failed: the jobs run again."""
    run = opened()
    for key in ("t1", "t2", "t3"):
        run = pushed(run, key)
    run = follow(red(red(red(run, "t1", Cause.INFRA), "t2", Cause.INFRA), "t3", Cause.INFRA))
    run = follow(run, e.GateOpened(at=at(16), gate=1))
    reason = "infra: the failed jobs run again on the same commit, not charged"
    moves = tuple(
        Move(task=k, action=Action.RERUN, reason=reason, decided_by=Decider.RULES) for k in ("t1", "t2", "t3")
    )
    decision = Decision(decided_by=Decider.RULES, why="only infrastructure failed", moves=moves, batches=(("t4",),))
    return decided(decision, run, evidence=(), model="", calls=0, usd=0.0)


def without_ci() -> Run:
    """No workflow can verify a branch."""
    facts = Facts(projects=(Project(language="Go", test=("go test ./...",), why="go.mod"),))
    links = Links("https://github.com", "octo", "demo")
    reason = no_ci("there is no workflow file on the default branch", links, "main", facts)
    return follow(started(), e.Refused(at=at(1), reason=reason, offered=facts))


STORY |= {
    "single": single,
    "by_hand": by_hand,
    "revised": lambda: follow(STORY["asking"](), given("retry", tasks=("t2",), guidance="dicts")),
    "rerun": rerunning,
    "no_pilot": without_pilot,
    "no_ci": without_ci,
}


@pytest.fixture
def hostile() -> Callable[[str], Run]:
    """A run in which everything that others write is this text."""

    def make(text: str) -> Run:
        plan = plan_of_four()
        words = text[:120]
        tasks = tuple(
            t.model_copy(
                update={"title": words, "goal": text, "files": (text,), "criteria": (Criterion(id="c1", text=text),)}
            )
            for t in plan.tasks
        )
        relations = tuple(r.model_copy(update={"reason": text}) for r in plan.relations)
        lists = {"summary": text, "assumptions": (text,), "non_goals": (text,), "relations": relations, "tasks": tasks}
        run = opened(planned(plan.model_copy(update=lists), prepared(started(title=text))))
        for key in ("t1", "t2", "t3"):
            run = pushed(run, key)
        spoiled = (
            failure("t2", Cause.TEST)
            .excerpts[0]
            .model_copy(update={"text": text, "source": text, "url": f"https://github.com.evil.example/{text}"})
        )
        more = {"detail": text, "excerpts": (spoiled,), "failing_jobs": (text,)}
        run = red(red(green(run, "t1"), "t2", Cause.TEST, **more), "t3", Cause.TEST, **more)
        run = follow(
            run,
            e.CandidateBuilt(at=at(14), batch=1, step=1, tasks=("t1",), sha=SHA["b1"], tree="tree-t1-1"),
            e.TasksMerged(at=at(15), batch=1, step=1, tasks=("t1",), sha=SHA["b1"], tree="tree-t1-1"),
            e.GateOpened(at=at(16), gate=1),
        )
        quote = Citation(evidence="E1", quote=text)
        items = (EvidenceItem(id="E1", task="t2", attempt=1, excerpt=spoiled),)
        ask = Move(task="t2", action=Action.ASK, question=text, reason=text, decided_by=Decider.PILOT)
        again = Move(task="t3", action=Action.RETRY_DIFFERENT, guidance=text, reason=text)
        read = Analysis.model_validate({"task": "t2", "class": "spec", "summary": text, "citations": (quote,)})
        decision = Decision(
            decided_by=Decider.PILOT, why=text, moves=(ask, again), analysis=(read,),
            cross_task=(CrossFinding(tasks=(text,), finding=text, citations=(quote,)),),
            routed=(Routed(target_task="t4", context=text, citations=(quote,)),),
            learnings=(Learning(text=text, scope=text, citations=(quote,)),), batches=(("t3",), ("t4",)),
        )  # fmt: skip
        return posted(decided(decision, run, evidence=items, model=text, cut=text))

    return make


@pytest.fixture(scope="session")
def huge() -> Callable[[], Run]:
    """Two hundred failed tasks with the longest words that fit, and logs of 100 kB."""

    @cache
    def make() -> Run:
        long = "`x` word " * 400
        tasks = tuple(
            TaskSpec(
                key=f"t{n}", title="long title " * 10, goal=long, files=(f"src/{n}.py",),
                criteria=tuple(Criterion(id=f"c{m}", text=long[:500]) for m in range(1, 8)),
            )
            for n in range(1, 201)
        )  # fmt: skip
        plan = Plan(summary="Much.", mode="decomposed", tasks=tasks, assumptions=(long,) * 20, non_goals=(long,) * 20)
        run = opened(planned(plan))
        for n in range(1, 201):
            run = pushed(run, f"t{n}", sha=f"{n:040x}")
            excerpt = Excerpt(kind="log", source="verify / test", text="é` line\n" * 14_000, first_line=1, last_line=9)
            found = {"excerpts": (excerpt,) * 8, "sha": f"{n:040x}"}
            run = red(run, f"t{n}", Cause.TEST, **found)
        run = follow(run, e.GateOpened(at=at(16), gate=1))
        moves = tuple(Move(task=t.key, action=Action.RETRY_DIFFERENT, guidance=long[:2000]) for t in tasks)
        decision = Decision(decided_by=Decider.PILOT, moves=moves, batches=(tuple(t.key for t in tasks),))

        return decided(decision, run)

    return make


def rerun_twice() -> Run:
    """The machines failed again on the same commits: the second re-run is told in the comment of the first."""
    first = posted(rerunning())
    run = applied(first)
    for key in ("t1", "t2", "t3"):
        run = follow(run, e.JobsRerun(at=at(31), target=f"{key}/a1", round=2))
        run = red(run, key, Cause.INFRA)
    run = follow(run, e.GateOpened(at=at(32), gate=2))
    decision = first.gates[0].decision
    assert decision is not None
    return decided(decision, run, evidence=(), model="", calls=0, usd=0.0, gate=2)


def mended() -> Run:
    """The pilot's second answer could stand."""
    why = "accepted after one repair"
    reasons = (
        "batches: t2 is missing",
        "retry_strategies[t3]: retry_different needs guidance",
        "answer: a",
        "answer: b",
    )
    return decided(pilot_decision().model_copy(update={"why": why}), calls=2, rejections=reasons, cut="the log of t2")


def replanned() -> Run:
    """The pilot's answer was of no use twice."""
    why = "the pilot's answer was rejected twice: batches: t2 is missing; retry_strategies[t3]: t3 failed and has no"
    moves = tuple(Move(task=key, action=Action.RETRY, reason="attempts are left") for key in ("t2", "t3"))
    made = Decision(decided_by=Decider.REPLAN, why=why, moves=moves, batches=(("t2", "t3"), ("t4",)))
    return decided(made, calls=3, rejections=("batches: t2 is missing",))


def skipped_by_hand() -> Run:
    """Every plan waits here; a person leaves out what another task needs."""
    run = follow(mixed(), given("status"))
    config = run.config.model_copy(update={"pilot": run.config.pilot.model_copy(update={"approval": "always"})})
    run = posted(decided(run=run.model_copy(update={"config": config})))
    return follow(run, given("skip", tasks=("t3",)))


STORY |= {
    "rerun_twice": rerun_twice,
    "mended": mended,
    "replanned": replanned,
    "skipped_by_hand": skipped_by_hand,
    "paused_in_grace": lambda: follow(STORY["grace"](), given("pause")),
    "paused_asking": lambda: follow(STORY["asking"](), given("pause")),
    "resumed": lambda: follow(STORY["paused_in_grace"](), given("resume").model_copy(update={"at": at(29.5)})),
    "approved": lambda: applied(follow(STORY["asking"](), given("approve", revision=2))),
    "stopped_in_grace": lambda: follow(STORY["grace"](), given("stop")),
    "failed_again": lambda: red(pushed(applied(), "t2", 2, SHA["t2b"]), "t2", Cause.TEST, 2),
}
