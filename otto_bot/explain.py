"""`otto-bot explain`: why CI logs failed, from the logs alone: no account, key or network."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from otto_bot.core.attempt import Task
from otto_bot.core.evidence import Failure, FailureClass
from otto_bot.core.policy import fixed_move
from otto_bot.core.redact import Redactor
from otto_bot.diagnosis.diagnose import diagnose
from otto_bot.diagnosis.models import CheckedJob
from otto_bot.diagnosis.numbers import line_numbers
from otto_bot.diagnosis.reports import Report, with_reports
from otto_bot.diagnosis.sources import PLAIN_JOB, Found, Source, SourceError, find, read_log
from otto_bot.text.decision_why import telling
from otto_bot.text.screen import Look, shown
from otto_bot.text.why import (
    Told,
    class_of,
    left_out,
    nothing_failed,
    one_log,
    step_of,
    summary,
)
from otto_bot.text.why_json import SCHEMA, cluster_json, log_json

BUDGET = 3_000
"""Characters of quotes in all, unless told."""
LEAST_SHARE = 200
WIDEST = 120
TASK = "log"
"""The diagnosis is of a task's attempt; a log that someone found has none."""

EXIT_NOTHING = 0
EXIT_USAGE = 2
EXIT_CODES: dict[FailureClass | None, int] = {
    FailureClass.CODE: 10,
    FailureClass.ENVIRONMENT: 11,
    FailureClass.INFRASTRUCTURE: 12,
    FailureClass.SPEC: 13,
    None: 13,
}
"""By the class of the most frequent reason."""


class Request(NamedTuple):
    """What someone asked for. `budget` is in characters."""

    paths: tuple[str, ...]
    pass_log: Path | None = None
    jobs_file: Path | None = None
    budget: int = BUDGET
    as_json: bool = False


class _Read(NamedTuple):
    """A log of a failed job, where it is, and its diagnosis."""

    source: Source
    told: Told


_Cluster = Sequence[_Read]


def explain(request: Request, out: TextIO, err: TextIO, stdin: BinaryIO, environment: Mapping[str, str]) -> int:
    """Say why these logs failed; returns the exit code. Unreadable input is named on `err`."""
    with ExitStack() as opened:
        try:
            passing = read_log(request.pass_log, Redactor().stream) if request.pass_log is not None else None
            found = find(request.paths, opened, jobs_file=request.jobs_file, stdin=stdin)
        except SourceError as error:
            print(f"otto-bot: {_harmless(str(error))}", file=err)
            return EXIT_USAGE
        problems = [*found.problems]
        share = _share(request.budget, len(found.failed))
        read: list[_Read] = []
        for source in found.failed:
            try:
                read.append(_read(source, passing, share))
            except SourceError as error:
                problems.append(str(error))
        groups = _clusters(read)
        code = _exit_code(groups, problems)
        if not request.as_json and len(groups) < len(read):
            groups = [_quoted_longer(group, passing, _share(request.budget, len(groups))) for group in groups]
        groups = _within(groups, request.budget)
        if request.as_json:
            _print_json(groups, found, problems, code, out)
        else:
            _print_text(groups, found, bool(problems), _look(out, environment), out)
    for problem in problems:
        print(f"otto-bot: {_harmless(problem)}", file=err)
    return code


def _diagnose(job: CheckedJob, passing: bytes | None, budget: int) -> Failure:
    """The one call into the diagnosis."""
    return diagnose(TASK, 1, None, [job.model_copy(update={"passing": passing})], budget_chars=budget)


def _clusters(read: Sequence[_Read]) -> list[_Cluster]:
    """Logs that failed for one reason together, the most frequent reason first, the most telling log first in each."""
    if len(read) < 2:
        return [read] if read else []
    from otto_bot.diagnosis.clusters import Item, clusters

    known = {f"{number:09}": one for number, one in enumerate(read)}
    found = clusters(Item(id_, *_likeness(one.told.failure)) for id_, one in known.items())
    return [
        [known[cluster.representative], *(known[id_] for id_ in cluster.members if id_ != cluster.representative)]
        for cluster in found
    ]


def _likeness(failure: Failure) -> tuple[str, str, tuple[str, ...]]:
    """By what failures are put together: fingerprint, telling line, failing tests."""
    quoted = telling("\n".join(excerpt.text for excerpt in failure.excerpts))
    return failure.fingerprint, failure.detail or quoted, tuple(test.id for test in failure.failing_tests)


def _read(source: Source, passing: bytes | None, budget: int) -> _Read:
    """One log's diagnosis. Raises SourceError where it cannot be read (any more)."""
    redactor = Redactor()
    # Redacted lines keep their numbers. Whatever is shown later comes from this text.
    job = source.load(redactor.stream)
    failure = _diagnose(job, passing, budget)
    failure = _with_reports(failure, job, source, redactor)
    move = fixed_move(Task(key=TASK), failure)
    numbers = line_numbers(job.log or b"", failure.excerpts)
    return _Read(
        source, Told(redactor.text(source.name), source.why, failure, move, numbers, PLAIN_JOB, step_of(failure))
    )


def _with_reports(failure: Failure, job: CheckedJob, source: Source, redactor: Redactor) -> Failure:
    """With the tests that reports beside the log name; they are listed, so they need no quote of their own."""
    reports: list[Report] = []
    for file in source.reports:
        tests = tuple(
            test.model_copy(update={"id": redactor.text(test.id), "message": redactor.text(test.message)})
            for test in file.tests()
        )
        reports.append(Report(job.source, file.name, "", tests))
    found = with_reports(failure, [report for report in reports if report.tests])
    return found.model_copy(update={"excerpts": failure.excerpts})


def _quoted_longer(cluster: _Cluster, passing: bytes | None, budget: int) -> _Cluster:
    """The cluster with more of its first log, now that it is known that the others need no room."""
    try:
        return [_read(cluster[0].source, passing, budget), *cluster[1:]]
    except SourceError:
        return cluster  # the file is gone since; what was read of it stands


def _within(groups: Sequence[_Cluster], budget: int) -> list[_Cluster]:
    """Without the quotes that are over budget: those of likes go first, then those of the rarest reasons."""
    left, kept = budget, set()
    firsts = [group[0] for group in groups]
    for one in (*firsts, *(one for group in groups for one in group[1:])):
        size = sum(len(excerpt.text) for excerpt in one.told.failure.excerpts)
        if size <= left:
            left -= size
            kept.add(one.told.name)
    return [[one if one.told.name in kept else _unquoted(one) for one in group] for group in groups]


def _unquoted(one: _Read) -> _Read:
    bare = one.told.failure.model_copy(update={"excerpts": ()})
    return one._replace(told=one.told._replace(failure=bare, numbers=()))


def _share(budget: int, logs: int) -> int:
    return max(LEAST_SHARE, budget // max(1, logs))


def _exit_code(clusters: Sequence[_Cluster], problems: Sequence[str]) -> int:
    if problems:
        return EXIT_USAGE
    return EXIT_CODES[class_of(clusters[0][0].told.failure)] if clusters else EXIT_NOTHING


def _print_text(clusters: Sequence[_Cluster], found: Found, problems: bool, look: Look, out: TextIO) -> None:
    notes = [Redactor().text(note) for note in found.notes]
    groups = [[one.told for one in cluster] for cluster in clusters]
    rest = left_out(found.passed, found.cancelled, notes)
    parts = [summary(groups, rest, look)]
    if not groups and not problems:
        parts = [nothing_failed(len(found.passed), look), summary([], left_out((), (), notes), look)]
    parts += [one_log(group[0], look, [told.name for told in group[1:]]) for group in groups]
    said = "\n\n".join("\n".join(part) for part in parts if part)
    print(said, end="\n" if said else "", file=out)


def _print_json(clusters: Sequence[_Cluster], found: Found, problems: Sequence[str], code: int, out: TextIO) -> None:
    redactor = Redactor()
    items = [log_json(one.told) for cluster in clusters for one in cluster]
    items += [cluster_json([one.told for one in cluster]) for cluster in clusters]
    items.append(
        {
            "schema": SCHEMA,
            "kind": "summary",
            "exit_code": code,
            "failed": sum(len(cluster) for cluster in clusters),
            "passed": [redactor.text(name) for name in found.passed],
            "cancelled": [redactor.text(name) for name in found.cancelled],
            "notes": [redactor.text(note) for note in found.notes],
            "problems": [redactor.text(problem) for problem in problems],
        }
    )
    print(json.dumps(items, indent=1), file=out)


def _harmless(text: str) -> str:
    return shown(Redactor().text(text), 1000)


def _look(out: TextIO, environment: Mapping[str, str]) -> Look:
    """Width and colours of a terminal; anything else gets long lines without colours."""
    if not out.isatty():
        return Look()
    columns = shutil.get_terminal_size((80, 24)).columns
    return Look(min(columns, WIDEST), not environment.get("NO_COLOR") and environment.get("TERM") != "dumb")


def run(request: Request) -> int:
    """The command in this process. A reader of its output that has gone away ends it quietly."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = explain(request, sys.stdout, sys.stderr, sys.stdin.buffer, os.environ)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_NOTHING
    return code
