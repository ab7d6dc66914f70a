"""How many requests of GitHub a run may make: one formula in tasks, attempts, heads and gates, held against the log.

`docs/operate.md` states the same numbers. What is asked of GitHub from time to time whatever the run does is apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]

ROUND_SECONDS = 3.0
"""`OTTO_CATCHUP_SECONDS` in the playground."""
_ROUTINE = re.compile(
    r"^/(?:app/hook/deliveries|app/installations|installation/repositories|repos/[^/]+/[^/]+/issues)$"
)
POLLS = ("VerificationPolled", "VerificationEnded")
RESTS = (
    "PersonCalled", "EffectFailed", "Refused", "PlanMade", "BaseTaken", "Unbarred", "RepositoryMoved",
)  # fmt: skip
_GIT = re.compile(r"\.git/")


@dataclass(frozen=True)
class Size:
    """What a run consisted of. `heads` are verified ones: attempts, candidates, base commits, jobs that ran again."""

    tasks: int = 0
    attempts: int = 0
    heads: int = 0
    gates: int = 0
    words: int = 0
    """Commands, boxes, buttons and edits of people."""
    reviews: int = 0
    journeys: int = 0
    """Rounds of journeys, with those that were posted."""
    rests: int = 0
    """How often it came to rest, failed at a step and tried again, or found its repository open again or renamed."""
    reports: int = 0
    seconds: float = 0.0


def reads(size: Size) -> int:
    """Most GET requests of the API."""
    return (
        45 + 6 * size.tasks + 9 * size.attempts + 14 * size.heads + 10 * size.gates + 6 * size.words
        + 25 * size.reviews + 15 * size.journeys + 5 * size.rests
    )  # fmt: skip


def writes(size: Size) -> int:
    """Most writes: POST, PATCH, PUT, DELETE and pushes."""
    return (
        20 + 5 * size.tasks + 10 * size.attempts + 6 * size.heads + 12 * size.gates + 6 * size.words
        + 20 * size.reviews + 20 * size.journeys + 6 * size.rests
    )  # fmt: skip


def transfers(size: Size) -> int:
    """Most requests of git that read; GitHub counts them apart from its API."""
    return 10 + 6 * size.attempts + 6 * size.heads + 6 * size.gates + 6 * size.journeys


def routine(size: Size) -> int:
    """Most requests of catching up in its time: a round asks little while webhooks arrive, and more where none does."""
    return 15 + int((3 if size.reports else 9) * size.seconds / ROUND_SECONDS)


def looks(size: Size) -> int:
    """Most looks at Actions: two a head and one for its settling, one a report, and one a minute."""
    return 3 * size.heads + size.reports + int(size.heads * size.seconds / 60)


def size_of(report: Json) -> Size:
    """What the run of a full report consisted of."""
    events = report.get("events", [])
    kinds = Counter(event["type"] for event in events)
    tasks = report.get("tasks", {}).values()
    times = [datetime.fromisoformat(event["at"]) for event in events]
    return Size(
        tasks=len(tasks),
        attempts=sum(task["attempts"] for task in tasks),
        heads=kinds["VerificationEnded"] + kinds["JobsRerun"] + _cut_off(events) + _once_more(events),
        gates=len(report.get("gates", [])) + kinds["DecisionPosted"],
        words=kinds["CommandGiven"] + kinds["IssueEdited"] + kinds["IssueChanged"] + kinds["RunBranchMoved"],
        reviews=kinds["ReviewGiven"],
        journeys=kinds["JourneysTested"] + kinds["JourneysDispatched"] + kinds["JourneysPosted"],
        rests=sum(kinds[kind] for kind in RESTS),
        reports=kinds["Reported"],
        seconds=(max(times) - min(times)).total_seconds() if times else 0.0,
    )


def _cut_off(events: Sequence[Json]) -> int:
    """Heads that were looked at when the run was over."""
    polled = {event.get("target") for event in events if event["type"] == "VerificationPolled"}
    return len(polled - {event.get("target") for event in events if event["type"] == "VerificationEnded"})


def _once_more(events: Sequence[Json]) -> int:
    """Heads of attempts that were pushed again with commits of others in them; the first one may have had no end."""
    pushed = [(event["task"], event["attempt"]) for event in events if event["type"] == "AttemptPushed"]
    return len(pushed) - len(set(pushed))


def over(report: Json, later: Sequence[Json] = ()) -> list[str]:
    """Every bound that the report's requests break, in words. `later`: other runs whose requests are among them."""
    runs = [report, *later]
    sizes, requests = [size_of(run) for run in runs], report.get("requests", [])
    heard = all(size.reports for size in sizes)
    shut = any(event["type"] == "Barred" for run in runs for event in run.get("events", []))
    wrote = [row for row in requests if "write" in row]
    rest = [row for row in requests if "write" not in row and not row.get("fault")]
    git = [row for row in rest if _GIT.search(row["path"])]
    apart = [row for row in rest if _ROUTINE.match(row["path"])]
    rounds = sum(map(routine, sizes))
    polls = sum(event["type"] in POLLS for run in runs for event in run.get("events", []))
    found = {
        # Where no webhook comes, or the repository is shut, runs are looked at in the rounds.
        "reads": (len(rest) - len(git) - len(apart), sum(map(reads, sizes)) + (0 if heard and not shut else rounds)),
        "writes": (len(wrote), sum(map(writes, sizes))),
        "requests of git": (len(git), sum(map(transfers, sizes))),
        "requests of catching up": (len(apart), rounds),
        **({"looks at Actions": (polls, sum(map(looks, sizes)))} if heard else {}),
    }
    return [
        f"requests: {got} {what}, at most {most} of a run like this: {sizes}"
        for what, (got, most) in found.items()
        if got > most
    ]
