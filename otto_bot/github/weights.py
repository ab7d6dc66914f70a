"""Which writes GitHub counts as content, for its limits of 80 a minute and 500 an hour.

GitHub names no list. Its reference warns of these limits at what notifies people (comments, pull requests, requests
for a review); what edits such a text is counted too, to be safe. Labels, reactions, checks and runs of workflows
notify nobody: they only cost points.
"""

from __future__ import annotations

from otto_bot.core.quota import WRITE_POINTS, Ask
from otto_bot.github.routes import Route

_REPO = "/repos/{owner}/{repo}"

CONTENT = frozenset(
    {
        ("POST", f"{_REPO}/issues/{{number}}/comments"),
        ("PATCH", f"{_REPO}/issues/comments/{{id}}"),
        ("POST", f"{_REPO}/pulls"),
        ("PATCH", f"{_REPO}/pulls/{{number}}"),
        ("POST", f"{_REPO}/pulls/{{number}}/requested_reviewers"),
        ("POST", f"{_REPO}/pulls/{{number}}/comments/{{id}}/replies"),
        ("PATCH", f"{_REPO}/pulls/comments/{{id}}"),
        ("POST", "/graphql"),
    }
)
"""Writes that count as content."""

PLAIN = frozenset(
    {
        ("POST", f"{_REPO}/issues/{{id}}/reactions"),
        ("POST", f"{_REPO}/issues/comments/{{id}}/reactions"),
        ("POST", f"{_REPO}/pulls/comments/{{id}}/reactions"),
        ("POST", f"{_REPO}/labels"),
        ("POST", f"{_REPO}/issues/{{number}}/labels"),
        ("DELETE", f"{_REPO}/issues/{{number}}/labels/{{name}}"),
        ("POST", f"{_REPO}/check-runs"),
        ("PATCH", f"{_REPO}/check-runs/{{id}}"),
        ("POST", f"{_REPO}/actions/workflows/{{workflow}}/dispatches"),
        ("POST", f"{_REPO}/actions/runs/{{id}}/rerun-failed-jobs"),
        ("POST", f"{_REPO}/actions/runs/{{id}}/rerun"),
        ("POST", f"{_REPO}/actions/runs/{{id}}/cancel"),
        ("POST", f"{_REPO}/git/blobs"),
        ("POST", f"{_REPO}/git/trees"),
        ("POST", f"{_REPO}/git/commits"),
        ("POST", "/app/hook/deliveries/{id}/attempts"),
    }
)
"""Writes that only cost points."""


def weigh(method: str, where: Route, *, yields: bool = False) -> Ask:
    """What a write costs. One that nobody has sorted yet counts as content: the stricter of the two."""
    content = (method, where.template) not in PLAIN
    return Ask(content=content, points=WRITE_POINTS, yields=yields, place=_place(method, where))


def _place(method: str, where: Route) -> str:
    """The issue or pull request that gets a new comment, by its path."""
    new = (method, where.template) == ("POST", f"{_REPO}/issues/{{number}}/comments")
    return where.path if new else ""
