"""What the jobs API said of a run, from a file that someone kept beside the logs.

Read are `GET /repos/…/actions/runs/ID/jobs`, several pages of it, a list of jobs, one job, and what
`gh run view --json jobs` prints.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from otto_bot.diagnosis.models import CheckedJob
from otto_bot.diagnosis.sources_files import SourceError

MOST_JOBS = 5_000
JSON_LIMIT = 50_000_000
_NAME_LENGTH = 90
_UNWRITABLE = re.compile(r'["*/:<>?\\|\x00-\x1f]')
_NAMES = {"databaseId": "id", "startedAt": "started_at", "completedAt": "completed_at", "runAttempt": "run_attempt"}


def read_jobs(data: bytes, name: str) -> tuple[CheckedJob, ...]:
    """The jobs without their logs. Raises SourceError where the file says nothing about jobs."""
    advice = "it should be what GET /repos/OWNER/REPO/actions/runs/ID/jobs answered"
    if len(data) > JSON_LIMIT:
        raise SourceError(f"{name} is longer than {JSON_LIMIT:,} bytes; {advice}")
    try:
        found = [_job(item) for item, _ in zip(_items(json.loads(data)), range(MOST_JOBS), strict=False)]
    except (ValueError, RecursionError, ValidationError) as error:
        raise SourceError(f"{name} is no list of jobs: {_first_line(error)}; {advice}") from error
    if not found:
        raise SourceError(f"{name} lists no jobs; {advice}")
    return tuple(found)


def job_called(name: str, jobs: Sequence[CheckedJob]) -> CheckedJob | None:
    """The job that a file of this name (without number and ending) belongs to; None where it is not clear."""
    number = re.fullmatch(r"(?:job[-_ ]?)?(\d{6,})", name)
    if number is not None:
        return next((job for job in jobs if job.id == int(number.group(1))), None)
    found = [job for job in jobs if file_name(job.name) == file_name(name)]
    return found[0] if len(found) == 1 else None


def file_name(job: str) -> str:
    """A job's name as GitHub writes it into an archive: without what paths cannot hold, cut at 90 UTF-16 units."""
    written = _UNWRITABLE.sub("", job)
    units = written.encode("utf-16-le", "replace")[: 2 * _NAME_LENGTH]
    return units.decode("utf-16-le", "ignore").strip(" .")


def _items(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and isinstance(value.get("jobs"), list):
        value = value["jobs"]
    if isinstance(value, dict) and "name" in value and "steps" in value:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _items(item)
    else:
        raise ValueError("neither a job nor a list of jobs")  # it is the file's value that is wrong


def _job(item: dict[str, Any]) -> CheckedJob:
    item = _renamed(item)
    steps = item.get("steps") or []
    if not isinstance(steps, list):
        raise ValueError("its steps are no list")  # noqa: TRY004  # it is the file's value that is wrong
    return CheckedJob.model_validate(
        {
            "id": item.get("id") or 0,
            "name": item["name"],
            "workflow": item.get("workflow_name") or "",
            "conclusion": item.get("conclusion") or None,
            "steps": tuple(_step(step) for step in steps),
            "run_attempt": item.get("run_attempt") or 1,
            "url": item.get("html_url") or item.get("url") or "",
            "started_at": item.get("started_at"),
            "runner": item.get("runner_name"),
        }
    )


def _step(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise ValueError("a step is no object")  # noqa: TRY004  # it is the file's value that is wrong
    step = _renamed(item)
    kept = {key: step.get(key) for key in ("number", "name", "conclusion", "started_at", "completed_at")}
    return {**kept, "conclusion": kept["conclusion"] or None, "status": step.get("status") or "completed"}


def _renamed(item: dict[str, Any]) -> dict[str, Any]:
    return {_NAMES.get(key, key): value for key, value in item.items()}


def _first_line(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        first: Iterable[Any] = error.errors(include_url=False, include_input=False)[:1]
        return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in first)
    return (str(error) or type(error).__name__).splitlines()[0]
