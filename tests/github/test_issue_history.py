"""Who edited an issue and when, from GraphQL's answer: what it does not show counts as an edit by nobody known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from otto_bot.github.errors import Forbidden, NotFound, Unreachable

ANN = {"__typename": "User", "login": "ann", "databaseId": 7}
BOB = {"__typename": "User", "login": "bob", "databaseId": 8}
EARLY, MIDDLE, LATE = "2026-11-01T09:00:00Z", "2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z"


def issue(**changes: Any) -> dict[str, Any]:
    found = {
        "title": "T", "body": "B", "updatedAt": LATE, "lastEditedAt": None, "editor": None,
        "userContentEdits": {"pageInfo": {"hasNextPage": False}, "nodes": []},
        "timelineItems": {"pageInfo": {"hasPreviousPage": False}, "nodes": []},
        **changes,
    }  # fmt: skip
    return {"data": {"repository": {"databaseId": 22, "issue": found}}}


def body_edits(*edits: tuple[str, Any] | None, more: bool = False) -> dict[str, Any]:
    nodes = [edit and {"editedAt": edit[0], "editor": edit[1]} for edit in edits]
    return {"pageInfo": {"hasNextPage": more}, "nodes": nodes}


def renames(*edits: tuple[str, Any] | None, earlier: bool = False) -> dict[str, Any]:
    nodes = [edit and {"createdAt": edit[0], "actor": edit[1]} for edit in edits]
    return {"pageInfo": {"hasPreviousPage": earlier}, "nodes": nodes}


UNKNOWN = "or before"


@pytest.mark.parametrize(
    ("answer", "edits"),
    [
        (issue(), []),
        (issue(userContentEdits=None), []),
        (issue(lastEditedAt=LATE, editor=ANN), [(LATE, 7), (LATE, UNKNOWN)]),
        (issue(lastEditedAt=LATE, editor=ANN, userContentEdits=body_edits((EARLY, ANN), (LATE, ANN))),
         [(EARLY, 7), (LATE, 7), (LATE, 7)]),
        (issue(lastEditedAt=LATE, userContentEdits=body_edits((LATE, None))), [(LATE, None), (LATE, None)]),
        (issue(timelineItems=renames((MIDDLE, BOB), (LATE, None))), [(MIDDLE, 8), (LATE, None)]),
        # Of a list that is cut, the others are at most as late as the first that is shown.
        (issue(lastEditedAt=LATE, editor=ANN, userContentEdits=body_edits((LATE, ANN), (MIDDLE, ANN), more=True)),
         [(MIDDLE, UNKNOWN), (MIDDLE, 7), (LATE, 7), (LATE, 7)]),
        (issue(timelineItems=renames((MIDDLE, BOB), (LATE, BOB), earlier=True)),
         [(MIDDLE, UNKNOWN), (MIDDLE, 8), (LATE, 8)]),
        # One that is hidden was made at the last edit or before, a hidden rename at the last change or before.
        (issue(lastEditedAt=MIDDLE, editor=ANN, userContentEdits=body_edits((MIDDLE, ANN), None)),
         [(MIDDLE, 7), (MIDDLE, 7), (MIDDLE, UNKNOWN)]),
        (issue(userContentEdits=body_edits(None, None)), [(LATE, UNKNOWN), (LATE, UNKNOWN)]),
        (issue(timelineItems=renames((MIDDLE, BOB), None)), [(MIDDLE, 8), (LATE, UNKNOWN)]),
        (issue(lastEditedAt=MIDDLE, editor=ANN, userContentEdits=None), [(MIDDLE, 7), (MIDDLE, UNKNOWN)]),
        (issue(lastEditedAt=MIDDLE, editor=ANN, userContentEdits={"pageInfo": {"hasNextPage": False}, "nodes": None}),
         [(MIDDLE, 7), (MIDDLE, UNKNOWN)]),
        (issue(lastEditedAt=MIDDLE, editor=ANN, userContentEdits=body_edits(None, more=True)),
         [(MIDDLE, 7), (MIDDLE, UNKNOWN), (MIDDLE, UNKNOWN)]),
        (issue(userContentEdits=body_edits(more=True)), [(LATE, UNKNOWN)]),
        (issue(timelineItems=renames(earlier=True)), [(LATE, UNKNOWN)]),
    ],
)  # fmt: skip
async def test_every_edit_is_known_or_nobodys(wire, repo, answer, edits):
    wire.router.post("/graphql").respond(json=answer)
    found = await repo.issue_history(4)
    shown = [
        (edit.at.isoformat().replace("+00:00", "Z"), UNKNOWN if edit.or_before else edit.by.id) for edit in found.edits
    ]
    assert sorted(shown, key=str) == sorted(edits, key=str)
    assert all(edit.by.id is None for edit in found.edits if edit.or_before)
    assert (found.title, found.body) == ("T", "B")


async def test_it_is_asked_for_by_name_and_number(wire, repo):
    route = wire.router.post("/graphql").respond(json=issue(body=None))
    assert (await repo.issue_history(4)).body == ""
    sent = json.loads(route.calls[0].request.content)
    assert sent["variables"] == {"owner": "acme", "name": "shop", "number": 4}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"data": {"repository": {"databaseId": 23, "issue": issue()["data"]["repository"]["issue"]}}}, Unreachable),
        ({"data": {"repository": {"databaseId": None, "issue": issue()["data"]["repository"]["issue"]}}}, Unreachable),
        ({"data": {"repository": {"issue": issue()["data"]["repository"]["issue"]}}}, Unreachable),
        ({"data": {"repository": {"databaseId": 22, "issue": None}}}, NotFound),
        (issue(timelineItems=None), Unreachable),
        (issue(timelineItems={"pageInfo": {"hasPreviousPage": False}, "nodes": None}), Unreachable),
        ({"data": {"repository": None}}, Unreachable),
        ({"data": {"repository": {"databaseId": 22, "issue": {"title": "T"}}}}, Unreachable),
        (issue(lastEditedAt="yesterday"), Unreachable),
        ({"data": None, "errors": [{"type": "NOT_FOUND", "message": "no issue"}]}, NotFound),
        ({"data": None, "errors": [{"type": "FORBIDDEN", "message": "no right"}]}, Forbidden),
    ],
)
async def test_what_does_not_tell_is_an_error(wire, repo, answer, error):
    wire.router.post("/graphql").respond(json=answer)
    with pytest.raises(error):
        await repo.issue_history(4)
