"""The one promise of every run: work is reopened only after its decision stands as a comment.

Checked on the stand-in's own records. The bot's ledger is only asked which push was which attempt and which comment
decided it; that no task is pushed twice without a gate's comment in between is seen without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
TASK_BRANCH = re.compile(r"/(?P<task>t[0-9]+)-(?:[^/]*-)?a[0-9]+$")
GATE_MARK = re.compile(r"^<!-- otto run=[0-9]+ surface=gate/")


def broken(report: Json) -> list[str]:
    """Every reopened attempt whose push does not come after its decision's comment; empty: the promise is kept."""
    return [*_by_the_ledger(report), *_by_the_log(report)]


def _by_the_ledger(report: Json) -> Iterator[str]:
    """Each later attempt against the comment of the decision that started it."""
    comments = {row["id"]: row["created_at"] for row in report.get("comments", []) if row["where"].startswith("pull/")}
    first = _first_pushes(report)
    events = report.get("events", [])
    # A default branch that was only taken in is nobody's work; an attempt that had nothing to add to it has its SHA.
    taken = {e["sha"] for e in events if e["type"] == "BaseTaken"}
    pushed = {(e["task"], e["attempt"]): e["sha"] for e in events if e["type"] == "AttemptPushed"}
    for (task, attempt), comment in _deciding_comments(events).items():
        sha = pushed.get((task, attempt))
        name = f"{task} attempt {attempt}"
        if sha is None or (sha in taken and comment is not None):
            continue
        if sha not in first:
            yield f"{name}: its push of {sha} is not in the log"
        elif comment is None:
            yield f"{name} was pushed without any posted decision"
        elif comment not in comments:
            yield f"{name}: its decision's comment {comment} does not exist"
        elif not comments[comment] < first[sha]:
            yield f"{name} was pushed before its decision's comment"


def _by_the_log(report: Json) -> Iterator[str]:
    """Between two pushes of one task a gate's comment was written."""
    decided = [row["created_at"] for row in report.get("comments", []) if GATE_MARK.match(row["body"])]
    last: dict[str, str] = {}
    for at, ref, _sha in _pushes(report):
        match = TASK_BRANCH.search(ref)
        if match is None:
            continue
        task, before = match["task"], last.get(match["task"])
        if before is not None and not any(before < when < at for when in decided):
            yield f"{task} was pushed again at {at} and no gate's comment was written since {before}"
        last[task] = at


def _pushes(report: Json) -> Iterator[tuple[str, str, str]]:
    """When which ref was moved where, in order."""
    for row in report.get("requests", []):
        for ref in row.get("refs") or []:
            yield row["at"], str(ref["ref"]), str(ref["new"])


def _first_pushes(report: Json) -> dict[str, str]:
    """When each commit was first pushed."""
    first: dict[str, str] = {}
    for at, _ref, sha in _pushes(report):
        first.setdefault(sha, at)
    return first


def _deciding_comments(events: list[Json]) -> dict[tuple[str, int], int | None]:
    """The comment of the decision that each later attempt was started by."""
    posted: dict[int, int] = {}
    gate, found = 0, dict[tuple[str, int], int | None]()
    for event in events:
        if event["type"] == "DecisionPosted":
            posted[event["gate"]] = event["comment_id"]
        elif event["type"] == "DecisionApplied":
            gate = event["gate"]
        elif event["type"] == "AttemptStarted" and event["attempt"] > 1:
            found[(event["task"], event["attempt"])] = posted.get(gate)
    return found
