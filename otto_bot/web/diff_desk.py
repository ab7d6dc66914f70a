"""Answers about diffs: finds what an address means, asks GitHub for it, and makes a page."""

from __future__ import annotations

import asyncio

from otto_bot.core.run import Run
from otto_bot.github.errors import GitHubError
from otto_bot.text import pages as text
from otto_bot.text.logs import LOGS, NO_DIFF
from otto_bot.web.answer import Page
from otto_bot.web.at_github import AtGitHub
from otto_bot.web.diffs import Diffs, Ends, Taken, ends_of
from otto_bot.web.site import Site
from otto_bot.web.viewer import Asked
from otto_bot.web.views.diff import diff_page
from otto_bot.web.views.log import number_of
from otto_bot.web.views.parts import Link, attempt_url, run_url, task_url


class DiffDesk:
    """All diffs of a host."""

    def __init__(self, site: Site, github: AtGitHub) -> None:
        self._site, self._github = site, github
        self._diffs = Diffs(github.repository, site.now)

    async def page(self, run: Run, key: str, asked: Asked) -> Page:
        """The diff of a run, or of an attempt of a task."""
        number = number_of(asked.query.get("attempt"))
        ends = ends_of(run, key, number)
        if not isinstance(ends, Ends):
            return await asyncio.to_thread(self._site.answered, asked, lambda _: self._none(run, key, ends, asked))
        taken = await self._diffs.take(run, ends)
        return await asyncio.to_thread(
            self._site.answered, asked, lambda _: self._made(run, key, number, ends, taken, asked)
        )

    async def now(self, run: Run, key: str, asked: Asked) -> dict[str, object] | Page:
        """The branch's newest commit, for whoever has its diff on screen; empty where nobody knows."""
        ends = ends_of(run, key, number_of(asked.query.get("attempt")))
        if not isinstance(ends, Ends):
            return Page(404, "")
        try:
            return {"head": await self._diffs.newest(run, ends) or ""}
        except (GitHubError, ValueError, TimeoutError):
            return {"head": ""}

    def _none(self, run: Run, key: str, why: str | None, asked: Asked) -> Page:
        back = (run_url(run.id), f"run {run.id}")
        if why is None:
            return self._site.advice(asked, 404, text.NO_TASK, back=back, id=run.id, key=key[:20])
        return self._site.advice(asked, 404, NO_DIFF, back=back, why=why)

    def _made(self, run: Run, key: str, number: int, ends: Ends, taken: Taken, asked: Asked) -> Page:
        here = f"{task_url(run.id, key) if key else run_url(run.id)}/diff"
        where: tuple[Link, ...] = (Link(LOGS["diff"]),)
        title = f"{LOGS['diff_of']} {f'request #{run.pull_request}' if run.pull_request else run.run_branch}"
        if key:
            where = (Link(key, task_url(run.id, key)), *where)
            title = f"{LOGS['diff_of']} {key}"
        if key and number:
            where = (where[0], Link(f"{LOGS['attempt']} {number}", attempt_url(run.id, key, number)), where[1])
            title, here = f"{title} {LOGS['attempt'].lower()} {number}", f"{here}?attempt={number}"
        clean = self._github.redactor.text
        page = diff_page(run, taken, ends, where, title, here, self._site.links(run), self._site.now(), clean)
        return self._site.filled(asked, "diff.html", t=LOGS, page=page)
