"""What pages ask the store so that people can act: forms for a page, and what became of a word that was just said."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.events import CommandGiven, RunEvent, read_event
from otto_bot.core.run import Gate, Run
from otto_bot.store.ledger import Ledger
from otto_bot.store.run_pages import QUIET, RunPages
from otto_bot.text.links import Links
from otto_bot.text.page_words import heard_words
from otto_bot.web.viewer import Asked
from otto_bot.web.views.doing import OF_GATE, OF_TASK, Doing, Screen, Where, doing
from otto_bot.web.views.parts import gate_url, run_url, task_url

KEY = re.compile(r"page/[0-9a-f]{32}/[0-9a-f]{12}", re.ASCII)
MOST_EVENTS = 400
"""Events after the one on the screen that are read to say what happened since."""


class Acts:
    """Reads only. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine, now: Callable[[], datetime]) -> None:
        self._ledger, self._pages, self._now = Ledger(engine), RunPages(engine), now

    def seen(self, run_id: int) -> int:
        """The number of the newest event; asked before the run is read, so that nothing passes unseen between."""
        return self._pages.last(run_id)

    def of_run(self, run: Run, asked: Asked, seen: int, links: Links) -> Doing:
        """The forms of a run's page."""
        return doing(run, Where(run_url(run.id)), self.screen(asked, seen), links)

    def of_task(self, run: Run, key: str, asked: Asked, seen: int, links: Links) -> Doing:
        """The forms of a task's page."""
        where = Where(task_url(run.id, key), OF_TASK, (key,))
        return doing(run, where, self.screen(asked, seen), links)

    def of_gate(self, run: Run, gate: Gate, asked: Asked, seen: int, links: Links) -> Doing | None:
        """The forms of a gate's page; None where the gate is behind."""
        if run.gate is None or run.gate.number != gate.number:
            return None
        where = Where(gate_url(run.id, gate.number), OF_GATE, None)
        return doing(run, where, self.screen(asked, seen), links)

    def screen(self, asked: Asked, seen: int) -> Screen:
        """Who looks, and when."""
        return Screen(asked.viewer, self._now(), seen, secrets.token_hex(16))

    def said(self, run: Run, asked: Asked) -> str:
        """What was heard of the word in the address, in words; empty where nothing was."""
        key = asked.query.get("said", "")
        if KEY.fullmatch(key) is None or key not in run.seen:
            return ""
        body = self._pages.heard(run.id, key)
        event = read_event(body) if body else None
        return heard_words(run, event) if isinstance(event, CommandGiven) else ""

    def since(self, run_id: int, seen: int) -> list[RunEvent]:
        """Events that people want to hear of, after the one that was on the screen."""
        found = self._ledger.events(run_id, max(seen, self._pages.last(run_id) - MOST_EVENTS))
        return [one.event for one in found if one.event.type not in QUIET and not one.refused]
