"""Which jobs of a workflow run for an event of Otto's, and how much each says of the code, as the files tell."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Literal

from otto_bot.core.ci_conditions import Scope, both, says
from otto_bot.core.ci_steps import Scripts, is_housekeeping, named_tests, steps_of, works_on_code
from otto_bot.core.ci_values import Open, Unknown
from otto_bot.core.values import Frozen

BOT = "otto[bot]"
"""A bot of another name would give the same answers, unless a condition names that very bot."""


MOST_CONDITIONS = 5_000
MOST_JOBS = 1_000


class Worth(IntEnum):
    """What a green job says: nothing of the code, something of it, or that its tests pass."""

    NOTHING = 0
    CHECKS = 1
    TESTS = 2


class Happening(Frozen):
    """An event that an act of Otto's causes. `repository` is `owner/name`; empty = not known."""

    name: Literal["push", "pull_request", "workflow_dispatch"]
    branch: str
    default_branch: str
    repository: str = ""
    action: str = ""
    draft: bool = False


def contexts(event: Happening) -> dict[str, Any]:
    """What conditions can name, as far as it is known before the event; `needs` and the like are not in it."""
    pull = event.name == "pull_request"
    repository: Any = event.repository or Unknown.MAYBE
    ref = "0/merge" if pull else event.branch
    github = Open(
        event_name=event.name, event=_payload(event, repository), actor=BOT, triggering_actor=BOT,
        ref=f"refs/{'pull' if pull else 'heads'}/{ref}", ref_name=ref, ref_type="branch",
        head_ref=event.branch if pull else "", base_ref=event.default_branch if pull else "",
        repository=repository, repository_owner=event.repository.partition("/")[0] or Unknown.MAYBE,
    )  # fmt: skip
    return {"github": github, "inputs": Open() if event.name == "workflow_dispatch" else {}}


def _payload(event: Happening, repository: Any) -> dict[str, Any]:
    """A property that the event's payload does not have is null, so that `!github.event.pull_request.draft` holds."""
    bot = Open(login=BOT, type="Bot")
    known = Open(full_name=repository, default_branch=event.default_branch)
    payload: dict[str, Any] = {"repository": known, "sender": bot, "organization": Open(), "installation": Open()}
    if event.name == "pull_request":
        head, base = Open(ref=event.branch, repo=known), Open(ref=event.default_branch, repo=known)
        pull = Open(draft=event.draft, merged=False, state="open", head=head, base=base, user=bot, labels=[])
        return payload | {"action": event.action, "number": Unknown.MAYBE, "pull_request": pull}
    payload["ref"] = f"refs/heads/{event.branch}"
    if event.name == "workflow_dispatch":
        return payload | {"inputs": Open(), "workflow": Unknown.MAYBE}
    maybe = dict.fromkeys(("before", "after", "created", "forced", "base_ref", "compare", "commits"), Unknown.MAYBE)
    return payload | maybe | {"head_commit": Open(), "pusher": Open(), "deleted": False}


class Jobs:
    """The jobs of a folder's workflows under one event. `files` are the parsed files by path.

    Of more than MOST_CONDITIONS different conditions the rest is not known.
    """

    def __init__(self, event: Happening, files: Mapping[str, Mapping[str, Any] | None], scripts: Scripts) -> None:
        self._contexts = contexts(event)
        self._files = files
        self._scripts = scripts
        self._called: dict[str, Worth] = {}
        self._said: dict[tuple[str, bool | None, bool], bool | None] = {}
        self._left = MOST_CONDITIONS

    def running(self, data: Mapping[str, Any], called: bool = False) -> dict[str, Worth]:
        """The jobs that run, or may, by key. What needs a job that is skipped is skipped, unless its condition says."""
        jobs = _mappings(data.get("jobs"))
        found: dict[str, Worth] = {}
        known: dict[str, tuple[bool | None, bool | None]] = {}
        known_contexts = self._contexts | ({"inputs": Unknown.MAYBE} if called else {})
        for key in _in_order(jobs):
            job, needs = jobs[key], _needs(jobs[key])
            unbroken: bool | None = True
            for need in needs:
                unbroken = both(unbroken, both(*known[need]))
            results = {need: _result(known[need][0]) for need in needs}
            scope = Scope(
                known_contexts | {"needs": {name.lower(): value for name, value in results.items()}}, unbroken
            )
            runs = self._says(job.get("if"), scope, called)
            known[key] = runs, unbroken
            if runs is not False:
                found[key] = self._worth(key, job, Scope(scope.contexts), data.get("name"), called)
        return {key: found[key] for key in jobs if key in found}

    def _says(self, condition: object, scope: Scope, called: bool) -> bool | None:
        """What holds of every job is asked once; what names earlier jobs, each time."""
        if condition is None:
            return scope.success
        if not isinstance(condition, str | bool | int | float):
            return None
        text = str(condition)
        key = text, scope.success, called
        if key not in self._said or "needs" in text.lower():
            self._left -= 1
            self._said[key] = says(condition, scope) if self._left >= 0 else None
        return self._said[key]

    def _worth(self, key: str, job: Mapping[str, Any], scope: Scope, workflow: object, called: bool) -> Worth:
        if "uses" in job:
            return self._worth_of_call(key, job)
        steps = list(steps_of(job))
        if not steps:  # nobody knows what it does
            return Worth.TESTS if named_tests(key, job.get("name")) else Worth.CHECKS
        live = [step for step in steps if self._says(step.get("if"), scope, called) is not False]
        if any(self._scripts.tests(step) for step in live):
            return Worth.TESTS
        if not works_on_code(live):
            return Worth.NOTHING
        by_name = named_tests(key, job.get("name"), workflow) and not any(self._scripts.tests(step) for step in steps)
        return Worth.TESTS if by_name else Worth.CHECKS

    def _worth_of_call(self, key: str, job: Mapping[str, Any]) -> Worth:
        uses = job["uses"] if isinstance(job["uses"], str) else ""
        path = uses.removeprefix("./").partition("@")[0]
        data = self._files.get(path) if uses.startswith("./") else None
        if data is None:
            names = (key, job.get("name"), uses.rpartition("/")[2].partition("@")[0])
            if is_housekeeping(*names):
                return Worth.NOTHING
            return Worth.TESTS if named_tests(*names) else Worth.CHECKS
        if path not in self._called:
            self._called[path] = Worth.NOTHING  # GitHub refuses a file that calls itself
            self._called[path] = max(self.running(data, called=True).values(), default=Worth.NOTHING)
        return self._called[path]


def _mappings(jobs: object) -> dict[str, dict[str, Any]]:
    return {str(key): job for key, job in jobs.items() if isinstance(job, dict)} if isinstance(jobs, dict) else {}


def _needs(job: Mapping[str, Any]) -> list[str]:
    needs = job.get("needs")
    return [need for need in (needs if isinstance(needs, list) else [needs]) if isinstance(need, str)]


def _result(runs: bool | None) -> dict[str, Any]:
    """What `needs` holds of a job: of one that is skipped no outputs, of others such as nobody knows."""
    if runs is False:
        return {"result": "skipped", "outputs": {}}
    return {"result": "success" if runs else Unknown.MAYBE, "outputs": Open()}


def _in_order(jobs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The keys, each after what it needs. GitHub refuses a workflow that needs what is not there, or itself: none.

    Of more than MOST_JOBS none either: nobody looks through them.
    """
    if len(jobs) > MOST_JOBS:
        return []
    waiting = {key: len(set(_needs(job))) for key, job in jobs.items()}
    followers: dict[str, list[str]] = {}
    for key, job in jobs.items():
        for need in set(_needs(job)):
            followers.setdefault(need, []).append(key)
    ready = [key for key in jobs if waiting[key] == 0]
    for key in ready:
        for follower in followers.get(key, ()):
            waiting[follower] -= 1
            if waiting[follower] == 0:
                ready.append(follower)
    return ready if len(ready) == len(jobs) else []
