"""The run branch as it begins: an empty commit, and in an empty repository the product spec, with a real git server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from otto_bot.core.budget import Money
from otto_bot.core.config import Config
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import PullRequestOpened
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.plan import Criterion, Feature, Plan, ProductSpec, TaskSpec, TradeOff
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.git.commits import Author, write_commit
from otto_bot.git.publish import push
from otto_bot.jobs.open_pull_request import open_pull_request
from otto_bot.store import tables as t
from otto_bot.store.effect_rows import Ticket

EMPTY = {"README.md": "# shop\n", ".github/otto.yml": "", "pyproject.toml": "[project]\n"}
TASK = TaskSpec(key="t1", title="T", goal="G", criteria=(Criterion(id="c1", text="c"),))
SPEC = ProductSpec(scope="A shop.", features=(Feature(id="f1", name="orders", asked="orders"),))
PLAN = Plan(summary="A shop.", tasks=(TASK,), spec=SPEC)
TRADE = TradeOff(decision="SQLite", instead_of="PostgreSQL", why="one file")


async def begun(bench: Any, made: Plan = PLAN, **settings: Any) -> tuple[Run, PullRequestOpened, Any]:
    sha = bench.stand_in.hub.world.repo.resolve("main")
    run = Run(
        id=1, repo=bench.repo, issue=1, ordinal=1, title="A shop", body="", actor=Person(id=1, login="dev"),
        started_at=bench.stand_in.hub.world.now(), money=Money(cap=1), lane=Lane(kind=LaneKind.PUSH, why="w"),
        config=Config.model_validate(settings), base_sha=sha, plan=made,
    )  # fmt: skip
    with bench.context.ledger._engine.begin() as c:
        stamps = {"updated_at": 0}
        c.execute(
            t.runs.insert().values(
                id=1,
                repo_id=1,
                issue=1,
                ordinal=1,
                trigger_key="k",
                active=1,
                phase="",
                seq=0,
                state="",
                started_at=0,
                **stamps,
            )
        )
        c.execute(
            t.effects.insert().values(
                key="k",
                run_id=1,
                kind="open_pull_request",
                lane="l",
                body="",
                generation=1,
                state="running",
                not_before=0,
                **stamps,
            )
        )
    return run, await opened(bench, run), bench.stand_in.hub.world.repo


async def opened(bench: Any, run: Run) -> PullRequestOpened:
    effect = Effect(run=1, lane="l", key="k", kind=EffectKind.OPEN_PULL_REQUEST)
    (event,) = await open_pull_request(bench.context, run, effect, Ticket(key="k", generation=1))
    assert isinstance(event, PullRequestOpened)
    return event


def changed(repo: Any, before: str, after: str) -> list[str]:
    return [line for line in repo.line("diff-tree", "-r", "--name-status", before, after).split("\n") if line]


async def test_an_empty_repository_gets_its_spec_as_a_second_commit_once(open_bench: Any) -> None:
    async with open_bench(EMPTY) as bench:
        run, event, repo = await begun(bench, PLAN.model_copy(update={"architecture": (TRADE,)}))
        assert repo.resolve(run.run_branch) == event.head_sha
        assert repo.line("rev-parse", f"{event.head_sha}^{{tree}}") == event.head_tree
        assert repo.line("rev-parse", f"{event.head_sha}~2") == run.base_sha
        assert changed(repo, run.base_sha, f"{event.head_sha}~1") == []
        assert changed(repo, run.base_sha, event.head_sha) == ["A\tarchitecture.md", "A\tproduct-spec.md"]
        assert "**f1** orders" in repo.line("cat-file", "blob", f"{event.head_sha}:product-spec.md")
        again = await opened(bench, run)
        assert (again.head_sha, again.number) == (event.head_sha, event.number)
        assert repo.resolve(run.run_branch) == event.head_sha


@pytest.mark.slow
async def test_a_branch_that_only_has_the_empty_commit_is_moved_forward(open_bench: Any) -> None:
    """A worker that ended between the two, or an older one that knew only the first."""
    async with open_bench(EMPTY) as bench:
        run, event, repo = await begun(bench, PLAN.model_copy(update={"spec": None}))
        assert event.head_sha == repo.resolve(run.run_branch)
        more = await opened(bench, run.model_copy(update={"plan": PLAN}))
        assert repo.line("rev-parse", f"{more.head_sha}~1") == event.head_sha
        assert repo.resolve(run.run_branch) == more.head_sha


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "settings", "added"),
    [
        ({"main.py": "x = 1\n"}, {}, []),
        ({"main.py": "x = 1\n"}, {"plan": {"files": "always"}}, ["A\tproduct-spec.md"]),
        ({}, {"plan": {"files": "never"}}, []),
        ({"Product-Spec.md": "theirs\n"}, {"plan": {"files": "always"}}, []),
        ({}, {"paths": {"protected": ["*.md"]}}, []),
    ],
    ids=["source", "always", "never", "theirs", "protected"],
)
async def test_when_it_is_written_into_files(
    open_bench: Any, files: dict[str, str], settings: dict[str, Any], added: list[str]
) -> None:
    async with open_bench({**EMPTY, **files}) as bench:
        run, event, repo = await begun(bench, **settings)
        assert changed(repo, run.base_sha, event.head_sha) == added


@pytest.mark.slow
async def test_another_plan_before_the_pull_request_is_open_goes_on_top(open_bench: Any) -> None:
    """Its approval was taken back when the branch stood already: no ref moves but forward."""
    async with open_bench(EMPTY) as bench:
        run, event, repo = await begun(bench)
        other = PLAN.model_copy(update={"spec": SPEC.model_copy(update={"scope": "Another shop."})})
        second = await opened(bench, run.model_copy(update={"plan": other}))
        assert repo.line("rev-parse", f"{second.head_sha}~1") == event.head_sha
        assert repo.resolve(run.run_branch) == second.head_sha
        assert "Another shop." in repo.line("cat-file", "blob", f"{second.head_sha}:product-spec.md")
        single = await opened(bench, run.model_copy(update={"plan": PLAN.model_copy(update={"spec": None})}))
        assert changed(repo, run.base_sha, single.head_sha) == []
        assert repo.line("rev-parse", f"{single.head_sha}~1") == second.head_sha


@pytest.mark.slow
async def test_commits_of_people_on_the_branch_stay(open_bench: Any) -> None:
    async with open_bench(EMPTY) as bench:
        run, event, repo = await begun(bench)
        mirror = await bench.context.mirror(run)
        theirs = await bench.context.repository(run).commit(event.head_sha)
        author = Author("dev", "dev@example.com")
        on_top = await write_commit(
            mirror, theirs.tree_sha, [event.head_sha], "A person's", author=author, when=run.started_at
        )
        await push(mirror, on_top, run.run_branch, event.head_sha, within="otto/")
        more = await opened(bench, run)
        assert repo.resolve(run.run_branch) == more.head_sha == on_top
        assert (more.number, more.head_tree) == (event.number, theirs.tree_sha)


async def test_the_branch_of_a_life_that_no_backup_knows_is_taken_as_it_stands(open_bench: Any) -> None:
    """The same issue begun anew at another second: other commits, and nothing of them is where the run says it is."""
    async with open_bench(EMPTY) as bench:
        run, event, repo = await begun(bench)
        later = run.model_copy(update={"started_at": run.started_at + timedelta(seconds=7)})
        again = await opened(bench, later)
        assert repo.resolve(run.run_branch) == again.head_sha == event.head_sha
        assert (again.number, again.head_tree) == (event.number, event.head_tree)
