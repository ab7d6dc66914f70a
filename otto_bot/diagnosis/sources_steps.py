"""Steps of a job from their own logs in a run's archive, as far as these tell what the jobs API would say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from otto_bot.diagnosis.ending import Ending, error_lines
from otto_bot.diagnosis.models import StepResult
from otto_bot.diagnosis.sources_files import joined
from otto_bot.diagnosis.sources_layout import StepFile

_STAMP = re.compile(rb"^(?:\xef\xbb\xbf)?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z ", re.MULTILINE)
_ENDS = re.compile(rb"Process completed with exit code [1-9]|was cancell?ed|has timed out after|exceeded the maximum")
_TAIL = 65_536


def steps_of(files: Sequence[StepFile], end: Ending) -> tuple[StepResult, ...]:
    """The steps that left a log. Those whose error ended them failed; where none says so, the last one with an error.

    A step that may fail without consequence (`continue-on-error`) looks the same here.
    """
    found: list[StepResult] = []
    marked: list[int] = []
    for file in files:
        log = joined(file.entry.chunks())
        errors = error_lines(log)
        if errors:
            marked.append(len(found))
        ended = any(_ENDS.search(text) for text in errors)
        found.append(
            StepResult(
                number=file.number,
                name=file.name,
                conclusion=(end.conclusion or "failure") if ended else "success",
                started_at=_first(log),
                completed_at=_last(log),
            )
        )
    if marked and not any(step.conclusion != "success" for step in found):
        last = found[marked[-1]]
        found[marked[-1]] = last.model_copy(update={"conclusion": end.conclusion or "failure"})
    return tuple(found)


def _first(log: bytes) -> datetime | None:
    match = _STAMP.search(log, 0, _TAIL)
    return _time(match.group(1)) if match else None


def _last(log: bytes) -> datetime | None:
    for begin in (max(0, len(log) - _TAIL), 0):
        stamps = _STAMP.findall(log, begin)
        if stamps:
            return _time(stamps[-1])
    return None


def _time(stamp: bytes) -> datetime | None:
    try:
        return datetime.strptime(stamp.decode("ascii"), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
