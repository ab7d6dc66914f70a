"""From the jobs of one verification to the typed record of its failure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from otto_bot.core.evidence import Cause, Excerpt, FailingTest, Failure, Phase
from otto_bot.diagnosis.baseline import beside_base
from otto_bot.diagnosis.classify import Finding, Output, classify, weightiest
from otto_bot.diagnosis.clean import clean_line, clean_text, with_line_ends
from otto_bot.diagnosis.extract import Ranked, excerpts, rank
from otto_bot.diagnosis.fingerprint import fingerprint_of
from otto_bot.diagnosis.models import Annotation, CheckedJob
from otto_bot.diagnosis.passing import Passing
from otto_bot.diagnosis.places import Places
from otto_bot.diagnosis.progress import progress
from otto_bot.diagnosis.signs import BIT
from otto_bot.diagnosis.slice import Section, sections
from otto_bot.diagnosis.tests_found import failing_tests_of, merged

_ANNOTATION_SHARE = 5
_RUN = "##[group]Run "
_ROOTS = (b"rootdir: ", b"Working directory is '")
_SAYS = sum(
    BIT[name]
    for name in ("error", "fail", "crash", "trouble", "error_first", "fatal", "known_error", "failing_test", "count")
)
_IN_THE_CODE = frozenset({Cause.BUILD, Cause.LINT, Cause.UNKNOWN})
_ECHOES = BIT["echo"] | BIT["count"] | BIT["frame"] | BIT["passed"]
_HEADLINE = 200
_MOST_PARTS = 48
_NEARLY = 0.7
"""Of errors worth nearly as much as the best one the first is told."""
_GENERIC = re.compile(r"^Process completed with exit code \d+\.?$")


class Reading(NamedTuple):
    """One failed job with what its failing steps said."""

    job: CheckedJob
    found: tuple[Ranked, ...]
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
        detail=_headline(readings, finding),
        class_hint=finding.class_hint,
        conclusion=_conclusion(readings),
        exit_code=finding.exit_code,
        failing_jobs=names,
        failing_tests=tests,
        fingerprint=fingerprint_of(readings),
        suspected_files=_suspects(readings, tests),
        signals=finding.signals,
        excerpts=_evidence(readings, budget_chars),
    )
    return beside_base(failure, baseline).model_copy(update={"progress": progress(previous, failure)})


def read(job: CheckedJob) -> Reading:
    """What the failing steps of a job wrote, as far as it matters."""
    job = _with_line_ends(job)
    log = job.log or b""
    found = ranked(job)
    places = Places()
    for one in found:
        for text in _roots(log, one.section):
            places.feed(text)
        for spot in one.spots:
            places.feed(spot.line.text)
    for annotation in job.annotations:
        places.annotated(annotation.path if annotation.level == "failure" else "")
    output = Output(
        errors=tuple(
            spot.line.text for one in found for spot in one.spots if spot.line.signs & _SAYS and not spot.heading
        ),
        tests=merged(test for one in found for test in failing_tests_of(log, *one.section[:3])),
        commands=tuple(text for one in found for text in _commands(one)),
        paths=frozenset(places.files()),
        spans=tuple((one.section.start, one.section.end) for one in found),
    )
    return Reading(job, found, output, classify(job, output), places)


def _with_line_ends(job: CheckedJob) -> CheckedJob:
    log = with_line_ends(job.log or b"")
    return job if log == job.log else job.model_copy(update={"log": log})


def ranked(job: CheckedJob) -> tuple[Ranked, ...]:
    """The failing parts; where none of them says anything, also what stands before the last of them."""
    job = _with_line_ends(job)
    log = job.log or b""
    passing = Passing(job.passing) if job.passing else None
    found = tuple(rank(log, section, passing) for section in _limited(sections(job)))
    if not found or found[0].section.start == 0 or any(one.telling for one in found):
        return found
    before = rank(log, Section(0, found[0].section.start, 1, None))
    return (before, *found) if before.telling else found


def _limited(parts: Sequence[Section]) -> Sequence[Section]:
    """The first and the last of very many parts; no step of a real job is left out."""
    return parts if len(parts) <= _MOST_PARTS else (*parts[: _MOST_PARTS // 3], *parts[-2 * _MOST_PARTS // 3 :])


def _roots(log: bytes, section: Section) -> Iterator[str]:
    """Lines that name the folder which paths in the log start from."""
    for words in _ROOTS:
        at = log.find(words, section.start, section.end)
        if at >= 0:
            start = log.rfind(b"\n", max(section.start, at - 200), at) + 1 or at
            yield clean_line(log[start : start + 500].split(b"\n", 1)[0])


def _commands(ranked: Ranked) -> Iterator[str]:
    """The commands that a step's heading shows."""
    texts = (spot.line.text for spot in ranked.spots)
    yield from [text.removeprefix(_RUN) for text in texts if text.startswith(_RUN)][:5]


def _conclusion(readings: Sequence[Reading]) -> str:
    return next(
        (str(reading.job.conclusion) for reading in readings if reading.job.conclusion == "failure"), ""
    ) or str(readings[0].job.conclusion)


def _headline(readings: Sequence[Reading], finding: Finding) -> str:
    """What is said in one line: of errors in the code the line worth most, else the words that named the cause."""
    if finding.cause not in _IN_THE_CODE:
        return finding.detail
    errors = [
        (worth, spot.line.text.strip())
        for reading in readings
        if reading.finding.cause is finding.cause
        for one in reading.found
        for spot, worth in zip(one.spots, one.worth, strict=True)
        if spot.line.signs & BIT["known_error"] and not spot.heading and not spot.line.signs & _ECHOES
    ]
    enough = _NEARLY * max((worth for worth, _ in errors), default=0.0)
    first = next((text for worth, text in errors if worth >= enough), finding.detail)
    return first.removeprefix("##[error]")[:_HEADLINE]


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
    return (*notes, *excerpts([(reading.job, one) for reading in readings for one in reading.found], budget - used))


def _told(note: Annotation) -> str:
    if note.level != "failure" or _GENERIC.match(note.message.strip()):
        return ""
    told = f"{note.title}: {note.message}" if note.title and note.title not in note.message else note.message
    return "\n".join(clean_text(part) for part in told.strip().splitlines())[:2000]
