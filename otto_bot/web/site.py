"""Makes pages: reads the store, shapes what was read, fills a template. Every error becomes a page with advice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, TypeVar

import sqlalchemy as sa
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape
from pydantic import ValidationError

from otto_bot.core.run import Gate, Run
from otto_bot.store.cursors import Cursors
from otto_bot.store.database import StoreUnavailable
from otto_bot.store.gate_records import GateRecords
from otto_bot.store.ledger import Ledger, NoSuchRun
from otto_bot.store.listing import Listing
from otto_bot.store.onboarded import all_onboarded
from otto_bot.store.run_pages import RunPages
from otto_bot.store.versions import NewerVersion
from otto_bot.text import pages as text
from otto_bot.text.doing import DO
from otto_bot.text.labels import LABELS, SIGNS
from otto_bot.text.links import Links
from otto_bot.web.acts import Acts
from otto_bot.web.answer import Page
from otto_bot.web.assets import Assets
from otto_bot.web.counted import Countings, host_seen
from otto_bot.web.live_parts import EVENTS, Fragments, Live, list_live_url, part_live_url, run_live_url
from otto_bot.web.viewer import Asked
from otto_bot.web.views.gate import GatePage, gate_page
from otto_bot.web.views.gate_evidence import RAWS
from otto_bot.web.views.health import HealthPage, health_page
from otto_bot.web.views.insight import insight_page
from otto_bot.web.views.parts import Link, run_url
from otto_bot.web.views.repositories import repositories_view
from otto_bot.web.views.run import RunPage, run_page
from otto_bot.web.views.runs import RunsPage, runs_page, wanted
from otto_bot.web.views.task import TaskPage, task_page
from otto_bot.web.views.timeline import ROWS, Which, which

log = logging.getLogger(__name__)

ALL = ("/", LABELS["runs"])
Made = TypeVar("Made")


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


def natural(said: str) -> int:
    """A number in an address; 0 where it is none."""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


class Site:
    """All pages over one database."""

    def __init__(
        self, engine: sa.Engine, assets: Assets, web_url: str, docs_url: str, now: Callable[[], datetime]
    ) -> None:
        self._engine, self._web_url, self._docs_url, self._now = engine, web_url, docs_url, now
        self._ledger, self._listing, self._pages = Ledger(engine), Listing(engine), RunPages(engine)
        self._gates, self.acts = GateRecords(engine), Acts(engine, now)
        self._countings = Countings(engine, now)
        self._templates = Environment(
            loader=FunctionLoader(_shipped),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # Not as dicts: `w.copy` and `w.clear` would be what every dict can do, not our words.
        words = {"w": SimpleNamespace(**LABELS), "d": SimpleNamespace(**DO)}
        self._templates.globals.update(asset=assets.url, signs=SIGNS, **words)
        self._templates.filters["ticks"] = ticks
        self.fragments = Fragments(self._templates)

    def answered(self, asked: Asked, make: Callable[[Site], Made]) -> Made | Page:
        """A page, or what one is made of; or the page that says why there is none and what to do."""
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
        page = self.runs_shown(asked.query, asked.viewer.repositories)
        live = self.fragments.live(list_live_url(asked.query), self.fragments.runs(page))
        return self._page(asked, "runs.html", page=page, live=live)

    def runs_shown(self, query: Mapping[str, str], seen: frozenset[int] | None) -> RunsPage:
        """The list that an address asks for, of repositories that one sees (None = all)."""
        which_runs = wanted(query, self._now().timestamp())
        return runs_page(which_runs, self._listing.page(which_runs, seen), self._listing.repositories(seen))

    def run(self, run_id: str, asked: Asked) -> Page:
        """One run."""
        seen = self.acts.seen(natural(run_id))
        run = self._load(run_id, asked)
        if isinstance(run, Page):
            return run
        rows = which(asked.query)
        page = self.run_shown(run, rows)
        newest = page.timeline.rows[0].seq if page.timeline.rows else 0
        still = () if rows.before is None else (EVENTS,)
        live = self.fragments.live(run_live_url(run.id, rows), self.fragments.run(page), newest, still)
        do = self.acts.of_run(run, asked, seen, self.links(run))
        return self._page(asked, "run.html", page=page, live=live, do=do, said=self.acts.said(run, asked))

    def run_shown(self, run: Run, rows: Which, most: int = ROWS) -> RunPage:
        """The page of a run with so many of its events."""
        events = self._pages.timeline(run.id, most, rows.before, every=rows.every)
        return run_page(run, self.links(run), self._pages.costs(run.id), events, rows, self._now())

    def run_now(self, run_id: int) -> Run:
        """A run as it stands. Raises NoSuchRun and NewerVersion."""
        return self._ledger.load(run_id)

    def task(self, run_id: str, key: str, asked: Asked) -> Page:
        """One task with its attempts."""
        seen = self.acts.seen(natural(run_id))
        run = self._load(run_id, asked)
        if isinstance(run, Page):
            return run
        page = self.task_shown(run, key)
        if page is None:
            return self._advice(
                asked, 404, text.NO_TASK, back=(run_url(run.id), f"run {run.id}"), id=run.id, key=key[:20]
            )
        live = self.fragments.live(part_live_url(run.id, "task", key), self.fragments.task(page))
        do = self.acts.of_task(run, key, asked, seen, self.links(run))
        return self._page(asked, "task.html", page=page, live=live, do=do, said=self.acts.said(run, asked))

    def task_shown(self, run: Run, key: str) -> TaskPage | None:
        """The page of a task; None where the run has no such task."""
        return task_page(run, key, self.links(run))

    def gate(self, run_id: str, number: str, asked: Asked) -> Page:
        """One gate with its decision."""
        seen = self.acts.seen(natural(run_id))
        run = self._load(run_id, asked)
        if isinstance(run, Page):
            return run
        found = self.gate_shown(run, number)
        if found is None:
            back = (run_url(run.id), f"run {run.id}")
            return self._advice(asked, 404, text.NO_GATE, back=back, id=run.id, number=number[:20])
        gate, page = found
        live = self.fragments.live(part_live_url(run.id, "gate", f"{gate.number}"), self.fragments.gate(page))
        do = self.acts.of_gate(run, gate, asked, seen, self.links(run))
        return self._page(asked, "gate.html", page=page, live=live, do=do, said=self.acts.said(run, asked))

    def gate_shown(self, run: Run, number: str) -> tuple[Gate, GatePage] | None:
        """A gate and its page; None where the run has no such gate."""
        record = self._gates.one(run, natural(number), RAWS)
        return None if record is None else (record.gate, gate_page(record, self.links(run), self._now()))

    def insight(self, asked: Asked) -> Page:
        """What decisions and estimates were worth, in a repository or in all that this person sees."""
        seen = asked.viewer.repositories
        repo = wanted(asked.query, self._now().timestamp()).repo
        found = self._countings.of(seen, repo)
        return self._page(asked, "insight.html", page=insight_page(found, self._listing.repositories(seen)))

    def health(self, asked: Asked) -> Page:
        """The host."""
        seen = asked.viewer.repositories
        page = self.health_shown(seen)
        return self._page(
            asked, "health.html", page=page, live=self.fragments.live("/live?of=health", self.fragments.health(page))
        )

    def health_shown(self, seen: frozenset[int] | None) -> HealthPage:
        """How the host stands, for somebody who sees these repositories."""
        now = self._now()
        lacking = repositories_view(all_onboarded(Cursors(self._engine), seen), self._web_url)
        return health_page(host_seen(self._engine, seen, now), now)._replace(repositories=lacking)

    def nobody(self) -> str:
        """The words that steps wait and nobody works; empty where it is not so."""
        return self.fragments.nobody(self._pages.nobody_works(self._now()))

    def _load(self, run_id: str, asked: Asked) -> Run | Page:
        """The run of an address, or what to say where there is none that this person may see."""
        number = natural(run_id)
        try:
            run = self._ledger.load(number)
            if asked.viewer.sees(run.repo.id):
                return run
            return self._advice(asked, 404, text.NO_RUN, id=run_id[:20])
        except NoSuchRun:
            return self._advice(asked, 404, text.NO_RUN, id=run_id[:20])
        except NewerVersion:
            return self._advice(asked, 409, text.NEWER, id=run_id)

    def one(self, run_id: str, asked: Asked) -> Run | Page:
        """The run of an address as it stands, or the page that says why there is none."""
        return self._load(run_id, asked)

    def page(self, asked: Asked, template: str, status: int = 200, **values: Any) -> Page:
        """A page of another part of the site."""
        return self._page(asked, template, status, **values)

    def advice(
        self, asked: Asked, status: int, words: tuple[str, str], back: tuple[str, str] = ALL, **parts: object
    ) -> Page:
        """A page that only says what to do; `parts` go into its words."""
        said = tuple(one.format(**parts) for one in words) if parts else words
        return self.page(asked, "advice.html", status, title=said[0], advice=said[1], back=Link(back[1], back[0]))

    def links(self, run: Run) -> Links:
        """Addresses of a run on GitHub and here."""
        return Links(self._web_url, run.repo.owner, run.repo.name, self._docs_url, run.moved_from, run.id)

    def _advice(
        self, asked: Asked, status: int, words: tuple[str, str], *, banner: bool = True, back: tuple[str, str] = ALL,
        **parts: object,
    ) -> Page:  # fmt: skip
        title, advice = (sentence.format(**parts) for sentence in words)
        return self._page(
            asked, "advice.html", status, banner=banner, title=title, advice=advice, back=Link(back[1], back[0])
        )

    def _page(
        self, asked: Asked, template: str, status: int = 200, *, banner: bool = True, live: Live | None = None,
        **values: Any,
    ) -> Page:  # fmt: skip
        nobody = Markup(self.nobody() if banner else "")  # noqa: S704 - made by a template
        live = live or self.fragments.live("/live" if status == 200 else "")
        made = self._templates.get_template(template).render(
            nobody=nobody, live=live, viewer=asked.viewer, came_from=asked.here, **values
        )
        return Page(status, made)

    # What other rooms of the pages make theirs with.
    load, filled = _load, _page

    @property
    def engine(self) -> sa.Engine:
        """The database."""
        return self._engine

    def now(self) -> datetime:
        """The clock of the pages."""
        return self._now()
