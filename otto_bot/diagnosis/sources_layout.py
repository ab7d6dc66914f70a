"""Which files of a run's archive (or of a folder of logs) belong to which job.

GitHub writes `N_job.txt` with the whole log of each job at the top, in older archives also a folder a job with
`N_step.txt` for each step, in newer ones only `job/system.txt` there. What its service wrote before a runner took the
job stands at the top too, under nearly the same names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from otto_bot.diagnosis.ending import is_service_log
from otto_bot.diagnosis.sources_files import Entry

_TOP = re.compile(r"-?\d+_(?P<name>[^/]+)\.txt")
_STEP = re.compile(r"(?P<job>[^/]+)/(?P<number>\d+)_(?P<name>[^/]+)\.txt")
_SYSTEM = re.compile(r"(?P<job>[^/]+)/system\.txt")
_RUNNER_STEP = re.compile(r"\d+_(?:Set up job|Complete job)\.txt")
_COPY = re.compile(r" \(\d+\)$")
_SERVICE_LENGTH = 100_000
_LOG = re.compile(r"(?:\.(?:log|txt|out|err|gz)|(?:^|/)[^./]+|\.log\.\d+)$", re.IGNORECASE)


class StepFile(NamedTuple):
    """One step's own log."""

    number: int
    name: str
    entry: Entry


class JobFiles(NamedTuple):
    """What a job left: its whole log (None: only the steps' own), its steps' logs in order."""

    name: str
    log: Entry | None
    steps: tuple[StepFile, ...] = ()


class Layout(NamedTuple):
    """The jobs of an archive or folder, reports of tests, the jobs file, and how many files were something else."""

    jobs: tuple[JobFiles, ...]
    reports: tuple[Entry, ...]
    archives: tuple[Entry, ...]
    jobs_file: Entry | None
    others: int
    is_run: bool
    """Whether it has the form of a run's archive, in which jobs that passed lie beside those that failed."""


def layout(entries: Sequence[Entry]) -> Layout:
    """Sort the files by what they are."""
    entries = _without_wrapper(entries)
    tops = [(entry, match["name"]) for entry in entries if (match := _TOP.fullmatch(entry.name))]
    steps: defaultdict[str, list[StepFile]] = defaultdict(list)
    taken = {entry.name for entry, _ in tops}
    is_run = bool(tops)
    for entry in entries:
        if match := _STEP.fullmatch(entry.name):
            steps[match["job"]].append(StepFile(int(match["number"]), match["name"], entry))
        elif not _SYSTEM.fullmatch(entry.name):
            continue
        taken.add(entry.name)
    if is_run or steps:
        jobs, is_run = _run_jobs(tops, steps), True
    else:
        jobs, taken = [], set()
    rest = [entry for entry in entries if entry.name not in taken]
    loose = [entry for entry in rest if _LOG.search(entry.name)]
    reports = tuple(entry for entry in rest if entry.name.lower().endswith(".xml"))
    archives = tuple(entry for entry in rest if entry.name.lower().endswith(".zip"))
    named = [entry for entry in rest if entry.name.rpartition("/")[2] == "jobs.json"]
    jobs += [JobFiles(entry.name, entry) for entry in loose]
    others = len(rest) - len(loose) - len(reports) - len(archives) - len(named)
    return Layout(tuple(jobs), reports, archives, named[0] if named else None, others, is_run)


def _without_wrapper(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Without the one folder that packing an unpacked archive again puts around everything."""
    first = {entry.name.partition("/")[0] for entry in entries}
    inner = [Entry(entry.name.partition("/")[2], entry.size, entry.chunks) for entry in entries]
    of_one_job = any(_RUNNER_STEP.fullmatch(entry.name) for entry in inner)
    if len(first) == 1 and not of_one_job and any(_TOP.fullmatch(entry.name) for entry in inner):
        return inner
    return entries


def _run_jobs(tops: Iterable[tuple[Entry, str]], steps: dict[str, list[StepFile]]) -> list[JobFiles]:
    found: dict[str, Entry] = {}
    for entry, name in tops:
        if entry.size <= _SERVICE_LENGTH and is_service_log(next(entry.chunks(), b"")[:2000]):
            continue
        # `1_build (1).txt` is the second file of that name, unless there is a job called `build (1)`.
        plain = name if name in steps or _COPY.sub("", name) not in steps else _COPY.sub("", name)
        key = plain if plain not in found else name
        if key in found and found[key].size >= entry.size:
            continue
        found[key] = entry
    names = [*found, *(name for name in steps if name not in found)]
    return [
        JobFiles(name, found.get(name), tuple(sorted(steps.get(name, ()), key=lambda s: s.number))) for name in names
    ]
