"""Pull requests: found by head before they are opened; drafts; the two GraphQL mutations."""

from __future__ import annotations

import json

import httpx
import pytest

from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import Forbidden, NotFound, Refused, RetryLater, Unreachable


def pull(number=3, **changes):
    base = {
        "id": 30 + number,
        "number": number,
        "node_id": "PR_x",
        "title": "t",
        "body": None,
        "state": "open",
        "draft": True,
        "head": {"ref": "otto/7-1/run", "sha": "a" * 40, "repo": {"id": 22}},
        "base": {"ref": "main", "sha": "b" * 40},
        "user": {"login": "otto[bot]"},
    }
    return {**base, **changes}


class Pulls:
    """The pull requests of the repository, as a server keeps them."""

    def __init__(self, wire, *existing):
        self.pulls = list(existing)
        self.answers: list[httpx.Response] = []
        self.list = wire.repo("GET", "/pulls").mock(side_effect=lambda _: httpx.Response(200, json=self.pulls))
        self.post = wire.repo("POST", "/pulls").mock(side_effect=self.create)

    def create(self, request):
        self.sent = json.loads(request.content)
        self.pulls.append(pull())
        return self.answers.pop(0) if self.answers else httpx.Response(201, json=pull())


async def open_(repo, **changes):
    given = {"head": "otto/7-1/run", "base": "main", "title": "T", "body": "B", **changes}
    return await repo.open_pull_request(**given)


async def test_a_pull_request_is_opened_once(wire, repo):
    pulls = Pulls(wire)
    first = await open_(repo)
    second = await open_(repo)
    assert first == second
    assert pulls.post.call_count == 1
    assert pulls.sent["draft"] is True
    query = pulls.list.calls.last.request.url.params
    assert (query["head"], query["state"], query["base"]) == ("acme:otto/7-1/run", "all", "main")


async def test_a_pull_request_whose_answer_was_lost_is_found(wire, repo):
    pulls = Pulls(wire)
    pulls.answers = [httpx.Response(502)]
    with pytest.raises(Unreachable):
        await open_(repo)
    assert (await open_(repo)).number == 3
    assert pulls.post.call_count == 1


async def test_a_pull_request_that_somebody_opened_meanwhile_is_found(wire, repo):
    pulls = Pulls(wire)
    pulls.answers = [
        httpx.Response(
            422,
            json={"message": "Validation Failed", "errors": [{"message": "A pull request already exists for acme:x."}]},
        )
    ]
    assert (await open_(repo)).number == 3


async def test_pull_requests_of_other_branches_repositories_and_bases_are_not_adopted(wire, repo):
    strangers = [
        pull(4, head={"ref": "otto/7-1/run", "sha": "c", "repo": {"id": 99}}),
        pull(5, head={"ref": "otto/7-1/run", "sha": "c", "repo": None}),
        pull(6, head={"ref": "other", "sha": "c", "repo": {"id": 22}}),
        pull(7, base={"ref": "dev", "sha": "d"}),
    ]
    pulls = Pulls(wire, *strangers)
    assert (await open_(repo)).number == 3
    assert pulls.post.call_count == 1


async def test_an_open_one_is_preferred_to_a_closed_one(wire, repo):
    Pulls(wire, pull(9, state="closed"), pull(8))
    assert (await open_(repo)).number == 8
    Pulls(wire, pull(9, state="closed", merged_at="2026-11-22T10:00:00Z"))
    found = await open_(repo)
    assert (found.number, found.state, found.merged) == (9, "closed", True)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Draft pull requests are not supported in this repository.", "draft_refused"),
        ("No commits between main and otto/7-1/run", "no_commits"),
        ("Something else", ""),
    ],
)
async def test_why_github_refused(wire, repo, message, reason):
    wire.repo("GET", "/pulls").respond(json=[])
    wire.repo("POST", "/pulls").respond(422, json={"message": "Validation Failed", "errors": [{"message": message}]})
    with pytest.raises(Refused) as caught:
        await open_(repo)
    assert caught.value.reason == reason
    assert caught.value.errors == (message,)


async def test_edit_close_review(wire, repo):
    patch = wire.repo("PATCH", "/pulls/3").respond(json=pull(state="closed"))
    review = wire.repo("POST", "/pulls/3/requested_reviewers").respond(201, json={})
    wire.repo("GET", "/pulls/3/reviews").respond(
        json=[{"id": 1, "state": "CHANGES_REQUESTED", "body": None, "user": None, "commit_id": None}]
    )
    await repo.edit_pull_request(3, title="x" * 300)
    sent = json.loads(patch.calls.last.request.content)
    assert list(sent) == ["title"]
    assert len(sent["title"]) == 256
    assert (await repo.close_pull_request(3)).state == "closed"
    assert json.loads(patch.calls.last.request.content) == {"state": "closed"}
    await repo.request_review(3, ["ann"])
    await repo.request_review(3, [])
    assert [json.loads(c.request.content) for c in review.calls] == [{"reviewers": ["ann"]}]
    (found,) = await repo.reviews(3)
    assert (found.state, found.body) == ("CHANGES_REQUESTED", "")


async def test_ready_and_draft_are_the_two_mutations(wire, repo):
    route = wire.router.post("/graphql").respond(json={"data": {"x": {"pullRequest": {"id": "PR_x"}}}})
    await repo.mark_ready("PR_x")
    await repo.convert_to_draft('PR_"}) { evil }')
    bodies = [json.loads(c.request.content) for c in route.calls]
    assert "markPullRequestReadyForReview" in bodies[0]["query"]
    assert "convertPullRequestToDraft" in bodies[1]["query"]
    assert bodies[1]["variables"] == {"id": 'PR_"}) { evil }'}
    assert "evil" not in bodies[1]["query"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"data": None, "errors": [{"type": "NOT_FOUND", "message": "no node"}]}, NotFound),
        (200, {"data": None, "errors": [{"type": "FORBIDDEN", "message": "no right"}]}, Forbidden),
        (200, {"errors": [{"type": "UNPROCESSABLE", "message": "is ready"}]}, Refused),
        (200, {"errors": [{"type": "RATE_LIMITED", "message": "slow"}]}, RetryLater),
        (200, {"errors": "?"}, Unreachable),
        (502, {}, Unreachable),
    ],
)
async def test_what_a_mutation_may_answer(wire, repo, status, body, error):
    route = wire.router.post("/graphql").respond(status, json=body)
    with pytest.raises(error):
        await repo.mark_ready("PR_x")
    assert route.call_count == 1


async def test_on_enterprise_graphql_stands_beside_the_api(wire, clock, private_key):
    wire.router.post(path="/api/v3/app/installations/11/access_tokens").mock(side_effect=wire._mint)
    route = wire.router.post(path="/api/graphql").respond(json={"data": {}})
    async with GitHubApp(
        "https://api.github.test/api/v3/", 4711, private_key, now=clock.now, sleep=clock.sleep, api_version=None
    ) as app:
        await app.repository(11, 22).mark_ready("PR_x")
    assert route.call_count == 1
    assert "x-github-api-version" not in wire.router.calls[0].request.headers
