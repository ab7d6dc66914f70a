"""From paths to jobs that failed: logs, ZIPs of runs as GitHub hands them out, folders of either.

Nothing is asked of GitHub. Which jobs of an archive failed says the jobs API's own answer where it lies beside the
logs, else the last words that the runner left in each log.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

from otto_bot.diagnosis.ending import Ending, ending
from otto_bot.diagnosis.models import CheckedJob
from otto_bot.diagnosis.sources_files import (
    LOG_LIMIT,
    Entry,
    SourceError,
    file_chunks,
    folder_entries,
    joined,
    log_chunks,
    reason,
    stream_chunks,
    too_long,
    zip_entries,
)
from otto_bot.diagnosis.sources_jobs import job_called, read_jobs
from otto_bot.diagnosis.sources_layout import JobFiles, Layout, layout
from otto_bot.diagnosis.sources_reports import ReportFile, assigned
from otto_bot.diagnosis.sources_steps import steps_of

__all__ = ["PLAIN_JOB", "Filter", "Found", "Source", "SourceError", "find", "read_log"]

STDIN = "-"
PLAIN_JOB = "log"
"""Name of the job of a log that came without one, so that the same failure is the same in any file."""
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PASSED = ("success", "skipped", "neutral")
_BY_JOBS_FILE = "the jobs file says so"

Filter = Callable[[Iterable[bytes]], Iterator[bytes]]
"""What a log goes through while it is read, in chunks: redaction."""
_Chunks = Callable[[], Iterator[bytes]]


class Source(NamedTuple):
    """One log of a job that failed: what to call it, why it counts as failed, and how to read it.

    `load` may raise SourceError. Only one log at a time need be in memory.
    """

    name: str
    conclusion: str
    why: str
    load: Callable[[Filter], CheckedJob]
    reports: tuple[ReportFile, ...] = ()


class Found(NamedTuple):
    """What paths hold: failed jobs, names of jobs left out because they passed, remarks, and what was unreadable."""

    failed: tuple[Source, ...]
    passed: tuple[str, ...]
    cancelled: tuple[str, ...]
    """Jobs that were cancelled in a run in which another job failed."""
    notes: tuple[str, ...]
    problems: tuple[str, ...]


class _Candidate(NamedTuple):
    """A log with what is known of its end. `run` is set for jobs of one archive."""

    source: Source
    run: str


class _Finder:
    """Collects candidates over several paths."""

    def __init__(self, jobs: tuple[CheckedJob, ...], opened: ExitStack) -> None:
        self.jobs, self.opened = jobs, opened
        self.candidates: list[_Candidate] = []
        self.passed: list[str] = []
        self.reports: list[ReportFile] = []
        self.notes: list[str] = []
        self.problems: list[str] = []

    @property
    def count(self) -> int:
        """Logs found so far."""
        return len(self.candidates) + len(self.passed)

    def path(self, path: Path) -> None:
        if path.is_dir():
            self.folder(path)
            return
        with path.open("rb") if path.is_file() else io.BytesIO() as stream:
            magic = stream.read(4)
        if magic in _ZIP:
            self.archive(path, str(path))
        else:
            self.single(str(path), lambda: file_chunks(path))

    def stdin(self, stream: IO[bytes]) -> None:
        data = joined(stream_chunks(stream, "standard input"))
        if data[:4] in _ZIP:
            self.archive(io.BytesIO(data), "standard input")
        else:
            self.single("standard input", lambda: iter((data,)))

    def archive(self, where: Path | IO[bytes], name: str) -> None:
        found = layout(zip_entries(where, name, self.opened))
        if not found.jobs:
            raise SourceError(f"{name} holds no logs; name the ZIP that GET /actions/runs/ID/logs gives")
        self.laid_out(name, found)

    def folder(self, folder: Path) -> None:
        found = layout(folder_entries(folder))
        if not found.jobs and not found.archives:
            raise SourceError(f"{folder} holds no logs; name a log, a ZIP of logs or a folder with them")
        self.laid_out(str(folder), found)
        self.reports += [ReportFile(str(folder), entry) for entry in found.reports]
        for entry in found.archives:
            self.tried(lambda entry=entry: self.inner(folder, entry))  # type: ignore[misc]

    def inner(self, folder: Path, entry: Entry) -> None:
        """An archive in a folder: of a run's logs, or an artifact with reports of tests."""
        path = folder / entry.name
        found = layout(zip_entries(path, str(path), self.opened))
        if found.jobs:
            self.laid_out(str(path), found)
        elif found.reports:
            self.reports.append(ReportFile(str(folder), entry))
        else:
            self.notes.append(f"left out: {path} holds neither logs nor reports of tests")

    def laid_out(self, name: str, found: Layout) -> None:
        known = self.jobs
        if not known and found.jobs_file is not None:
            known = read_jobs(joined(found.jobs_file.chunks()), f"{name}: {found.jobs_file.name}")
        if found.others:
            self.notes.append(f"{name}: {found.others} files that are no logs were left out")
        for job in found.jobs:
            self.tried(lambda job=job: self.job(name, job, found.is_run, known))  # type: ignore[misc]
        self.without_log(name, found, known)

    def tried(self, step: Callable[[], None]) -> None:
        """Do it; one file of many that cannot be read keeps none of the others back."""
        try:
            step()
        except SourceError as error:
            self.notes.append(f"left out: {error}")

    def single(self, name: str, chunks: _Chunks) -> None:
        """A log that someone named: it failed, unless it says that it did not."""
        end = ending(joined(log_chunks(chunks(), name)))
        job = CheckedJob(id=0, name=PLAIN_JOB, conclusion="failure")
        self.take(name, "", end if end.conclusion else Ending("failure", end.why), _logged(job, chunks, name))

    def job(self, where: str, files: JobFiles, is_run: bool, known: Sequence[CheckedJob]) -> None:
        stem = files.name if is_run else files.name.rpartition("/")[2].removesuffix(".gz").rpartition(".")[0]
        told = job_called(stem or files.name, known)
        name = f"{where} · {files.name}" if is_run else str(Path(where) / files.name)
        chunks = _whole(files)
        if told is not None:
            end = Ending(told.conclusion or "failure", _BY_JOBS_FILE)
            self.take(name, where, end, _logged(told, chunks, name))
        elif is_run:
            self.take(name, where, *_of_run(files, chunks, name))
        else:
            self.single(name, chunks)

    def without_log(self, where: str, found: Layout, known: Sequence[CheckedJob]) -> None:
        """Jobs that failed and left no log: they never started."""
        if not found.is_run or not known:
            return
        seen = {told.id for job in found.jobs if (told := job_called(job.name, known)) is not None}
        for job in known:
            if job.failed and job.id not in seen:
                self.take(f"{where} · {job.name}", where, Ending(str(job.conclusion), _BY_JOBS_FILE), _as(job))

    def take(self, name: str, run: str, end: Ending, load: Callable[[Filter], CheckedJob]) -> None:
        if end.conclusion in _PASSED:
            self.passed.append(name)
        else:
            self.candidates.append(_Candidate(Source(name, str(end.conclusion), end.why, load), run))


def find(
    paths: Iterable[str], opened: ExitStack, *, jobs_file: Path | None = None, stdin: IO[bytes] | None = None
) -> Found:
    """The failed jobs in these paths; `-` is `stdin`. Archives stay open as long as `opened`.

    A path that cannot be read is a problem in the result and keeps none of the others back. Raises SourceError where
    the jobs file cannot be read.
    """
    jobs = read_jobs(joined(file_chunks(jobs_file)), str(jobs_file)) if jobs_file is not None else ()
    finder = _Finder(jobs, opened)
    for path in dict.fromkeys(paths):
        before = finder.count
        try:
            if path == STDIN and stdin is not None:
                finder.stdin(stdin)
            else:
                finder.path(Path(path))
            if finder.count == before:
                finder.problems.append(f"{path} holds no log that can be read; name a log, a ZIP of logs or a folder")
        except SourceError as error:
            finder.problems.append(str(error))
        except (OSError, ValueError) as error:
            finder.problems.append(f"{path} cannot be read: {reason(error)}")
    failed, cancelled = _without_followers(finder.candidates)
    reports, unclear = assigned(finder.reports, [source.name for source in failed])
    failed = tuple(source._replace(reports=tuple(own)) for source, own in zip(failed, reports, strict=True))
    if unclear and failed:
        more = f" and {len(unclear) - 1} more" if len(unclear) > 1 else ""
        finder.notes.append(f"left out: {unclear[0].name}{more}: it is not clear of which job the tests are")
    return Found(failed, tuple(finder.passed), cancelled, tuple(finder.notes), tuple(finder.problems))


def read_log(path: Path, through: Filter) -> bytes:
    """One log's text. Raises SourceError."""
    return joined(through(log_chunks(file_chunks(path), str(path))))


def _without_followers(candidates: Sequence[_Candidate]) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Without the jobs that a run cancelled because another one of it had failed."""
    broken = {item.run for item in candidates if item.run and item.source.conclusion != "cancelled"}
    follows = [item.source.conclusion == "cancelled" and item.run in broken for item in candidates]
    kept = tuple(item.source for item, after in zip(candidates, follows, strict=True) if not after)
    return kept, tuple(item.source.name for item, after in zip(candidates, follows, strict=True) if after)


def _logged(job: CheckedJob, chunks: _Chunks, name: str) -> Callable[[Filter], CheckedJob]:
    return lambda through: job.model_copy(update={"log": joined(through(log_chunks(chunks(), name)))})


def _as(job: CheckedJob) -> Callable[[Filter], CheckedJob]:
    return lambda _through: job


def _of_run(files: JobFiles, chunks: _Chunks, name: str) -> tuple[Ending, Callable[[Filter], CheckedJob]]:
    """How a job ended of which only logs are known, and how to read it."""
    end = ending(joined(log_chunks(chunks(), name)))
    if end.conclusion is None:
        end = Ending("failure", end.why)
    steps = steps_of(files.steps, end) if end.conclusion not in _PASSED else ()
    return end, _logged(CheckedJob(id=0, name=files.name, conclusion=end.conclusion, steps=steps), chunks, name)


def _whole(files: JobFiles) -> _Chunks:
    """How to read the whole log; put together from the steps' own where there is none."""
    if files.log is not None:
        return files.log.chunks

    def chunks() -> Iterator[bytes]:
        if sum(step.entry.size for step in files.steps) > LOG_LIMIT:
            raise too_long(files.name)
        for step in files.steps:
            last = b""
            for last in step.entry.chunks():
                yield last
            if not last.endswith(b"\n"):
                yield b"\n"

    return chunks
