"""Parts of pages: made the same way for the page as it is loaded and for whoever has it open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment
from markupsafe import Markup

from otto_bot.web.live_topic import digest
from otto_bot.web.views.gate import GatePage
from otto_bot.web.views.health import HealthPage
from otto_bot.web.views.run import RunPage
from otto_bot.web.views.runs import RunsPage
from otto_bot.web.views.task import TaskPage
from otto_bot.web.views.timeline import EventRow, Which

EVENTS = "events"
"""How many events there are: on a page of older ones its links are others."""
OF_OTHERS = ("head", "body")
"""Parts of the pages of gates and tasks."""
OF_RUN = ("head", "links", "notes", "tasks", "gates", "cost", EVENTS)


class Live(NamedTuple):
    """What a page needs to be live: its parts, where it hears of newer ones, and what it shows already."""

    url: str = ""
    after: int = 0
    seen: str = ""
    parts: Mapping[str, str] = {}
    connection: str = ""


class Fragments:
    """HTML of parts, escaped; none of it depends on who looks."""

    def __init__(self, templates: Environment) -> None:
        self._templates = templates

    def run(self, page: RunPage) -> dict[str, str]:
        """Everything of a run's page that changes, but the rows of its timeline."""
        return {name: self._made("_run.html", name, page) for name in OF_RUN}

    def gate(self, page: GatePage) -> dict[str, str]:
        """Everything of a gate's page but its forms."""
        return {name: self._made("_gate.html", name, page) for name in OF_OTHERS}

    def task(self, page: TaskPage) -> dict[str, str]:
        """Everything of a task's page but its forms."""
        return {name: self._made("_task.html", name, page) for name in OF_OTHERS}

    def entry(self, row: EventRow) -> str:
        """One row of the timeline."""
        return self._made("_run.html", "entry", row)

    def runs(self, page: RunsPage) -> dict[str, str]:
        """The list."""
        return {"runs": self._made("_runs.html", "runs", page)}

    def health(self, page: HealthPage) -> dict[str, str]:
        """The host."""
        return {"health": self._made("_health.html", "health", page)}

    def nobody(self, silent: bool) -> str:
        """That steps wait and nobody works; empty where it is not so."""
        return self._made("_live.html", "nobody", silent).strip()

    def live(
        self, url: str = "", parts: Mapping[str, str] | None = None, after: int = 0, still: Collection[str] = ()
    ) -> Live:
        """What a page is given. Without an address it is not live; `still` are parts that are never sent again."""
        shown = {name: Markup(html) for name, html in (parts or {}).items()}  # noqa: S704 - made by the templates above
        seen = digest({name: html for name, html in parts.items() if name not in still}) if parts else ""
        return Live(url, after, seen, shown, self._made("_live.html", "connection") if url else "")

    def _made(self, template: str, macro: str, *given: Any) -> str:
        made: Markup = getattr(self._templates.get_template(template).module, macro)(*given)
        return made


def run_live_url(run_id: int, asked: Which) -> str:
    """Where the page of a run hears of what is new; a page of older events hears of none."""
    events = "none" if asked.before is not None else "every" if asked.every else ""
    return f"/runs/{run_id}/live" + (f"?events={events}" if events else "")


def part_live_url(run_id: int, what: str, name: str) -> str:
    """The same of the page of a gate or a task."""
    return f"/runs/{run_id}/live?{urlencode({'events': 'none', what: name})}"


def list_live_url(query: Mapping[str, str]) -> str:
    """The same of a list of runs."""
    return f"/live?{urlencode({**query, 'of': 'runs'})}"
