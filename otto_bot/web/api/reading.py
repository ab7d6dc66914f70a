"""Reads the store for the API and makes answers of it; what cannot be read, or may not be seen, is Refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.run import Run
from otto_bot.store.event_pages import EventPages
from otto_bot.store.gate_records import GateRecords
from otto_bot.store.ledger import Ledger, NoSuchRun
from otto_bot.store.listing import Listing, Wanted
from otto_bot.store.run_pages import RunPages
from otto_bot.store.versions import NewerVersion
from otto_bot.text import api as text
from otto_bot.text.links import Links
from otto_bot.web.api.base import Refused
from otto_bot.web.api.gate_answers import gate_answer
from otto_bot.web.api.gate_models import GateAnswer
from otto_bot.web.api.host_answers import health_answer, insight_answer
from otto_bot.web.api.host_models import HealthAnswer, InsightAnswer
from otto_bot.web.api.run_answers import event_list, run_answer, run_list
from otto_bot.web.api.run_models import EventList, RunAnswer, RunList
from otto_bot.web.api.task_answers import task_answer
from otto_bot.web.api.task_models import TaskAnswer
from otto_bot.web.counted import Countings, host_seen
from otto_bot.web.viewer import Viewer
from otto_bot.web.views.gate_evidence import RAWS


class Reading:
    """Every answer over one database. `web_url` and `docs_url` are where people see GitHub and the documents."""

    def __init__(self, engine: sa.Engine, web_url: str, docs_url: str, now: Callable[[], datetime]) -> None:
        self._engine, self._web_url, self._docs_url, self._now = engine, web_url, docs_url, now
        self._ledger, self._listing, self._pages = Ledger(engine), Listing(engine), RunPages(engine)
        self._gates, self._events = GateRecords(engine), EventPages(engine)
        self._countings = Countings(engine, now)

    def now(self) -> float:
        """Seconds since 1970."""
        return self._now().timestamp()

    def runs(self, viewer: Viewer, wanted: Wanted) -> RunList:
        """One page of the list."""
        return run_list(wanted, self._listing.page(wanted, viewer.repositories))

    def one(self, viewer: Viewer, number: int) -> Run:
        """A run, as far as this person may see it."""
        return self._seen(viewer, number)

    def run(self, viewer: Viewer, number: int) -> RunAnswer:
        """One run."""
        run = self._seen(viewer, number)
        newest = self._events.newest(run.id)
        return run_answer(run, self._links(run), self._pages.costs(run.id), newest, self._now())

    def events(self, viewer: Viewer, number: int, after: int, most: int, *, every: bool) -> EventList:
        """Events of a run after one that is known."""
        run = self._seen(viewer, number)
        return event_list(run.id, self._events.after(run.id, after, most, every=every))

    def task(self, viewer: Viewer, number: int, key: str) -> TaskAnswer:
        """One task."""
        run = self._seen(viewer, number)
        found = task_answer(run, key, self._links(run))
        if found is None:
            raise Refused(404, "no_task", text.NO_TASK, id=run.id, key=key[:20])
        return found

    def gate(self, viewer: Viewer, number: int, gate: int) -> GateAnswer:
        """One gate."""
        run = self._seen(viewer, number)
        record = self._gates.one(run, gate, RAWS)
        if record is None:
            raise Refused(404, "no_gate", text.NO_GATE, id=run.id, number=gate)
        return gate_answer(record, self._links(run), self._now())

    def insight(self, viewer: Viewer, repo: str) -> InsightAnswer:
        """What decisions and estimates were worth."""
        return insight_answer(self._countings.of(viewer.repositories, repo))

    def health(self, viewer: Viewer) -> HealthAnswer:
        """The host."""
        now = self._now()
        return health_answer(host_seen(self._engine, viewer.repositories, now), now)

    def _seen(self, viewer: Viewer, number: int) -> Run:
        """A run that this person may see."""
        try:
            run = self._ledger.load(number)
        except NoSuchRun:
            raise Refused(404, "no_run", text.NO_RUN, id=number) from None
        except NewerVersion:
            # Its repository is not read from a state of another version: only who sees all is told that it is there.
            if viewer.repositories is None:
                raise Refused(409, "newer_version", text.NEWER, id=number) from None
            raise Refused(404, "no_run", text.NO_RUN, id=number) from None
        if not viewer.sees(run.repo.id):
            raise Refused(404, "no_run", text.NO_RUN, id=number)
        return run

    def _links(self, run: Run) -> Links:
        return Links(self._web_url, run.repo.owner, run.repo.name, self._docs_url, run.moved_from)
