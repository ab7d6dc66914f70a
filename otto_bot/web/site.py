"""Makes pages: reads the store, shapes what was read, fills a template. Every error becomes a page with advice."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import Any

import sqlalchemy as sa
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape
from pydantic import ValidationError

from otto_bot.core.run import Run
from otto_bot.store.database import StoreUnavailable
from otto_bot.store.gate_records import GateRecords
from otto_bot.store.ledger import Ledger, NoSuchRun
from otto_bot.store.listing import Listing
from otto_bot.store.run_pages import RunPages
from otto_bot.store.versions import NewerVersion
from otto_bot.text import pages as text
from otto_bot.text.labels import LABELS, SIGNS
from otto_bot.text.links import Links
from otto_bot.web.answer import Page
from otto_bot.web.assets import Assets
from otto_bot.web.counted import Countings, host_seen
from otto_bot.web.viewer import Asked
from otto_bot.web.views.gate import gate_page
from otto_bot.web.views.gate_evidence import RAWS
from otto_bot.web.views.health import health_page
from otto_bot.web.views.insight import insight_page
from otto_bot.web.views.parts import Link, run_url
from otto_bot.web.views.run import run_page
from otto_bot.web.views.runs import runs_page, wanted
from otto_bot.web.views.task import task_page
from otto_bot.web.views.timeline import ROWS, which

log = logging.getLogger(__name__)

ALL = ("/", LABELS["runs"])


def _shipped(name: str) -> str | None:
    """A template of the package."""
    file = files("otto_bot.web").joinpath("templates", name)
    return file.read_text("utf-8") if file.is_file() else None


def ticks(words: str) -> Markup:
    """Someone's words, harmless; what stands in backticks is shown as code."""
    pieces = words.split("`")
    if len(pieces) % 2 == 0:  # one of them stands alone
        return escape(words)
    shown = [Markup("<code>{}</code>").format(one) if number % 2 else escape(one) for number, one in enumerate(pieces)]
    return Markup("").join(shown)


def _natural(said: str) -> int:
    """A number in an address; 0 where it is none."""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


class Site:
    """All pages over one database."""

    def __init__(
        self, engine: sa.Engine, assets: Assets, web_url: str, docs_url: str, now: Callable[[], datetime]
    ) -> None:
        self._engine, self._web_url, self._docs_url, self._now = engine, web_url, docs_url, now
        self._ledger, self._listing, self._pages = Ledger(engine), Listing(engine), RunPages(engine)
        self._gates = GateRecords(engine)
        self._countings = Countings(engine, now)
        self._templates = Environment(
            loader=FunctionLoader(_shipped),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(asset=assets.url, w=LABELS, signs=SIGNS)
        self._templates.filters["ticks"] = ticks

    def answered(self, asked: Asked, make: Callable[[Site], Page]) -> Page:
        """A page, or the one that says why there is none and what to do."""
        try:
            return make(self)
        except StoreUnavailable as error:
            log.warning("a page could not be made: %s", error)
            return self._advice(asked, 503, text.NO_STORE, banner=False)
        except ValidationError as error:
            log.warning("a page could not be made: %s", error.errors()[0]["msg"])
            return self._advice(asked, 500, text.UNREADABLE, banner=False)

    def lost(self, asked: Asked) -> Page:
        """An address that is none."""
        return self._advice(asked, 404, text.NO_PAGE)

    def runs(self, asked: Asked) -> Page:
        """The list of runs."""
        which_runs = wanted(asked.query, self._now().timestamp())
        seen = asked.viewer.repositories
        found = self._listing.page(which_runs, seen)
        return self._page(asked, "runs.html", page=runs_page(which_runs, found, self._listing.repositories(seen)))

    def run(self, run_id: str, asked: Asked) -> Page:
        """One run."""
        run = self._load(run_id, asked)
        if isinstance(run, Page):
            return run
        rows = which(asked.query)
        events = self._pages.timeline(run.id, ROWS, rows.before, every=rows.every)
        costs = self._pages.costs(run.id)
        return self._page(asked, "run.html", page=run_page(run, self._links(run), costs, events, rows, self._now()))

    def task(self, run_id: str, key: str, asked: Asked) -> Page:
        """One task with its attempts."""
        run = self._load(run_id, asked)
        if isinstance(run, Page):
            return run
        page = task_page(run, key, self._links(run))
        if page is None:
            return self._advice(
                asked, 404, text.NO_TASK, back=(run_url(run.id), f"run {run.id}"), id=run.id, key=key[:20]
            )
        return self._page(asked, "task.html", page=page)

    def gate(self, run_id: str, number: str, asked: Asked) -> Page:
        """One gate with its decision."""
        run = self._load(run_id, asked)
        if isinstance(run, Page):
            return run
        record = self._gates.one(run, _natural(number), RAWS)
        if record is None:
            back = (run_url(run.id), f"run {run.id}")
            return self._advice(asked, 404, text.NO_GATE, back=back, id=run.id, number=number[:20])
        return self._page(asked, "gate.html", page=gate_page(record, self._links(run), self._now()))

    def insight(self, asked: Asked) -> Page:
        """What decisions and estimates were worth, in a repository or in all that this person sees."""
        seen = asked.viewer.repositories
        repo = wanted(asked.query, self._now().timestamp()).repo
        found = self._countings.of(seen, repo)
        return self._page(asked, "insight.html", page=insight_page(found, self._listing.repositories(seen)))

    def health(self, asked: Asked) -> Page:
        """The host."""
        now = self._now()
        found = host_seen(self._engine, asked.viewer.repositories, now)
        return self._page(asked, "health.html", page=health_page(found, now))

    def _load(self, run_id: str, asked: Asked) -> Run | Page:
        """The run of an address, or what to say where there is none that this person may see."""
        number = _natural(run_id)
        try:
            run = self._ledger.load(number)
            if asked.viewer.sees(run.repo.id):
                return run
            return self._advice(asked, 404, text.NO_RUN, id=run_id[:20])
        except NoSuchRun:
            return self._advice(asked, 404, text.NO_RUN, id=run_id[:20])
        except NewerVersion:
            return self._advice(asked, 409, text.NEWER, id=run_id)

    def _links(self, run: Run) -> Links:
        return Links(self._web_url, run.repo.owner, run.repo.name, self._docs_url, run.moved_from)

    def _advice(
        self, asked: Asked, status: int, words: tuple[str, str], *, banner: bool = True, back: tuple[str, str] = ALL,
        **parts: object,
    ) -> Page:  # fmt: skip
        title, advice = (sentence.format(**parts) for sentence in words)
        return self._page(
            asked, "advice.html", status, banner=banner, title=title, advice=advice, back=Link(back[1], back[0])
        )

    def _page(self, asked: Asked, template: str, status: int = 200, *, banner: bool = True, **values: Any) -> Page:
        nobody = banner and self._pages.nobody_works(self._now())
        made = self._templates.get_template(template).render(
            nobody=nobody, viewer=asked.viewer, came_from=asked.here, **values
        )
        return Page(status, made)
