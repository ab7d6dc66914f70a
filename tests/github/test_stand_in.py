"""The verbs against the playground's GitHub, which enforces permissions and loses answers on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import uvicorn

from otto_bot.github.ci_models import CheckAnnotation
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import NotFound, Refused, RetryLater, Unreachable
from otto_bot.github.models import Label, Target
from otto_bot.github.pace import LocalSlots
from otto_bot.github.verbs import APP_PERMISSIONS, Repository
from otto_bot.playground.github.changes import issues as changes
from otto_bot.playground.github.config import StandInConfig
from otto_bot.playground.github.gitrepo import ZERO, Person
from otto_bot.playground.github.server import StandIn, build
from otto_bot.playground.listening import listener

MARKER = "<!-- otto:run=1 status -->"
BRANCH = "otto/1-1/run"


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def _listening(stand_in: StandIn) -> AsyncIterator[str]:
    """A real server on loopback: a lost answer is a connection that is cut."""
    with listener() as listening:
        server = uvicorn.Server(uvicorn.Config(stand_in.asgi, log_level="critical", timeout_graceful_shutdown=2))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        stand_in.set_url(url)
        try:
            yield url
        finally:
            server.should_exit = True
            await serving


@pytest.fixture
def serve(tmp_path, private_key):
    """Start the stand-in with these faults; gives the repository's verbs and the stand-in itself."""

    @asynccontextmanager
    async def start(*faults: dict) -> AsyncIterator[tuple[Repository, StandIn]]:
        source = tmp_path / "source"
        (source / ".github/workflows").mkdir(parents=True)
        (source / ".github/workflows/ci.yml").write_text("on: push\n")
        (source / "a b#1.md").write_text("hello")
        given = {
            "state_dir": tmp_path / "state",
            "app": {"id": 4711, "private_key_pem": private_key, "webhook_secret": "s", "permissions": APP_PERMISSIONS},
            "repo_source_dir": source,
            "users": [{"login": "ann", "permission": "write"}],
            "issue": {"title": "T", "labels": ["otto"]},
            "faults": list(faults),
        }
        stand_in = build(StandInConfig.model_validate(given), with_actions=False)
        async with (
            _listening(stand_in) as url,
            GitHubApp(url, 4711, private_key, now=_now, slots=LocalSlots(pause=0)) as app,
        ):
            (installation,) = await app.installations()
            (info,) = await app.repositories(installation.id)
            yield app.repository(installation.id, info.id), stand_in

    return start


async def _branch(repo: Repository, stand_in: StandIn) -> str:
    base = await repo.branch_sha("main")
    git, who = stand_in.hub.world.repo, Person("Ann", "ann@example.com", _now())
    sha = git.write_commit(git.write_tree(None, []), [base], "Change", who, who)
    git.update_ref(f"refs/heads/{BRANCH}", sha, ZERO)
    return sha


async def test_reading(serve):
    async with serve() as (repo, _):
        assert (await repo.permission("ann")).can_write
        assert (await repo.permission("nobody")).level == "none"
        assert await repo.file("a b#1.md", "main") == b"hello"
        assert await repo.file(".github/otto.yml", "main") is None
        assert [f.text for f in await repo.workflow_files("main")] == ["on: push\n"]
        sha = await repo.branch_sha("main")
        assert (await repo.commit(sha)).parents == ()
        assert [c.subject for c in await repo.commits("main")] == ["Initial commit"]
        assert await repo.branch_sha("none/such") is None
        assert (await repo.required_contexts("main")).unreadable == ()
        (event,) = await repo.labelled_events(1)
        assert (event.label, event.actor_login) == ("otto", "maintainer")
        assert [issue.number for issue in await repo.labelled_issues("otto")] == [1]
        with pytest.raises(NotFound):
            await repo.issue(99)


async def test_writing(serve):
    async with serve() as (repo, stand_in):
        first = await repo.upsert_comment(1, MARKER, "one")
        assert (await repo.upsert_comment(1, MARKER, "two")).id == first.id
        (comment,) = await repo.comments(1)
        assert comment.body == f"{MARKER}\ntwo"
        assert await repo.comments(1, comment.updated_at + timedelta(days=1)) == []
        await repo.react(Target(kind="comment", id=first.id), "eyes")
        await repo.ensure_labels([Label(name="otto"), Label(name="otto:done")])
        await repo.add_labels(1, ["otto:done"])
        await repo.remove_label(1, "otto:done")
        await repo.remove_label(1, "otto:done")
        assert (await repo.issue(1)).labels == ("otto",)
        sha = await _branch(repo, stand_in)
        pull = await repo.open_pull_request(BRANCH, "main", "Title", "Body")
        assert (pull.draft, pull.head_sha) == (True, sha)
        await repo.mark_ready(pull.node_id)
        assert not (await repo.pull_request(pull.number)).draft
        await repo.convert_to_draft(pull.node_id)
        await repo.request_review(pull.number, ["ann"])
        assert (await repo.close_pull_request(pull.number)).state == "closed"
        assert (await repo.open_pull_request(BRANCH, "main", "Title", "Body")).number == pull.number
        with pytest.raises(Refused) as caught:
            await repo.open_pull_request("main", "main", "T", "B")
        assert caught.value.reason == "no_commits"


async def _check(repo: Repository, sha: str) -> None:
    notes = [CheckAnnotation(path="a.py", start_line=n, end_line=n, message="m") for n in range(1, 71)]
    await repo.upsert_check(
        sha, "Otto", "run/1", status="completed", conclusion="failure", title="t", summary="s", annotations=notes
    )


@pytest.mark.parametrize("kind", ["lost_response", "status"])
async def test_each_write_happens_once_though_its_answer_is_lost(serve, kind):
    hit = {"kind": kind, "status": 502}
    posts = ("/issues/1/comments$", "/pulls$", "/check-runs$")
    faults = [{**hit, "match": {"method": "POST", "path": path}} for path in posts]
    faults.append({**hit, "match": {"method": "PATCH", "path": "/check-runs/"}})
    async with serve(*faults) as (repo, stand_in):
        sha = await _branch(repo, stand_in)
        with pytest.raises(Unreachable):
            await repo.upsert_comment(1, MARKER, "one")
        await repo.upsert_comment(1, MARKER, "one")
        assert len(await repo.comments(1)) == 1
        with pytest.raises(Unreachable):
            await repo.open_pull_request(BRANCH, "main", "T", "B")
        await repo.open_pull_request(BRANCH, "main", "T", "B")
        assert len(await repo.pull_requests_of(BRANCH)) == 1
        for _ in range(2):
            with pytest.raises(Unreachable):
                await _check(repo, sha)
        await _check(repo, sha)
        (check,) = await repo.check_runs(sha)
        assert len(await repo.annotations(check.id)) == 70


async def test_a_limit_parks_and_an_expired_token_is_replaced(serve):
    faults = (
        {"kind": "token_expired", "match": {"method": "GET", "path": "/issues/1$"}},
        {"kind": "secondary_limit", "retry_after": 30, "match": {"method": "POST", "path": "/issues/1/comments$"}},
    )
    async with serve(*faults) as (repo, _):
        assert (await repo.issue(1)).number == 1
        with pytest.raises(RetryLater) as caught:
            await repo.upsert_comment(1, MARKER, "one")
        assert timedelta(seconds=20) < caught.value.until - _now() <= timedelta(seconds=30)


async def test_edits_of_an_issue_are_told_with_who_made_them(serve):
    async with serve() as (repo, stand_in):
        world = stand_in.hub.world
        (issue,) = world.issues
        assert (await repo.issue_history(1)).edits == ()
        changes.edit_issue(world, "ann", issue, body="New.")
        changes.edit_issue(world, "nobody", issue, title="Other", body="Newer.")
        pull_edit = world.issue_events[-1]

        found = await repo.issue_history(1)
        told = {(edit.by.login, edit.by.id is None) for edit in found.edits if edit.at >= issue.created_at}
        assert (found.title, found.body, told >= {("ann", False), ("ghost", True)}) == ("Other", "Newer.", True)
        assert (pull_edit.event, pull_edit.renamed) == ("renamed", ("T", "Other"))
        with pytest.raises(NotFound):
            await repo.issue_history(7)
