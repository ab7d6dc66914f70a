"""Small values that several pages show: links, moments, excerpts and failure records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from otto_bot.core.evidence import Excerpt, Failure, squeeze
from otto_bot.text.labels import LABELS
from otto_bot.text.links import Links
from otto_bot.text.spoken import exact, line, weight
from otto_bot.text.words import CAUSES, PHASE_OF_FAILURE, PROGRESS, class_word, clock
from otto_bot.web.logs.whose import job_of, log_url

EXCERPT, EXCERPTS = 6_000, 4
"""Bytes of one excerpt on a page, and how many of one failure."""
LINE = 40
"""Bytes of HTML around one line."""
WINDOW = 12
"""Lines that one quote may go over."""
TESTS = 20
NAMED = 10
"""Names, as of jobs or files, in one line."""


class Link(NamedTuple):
    """Words that lead somewhere; only words where there is no address."""

    words: str
    url: str = ""


class Moment(NamedTuple):
    """A time for people and for machines."""

    words: str
    iso: str


class Line(NamedTuple):
    """One line of an excerpt: its number in the source (0 = not known), and whether a quote stands in it."""

    number: int
    text: str
    marked: bool


class Shown(NamedTuple):
    """An excerpt: where it stands, its lines, whether more of it is left out, and its lines in the log."""

    place: str
    url: str
    lines: tuple[Line, ...]
    cut: bool
    log: str = ""


class FailureView(NamedTuple):
    """The typed record of a failed attempt. `facts` are pairs of label and words."""

    facts: tuple[tuple[str, str], ...]
    tests: tuple[tuple[str, str, str], ...]
    more_tests: int
    excerpts: tuple[Shown, ...]
    more_excerpts: int


def moment(at: datetime | float | None) -> Moment | None:
    """A time, None where there is none."""
    if at is None:
        return None
    when = datetime.fromtimestamp(at, UTC) if isinstance(at, float) else at
    return Moment(clock(when), when.isoformat(timespec="seconds"))


def run_url(run_id: int) -> str:
    """The page of a run."""
    return f"/runs/{run_id}"


def task_url(run_id: int, key: str, attempt: int | None = None) -> str:
    """The page of a task, at one of its attempts."""
    return f"/runs/{run_id}/tasks/{key}" + (f"#a{attempt}" if attempt is not None else "")


def attempt_url(run_id: int, key: str, number: int) -> str:
    """The page of one attempt."""
    return f"/runs/{run_id}/tasks/{key}/attempts/{number}"


def jobs_url(run_id: int, target: str) -> str:
    """The page of one verification's jobs and their logs."""
    return f"{run_url(run_id)}/logs?{urlencode({'of': target})}"


def gate_url(run_id: int, number: int) -> str:
    """The page of a gate."""
    return f"/runs/{run_id}/gates/{number}"


def excerpt_view(excerpt: Excerpt, links: Links, quotes: Sequence[str] = (), limit: int = EXCERPT) -> Shown:
    """An excerpt with its lines; those that a quote stands in are marked."""
    text, cut = exact(excerpt.text, limit)
    every = text.split("\n")
    lines = _fitting(every, limit)
    cut = cut or list(lines) != every
    marked = {number for quote in quotes for number in lines_of(quote, lines)}
    first = _first(excerpt)
    shown = tuple(Line(first + number if first else 0, words, number in marked) for number, words in enumerate(lines))
    return Shown(line(excerpt.place, 300), links.ours(excerpt.url), shown, cut, _in_log(excerpt, shown, links))


def _in_log(excerpt: Excerpt, shown: Sequence[Line], links: Links) -> str:
    """The page of the job's log: at the quoted lines, or at those of the excerpt."""
    job = job_of(excerpt.url, links) if excerpt.kind == "log" and links.run else None
    if job is None:
        return ""
    quoted = [one.number for one in shown if one.marked and one.number]
    first, last = (quoted[0], quoted[-1]) if quoted else (excerpt.first_line, excerpt.last_line)
    return log_url(links.run, job.job, first, last)


def _fitting(lines: Sequence[str], limit: int) -> Sequence[str]:
    """As many lines as fit with what each of them carries: its number, and a mark."""
    room = limit
    for number, words in enumerate(lines):
        size = weight(words) + LINE
        if size > room:
            rest = exact(words, room - LINE)[0] if room > 2 * LINE else ""
            return [*lines[:number], *([rest] if rest else [])]
        room -= size
    return lines


def short(words: str, room: int) -> str:
    """Someone's words in so many bytes; where they are cut, that is seen."""
    kept, cut = exact(words, room)
    return f"{kept}…" if cut else kept


def share(parts: int, limit: int = EXCERPT, whole: int = 40_000) -> int:
    """Bytes for each of several texts of one page."""
    return max(300, min(limit, whole // max(1, parts)))


def level(sizes: Sequence[int], whole: int) -> int:
    """The most bytes that each of several texts may have, so that all of them together stay within `whole`."""
    for number, size in enumerate(sorted(sizes)):
        left = len(sizes) - number
        if size * left > whole:
            return whole // left
        whole -= size
    return max(sizes, default=0)


def _first(excerpt: Excerpt) -> int:
    """The first line's number, where the lines are those of the source, one by one."""
    if excerpt.first_line is None:
        return 0
    last = excerpt.last_line if excerpt.last_line is not None else excerpt.first_line
    whole = excerpt.text.rstrip("\n").count("\n") + 1
    return excerpt.first_line if last - excerpt.first_line + 1 == whole else 0


def lines_of(quote: str, lines: Sequence[str]) -> range:
    """The fewest lines, in a row, that hold the quoted words."""
    wanted = squeeze(line(quote, 2_000))
    flat = [squeeze(text) for text in lines]
    if not wanted:
        return range(0)
    for size in range(1, WINDOW + 1):
        for start in range(len(flat) - size + 1):
            if wanted in squeeze(" ".join(flat[start : start + size])):
                return range(start, start + size)
    return range(0)


def failure_view(failure: Failure, links: Links, limit: int = EXCERPT, most: int = TESTS) -> FailureView:
    """Cause, class and what else is known, and the words that show it."""
    facts = [
        ("cause", CAUSES[failure.cause]),
        ("class", class_word(failure)),
        ("failed_when", PHASE_OF_FAILURE[failure.phase]),
        ("progress", PROGRESS[failure.progress]),
        ("detail", line(failure.detail, 600)),
        ("exit_code", "" if failure.exit_code is None else str(failure.exit_code)),
        ("jobs", line(named(failure.failing_jobs), 400)),
        ("suspected", line(named(failure.suspected_files), 400)),
        ("fingerprint", line(failure.fingerprint, 80)),
    ]
    tests = tuple(
        (line(test.id, 200), line(test.message, 300), _place(test.file, test.line))
        for test in failure.failing_tests[:most]
    )
    return FailureView(
        facts=tuple((LABELS[key], words) for key, words in facts if words),
        tests=tests,
        more_tests=max(0, len(failure.failing_tests) - most),
        excerpts=tuple(excerpt_view(one, links, limit=limit) for one in failure.excerpts[:EXCERPTS]),
        more_excerpts=max(0, len(failure.excerpts) - EXCERPTS),
    )


def named(words: Sequence[str]) -> str:
    """The first of several names; how many more there are is said."""
    return ", ".join([*words[:NAMED], *([f"+ {len(words) - NAMED}"] if len(words) > NAMED else [])])


def _place(file: str | None, number: int | None) -> str:
    if not file:
        return ""
    return line(file, 200) + (f":{number}" if number is not None else "")
