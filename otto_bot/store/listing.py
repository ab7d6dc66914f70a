"""Lists of runs, a page at a time: active ones first, then history, and what a page shows of each of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

import sqlalchemy as sa

from otto_bot.core.values import Frozen
from otto_bot.store import tables as t
from otto_bot.store.database import reading

Standing = Literal["", "working", "waiting", "over"]
"""At work; waits for a person, paused, or shut out of its repository; nothing happens any more. Empty = all of them."""
REPOSITORIES = 100


class Wanted(Frozen):
    """Which runs, and which page of them. `as_of` (seconds since 1970) is when the first page was looked at.

    Later pages carry it along, and `after`, which is `last` of the page before: they go on behind that row instead of
    counting rows, so that no run is listed twice, whatever begins, ends or goes on meanwhile.
    """

    repo: str = ""
    standing: Standing = ""
    outcome: str = ""
    text: str = ""
    page: int = 1
    size: int = 25
    as_of: float
    after: tuple[int, int] | None = None


class ListedRun(Frozen):
    """A run as a list shows it. `state` is its snapshot where it waits for a person, else empty."""

    id: int
    repo: str
    issue: int
    ordinal: int
    title: str
    phase: str
    outcome: str
    active: bool
    working: bool
    pull_request: int
    parked: str
    barred: str
    parked_reason: str
    record: str
    started_at: float
    updated_at: float
    usd: float
    state: str


class ListedPage(Frozen):
    """The runs of one page, how many there are on all of them, whether there are `more` behind it, and the place of the
    last one in the order."""

    runs: tuple[ListedRun, ...]
    total: int
    more: bool = False
    last: tuple[int, int] | None = None


class Listing:
    """Reads only, and never more snapshots than a page has rows. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def page(self, wanted: Wanted, repo_ids: Collection[int] | None = None) -> ListedPage:
        """One page of runs of these repositories (None = all); empty, with the right total, where there are fewer."""
        where = _where(wanted) & _of(repo_ids)
        with reading(self._engine) as c:
            found = c.execute(_ids(wanted, where)).all()
            ids = [row.id for row in found[: wanted.size]]
            if wanted.after is not None or not ids:
                total = c.execute(sa.select(sa.func.count()).select_from(t.runs).where(where)).scalar_one()
            else:
                total = found[0].total
            if not ids:
                return ListedPage(runs=(), total=total)
            rows = {row.id: row for row in c.execute(_shown(ids))}
            spent = _spent(c, ids)
        runs = tuple(_listed(rows[number], spent.get(number, 0.0)) for number in ids if number in rows)
        return ListedPage(
            runs=runs, total=total, more=len(found) > wanted.size, last=(found[len(ids) - 1].history, ids[-1])
        )

    def repositories(self, repo_ids: Collection[int] | None = None) -> tuple[str, ...]:
        """Names of repositories that have runs, of these (None = all), in their order; the first of very many."""
        query = sa.select(t.runs.c.repo_name).where((t.runs.c.repo_name != "") & _of(repo_ids)).distinct()
        with reading(self._engine) as c:
            return tuple(c.execute(query.order_by(t.runs.c.repo_name).limit(REPOSITORIES)).scalars())


def _of(repo_ids: Collection[int] | None) -> sa.ColumnElement[bool]:
    return sa.true() if repo_ids is None else t.runs.c.repo_id.in_(repo_ids)


def _where(wanted: Wanted) -> sa.ColumnElement[bool]:
    row = t.runs.c
    found: sa.ColumnElement[bool] = row.started_at <= wanted.as_of
    if wanted.repo:
        found &= sa.func.lower(row.repo_name) == wanted.repo.lower()
    if wanted.standing == "over":
        found &= row.active == 0
    elif wanted.standing:
        found &= (row.active == 1) & (row.working == (1 if wanted.standing == "working" else 0))
    if wanted.outcome:
        found &= row.outcome == wanted.outcome
    if wanted.text:
        within = row.title.icontains(wanted.text, autoescape=True)
        number = wanted.text.removeprefix("#")
        if number.isascii() and number.isdigit() and len(number) < 10:
            within |= row.issue == int(number)
        found &= within
    return found


def _ids(wanted: Wanted, where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """A run that was listed as active stays before history: what happens to it later is later than `as_of`."""
    row = t.runs.c
    history = sa.case(((row.active == 1) | (row.updated_at > wanted.as_of), 0), else_=1)
    query = sa.select(row.id, history.label("history"), sa.func.count().over().label("total")).where(where)
    query = query.order_by(history, row.id.desc()).limit(wanted.size + 1)
    if wanted.after is None:
        return query.offset((wanted.page - 1) * wanted.size)
    part, last = wanted.after
    return query.where((history > part) | ((history == part) & (row.id < last)))


def _shown(ids: Sequence[int]) -> sa.Select[Any]:
    row = t.runs.c
    waits = (row.active == 1) & (row.working == 0)
    return sa.select(
        row.id, row.repo_name, row.issue, row.ordinal, row.title, row.phase, row.outcome, row.active, row.working,
        row.pull_request, row.parked, row.barred, row.parked_reason, row.record, row.started_at, row.updated_at,
        sa.case((waits, row.state), else_="").label("state"),
    ).where(row.id.in_(ids))  # fmt: skip


def _spent(c: sa.Connection, ids: Sequence[int]) -> dict[int, float]:
    query = sa.select(t.usage.c.run_id, sa.func.sum(t.usage.c.usd)).where(t.usage.c.run_id.in_(ids))
    return {run: float(usd) for run, usd in c.execute(query.group_by(t.usage.c.run_id)).all()}


def _listed(row: sa.Row[Any], usd: float) -> ListedRun:
    values = {name: getattr(row, name) for name in ListedRun.model_fields if name not in ("repo", "usd")}
    return ListedRun(**{**values, "repo": row.repo_name, "usd": usd})
