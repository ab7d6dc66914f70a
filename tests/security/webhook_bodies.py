"""Webhook bodies of every event that Otto acts on, and what may be wrong with them: for tests that throw them at it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

SENDER = {"id": 2, "login": "dev", "type": "User"}
TIME = "2026-11-01T09:00:00Z"
REPOSITORY = {"id": 1, "name": "demo", "full_name": "octo/demo", "private": False, "default_branch": "main",
              "owner": {"id": 9, "login": "octo", "type": "Organization"}}  # fmt: skip
ISSUE = {"id": 11, "number": 1, "title": "Add a thing", "body": "Please.", "state": "open", "updated_at": TIME,
         "user": SENDER, "labels": [{"name": "otto"}]}  # fmt: skip
COMMENT = {"id": 21, "body": "/otto status", "user": SENDER, "html_url": "https://github.test/c", "created_at": TIME,
           "updated_at": TIME}  # fmt: skip
OURS = {**COMMENT, "body": "<!-- otto run=1 surface=plan -->\n- [x] start", "user": {**SENDER, "type": "Bot"}}
PULL = {"id": 31, "number": 2, "state": "closed", "merged": True, "head": {"ref": "otto/1-1/run", "sha": "a" * 40},
        "base": {"ref": "main", "sha": "b" * 40}}  # fmt: skip
CHECK = {"id": 41, "name": "Otto", "head_sha": "a" * 40, "external_id": "run/1/check/t1/a1", "app": {"id": 4242},
         "status": "completed", "conclusion": "failure",
         "check_suite": {"id": 5, "head_branch": "otto/1-1/run"}}  # fmt: skip
FLOW = {"id": 51, "name": "CI", "head_branch": "otto/1-1/run", "head_sha": "a" * 40, "status": "completed",
        "conclusion": "success", "event": "push", "run_attempt": 1}  # fmt: skip


def _event(event: str, action: str | None, **parts: Any) -> tuple[str, dict[str, Any]]:
    base = {"sender": SENDER, "repository": REPOSITORY, "installation": {"id": 1}}
    return event, {**({"action": action} if action else {}), **base, **parts}


EVENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    _event("issues", "labeled", issue=ISSUE, label={"name": "otto"}),
    _event("issues", "unlabeled", issue=ISSUE, label={"name": "otto"}),
    _event("issues", "closed", issue=ISSUE),
    _event("issues", "edited", issue=ISSUE, changes={"title": {"from": "Old"}}),
    _event("issue_comment", "created", issue=ISSUE, comment=COMMENT),
    _event(
        "issue_comment",
        "edited",
        issue=ISSUE,
        comment=OURS,
        changes={"body": {"from": "<!-- otto run=1 surface=plan -->\n- [ ] start"}},
    ),
    _event("pull_request_review_comment", "created", pull_request=PULL, comment=COMMENT),
    _event(
        "pull_request_review",
        "submitted",
        pull_request=PULL,
        review={"id": 61, "body": "/otto improve", "state": "changes_requested", "user": SENDER, "submitted_at": TIME},
    ),
    _event("check_run", "requested_action", check_run=CHECK, requested_action={"identifier": "retry:t1"}),
    _event("check_run", "rerequested", check_run=CHECK),
    _event("check_run", "completed", check_run=CHECK),
    _event("workflow_run", "completed", workflow_run=FLOW),
    _event("status", None, id=71, sha="a" * 40, state="success", context="ci", branches=[{"name": "otto/1-1/run"}]),
    _event("pull_request", "closed", pull_request=PULL),
    _event("push", None, ref="refs/heads/main", before="a" * 40, after="b" * 40, deleted=False),
)
"""Each event with a body in GitHub's form, as far as Otto reads it."""

ODD = st.sampled_from(
    [
        None, True, -1, 0, 2**31, 2**63, -(2**63) - 1, 10**30, 1.5, 1e308, "", " ", "\x00", "\ud800", "x" * 5000, "..",
        "../../x", "a/b/c/d", "%2e%2e", "1", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "/otto stop",
        "\u202e/otto stop", "https://evil.example", [], {}, [[]], [None], {"id": None}, {"login": "dev"}, "Bot",
    ]
)  # fmt: skip
RAW = (
    lambda text: text.replace("{", '{"action":"labeled","action":["x"],', 1),  # a key twice
    lambda text: text.replace("{", '{"installation":{"id":1},"installation":null,', 1),
    lambda text: text.replace("{", '{"deep":' + "[" * 5000 + "]" * 5000 + ",", 1),
    lambda text: text.replace("{", '{"id":' + "9" * 5000 + ",", 1),  # CVE-2020-10735
    lambda text: text.replace('"id": 1,', '"id": 1e400,'),
    lambda text: text.replace('"id": 1,', '"id": NaN,'),
    lambda text: text.replace("{", '{"x":"\\ud800\\u0000",', 1),
    lambda text: text[:-1],
    lambda text: "\ufeff" + text,
    lambda text: text + "x",
    lambda text: "[" * 100_000,
    lambda text: '{"a":' * 100_000,
    lambda text: "[" + text + "]",
    lambda text: "null",
    lambda text: "",
)
"""What no JSON library writes."""


def paths(value: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    found = [so_far] if so_far else []
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in children:
        found += paths(part, (*so_far, key))
    return found


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another part at a place; `...` leaves the part out."""
    if not path:
        return new
    if isinstance(value, dict):
        rest = {key: part for key, part in value.items() if key != path[0]}
        part = changed(value.get(path[0]), path[1:], new)
        return rest if part is ... else {**rest, path[0]: part}
    if isinstance(value, list) and isinstance(path[0], int) and path[0] < len(value):
        parts = [changed(part, path[1:], new) if n == path[0] else part for n, part in enumerate(value)]
        return [part for part in parts if part is not ...]
    return value


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """Event, action and the bytes of a body of which something is wrong."""
    event, payload = draw(st.sampled_from(EVENTS))
    action = str(payload.get("action", ""))
    for path in draw(st.lists(st.sampled_from(paths(payload)), max_size=3)):
        payload = changed(payload, path, draw(st.one_of(st.just(...), ODD)))
    text = json.dumps(payload)
    if draw(st.integers(0, 3)) == 0:
        text = draw(st.sampled_from(RAW))(text)
    return event, action, text.encode("utf-8", "surrogatepass")


def impossible() -> list[tuple[str, str, bytes]]:
    """Each event with a number in the place of one id that no database and no path can hold."""
    return [
        (event, str(payload.get("action", "")), json.dumps(changed(payload, path, number)).encode())
        for event, payload in EVENTS
        for path in paths(payload)
        for number in (10**30, -1)
        if path[-1] in ("id", "number") and path[0] not in ("sender", "check_run")
    ]


def drawn(strategy: st.SearchStrategy[Any], number: int) -> list[Any]:
    """So many values of a strategy, the same each time: for tests that must not run anew for each of them."""
    found: list[Any] = []

    @settings(
        max_examples=number, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found
