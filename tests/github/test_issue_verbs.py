"""Issues, comments, reactions, labels: found before they are written, and only our own are ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest

from otto_bot.github.errors import Refused, Unreachable
from otto_bot.github.limits import BODY_LIMIT, units
from otto_bot.github.models import Label, Target

MARKER = "<!-- otto:run=7 status -->"


class Thread:
    """The comments of issue 1, kept as a server keeps them."""

    def __init__(self, wire, comment, *existing):
        self.make = comment
        self.comments = {item["id"]: item for item in existing}
        self.lose_next_answer = False
        wire.repo("GET", "/issues/1/comments").mock(side_effect=self.list)
        self.post = wire.repo("POST", "/issues/1/comments").mock(side_effect=self.create)
        self.patch = wire.router.patch(path__regex=r"^/repos/acme/shop/issues/comments/(?P<id_>\d+)$").mock(
            side_effect=self.edit
        )

    def list(self, request):
        assert request.url.params["per_page"] == "100"
        return httpx.Response(200, json=list(self.comments.values()))

    def create(self, request):
        new = self.make(1000 + len(self.comments), json.loads(request.content)["body"])
        self.comments[new["id"]] = new
        if self.lose_next_answer:
            self.lose_next_answer = False
            return httpx.Response(502)
        return httpx.Response(201, json=new)

    def edit(self, request, id_):
        if int(id_) not in self.comments:
            return httpx.Response(404)
        self.comments[int(id_)]["body"] = json.loads(request.content)["body"]
        return httpx.Response(200, json=self.comments[int(id_)])


async def test_a_comment_is_written_once_and_edited_afterwards(wire, repo, comment):
    thread = Thread(wire, comment)
    first = await repo.upsert_comment(1, MARKER, "one")
    by_id = await repo.upsert_comment(1, MARKER, "two", known_id=first.id)
    by_marker = await repo.upsert_comment(1, MARKER, "three")
    assert first.id == by_id.id == by_marker.id
    assert first.url.endswith(f"issuecomment-{first.id}")
    assert [c["body"] for c in thread.comments.values()] == [f"{MARKER}\nthree"]
    assert thread.post.call_count == 1


async def test_a_comment_whose_answer_was_lost_is_found(wire, repo, comment):
    thread = Thread(wire, comment)
    thread.lose_next_answer = True
    with pytest.raises(Unreachable):
        await repo.upsert_comment(1, MARKER, "one")
    found = await repo.upsert_comment(1, MARKER, "one")
    assert list(thread.comments) == [found.id]
    assert thread.post.call_count == 1
    assert thread.patch.call_count == 0  # it says that already


async def test_a_deleted_comment_is_written_again(wire, repo, comment):
    thread = Thread(wire, comment)
    assert (await repo.upsert_comment(1, MARKER, "one", known_id=5)).id == 1000
    assert thread.post.call_count == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"user": {"login": "eve", "id": 1, "type": "User"}, "performed_via_github_app": None},
        {"user": {"login": "other[bot]", "id": 1, "type": "Bot"}, "performed_via_github_app": {"id": 1}},
        {"user": {"login": "otto[bot]", "id": 1, "type": "Bot"}, "performed_via_github_app": {"id": 1}},
        {"user": {"login": "otto[bot]", "id": 1, "type": "User"}, "performed_via_github_app": None},
        {"user": None, "performed_via_github_app": None},
        {"body": f"> {MARKER}\nquoted by ourselves"},
        {"body": f"text first\n{MARKER}"},
    ],
)
async def test_a_marker_of_somebody_else_is_not_trusted(wire, repo, comment, forged):
    wire.router.get("/app").respond(json={"id": 4711, "slug": "otto"})
    thread = Thread(wire, comment, {**comment(5, f"{MARKER}\nforged"), **forged})
    assert (await repo.upsert_comment(1, MARKER, "one")).id != 5
    assert thread.patch.call_count == 0


async def test_an_own_comment_without_app_is_known_by_its_bot(wire, repo, comment):
    wire.router.get("/app").respond(json={"id": 4711, "slug": "otto"})
    Thread(wire, comment, comment(5, f"{MARKER}\r\nold", performed_via_github_app=None))
    assert (await repo.upsert_comment(1, MARKER, "one")).id == 5


@pytest.mark.parametrize("known", [None, 5])
async def test_a_long_body_is_cut_when_written_and_when_edited(wire, repo, comment, known):
    existing = [comment(5, f"{MARKER}\nold")] if known else []
    thread = Thread(wire, comment, *existing)
    await repo.upsert_comment(1, MARKER, "```\n" + "😀" * 70_000, known_id=known)
    (body,) = (c["body"] for c in thread.comments.values())
    assert units(body) <= BODY_LIMIT
    assert body.startswith(MARKER)
    assert "was cut here" in body


@pytest.mark.parametrize(
    "marker", ["", "otto", "<!-- a -- b -->", "<!-- a\n -->", "<!-- " + "x" * 300 + " -->", "<!-->"]
)
async def test_a_marker_that_would_show_is_refused(repo, marker):
    with pytest.raises(ValueError, match="a marker is one line"):
        await repo.upsert_comment(1, marker, "x")


async def test_labelled_events_say_who(wire, repo):
    events = [
        {
            "id": 1,
            "event": "labeled",
            "label": {"name": "otto"},
            "actor": {"login": "ann", "id": 7},
            "created_at": "2026-11-22T10:00:00Z",
        },
        {"id": 2, "event": "closed", "actor": None, "created_at": "2026-11-22T10:00:00Z"},
        {"id": 3, "event": "labeled", "label": {"name": "otto"}, "actor": None, "created_at": "2026-11-22T10:00:01Z"},
    ]
    wire.repo("GET", "/issues/1/events").respond(json=events)
    first, second = await repo.labelled_events(1)
    assert (first.label, first.actor_login, first.actor_id) == ("otto", "ann", 7)
    assert (second.actor_login, second.actor_id) == ("ghost", None)


async def test_labelled_issues_are_no_pull_requests(wire, repo):
    def item(number, **more):
        return {
            "id": number,
            "number": number,
            "title": "t",
            "state": "open",
            "labels": [{"name": "otto"}, "old"],
            **more,
        }

    route = wire.repo("GET", "/issues").respond(json=[item(1), item(2, pull_request={"url": "x"})])
    (found,) = await repo.labelled_issues("otto, please")
    assert (found.number, found.labels) == (1, ("otto", "old"))
    assert route.calls.last.request.url.params["labels"] == "otto, please"


async def test_since_is_sent_in_utc(wire, repo, comment):
    route = wire.repo("GET", "/pulls/1/comments").respond(
        json=[comment(1, "x", path="a.py", line=3, pull_request_review_id=8)]
    )
    (found,) = await repo.review_comments(1, datetime(2026, 11, 22, 9, 5, tzinfo=UTC))
    assert (found.path, found.line, found.review_id) == ("a.py", 3, 8)
    assert route.calls.last.request.url.params["since"] == "2026-11-22T09:05:00Z"
    with pytest.raises(ValueError, match="aware"):
        await repo.comments(1, datetime(2026, 11, 22))  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize(
    ("kind", "tail"),
    [
        ("issue", "/issues/9/reactions"),
        ("comment", "/issues/comments/9/reactions"),
        ("review_comment", "/pulls/comments/9/reactions"),
    ],
)
async def test_react(wire, repo, kind, tail):
    route = wire.repo("POST", tail).respond(200, json={"id": 1})
    await repo.react(Target(kind=kind, id=9), "eyes")
    assert json.loads(route.calls.last.request.content) == {"content": "eyes"}


async def test_labels_are_created_where_missing(wire, repo):
    wire.repo("GET", "/labels").respond(json=[{"id": 1, "name": "OTTO"}])
    post = wire.repo("POST", "/labels").mock(
        side_effect=[
            httpx.Response(
                422,
                json={
                    "message": "Validation Failed",
                    "errors": [{"resource": "Label", "code": "already_exists", "field": "name"}],
                },
            ),
            httpx.Response(201, json={}),
        ]
    )
    await repo.ensure_labels(
        [Label(name="otto"), Label(name="otto:done"), Label(name="otto:needs-human", color="d93f0b")]
    )
    assert [json.loads(c.request.content)["name"] for c in post.calls] == ["otto:done", "otto:needs-human"]


async def test_a_label_that_is_refused_for_another_reason_is_an_error(wire, repo):
    wire.repo("GET", "/labels").respond(json=[])
    wire.repo("POST", "/labels").respond(
        422, json={"message": "Validation Failed", "errors": [{"code": "invalid", "field": "color"}]}
    )
    with pytest.raises(Refused, match="color invalid"):
        await repo.ensure_labels([Label(name="x")])


async def test_labels_on_and_off(wire, repo):
    add = wire.repo("POST", "/issues/1/labels").respond(json=[])
    seen = []
    wire.router.delete(path__regex=r"^/repos/acme/shop/issues/1/labels/").mock(
        side_effect=lambda r: seen.append(r.url.raw_path) or httpx.Response(404)
    )
    await repo.add_labels(1, ["otto:done"])
    await repo.add_labels(1, [])
    await repo.remove_label(1, "otto/run?#1")
    assert add.call_count == 1
    assert seen == [b"/repos/acme/shop/issues/1/labels/otto%2Frun%3F%231"]


async def test_who_wrote_an_issue_is_told_without_what_it_says(wire, repo):
    said = {"id": 9, "number": 1, "title": "T", "state": "open", "user": {"id": 5, "login": "eve"}}
    wire.repo("GET", "/issues/1").mock(
        side_effect=[httpx.Response(200, json=said), httpx.Response(200, json={**said, "user": None})]
    )
    eve = await repo.author_of(1)
    assert eve is not None
    assert (eve.id, eve.login) == (5, "eve")
    assert await repo.author_of(1) is None
