"""Checks: found by their id and App; annotations in parts and never twice; what a branch requires."""

from __future__ import annotations

import json

import httpx
import pytest

from otto_bot.github.ci_models import CheckAction, CheckAnnotation

SHA = "a" * 40


class Checks:
    """The checks of one commit, as a server keeps them; annotations only ever grow."""

    def __init__(self, wire, *existing):
        self.checks = list(existing)
        self.sent: list[dict] = []
        self.answers: list[httpx.Response | None] = []
        self.list = wire.repo("GET", f"/commits/{SHA}/check-runs").mock(
            side_effect=lambda _: httpx.Response(200, json={"total_count": 1, "check_runs": self.checks})
        )
        self.post = wire.repo("POST", "/check-runs").mock(side_effect=self.create)
        self.patch = wire.router.patch(path__regex=r"^/repos/acme/shop/check-runs/(?P<id_>\d+)$").mock(
            side_effect=self.update
        )

    def create(self, request):
        body = json.loads(request.content)
        check = {
            "id": 500 + len(self.checks),
            "name": body["name"],
            "external_id": body["external_id"],
            "app": {"id": 4711},
            "output": {"annotations_count": 0},
        }
        self.checks.append(check)
        return self._apply(check, body, 201)

    def update(self, request, id_):
        check = next(c for c in self.checks if c["id"] == int(id_))
        return self._apply(check, json.loads(request.content), 200)

    def _apply(self, check, body, status):
        self.sent.append(body)
        assert len(body["output"]["annotations"]) <= 50
        check["status"] = body.get("status", check.get("status"))
        check["conclusion"] = body.get("conclusion", check.get("conclusion"))
        check["output"]["annotations_count"] += len(body["output"]["annotations"])
        answer = self.answers.pop(0) if self.answers else None
        return answer or httpx.Response(status, json=check)


async def upsert(repo, **changes):
    given = {"status": "completed", "conclusion": "failure", "title": "T", "summary": "S", **changes}
    return await repo.upsert_check(SHA, "Otto / t1", "run/7/t1/a1", **given)


def notes(count):
    return [CheckAnnotation(path="a.py", start_line=n + 1, end_line=1, message=f"m{n}") for n in range(count)]


async def test_a_check_is_created_once_and_updated_afterwards(wire, repo):
    checks = Checks(wire)
    first = await upsert(repo, status="in_progress", conclusion=None)
    second = await upsert(repo, actions=[CheckAction(label="Retry", description="again", identifier="retry")])
    assert first.id == second.id
    assert (checks.post.call_count, checks.patch.call_count) == (1, 1)
    assert "conclusion" not in checks.sent[0]
    assert checks.sent[1]["conclusion"] == "failure"
    assert checks.sent[1]["actions"] == [{"label": "Retry", "description": "again", "identifier": "retry"}]
    assert checks.list.calls.last.request.url.params["check_name"] == "Otto / t1"


async def test_checks_of_others_are_not_ours(wire, repo):
    other = {"id": 1, "name": "Otto / t1", "external_id": "run/7/t1/a1", "status": "queued", "app": {"id": 1}}
    earlier = {"id": 2, "name": "Otto / t1", "external_id": "run/6/t1/a1", "status": "queued", "app": {"id": 4711}}
    checks = Checks(wire, other, earlier)
    assert (await upsert(repo)).id == 502
    assert checks.post.call_count == 1


async def test_120_annotations_are_three_requests(wire, repo):
    checks = Checks(wire)
    check = await upsert(repo, annotations=notes(120))
    assert check.annotations_count == 120
    assert [len(body["output"]["annotations"]) for body in checks.sent] == [50, 50, 20]
    first = checks.sent[0]["output"]["annotations"][5]
    assert first == {"path": "a.py", "start_line": 6, "end_line": 6, "annotation_level": "failure", "message": "m5"}


async def test_after_a_lost_answer_only_missing_annotations_are_sent(wire, repo):
    checks = Checks(wire)
    checks.answers = [None, httpx.Response(502)]
    with pytest.raises(Exception, match="502"):
        await upsert(repo, annotations=notes(120))
    check = await upsert(repo, annotations=notes(120))
    assert check.annotations_count == 120
    assert checks.post.call_count == 1


async def test_a_check_whose_first_answer_was_lost_is_found(wire, repo):
    checks = Checks(wire)
    checks.answers = [httpx.Response(500)]
    with pytest.raises(Exception, match="500"):
        await upsert(repo)
    await upsert(repo)
    assert checks.post.call_count == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "completed", "conclusion": None},
        {"status": "queued", "conclusion": "success"},
        {"actions": [CheckAction(label=str(n), description="", identifier="x") for n in range(4)]},
    ],
)
async def test_a_report_that_github_would_refuse(repo, wrong):
    with pytest.raises(ValueError, match="a check has"):
        await upsert(repo, **wrong)


async def test_long_texts_are_cut(wire, repo):
    checks = Checks(wire)
    await upsert(repo, title="x" * 999, summary="y\n" * 70_000, text="z\n" * 70_000)
    output = checks.sent[0]["output"]
    assert len(output["title"]) == 256
    assert max(len(output["summary"]), len(output["text"])) <= 60_000


async def test_check_runs_and_statuses(wire, repo):
    Checks(
        wire,
        {
            "id": 1,
            "name": "ci",
            "status": "completed",
            "conclusion": "success",
            "app": {"id": 15368, "slug": "github-actions"},
            "external_id": None,
        },
    )
    wire.repo("GET", f"/commits/{SHA}/status").respond(
        json={"state": "success", "statuses": [{"id": 1, "context": "ci/x", "state": "success", "description": None}]}
    )
    (check,) = await repo.check_runs(SHA)
    assert (check.app_slug, check.external_id) == ("github-actions", "")
    (status,) = await repo.statuses(SHA)
    assert (status.context, status.state) == ("ci/x", "success")


async def test_required_contexts_come_from_rules_and_protection(wire, repo):
    rules = [
        {"type": "creation"},
        {
            "type": "required_status_checks",
            "parameters": {"required_status_checks": [{"context": "test", "integration_id": 15368}]},
        },
        {"type": "required_status_checks", "parameters": None},
    ]
    wire.repo("GET", "/rules/branches/main").respond(json=rules)
    wire.repo("GET", "/branches/main").respond(
        json={"name": "main", "protection": {"required_status_checks": {"contexts": ["test", "lint"]}}}
    )
    required = await repo.required_contexts("main")
    assert [(c.context, c.app_id) for c in required.contexts] == [("test", 15368), ("lint", None)]
    assert required.unreadable == ()


async def test_what_may_not_be_read_counts_as_empty_and_is_said(wire, repo):
    wire.repo("GET", "/rules/branches/main").respond(403, json={"message": "Upgrade to GitHub Pro"})
    wire.repo("GET", "/branches/main").respond(404, json={"message": "Branch not found"})
    required = await repo.required_contexts("main")
    assert required.contexts == ()
    assert [text.split(":")[0] for text in required.unreadable] == ["rules", "protection"]
    assert "Upgrade to GitHub Pro" in required.unreadable[0]
