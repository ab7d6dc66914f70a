"""Every operation that Otto can ask of GitHub is asked by its verb of the playground's: github.com, and a server.

What is asked and answered is held against GitHub's description when the test run ends (tests/conformance.py).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from described import Description
from deviations import undescribed
from operations import operations, pattern, sample

from otto_bot.github.authorize import authorize_url
from otto_bot.github.ci_models import CheckAnnotation, WorkflowRun
from otto_bot.github.client import GitHubApp
from otto_bot.github.data_verbs import TreeEntry
from otto_bot.github.errors import GitHubError, NotFound, Refused
from otto_bot.github.models import Label, Target, ThreadAnswer
from otto_bot.github.oauth import Logins
from otto_bot.github.pace import LocalSlots
from otto_bot.github.person_deeds import PersonDeeds
from otto_bot.github.tokens import Client
from otto_bot.github.verbs import APP_PERMISSIONS, Repository
from otto_bot.playground.github.config import StandInConfig
from otto_bot.playground.github.gitrepo import ZERO
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_config import Do
from otto_bot.playground.github.server import StandIn, build
from otto_bot.playground.listening import listener
from otto_bot.setting_up.conversion import Conversion
from otto_bot.setting_up.faults import SetupError
from otto_bot.setting_up.manifest import Where

OPENAPI = Path(os.environ.get("OTTO_OPENAPI", "")) / "generated"
WORKFLOW = (
    "on: [push, workflow_dispatch]\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo one\n"
)
SECRET = "0123456789abcdef0123456789abcdef01234567"
BACK = "http://127.0.0.1/login/callback"
HEAD = "otto/1-1/run"
MARK = "<!-- otto run=1 surface=review -->"
LARGE = 1_040_000
"""Bytes of a file that GitHub gives only raw."""
VERSIONS = {"": "2026-03-10", "3.17": "2022-11-28"}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Walk:
    """A stand-in that serves, Otto's client for it, and its one repository."""

    stand_in: StandIn
    url: str
    app: GitHubApp
    repo: Repository
    installation: int
    version: str

    async def do(self, **action: Any) -> None:
        await Hand(self.stand_in.hub, "ann").do(Do.model_validate(action))

    async def run_ended(self) -> WorkflowRun:
        """The repository's newest workflow run, once it has ended."""
        sha = await self.repo.branch_sha("main")
        async with asyncio.timeout(15):
            while True:
                if ended := [one for one in await self.repo.workflow_runs(sha) if one.status == "completed"]:
                    return ended[0]
                await asyncio.sleep(0.02)


@asynccontextmanager
async def _walk(folder: Path, private_key: str, enterprise: str) -> AsyncIterator[Walk]:
    source = folder / "source"
    (source / ".github/workflows").mkdir(parents=True)
    (source / ".github/workflows/ci.yml").write_text(WORKFLOW)
    (source / "large.txt").write_text("x" * LARGE)
    app = {"id": 4711, "private_key_pem": private_key, "webhook_secret": "s", "permissions": APP_PERMISSIONS}
    given = {
        "state_dir": folder / "state", "repo_source_dir": source, "enterprise": enterprise,
        "app": {**app, "events": ["issues"], "client_secret": SECRET, "webhook_url": "http://127.0.0.1:9/closed"},
        "users": [{"login": "ann", "permission": "write"}], "issue": {"title": "T", "labels": ["otto"]},
        "rules": [{"type": "required_signatures", "include": ["~ALL"]}], "actions": {"runner": "shell", "cage": "off"},
    }  # fmt: skip
    stand_in = build(StandInConfig.model_validate(given))
    with listener() as listening:
        server = uvicorn.Server(uvicorn.Config(stand_in.asgi, log_level="critical", timeout_graceful_shutdown=2))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        stand_in.set_url(url)
        api, version = f"{url}/api/v3" if enterprise else url, VERSIONS[enterprise]
        slots = LocalSlots(pause=0)
        async with GitHubApp(api, 4711, private_key, now=_now, slots=slots, api_version=version) as client:
            (installation,) = await client.installations()
            (info,) = await client.repositories(installation.id)
            repo = client.repository(installation.id, info.id)
            yield Walk(stand_in, url, client, repo, installation.id, version)
        server.should_exit = True
        await serving


async def _the_app(walk: Walk) -> None:
    assert (await walk.app.identity()).slug == "otto"
    assert (await walk.app.hook()).url
    api = f"{walk.url}/api/v3" if walk.version == "2022-11-28" else walk.url
    with pytest.raises(SetupError):
        await Conversion(Where(web=walk.url, api=api), _now)("0123456789abcdef0123")
    assert await walk.app.installation(walk.installation) is not None
    await walk.app.installation_for("octo", "demo")
    assert (await walk.app.named(walk.installation, "octo", "demo")).full_name == "octo/demo"
    await walk.do(label={"where": "issue/1", "name": "bug"})
    await walk.stand_in.hub.courier.settled()
    first = (await walk.app.deliveries(_now() - timedelta(hours=1)))[0]
    assert (await walk.app.delivery(first.id)).payload is not None
    await walk.app.redeliver(first.id)
    await walk.app.deliveries(_now() - timedelta(hours=1), failed=True)


async def _code(walk: Walk) -> str:
    """What is read of the repository, and what is made in it. Returns the head of a new branch."""
    repo, git = walk.repo, walk.stand_in.hub.world.repo
    base = await repo.branch_sha("main")
    assert base is not None
    tree = (await repo.commit(base)).tree_sha
    assert (await repo.permission("ann")).can_write
    assert len(await repo.workflow_files("main")) == 1
    assert len(await repo.file("large.txt", "main") or b"") == LARGE
    assert await repo.paths(tree)
    assert await repo.subjects("main")
    assert await repo.branch_rules("main")
    await repo.binding_rules("main")
    await repo.required_contexts("main")
    assert await repo.actions_policy() is None, "not shown to an App without administration"
    await repo.environments()
    blob = await repo.make_blob(b"one")
    made = await repo.make_tree(tree, [TreeEntry("one.txt", "100644", blob), TreeEntry("two", "100644", text="2\n2\n")])
    commit = await repo.make_commit("One", made, [base])
    git.update_ref(f"refs/heads/{HEAD}", commit.sha, ZERO)
    await repo.compare("main", HEAD)
    return commit.sha


async def _issue(walk: Walk) -> None:
    repo = walk.repo
    comment = await repo.upsert_comment(1, MARK, "one")
    await repo.upsert_comment(1, MARK, "two")
    await repo.react(Target(kind="issue", id=1), "eyes")
    await repo.react(Target(kind="comment", id=comment.id), "eyes")
    await repo.ensure_labels([Label(name="otto"), Label(name="otto:done", description="d")])
    await repo.add_labels(1, ["otto:done"])
    await repo.remove_label(1, "otto:done")
    assert await repo.labelled_issues("otto")
    await repo.changed_issues(_now() - timedelta(hours=1))
    await repo.labelled_events(1)
    await repo.last_reopened(1)
    await repo.comments(1, _now() - timedelta(hours=1))
    assert (await repo.issue_history(1)).title == "T"


async def _pull(walk: Walk, sha: str) -> None:
    repo = walk.repo
    pull = await repo.open_pull_request(HEAD, "main", "W", "B")
    await repo.mark_ready(pull.node_id)
    assert not (await repo.pull_request(pull.number)).draft
    await repo.request_review(pull.number, ["ann"])
    await repo.edit_pull_request(pull.number, title="W2", body="B2")
    line = {"path": "two", "line": 1, "body": "?"}
    await walk.do(review={"where": f"pull/{pull.number}", "state": "request_changes", "body": "no", "comments": [line]})
    (review,) = await repo.reviews(pull.number)
    await repo.review(pull.number, review.id)
    (found,) = await repo.comments_of_review(pull.number, review.id, 10)
    await repo.review_comments(pull.number)
    await repo.react(Target(kind="review_comment", id=found.id), "eyes")
    for text in ("Done.", "Done!"):
        assert await repo.answer_threads(pull.number, [ThreadAnswer(thread=found.id, marker=MARK, body=text)]) == ()
    note = CheckAnnotation(path="two", start_line=1, end_line=1, message="m")
    for title in ("t", "u"):
        check = await repo.upsert_check(
            sha, "Otto", "run/1", status="completed", conclusion="neutral", title=title, summary="s", annotations=[note]
        )
    assert await repo.annotations(check.id)
    await repo.check_runs(sha)
    await walk.do(status={"branch": HEAD, "context": "other", "state": "success"})
    assert await repo.statuses(sha)
    await repo.close_pull_request(pull.number)
    await repo.reopen_pull_request(pull.number)


async def _actions(walk: Walk) -> None:
    repo = walk.repo
    (workflow,) = await repo.workflows()
    assert await repo.may_start_workflows()
    told = await repo.dispatch("ci.yml", "main", {})
    assert (told is None) == (walk.version == "2022-11-28"), "an older server does not name the run"
    run = await walk.run_ended()
    assert told in (None, run.id)
    assert (await repo.workflow_run(run.id)).conclusion == "success"
    (job,) = await repo.jobs(run.id, 1)
    assert (await repo.job(job.id)).name == "one"
    assert b"one" in await repo.job_log(job.id)
    await repo.runs_since(workflow.id, _now() - timedelta(hours=1))
    await repo.runs_that_wait()
    await repo.pending_deployments(run.id)
    await repo.artifacts(run.id)
    with pytest.raises(NotFound):
        await repo.artifact_zip(1, 1000)
    for asked in (repo.rerun_failed, repo.cancel_run):
        with pytest.raises(GitHubError):
            await asked(run.id)
    await repo.rerun(run.id)


async def _person(walk: Walk) -> None:
    """Somebody logs in by the App, looks around, says a word, and logs out."""
    api = f"{walk.url}/api/v3" if walk.version == "2022-11-28" else walk.url
    client = walk.stand_in.hub.world.config.app.client_id
    logins = Logins(api, walk.url, Client(client, SECRET), now=_now, api_version=walk.version)
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    there = httpx.URL(authorize_url(walk.url, client, redirect_uri=BACK, state="s", challenge=challenge))
    agreed = there.copy_with(path="/login/oauth/authorize/as").copy_merge_params({"login": "ann"})
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(agreed, headers={"accept": "text/html"})
    code = httpx.URL(answer.headers["location"]).params["code"]
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    grant = await logins.exchange(code, redirect_uri=BACK, verifier=verifier)
    person = logins.person(grant.token)
    assert (await person.account()).login == "ann"
    assert [one.can_write for one in await person.repositories()] == [True]
    deeds = PersonDeeds(person.session, "octo", "demo")
    issue = await deeds.open_issue("A wish", "Please.")
    await deeds.add_label(issue.number, "otto")
    await deeds.comment(issue.number, "/otto status")
    await deeds.issue(issue.number)
    assert await deeds.newest_issues("ann")
    assert await deeds.comments(issue.number, _now() - timedelta(hours=1))
    assert await logins.owner(grant.token.value)
    await logins.revoke(grant.token.value)
    await logins.aclose()


@pytest.mark.parametrize("enterprise", ["", "3.17"])
async def test_every_operation_is_asked_and_understood(tmp_path: Path, private_key: str, enterprise: str) -> None:
    """One that the code can ask and this walk does not is named: it belongs in here."""
    async with _walk(tmp_path, private_key, enterprise) as walk:
        await _the_app(walk)
        sha = await _code(walk)
        await _issue(walk)
        await _pull(walk, sha)
        await _actions(walk)
        await _person(walk)
        seen = {f"{row.method} {row.path}" for row in walk.stand_in.hub.world.requests}
    missing = [one for one in sorted(operations()) if not any(pattern(one).fullmatch(asked) for asked in seen)]
    assert missing == []


@pytest.mark.parametrize("name", ["api.github.com", "ghes-3.17"])
@pytest.mark.skipif(not OPENAPI.is_dir(), reason="set OTTO_OPENAPI to the folder of npm package @octokit/openapi")
def test_github_describes_every_operation(name: str) -> None:
    """Also as the oldest Enterprise Server that is still maintained has it."""
    description = Description(OPENAPI / f"{name}.json")
    unknown = [one for one in operations() if description.operation(one.partition(" ")[0], sample(one)) is None]
    assert [one for one in unknown if undescribed(one.partition(" ")[0], sample(one)) is None] == []


async def test_a_version_that_the_server_does_not_speak_names_the_setting(tmp_path: Path, private_key: str) -> None:
    async with _walk(tmp_path, private_key, "3.17") as walk:
        async with GitHubApp(f"{walk.url}/api/v3", 4711, private_key, now=_now, slots=LocalSlots(pause=0)) as newer:
            with pytest.raises(Refused, match=r'"2022-11-28" \(most recent\)\. Set OTTO_GITHUB_API_VERSION') as caught:
                await newer.installations()
            assert caught.value.reason == "api_version"
        async with GitHubApp(walk.url, 4711, private_key, now=_now, slots=LocalSlots(pause=0)) as wrong:
            with pytest.raises(NotFound):
                await wrong.installations()
