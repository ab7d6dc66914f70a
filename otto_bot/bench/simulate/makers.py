"""Small makers of values and events for the simulated world."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from otto_bot.core.events import Prepared
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.plan import Criterion, TaskSpec
from otto_bot.core.values import Person, Repo

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
REPO = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
ANNA = Person(id=11, login="anna")
BOB = Person(id=12, login="bob")
OTTO = "otto[bot]"
ISSUE = 4


def moment(seconds: float) -> datetime:
    """Virtual seconds as a time."""
    return T0 + timedelta(seconds=seconds)


def sha_of(*parts: object) -> str:
    """A commit's name from what it is made of."""
    return hashlib.sha1(repr(parts).encode()).hexdigest()  # noqa: S324 - a name, no protection


def chance_of(*parts: object) -> float:
    """A number from 0 to below 1 that is always the same for the same parts."""
    return int(sha_of(*parts)[:8], 16) / 2**32


def spec(key: str, *needs: str) -> TaskSpec:
    """A task with one criterion."""
    return TaskSpec(key=key, title=f"task {key}", goal="g", criteria=(Criterion(id="c1", text="c"),), depends_on=needs)


def prepared(at: datetime, config: Any, base_sha: str, lane: LaneKind, shares: str = "") -> Prepared:
    """What is known of the repository before a plan is made."""
    return Prepared(
        at=at, scans=True, config=config, base_sha=base_sha, lane=Lane(kind=lane, why="w", shares=shares),
        exposure=Exposure(items=(), files_hash="h"), prefix="otto",
    )  # fmt: skip


def failure(task: str, attempt: int, cause: Cause, phase: Phase, **changes: Any) -> Failure:
    """A typed failure with one line that can be quoted."""
    given: dict[str, Any] = {
        "task": task, "attempt": attempt, "phase": phase, "cause": cause, "fingerprint": f"{cause.value}:{task}",
        "excerpts": (Excerpt(kind="log", source="s", text="it broke here"),),
    }  # fmt: skip
    return Failure(**{**given, **changes})
