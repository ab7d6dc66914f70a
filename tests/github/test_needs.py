"""Every verb declares what GitHub's documentation lists for the routes that it asks: nothing less, nothing more."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator

import pytest

from otto_bot.github import issue_verbs
from otto_bot.github.verbs import NEEDS, Repository

ISSUES, PULLS = "issues", "pull_requests"

# docs.github.com, "Permissions required for GitHub Apps", 2026-03-10. Of several names any one is enough.
DOCUMENTED: dict[str, tuple[str, ...]] = {
    "GET /repositories/{}": ("metadata",),
    "GET /collaborators/{}/permission": ("metadata",),
    "GET /rules/branches/{}": ("metadata",),
    "GET /rulesets/{}": ("metadata",),
    "GET /branches/{}": ("contents",),
    "GET /contents/{}": ("contents",),
    "GET /git/ref/{}": ("contents",),
    "GET /git/trees/{}": ("contents",),
    "GET /git/commits/{}": ("contents",),
    "GET /commits": ("contents",),
    "GET /compare/{}...{}": ("contents",),
    "POST /git/blobs": ("contents",),
    "POST /git/trees": ("contents",),
    "POST /git/commits": ("contents",),
    "GET /issues": (ISSUES,),
    "GET /issues/{}": (ISSUES,),
    "GET /issues/{}/events": (ISSUES, PULLS),
    "GET /issues/{}/comments": (ISSUES, PULLS),
    "POST /issues/{}/comments": (ISSUES, PULLS),
    "PATCH /issues/comments/{}": (ISSUES, PULLS),
    "POST /issues/{}/reactions": (ISSUES,),
    "POST /issues/comments/{}/reactions": (ISSUES,),
    "POST /pulls/comments/{}/reactions": (PULLS,),
    "GET /labels": (ISSUES, PULLS),
    "POST /labels": (ISSUES, PULLS),
    "POST /issues/{}/labels": (ISSUES, PULLS),
    "DELETE /issues/{}/labels/{}": (ISSUES, PULLS),
    "GET /pulls": (PULLS,),
    "POST /pulls": (PULLS,),
    "GET /pulls/{}": (PULLS,),
    "PATCH /pulls/{}": (PULLS,),
    "POST /pulls/{}/requested_reviewers": (PULLS,),
    "GET /pulls/{}/comments": (PULLS,),
    "POST /pulls/{}/comments/{}/replies": (PULLS,),
    "PATCH /pulls/comments/{}": (PULLS,),
    "GET /pulls/{}/reviews": (PULLS,),
    "GET /pulls/{}/reviews/{}": (PULLS,),
    "GET /pulls/{}/reviews/{}/comments": (PULLS,),
    "POST /check-runs": ("checks",),
    "PATCH /check-runs/{}": ("checks",),
    "GET /commits/{}/check-runs": ("checks",),
    "GET /check-runs/{}/annotations": ("checks",),
    "GET /commits/{}/status": ("statuses",),
    "GET /environments": ("actions",),
    # Documented for `administration`, which Otto never asks for: it is asked all the same, and may be refused.
    "GET /actions/permissions": ("metadata",),
    "GET /actions/workflows": ("actions",),
    "GET /actions/workflows/{}/runs": ("actions",),
    "GET /actions/runs": ("actions",),
    "GET /actions/runs/{}": ("actions",),
    "GET /actions/runs/{}/attempts/{}/jobs": ("actions",),
    "GET /actions/runs/{}/pending_deployments": ("actions",),
    "GET /actions/jobs/{}": ("actions",),
    "GET /actions/jobs/{}/logs": ("actions",),
    "GET /actions/runs/{}/artifacts": ("actions",),
    "GET /actions/artifacts/{}/zip": ("actions",),
    "POST /actions/workflows/{}/dispatches": ("actions",),
    "POST /actions/runs/{}/rerun-failed-jobs": ("actions",),
    "POST /actions/runs/{}/rerun": ("actions",),
    "POST /actions/runs/{}/cancel": ("actions",),
}

BESIDES: dict[str, tuple[dict[str, str], str]] = {
    "open_pull_request": ({"contents": "read"}, "both branches must be visible to whoever opens it"),
    "may_start_workflows": ({"actions": "write"}, "whether that was granted is told when a token with it is made"),
    "mark_ready": ({"contents": "write"}, "GraphQL; https://github.com/boxlite-ai/boxlite/pull/1556"),
    "convert_to_draft": ({"contents": "write"}, "GraphQL; https://github.com/boxlite-ai/boxlite/pull/1556"),
    "fetch_token": ({"contents": "read"}, "git itself"),
    "issue_history": ({ISSUES: "read"}, "GraphQL"),
    "push_token": ({"contents": "write"}, "git itself"),
}
ON_PULL_REQUESTS = {
    "issue", "labels_of", "labelled_events", "last_reopened", "labelled_issues", "changed_issues", "comments",
    "editor_of", "upsert_comment", "react", "add_labels", "remove_label",
}  # fmt: skip
"""Verbs about a number that may be a pull request's: both permissions, whichever of the two it is."""
_ASKS = {"_json": "GET", "_pages": "GET", "_kept": "GET"}


def _routes(name: str) -> Iterator[str]:
    """The routes of a method and of those that it calls, read from its source."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(getattr(Repository, name))))
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    methods = [(node.func.attr, node) for node in calls if isinstance(node.func, ast.Attribute)]
    tails = [n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant) and _is_tail(n.value)]
    for called, node in methods:
        if called == "_call" or called in _ASKS:
            method, where = (_ASKS[called], node.args[0]) if called in _ASKS else (node.args[0].value, node.args[1])
            for tail in [where.value] if isinstance(where, ast.Constant) else _named(where, tails):
                yield f"{method} {re.sub(r'{[a-z_]+}', '{}', tail)}"
        elif called == "_mutate" or "_GRAPHQL" in source:
            yield "GraphQL"
        elif _of_self(node.func) and called not in (name, "_resolve") and callable(getattr(Repository, called, None)):
            yield from _routes(called)


def _of_self(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "self"


def _is_tail(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/")


def _named(where: ast.expr, tails: list[str]) -> list[str]:
    return list(issue_verbs._REACTION_TAILS.values()) if isinstance(where, ast.Subscript) else tails[:1]


@pytest.mark.parametrize("verb", sorted(NEEDS))
def test_a_verb_declares_what_is_documented_for_its_routes(verb):
    declared = NEEDS[verb]
    routes = {route for route in _routes(verb) if route != "GraphQL"}
    levels: dict[str, str] = {}
    useful: dict[str, str] = dict(BESIDES.get(verb, ({}, ""))[0])
    for route in routes:
        level = "read" if route.startswith("GET ") else "write"
        enough = [name for name in DOCUMENTED[route] if declared.get(name) in (level, "write")]
        assert enough or DOCUMENTED[route] == ("metadata",), f"{verb} asks {route}, and declares no {level} for it"
        for name in enough or ["metadata"]:
            levels[name] = "write" if "write" in (level, levels.get(name)) else "read"
    if verb in ON_PULL_REQUESTS:
        level = "write" if "write" in declared.values() else "read"
        useful |= {ISSUES: level, PULLS: level}
    if "GraphQL" in set(_routes(verb)):
        useful |= {name: level for name, level in declared.items() if name == PULLS}
    too_much = {
        name: level
        for name, level in declared.items()
        if useful.get(name) != level and levels.get(name) != level and name != "metadata"
    }
    assert not too_much, f"{verb} declares {too_much}, which none of its routes needs"


def test_no_documented_route_is_left_that_nobody_asks():
    asked = {route for verb in NEEDS for route in _routes(verb)} | {"GET /repositories/{}"}
    assert asked - {"GraphQL"} == set(DOCUMENTED)
