"""Which deliveries can concern a run: the rest is counted after its signature was checked, and dropped.

The look costs no query and reads only a few places of a body. Where it cannot tell, a delivery is kept: the worker
looks closer, and drops it there. What is dropped although a run had been glad of it only comes later: every open run
is compared with GitHub all the time, and a verification asks by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Mapping
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from otto_bot.intake.payloads import MODELS


class NotAnObject(ValueError):
    """The body is no JSON, or no JSON object; the message says which."""


@with_config(ConfigDict(extra="ignore"))
class _Named(TypedDict, total=False):
    name: Any


@with_config(ConfigDict(extra="ignore"))
class _Repository(TypedDict, total=False):
    id: Any
    default_branch: Any


@with_config(ConfigDict(extra="ignore"))
class _User(TypedDict, total=False):
    type: Any


@with_config(ConfigDict(extra="ignore"))
class _Comment(TypedDict, total=False):
    body: Any
    user: _User | None


@with_config(ConfigDict(extra="ignore"))
class _Review(TypedDict, total=False):
    body: Any
    state: Any


@with_config(ConfigDict(extra="ignore"))
class _Ref(TypedDict, total=False):
    ref: Any


@with_config(ConfigDict(extra="ignore"))
class _PullRequest(TypedDict, total=False):
    head: _Ref


@with_config(ConfigDict(extra="ignore"))
class _WorkflowRun(TypedDict, total=False):
    head_branch: Any


@with_config(ConfigDict(extra="ignore"))
class _CheckRun(TypedDict, total=False):
    external_id: Any
    check_suite: _WorkflowRun | None


@with_config(ConfigDict(extra="ignore"))
class _Parts(TypedDict, total=False):
    """The places of all payloads that decide; whatever else a body holds is checked to be JSON, and not built."""

    action: Any
    ref: Any
    state: Any
    changes: Any
    repository: _Repository | None
    comment: _Comment
    review: _Review
    pull_request: _PullRequest
    workflow_run: _WorkflowRun
    check_run: _CheckRun
    branches: list[_Named]


_PARTS = TypeAdapter(_Parts)
_OWN = re.compile(r"(?:refs/heads/)?.+/\d+-\d+/.+")
"""The form of every branch of a run, whatever prefix its repository has set: `otto/7-1/run`."""
_MARK = "<!-- otto run="

Looks = Callable[[Mapping[str, Any], Container[int]], bool]


class Everywhere:
    """Contains every repository: for who does not know, or wants to keep all that any run could need."""

    def __contains__(self, repository: object) -> bool:
        return True


def parts(body: bytes) -> Mapping[str, Any]:
    """What decides about a body, read in a tenth of the time of all of it. Raises NotAnObject."""
    try:
        return _PARTS.validate_json(body)
    except ValidationError:
        # It may still be JSON: with other types in these places, or with half a character in a text.
        return _whole(body)


def _whole(body: bytes) -> Mapping[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAnObject("the body is no JSON") from None
    if not isinstance(payload, dict):
        raise NotAnObject("the body is no JSON object")
    return payload


def concerns_us(event: str, payload: Mapping[str, Any], at_work: Container[int]) -> tuple[bool, str]:
    """Whether a body is worth keeping, and the event's name for counters (`other` for one that is not known).

    `at_work` holds the ids of repositories with a run that is not over. Trusts no type of the payload.
    """
    if event not in _WANTED:
        return False, event if event in MODELS else "other"
    actions, looks = _WANTED[event]
    action = payload.get("action")
    if actions and not (isinstance(action, str) and action in actions):
        return False, event
    return looks(payload, at_work), event


def may_concern(event: str, action: str | None) -> bool:
    """Whether a delivery could be worth keeping, judged by its name alone: its body is not known."""
    actions = _WANTED[event][0] if event in _WANTED else None
    return actions is not None and (not actions or action in actions)


def repository_of(payload: Mapping[str, Any]) -> int | None:
    """The id of a payload's repository, where it has one."""
    found = _part(payload, "repository", "id")
    return found if isinstance(found, int) else None


def begins(event: str, payload: Mapping[str, Any]) -> bool:
    """Whether a run of its repository may begin with this delivery."""
    return event in ("issue_comment", "pull_request_review_comment", "pull_request_review") or (
        event == "issues" and payload.get("action") == "labeled"
    )


def _part(payload: Mapping[str, Any], *path: str) -> Any:
    value: Any = payload
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _own(branch: object) -> bool:
    """Branches of runs only, in whatever repository: a run may be younger than what this process knows of runs."""
    return isinstance(branch, str) and _OWN.fullmatch(branch) is not None


def _worked_on(payload: Mapping[str, Any], at_work: Container[int]) -> bool:
    number = repository_of(payload)
    return number is None or number in at_work


def _moves(payload: Mapping[str, Any], at_work: Container[int], branch: object) -> bool:
    """What happens to a branch: one of ours, or the default one where a run is open, or nobody says which."""
    if _own(branch):
        return True
    default = _part(payload, "repository", "default_branch")
    told = isinstance(branch, str) and isinstance(default, str)
    return (not told or branch == default) and _worked_on(payload, at_work)


def _always(_payload: Mapping[str, Any], _at_work: Container[int]) -> bool:
    return True


def _issue(payload: Mapping[str, Any], at_work: Container[int]) -> bool:
    """A label may be the one that starts a run. All else changes an open run; an edit where it changes the text."""
    if payload.get("action") == "labeled":
        return True
    changes = payload.get("changes")
    edited = isinstance(changes, dict) and not {"title", "body"}.isdisjoint(changes)
    return (payload.get("action") != "edited" or edited) and _worked_on(payload, at_work)


def _repository(payload: Mapping[str, Any], _at_work: Container[int]) -> bool:
    """An edit of its description is nobody's business."""
    return payload.get("action") != "edited" or _part(payload, "changes", "default_branch") is not None


def _comment(payload: Mapping[str, Any], _at_work: Container[int]) -> bool:
    """A new comment matters with a command in it; an edit only of a bot's that is ours (a ticked box)."""
    if payload.get("action") == "edited":
        texts = (_part(payload, "comment", "body"), _part(payload, "changes", "body", "from"))
        return _part(payload, "comment", "user", "type") in ("Bot", None) and any(_MARK in str(text) for text in texts)
    return "/otto" in str(_part(payload, "comment", "body"))


def _review(payload: Mapping[str, Any], _at_work: Container[int]) -> bool:
    """A command, or a wish for changes of a branch of ours. The run may be over: the wish makes it go on."""
    asked = str(_part(payload, "review", "state")).lower() == "changes_requested"
    return "/otto" in str(_part(payload, "review", "body")) or (asked and _of_a_run(payload))


def _of_a_run(payload: Mapping[str, Any]) -> bool:
    """Whether a pull request is of a branch of ours, or does not say of which."""
    branch = _part(payload, "pull_request", "head", "ref")
    return not isinstance(branch, str) or _own(branch)


def _pull(payload: Mapping[str, Any], _at_work: Container[int]) -> bool:
    """The label may have been meant for an issue, on anybody's pull request."""
    return payload.get("action") == "labeled" or _of_a_run(payload)


def _push(payload: Mapping[str, Any], at_work: Container[int]) -> bool:
    ref = str(payload.get("ref"))
    return ref.startswith("refs/heads/") and _moves(payload, at_work, ref.removeprefix("refs/heads/"))


def _workflow_run(payload: Mapping[str, Any], at_work: Container[int]) -> bool:
    return _moves(payload, at_work, _part(payload, "workflow_run", "head_branch"))


def _check_run(payload: Mapping[str, Any], at_work: Container[int]) -> bool:
    """A button is pressed on a check that names its run, also long after it; an end matters to who waits for it."""
    if payload.get("action") != "completed":
        key = _part(payload, "check_run", "external_id")
        return not isinstance(key, str) or key.startswith("run/")
    return _moves(payload, at_work, _part(payload, "check_run", "check_suite", "head_branch"))


def _status(payload: Mapping[str, Any], at_work: Container[int]) -> bool:
    """A commit may stand on several branches, and on none that GitHub lists."""
    if payload.get("state") == "pending":
        return False
    branches = payload.get("branches")
    names = [_part(branch, "name") for branch in branches] if isinstance(branches, list) else []
    return any(_moves(payload, at_work, name) for name in names or [None])


_WANTED: Mapping[str, tuple[frozenset[str], Looks]] = {
    "issues": (frozenset({"labeled", "unlabeled", "closed", "reopened", "deleted", "transferred", "edited"}), _issue),
    "issue_comment": (frozenset({"created", "edited"}), _comment),
    "pull_request": (
        frozenset({"closed", "reopened", "edited", "synchronize", "labeled", "converted_to_draft", "ready_for_review"}),
        _pull,
    ),
    "pull_request_review": (frozenset({"submitted"}), _review),
    "pull_request_review_comment": (frozenset({"created"}), _comment),
    "push": (frozenset(), _push),
    "workflow_run": (frozenset({"completed"}), _workflow_run),
    "check_run": (frozenset({"completed", "rerequested", "requested_action"}), _check_run),
    "status": (frozenset(), _status),
    "repository": (
        frozenset({"renamed", "transferred", "archived", "unarchived", "deleted", "edited"}),
        _repository,
    ),
    "installation": (
        frozenset({"created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"}),
        _always,
    ),
    "installation_repositories": (frozenset({"added", "removed"}), _always),
}
"""Event → actions that matter (empty: it has none) and a look at the body."""
