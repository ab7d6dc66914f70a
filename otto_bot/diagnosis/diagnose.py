"""From the jobs of one verification to the typed record of its failure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from otto_bot.core.evidence import Excerpt, FailingTest, Failure, Phase
from otto_bot.diagnosis.anchors import STRONG
from otto_bot.diagnosis.classify import Finding, Output, classify, weightiest
from otto_bot.diagnosis.clean import clean_text, lines
from otto_bot.diagnosis.extract import Anchors, excerpts
from otto_bot.diagnosis.fingerprint import failing_set, fingerprint, progress
from otto_bot.diagnosis.models import Annotation, CheckedJob
from otto_bot.diagnosis.places import Places
from otto_bot.diagnosis.slice import Section, sections
from otto_bot.diagnosis.tests_found import TestsFound, merged

_ANNOTATION_SHARE = 5
_GENERIC = re.compile(r"^Process completed with exit code \d+\.?$")


class Reading(NamedTuple):
    """One failed job with what its failing steps said."""

    job: CheckedJob
    found: tuple[tuple[Section, Anchors], ...]
    output: Output
    finding: Finding
    places: Places


def diagnose(
    task: str,
    attempt: int,
    sha: str | None,
    jobs: Sequence[CheckedJob],
    *,
    previous: Sequence[Failure] = (),
    baseline: Failure | None = None,
    budget_chars: int = 12_000,
) -> Failure:
    """The failure that `jobs` (of one verification; those that passed are left out) amount to.

    `previous` are the failures of the task's earlier attempts, oldest first; `baseline` is the failure of the base
    commit. Excerpts hold at most `budget_chars` characters in all. Raises ValueError where no job failed.
    """
    readings = [read(job) for job in jobs if job.failed]
    if not readings:
        raise ValueError("none of the jobs failed: there is nothing to diagnose")
    finding = weightiest([reading.finding for reading in readings])
    tests = merged(reading.places.in_repository(test) for reading in readings for test in reading.output.tests)
    names = tuple(sorted({reading.job.source for reading in readings}))
    failure = Failure(
        task=task,
        attempt=attempt,
        sha=sha,
        phase=Phase.VERIFY,
        cause=finding.cause,
        detail=finding.detail,
        class_hint=finding.class_hint,
        conclusion=_conclusion(readings),
        exit_code=finding.exit_code,
        failing_jobs=names,
        failing_tests=tests,
        fingerprint=fingerprint(finding.cause, tests, _first_error(readings, tests, finding), names),
        suspected_files=_suspects(readings, tests),
        signals=finding.signals,
        excerpts=_evidence(readings, budget_chars),
    )
    return failure.model_copy(
        update={"pre_existing": is_pre_existing(failure, baseline), "progress": progress(previous, failure)}
    )


def is_pre_existing(failure: Failure, baseline: Failure | None) -> bool:
    """Whether everything that fails already failed on the base: its jobs, and its tests or else its fingerprint."""
    if baseline is None or not set(failure.failing_jobs) <= set(baseline.failing_jobs):
        return False
    now, before = failing_set(failure), failing_set(baseline)
    return now <= before if now else failure.fingerprint == baseline.fingerprint


def read(job: CheckedJob) -> Reading:
    """One pass over what the failing steps of a job wrote."""
    tests, places = TestsFound(), Places()
    found: list[tuple[Section, Anchors]] = []
    commands: list[str] = []
    for section in sections(job):
        anchors = Anchors()
        for line in lines(job.log or b"", section.start, section.end, section.line):
            anchors.feed(line)
            tests.feed(line.text)
            places.feed(line.text)
            if line.text.startswith("##[group]Run "):
                commands.append(line.text.removeprefix("##[group]Run "))
        found.append((section, anchors))
    for annotation in job.annotations:
        places.annotated(annotation.path if annotation.level == "failure" else "")
    output = Output(
        errors=tuple(anchor.line.text for _, anchors in found for anchor in anchors.all()),
        tests=tests.result(),
        commands=tuple(commands[:5]),
        paths=frozenset(places.files()),
    )
    return Reading(job, tuple(found), output, classify(job, output), places)


def _conclusion(readings: Sequence[Reading]) -> str:
    return next(
        (str(reading.job.conclusion) for reading in readings if reading.job.conclusion == "failure"), ""
    ) or str(readings[0].job.conclusion)


def _first_error(readings: Sequence[Reading], tests: Sequence[FailingTest], finding: Finding) -> str:
    """What the failing tests said first, else the first error line, else the deciding words."""
    if tests and tests[0].message:
        return tests[0].message
    for reading in readings:
        if reading.finding.cause is not finding.cause:
            continue
        for _, anchors in reading.found:
            for anchor in anchors.all():
                if anchor.score == STRONG:
                    return anchor.line.text
    return finding.detail


def _suspects(readings: Sequence[Reading], tests: Iterable[FailingTest]) -> tuple[str, ...]:
    """Files named by failing tests, annotations and error lines; most telling first, at most 20."""
    named = [test.file for test in tests if test.file]
    return tuple(dict.fromkeys([*named, *(path for reading in readings for path in reading.places.files())]))[:20]


def _evidence(readings: Sequence[Reading], budget: int) -> tuple[Excerpt, ...]:
    """Annotations first (at most a fifth of the budget), the logs in the rest."""
    notes: list[Excerpt] = []
    left = budget // _ANNOTATION_SHARE
    for job, note in [(reading.job, note) for reading in readings for note in reading.job.annotations]:
        text = _told(note)
        if not text or len(text) > left:
            continue
        left -= len(text)
        place = f"{job.source} · {note.path}" if note.path and note.path != ".github" else job.source
        notes.append(
            Excerpt(kind="annotation", source=place, text=text, first_line=note.line, last_line=note.line, url=job.url)
        )
    used = sum(len(note.text) for note in notes)
    return (*notes, *excerpts([(reading.job, reading.found) for reading in readings], budget - used))


def _told(note: Annotation) -> str:
    if note.level != "failure" or _GENERIC.match(note.message.strip()):
        return ""
    told = f"{note.title}: {note.message}" if note.title and note.title not in note.message else note.message
    return "\n".join(clean_text(part) for part in told.strip().splitlines())[:2000]
