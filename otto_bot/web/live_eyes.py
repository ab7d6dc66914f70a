"""What the watcher of live pages reads and makes, in a thread of the pages: marks, new events, parts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from otto_bot.web.live_topic import KEPT, Entry, News, Subject

if TYPE_CHECKING:
    from otto_bot.core.run import Run
    from otto_bot.store.live_rows import LiveRows, Mark
    from otto_bot.web.site import Site


class Marks(NamedTuple):
    """Where everything stands that somebody looks at. `nobody` are the words that nobody works, or nothing."""

    runs: Mapping[int, Mark]
    listed: tuple[float, ...]
    nobody: str


class Eyes:
    """Reads only. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine, site: Callable[[], Site]) -> None:
        self._engine, self._site = engine, site

    @cached_property
    def _rows(self) -> LiveRows:
        from otto_bot.store.live_rows import LiveRows  # with the first live page, as all that makes pages

        return LiveRows(self._engine)

    def mark(self, run_id: int) -> Mark | None:
        """Where a run stands; None where there is none."""
        return self._rows.marks([run_id]).get(run_id)

    def marks(self, subjects: Collection[Subject]) -> Marks:
        """Where these stand: two or three small queries, however many look."""
        runs = {subject.run for subject in subjects if subject.kind == "run"}
        lists = any(subject.kind == "runs" for subject in subjects)
        return Marks(
            runs=self._rows.marks(runs) if runs else {},
            listed=self._rows.listed() if lists else (),
            nobody=self._site().nobody(),
        )

    def newest(self, subject: Subject) -> int:
        """The number of the newest event that a page of a run shows."""
        found = self._rows.after(subject.run, 0, 1, every=subject.events == "every").rows
        return found[0].seq if found else 0

    def news(self, subject: Subject, after: int) -> News:
        """Events of a run after a number."""
        from otto_bot.web.views.timeline import event_row

        if subject.events == "none":
            return News()
        found = self._rows.after(subject.run, after, KEPT, every=subject.events == "every")
        made = self._site().fragments.entry
        return News([Entry(row.seq, made(event_row(subject.run, row))) for row in found.rows], found.cut)

    def parts(self, subject: Subject) -> Mapping[str, str] | None:
        """The parts of a page as they are now; None where there is no such page (any more)."""
        site = self._site()
        if subject.kind == "run":
            return self._of_run(site, subject)
        if subject.kind == "runs":
            return site.fragments.runs(site.runs_shown(dict(subject.query), subject.repositories))
        return site.fragments.health(site.health_shown(subject.repositories)) if subject.kind == "health" else {}

    def _of_run(self, site: Site, subject: Subject) -> Mapping[str, str] | None:
        from pydantic import ValidationError

        from otto_bot.store.ledger import NoSuchRun
        from otto_bot.store.versions import NewerVersion
        from otto_bot.web.live_parts import EVENTS
        from otto_bot.web.views.timeline import Which

        try:
            run = site.run_now(subject.run)
            if subject.query:
                return _of_part(site, run, *subject.query[0])
            page = site.run_shown(run, Which(None, subject.events == "every"), 0)
        except (NoSuchRun, NewerVersion, ValidationError):
            return None  # the page itself says what is the matter
        parts = site.fragments.run(page)
        if subject.events == "none":
            parts.pop(EVENTS)
        return parts


def _of_part(site: Site, run: Run, what: str, name: str) -> Mapping[str, str] | None:
    """The page of a gate or a task; None where the run has none of that name (any more)."""
    if what == "gate":
        found = site.gate_shown(run, name)
        return None if found is None else site.fragments.gate(found[1])
    page = site.task_shown(run, name)
    return None if page is None else site.fragments.task(page)
