"""The one promise of every run: work is reopened only after its decision stands as a comment.

Checked on the stand-in's own records, not on what the bot says of itself.
"""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]
ATTEMPT_BRANCH = re.compile(r"/(?P<task>t[0-9]+)-(?:[^/]*-)?a(?P<attempt>[0-9]+)$")


def broken(report: Json) -> list[str]:
    """Every reopened attempt whose first push does not come after its decision's comment."""
    comments = {row["id"]: row["created_at"] for row in report.get("comments", []) if row["where"].startswith("pull/")}
    deciding = _deciding_comments(report.get("events", []))
    found = []
    for ref, at in first_pushes(report.get("requests", [])).items():
        match = ATTEMPT_BRANCH.search(ref)
        if match is None or int(match["attempt"]) < 2:
            continue
        comment = deciding.get((match["task"], int(match["attempt"])))
        if comment is None:
            found.append(f"{match['task']} attempt {match['attempt']} was pushed without any posted decision")
        elif comment not in comments:
            found.append(f"{match['task']} attempt {match['attempt']}: its decision's comment {comment} does not exist")
        elif not comments[comment] < at:
            found.append(f"{match['task']} attempt {match['attempt']} was pushed before its decision's comment")
    return found


def first_pushes(requests: list[Json]) -> dict[str, str]:
    """When each ref was first pushed."""
    first: dict[str, str] = {}
    for row in requests:
        for ref in row.get("refs") or []:
            first.setdefault(str(ref["ref"]), row["at"])
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
