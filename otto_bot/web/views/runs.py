"""The list of runs: which were asked for, one row each, and the way to the other pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.waits import waits_for
from otto_bot.store.listing import ListedPage, ListedRun, Standing, Wanted
from otto_bot.text import pages as text
from otto_bot.text.labels import LABELS
from otto_bot.text.parked import PHASES as PARKED
from otto_bot.text.spoken import line, weight
from otto_bot.text.words import OUTCOMES, PHASES, count, phase_words
from otto_bot.web.views.parts import Moment, level, moment, run_url

SIZES = (10, 25, 50, 100)
LARGEST = 200
FURTHEST = 1_000_000
WORDS = 50_000
"""Bytes of all names, titles and questions on one page; what they stand in takes about 400 a row."""
TICKS = 13
"""Bytes around `code`."""
_AFTER = re.compile(r"([01])-([0-9]{1,15})")
_ADDRESS = re.compile(r"https?://\S+")
"""Often a long one; the page of the run has it as a link."""
_TONES = {
    "done": "done",
    "done_partial": "wait",
    "needs_human": "wait",
    "cancelled": "off",
    "failed": "bad",
}


class Row(NamedTuple):
    """One run. `tone` is its colour; `state` says the same in words."""

    id: int
    url: str
    repo: str
    issue: int
    ordinal: int
    title: str
    state: str
    tone: str
    waits: str
    usd: str
    changed: Moment | None


class Choice(NamedTuple):
    """One value of a filter."""

    value: str
    words: str
    chosen: bool


class RunsPage(NamedTuple):
    """The list. `missing` says that there is no such page; `first` greets who has no run at all."""

    rows: tuple[Row, ...]
    total: str
    page: int
    pages: int
    missing: str
    first: tuple[str, ...]
    filtered: bool
    repo: str
    text: str
    states: tuple[Choice, ...]
    outcomes: tuple[Choice, ...]
    sizes: tuple[Choice, ...]
    repositories: tuple[str, ...]
    first_url: str
    previous_url: str
    next_url: str


def wanted(query: Mapping[str, str], now: float) -> Wanted:
    """What an address asks for; what makes no sense in it is as if it were not there."""
    standing: Standing = ""
    if query.get("state") in text.STANDINGS:
        standing = query["state"]  # type: ignore[assignment]
    outcome = query.get("outcome", "")
    page = _number(query.get("page", ""), 1, FURTHEST, 1)
    return Wanted(
        repo=query.get("repo", "").strip()[:200],
        standing=standing,
        outcome=outcome if outcome in set(Outcome) else "",
        text=query.get("text", "").strip()[:200].replace("\x00", ""),
        page=page,
        after=after_of(query.get("after", "")) if page > 1 else None,
        size=_number(query.get("size", ""), 1, LARGEST, 25),
        as_of=_moment(query.get("as_of", ""), now),
    )


def _number(said: str, least: int, most: int, default: int) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < 12):
        return default
    return min(max(int(said), least), most)


def after_words(after: tuple[int, int] | None) -> str:
    """The place of a row in an address."""
    return "" if after is None else f"{after[0]}-{after[1]}"


def after_of(said: str) -> tuple[int, int] | None:
    """The same read back; None where it is none."""
    found = _AFTER.fullmatch(said)
    return (int(found[1]), int(found[2])) if found is not None else None


def _moment(said: str, now: float) -> float:
    try:
        found = float(said)
    except ValueError:
        return now
    return found if 0 < found <= now else now


def runs_page(asked: Wanted, found: ListedPage, repositories: Sequence[str]) -> RunsPage:
    """The list as it is shown."""
    pages = max(1, -(-found.total // asked.size))
    beyond = asked.page > pages and not found.runs
    filtered = bool(asked.repo or asked.standing or asked.outcome or asked.text)
    missing = f"There is no page {asked.page}: the list has {count(pages, 'page')}." if beyond else ""
    return RunsPage(
        rows=_fitting([_row(run) for run in found.runs]),
        total=count(found.total, "run"),
        page=asked.page,
        pages=max(pages, asked.page + found.more) if found.runs else pages,
        missing=missing,
        first=() if found.total or filtered else text.FIRST_RUN,
        filtered=filtered,
        repo=asked.repo,
        text=asked.text,
        states=_choices(text.STANDINGS, asked.standing),
        outcomes=_choices({one.value: words for one, words in text.OUTCOMES.items()}, asked.outcome),
        sizes=tuple(Choice(str(size), str(size), size == asked.size) for size in sorted({*SIZES, asked.size})),
        repositories=tuple(repositories),
        first_url=_url(asked, 1),
        previous_url=_url(asked, asked.page - 1) if 1 < asked.page <= pages else "",
        next_url=_url(asked, asked.page + 1, found.last) if found.more else "",
    )


def _choices(words: Mapping[str, str], chosen: str) -> tuple[Choice, ...]:
    every = {"": LABELS["all"], **words}
    return tuple(Choice(value, said, value == chosen) for value, said in every.items())


def _url(asked: Wanted, page: int, after: tuple[int, int] | None = None) -> str:
    """Another page of the same list; all but the first one keep the moment of the first, and go on behind a row."""
    parts: dict[str, str] = {
        "repo": asked.repo,
        "state": asked.standing,
        "outcome": asked.outcome,
        "text": asked.text,
        "size": str(asked.size) if asked.size != 25 else "",
        "page": str(page) if page > 1 else "",
        "as_of": f"{asked.as_of:.6f}" if page > 1 else "",
        "after": after_words(after) if page > 1 else "",
    }
    said = urlencode({name: value for name, value in parts.items() if value})
    return f"/?{said}" if said else "/"


def _row(run: ListedRun) -> Row:
    state, tone, waits = state_of(run)
    return Row(
        id=run.id,
        url=run_url(run.id),
        repo=line(run.repo, 140) or f"run {run.id}",
        issue=run.issue,
        ordinal=run.ordinal,
        title=line(run.title, 160),
        state=state,
        tone=tone,
        waits=waits,
        usd=f"${run.usd:.2f}",
        changed=moment(float(run.updated_at)),
    )


def _fitting(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows; where very many have long words, the longest of them are cut."""
    most = level([_size(words) for row in rows for words in (row.repo, row.title, row.waits)], WORDS)
    return tuple(
        row._replace(repo=_cut(row.repo, most), title=_cut(row.title, most), waits=_cut(row.waits, most))
        for row in rows
    )


def _size(words: str) -> int:
    return weight(words) + words.count("`") // 2 * TICKS


def _cut(words: str, most: int) -> str:
    kept = words
    while _size(kept) > most:
        kept = kept[:-1]
    return kept if kept == words else f"{kept[:-1]}…"


def state_of(run: ListedRun) -> tuple[str, str, str]:
    """Words, colour, and what it waits for."""
    bar = run.barred.partition(" ")[0]
    if run.active and bar in text.BARRED:
        return f"rests: {text.BARRED[bar][0]}", "wait", ""
    if run.parked in PARKED:
        return PARKED[run.parked], "wait", line(run.parked_reason, 300)
    if not run.active:
        ended = run.outcome if run.outcome in set(Outcome) else ""
        return (OUTCOMES[Outcome(ended)], _TONES[ended], "") if ended else ("over", "off", "")
    if run.state:
        return _waiting(run.state)
    phase = PHASES[RunPhase(run.phase)] if run.phase in set(RunPhase) else "at work"
    return phase, "work", ""


def _waiting(state: str) -> tuple[str, str, str]:
    try:
        run = Run.model_validate_json(state)
    except ValueError:
        return "stored by another version", "wait", ""
    wait = waits_for(run)
    asked = "" if wait is None else line(_ADDRESS.sub("…", wait.question), 300)
    return phase_words(run), "wait", asked
