"""The GraphQL that Otto needs: ready for review, back to draft, who edited a comment, and who an issue."""

from __future__ import annotations

import json
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from otto_bot.playground.github import auth
from otto_bot.playground.github.changes import pulls as changes
from otto_bot.playground.github.hub import Hub
from otto_bot.playground.github.rest.serve import read_body
from otto_bot.playground.github.routing import Actor, ApiError
from otto_bot.playground.github.shapes import people
from otto_bot.playground.github.state import Issue, Json
from otto_bot.playground.github.world import REPO_ID, node_number, stamp

MUTATIONS = {"markPullRequestReadyForReview": False, "convertPullRequestToDraft": True}
PAGE = 100
NODE = re.compile(r'pullRequestId\s*:\s*(?:"([^"]+)"|\$(\w+))')
INPUT = re.compile(r"input\s*:\s*\$(\w+)")


def _error(kind: str, message: str, path: str | None = None) -> Response:
    row: Json = {"type": kind, "message": message, **({"path": [path]} if path else {})}
    return JSONResponse({"data": {path: None} if path else None, "errors": [row]})


class GraphQL:
    """The endpoint `/graphql`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def __call__(self, request: Request) -> Response:
        """Answers as GitHub does: 200 with `errors` for everything but a bad token or no JSON."""
        try:
            actor = auth.identify(self.hub.world, self.hub.key, request.headers.get("authorization"))
            auth.check_awake(self.hub.world, actor)
            request.scope["playground.actor"] = actor.login
            body = json.loads(await read_body(request))
        except ApiError as error:
            return JSONResponse(error.body(), error.status)
        except ValueError:
            return JSONResponse({"message": "Problems parsing JSON"}, 400)
        query = body.get("query") if isinstance(body, dict) else None
        if not isinstance(query, str):
            return JSONResponse({"message": "A query attribute must be specified and must be a string."}, 400)
        name = next((name for name in MUTATIONS if name in query), None)
        if name is None and ("IssueComment" in query or "userContentEdits" in query):
            given = body.get("variables")
            return self._read(query, given if isinstance(given, dict) else {}, actor)
        if name is None:
            return _error("undefinedField", f"The playground knows only {' and '.join(MUTATIONS)}.")
        # As GitHub does: reading contents is not enough for it.
        if not (actor.may(("pull_requests", "write")) and actor.may(("contents", "write"))):
            return _error("FORBIDDEN", "Resource not accessible by integration", name)
        if self.hub.world.archived:
            return _error("FORBIDDEN", "Repository was archived so is read-only.", name)
        variables = body.get("variables")
        return self._mutate(name, query, variables if isinstance(variables, dict) else {}, actor.login)

    def _mutate(self, name: str, query: str, variables: Json, actor: str) -> Response:
        node = _node(query, variables)
        issue = self._pull(node)
        if issue is None or issue.pull is None:
            return _error("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'.", name)
        if issue.state != "open":
            return _error("UNPROCESSABLE", "Pull request is closed.", name)
        changes.set_draft(self.hub.world, actor, issue, draft=MUTATIONS[name])
        shown = {"id": node, "number": issue.number, "isDraft": issue.pull.draft, "state": "OPEN"}
        return JSONResponse({"data": {name: {"clientMutationId": None, "pullRequest": shown}}})

    def _read(self, query: str, variables: Json, actor: Actor) -> Response:
        if "userContentEdits" in query:
            return self._issue(variables, actor)
        return self._editor(str(variables.get("id", "")), actor)

    def _issue(self, variables: Json, actor: Actor) -> Response:
        """An issue's text, its last edit, its edits and its renames, as `repository { issue }`; newest edits first."""
        world, number = self.hub.world, variables.get("number")
        named = f"{variables.get('owner')}/{variables.get('name')}".lower() == world.full_name.lower()
        if not named:
            return _error("NOT_FOUND", "Could not resolve to a Repository with that name.", "repository")
        if not actor.may(("issues", "read")):
            return _error("FORBIDDEN", "Resource not accessible by integration", "repository")
        row = world.issue(number) if isinstance(number, int) else None
        if row is None or row.pull is not None or row.gone:
            return _error("NOT_FOUND", f"Could not resolve to an Issue with the number of {number}.", "repository")
        return JSONResponse({"data": {"repository": {"databaseId": REPO_ID, "issue": self._history(row)}}})

    def _history(self, row: Issue) -> Json:
        edits = [one for one in reversed(row.edits) if one.what == "body"]
        renames = [one for one in row.edits if one.what == "title"]
        first = [{"editedAt": stamp(row.created_at), "editor": self._who(row.author)}] if edits else []
        nodes = [{"editedAt": stamp(one.at), "editor": self._who(one.actor)} for one in edits] + first
        return {
            "title": row.title, "body": row.body, "updatedAt": stamp(row.updated_at),
            "lastEditedAt": stamp(edits[0].at) if edits else None,
            "editor": self._who(edits[0].actor) if edits else None,
            "userContentEdits": {"pageInfo": {"hasNextPage": len(nodes) > PAGE}, "nodes": nodes[:PAGE]},
            "timelineItems": {
                "pageInfo": {"hasPreviousPage": len(renames) > PAGE},
                "nodes": [{"createdAt": stamp(one.at), "actor": self._who(one.actor)} for one in renames[-PAGE:]],
            },
        }  # fmt: skip

    def _who(self, login: str) -> Json | None:
        """An actor; null where the account is gone."""
        found = people.user(self.hub.world, login)
        if found is None:
            return None
        name = str(found["login"]).removesuffix("[bot]")
        return {"__typename": found["type"], "login": name, "databaseId": found["id"]}

    def _editor(self, node: str, actor: Actor) -> Response:
        """Who edited a comment last, as `node(id:) { ... on IssueComment { editor } }`."""
        if not actor.may(("issues", "read")):
            return _error("FORBIDDEN", "Resource not accessible by integration", "node")
        kind = node_number(node)
        rows = [row for row in self.hub.world.comments if kind == ("IC", row.id)]
        if not rows:
            return _error("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'.", "node")
        editor = None
        if rows[0].editor:
            editor = self._who(rows[0].editor)
        return JSONResponse({"data": {"node": {"editor": editor}}})

    def _pull(self, node: str) -> Issue | None:
        kind = node_number(node)
        return self.hub.world.issue(kind[1]) if kind and kind[0] == "PR" else None


def _node(query: str, variables: Json) -> str:
    if whole := INPUT.search(query):
        given = variables.get(whole[1])
        return str(given.get("pullRequestId", "")) if isinstance(given, dict) else ""
    found = NODE.search(query)
    if found is None:
        return ""
    return found[1] or str(variables.get(found[2], ""))
