"""Holds a report against what a scenario expects: every difference, in words."""

from __future__ import annotations

import re
from typing import Any

from otto_bot.playground.scenario_expect import (
    Expect,
    ExpectCheck,
    ExpectPull,
    ExpectRequests,
    ExpectTask,
    ExpectText,
    ExpectThread,
    ExpectWorkflowRun,
)

Json = dict[str, Any]


def differences(expect: Expect, report: Json) -> list[str]:
    """What does not hold; empty = everything does. `report` is the demo's whole report."""
    return [
        *_run(expect, report),
        *_order(expect.order, report.get("events", [])),
        *(line for want in expect.texts for line in _text(want, report.get("comments", []))),
        *(line for want in expect.threads for line in _thread(want, report.get("threads", []))),
        *(line for want in expect.pull_requests for line in _pull(want, report.get("pull_requests", []))),
        *(line for want in expect.checks for line in _check(want, report.get("checks", []))),
        *(line for want in expect.workflow_runs for line in _workflow_run(want, report.get("workflow_runs", []))),
        *(line for want in expect.requests for line in _requests(want, report.get("requests", []))),
        *_calls(expect, report.get("model_calls", [])),
    ]


def _run(expect: Expect, report: Json) -> list[str]:
    found = []
    if expect.outcome is not None and report.get("outcome") != expect.outcome:
        found.append(f"outcome: expected {expect.outcome}, got {report.get('outcome')}")
    for key, want in expect.tasks.items():
        found += _task(key, want if isinstance(want, ExpectTask) else ExpectTask(state=want), report.get("tasks", {}))
    gates = report.get("gates", [])
    if expect.gates is not None and len(gates) != expect.gates:
        found.append(f"gates: expected {expect.gates}, got {len(gates)}")
    deciders = [gate.get("decided_by") for gate in gates]
    if expect.decided_by is not None and deciders != expect.decided_by:
        found.append(f"decided_by: expected {expect.decided_by}, got {deciders}")
    return found


def _task(key: str, want: ExpectTask, tasks: Json) -> list[str]:
    got = tasks.get(key)
    if got is None:
        return [f"tasks.{key}: expected {want.state}, but there is no such task"]
    found = []
    if got["state"] != want.state:
        found.append(f"tasks.{key}: expected {want.state}, got {got['state']}")
    if want.attempts is not None and got["attempts"] != want.attempts:
        found.append(f"tasks.{key}: expected {want.attempts} attempts, got {got['attempts']}")
    return found


def _order(wanted: list[str | Json], events: list[Json]) -> list[str]:
    """The wanted events as a subsequence of what happened."""
    rest = iter(events)
    for index, want in enumerate(wanted):
        fields = {"type": want} if isinstance(want, str) else want
        if not any(all(event.get(name) == value for name, value in fields.items()) for event in rest):
            before = f" after {wanted[index - 1]}" if index else ""
            return [f"order: {want} did not happen{before}"]
    return []


def _count(what: str, got: int, want: int | None) -> list[str]:
    """A number that must hold exactly, or at least one where none is given."""
    if want is None:
        return [] if got else [f"{what}: there is none"]
    return [] if got == want else [f"{what}: expected {want}, got {got}"]


def _text(want: ExpectText, comments: list[Json]) -> list[str]:
    place = re.compile(re.escape(want.where).replace(r"\*", "[0-9]+"))
    here = [row for row in comments if place.fullmatch(row["where"]) and want.author in (None, row["author"])]
    fits = [row for row in here if _says(want, row["body"]) and _said(want, row)]
    name = f"texts: a comment at {want.where}" + (f" by {want.author}" if want.author else "")
    name += f" with {want.contains}" if want.contains else ""
    name += f" that said {want.was}" if want.was else ""
    return _count(f"{name} without {want.lacks}" if want.lacks else name, len(fits), want.count)


def _thread(want: ExpectThread, rows: list[Json]) -> list[str]:
    wanted = want.model_dump(exclude_none=True, include={"number", "author", "path", "line"})
    fits = [
        row
        for row in rows
        if (row["in_reply_to"] is not None) == want.answer
        and all(row[name] == value for name, value in wanted.items())
        and _says(want, row["body"])
        and (want.reaction is None or any(r["content"] == want.reaction for r in row["reactions"]))
    ]
    what = "an answer" if want.answer else "a comment"
    return _count(f"threads: {what} with {want.model_dump(exclude_defaults=True)}", len(fits), want.count)


def _said(want: ExpectText, row: Json) -> bool:
    """Whether one version of the comment held all of these words."""
    return any(all(words in body for words in want.was) for body in (row["body"], *row.get("was", ())))


def _says(want: ExpectText | ExpectThread, body: str) -> bool:
    return all(words in body for words in want.contains) and not any(words in body for words in want.lacks)


def _pull(want: ExpectPull, pulls: list[Json]) -> list[str]:
    wanted = want.model_dump(exclude_none=True, exclude={"count", "merged", "files", "contains"})
    if want.state == "closed":
        # A merged pull request is closed, too; `merged` tells them apart.
        wanted.pop("state")
    fits = [row for row in pulls if all(row.get(name) == value for name, value in wanted.items())]
    if want.state == "closed":
        fits = [row for row in fits if row["state"] != "open"]
    if want.merged is not None:
        fits = [row for row in fits if (row["state"] == "merged") == want.merged]
    if want.files is not None:
        fits = [row for row in fits if sorted(row["files"]) == sorted(want.files)]
    fits = [row for row in fits if all(words in row["body"] for words in want.contains)]
    given = want.model_dump(exclude_defaults=True, exclude={"count"})
    seen = [{name: row.get(name) for name in ("number", "state", "draft", "base", "files")} for row in pulls]
    return [f"{line}; there are {seen}" for line in _count(f"pull_requests: {given}", len(fits), want.count)]


def _check(want: ExpectCheck, checks: list[Json]) -> list[str]:
    named = [row for row in checks if row["name"] == want.name and want.conclusion in (None, row["conclusion"])]
    fits = [row for row in named if all(words in f"{row['summary']}\n{row['text']}" for words in want.contains)]
    seen = sorted({f"{row['name']}={row['conclusion']}" for row in checks})
    words = f" that says {want.contains}" if want.contains else ""
    lines = _count(f"checks: {want.name} {want.conclusion or ''}".rstrip() + words, len(fits), want.count)
    return [f"{line}; there are {seen}" for line in lines]


def _workflow_run(want: ExpectWorkflowRun, runs: list[Json]) -> list[str]:
    fits = [
        row
        for row in runs
        if want.workflow in (None, row["name"])
        and want.conclusion in (None, row["conclusion"])
        and want.attempt in (None, row["run_attempt"])
    ]
    what = f"workflow_runs: {want.workflow or 'any'} {want.conclusion or ''}".rstrip()
    what += f" in attempt {want.attempt}" if want.attempt else ""
    seen = [f"{row['name']} {row['branch']}: {row['conclusion']}" for row in runs]
    return [f"{line}; there are {seen}" for line in _count(what, len(fits), want.count)]


def _requests(want: ExpectRequests, requests: list[Json]) -> list[str]:
    fits = [
        row
        for row in requests
        if want.method in (None, row["method"])
        and re.search(want.path, row["path"])
        and want.fault in (None, row.get("fault"))
        and want.status in (None, row["status"])
    ]
    name = f"requests: {want.method or 'any'} {want.path}" + (f" that met {want.fault}" if want.fault else "")
    name += f" answered {want.status}" if want.status else ""
    found = []
    if len(fits) < want.at_least:
        found.append(f"{name}: expected at least {want.at_least}, got {len(fits)}")
    if want.at_most is not None and len(fits) > want.at_most:
        found.append(f"{name}: expected at most {want.at_most}, got {len(fits)}")
    return found


def _calls(expect: Expect, calls: list[Json]) -> list[str]:
    found = [f"model_calls: {call['problem']}" for call in calls if call.get("problem")]
    for role, want in expect.model_calls.items():
        got = sum(1 for call in calls if call["role"] == role and call["status"] == 200 and not call["cut"])
        if got != want:
            found.append(f"model_calls: expected {want} of the {role}, got {got}")
    return [*found, *_reread(calls)]


def _reread(calls: list[Json]) -> list[str]:
    """Calls of a conversation that do not read from the cache all that the call before them left there."""
    found = []
    kept: dict[tuple[Any, ...], int] = {}
    for call in calls:
        if call["status"] != 200 or call["cut"]:
            continue
        talk = tuple(call[name] for name in ("run", "role", "task", "attempt", "gate"))
        left = kept.get((*talk, call["turn"] - 1), 0)
        if call["cache_read_tokens"] < left:
            found.append(f"prompt cache: {call['call']} read {call['cache_read_tokens']} tokens of {left}")
        kept[*talk, call["turn"]] = call["cache_read_tokens"] + call["cache_write_tokens"]
    return found
