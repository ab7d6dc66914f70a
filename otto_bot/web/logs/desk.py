"""Answers about logs: finds the log that an address means, waits for it a moment, and makes a page or a part of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from otto_bot.core.run import Run
from otto_bot.store.transcripts import KeptTranscripts
from otto_bot.text.logs import LOGS, NO_ATTEMPT, NO_LOG
from otto_bot.web.answer import Page
from otto_bot.web.at_github import AtGitHub
from otto_bot.web.logs.fetching import Fetching
from otto_bot.web.logs.parts import told
from otto_bot.web.logs.source import Source
from otto_bot.web.logs.spool import Spool
from otto_bot.web.logs.transcripts import Transcripts
from otto_bot.web.logs.whose import JobRef, asked_of, kept_of, log_url
from otto_bot.web.site import Site
from otto_bot.web.viewer import Asked
from otto_bot.web.views.attempt import attempt_page
from otto_bot.web.views.gate_evidence import quotes_in
from otto_bot.web.views.jobs import WorkflowJobs, jobs_page
from otto_bot.web.views.log import log_page, number_of, wanted_of
from otto_bot.web.views.parts import Link, run_url, task_url

T = TypeVar("T")
FOLDER = "logs"
"""Below the state folder."""


class Desk:
    """All logs of a host."""

    def __init__(self, site: Site, github: AtGitHub) -> None:
        self._site, self._github = site, github
        self._spool = Spool.of(github.account.state_dir / FOLDER, github.account.logs)
        self._jobs = Fetching(self._spool, github.repository, lambda: github.redactor, site.now)
        self._transcripts = Transcripts(site.engine, self._spool, site.now)

    async def close(self) -> None:
        """Stop what is on its way, and close what is open."""
        await self._jobs.close()
        self._transcripts.close()

    async def jobs(self, run: Run, asked: Asked) -> Page:
        """The jobs of a run, or those of one verification as GitHub tells them."""
        links, target = self._site.links(run), asked.query.get("of", "")
        told_of = WorkflowJobs()
        verification = run.verifications.get(target)
        if verification is not None and verification.run_ids:
            told_of = await WorkflowJobs.asked(self._github.repository, run, verification.run_ids)
        return await self._filled(
            asked, lambda: self._site.filled(asked, "logs.html", t=LOGS, page=jobs_page(run, target, told_of, links))
        )

    async def job(self, run: Run, said: str, asked: Asked) -> Page:
        """The page of a job's log."""
        job, links = number_of(said), self._site.links(run)
        kept = kept_of(run, links)
        ref = next((one for one in kept if one.job == job), JobRef(0, job))
        source = await self._source(run, job)
        if source.standing == "foreign":
            back = (run_url(run.id), f"run {run.id}")
            return await self._filled(
                asked, lambda: self._site.advice(asked, 404, NO_LOG, back=back, id=run.id, job=said[:20])
            )
        excerpts = kept.get(ref, [])
        title = source.name or (excerpts[0].source if excerpts else f"job {job}")
        github = Link(LOGS["at_github"], links.job(ref.workflow_run, job) if ref.workflow_run else "")
        here = log_url(run.id, job)
        where = (Link(LOGS["logs"], f"{run_url(run.id)}/logs"), Link(str(job)))
        quotes = quotes_in(run, asked.query.get("cited", "")[:20])

        def made() -> Page:
            wanted, now = wanted_of(asked.query), self._site.now()
            rest = (wanted, now, _crumb(run), where, title, here, github, excerpts, links, quotes)
            try:
                page = log_page(source, *rest)
            except FileNotFoundError:
                page = log_page(_lost(source), *rest)
            return self._site.filled(asked, "log.html", t=LOGS, page=page)

        return await self._filled(asked, made)

    async def job_part(self, run: Run, said: str, asked: Asked) -> dict[str, object] | Page:
        """A part of a job's log."""
        source = await self._source(run, number_of(said), again="again" in asked.query)
        if source.standing == "foreign":
            return Page(404, "")
        return await asyncio.to_thread(self._told, source, asked)

    def _told(self, source: Source, asked: Asked) -> dict[str, object]:
        try:
            return told(source, asked.query, self._site.now())
        except FileNotFoundError:
            return told(_lost(source), asked.query, self._site.now())

    async def coder(self, run: Run, key: str, said: str, asked: Asked) -> Page:
        """The page of a coder's transcript."""
        number, links = number_of(said), self._site.links(run)
        source = await asyncio.to_thread(self._transcripts.look, run, key, number)
        if source.standing == "foreign":
            return await self._filled(asked, lambda: self.no_attempt(run, key, said, asked))
        attempt = f"{task_url(run.id, key)}/attempts/{number}"
        where = (Link(key, task_url(run.id, key)), Link(f"{LOGS['attempt']} {number}", attempt))

        def made() -> Page:
            title = f"{LOGS['transcript']} {key} {LOGS['attempt'].lower()} {number}"
            page = log_page(
                source, wanted_of(asked.query), self._site.now(), _crumb(run), where, title, f"{attempt}/log", Link(""),
                (), links,
            )  # fmt: skip
            return self._site.filled(asked, "log.html", t=LOGS, page=page)

        return await self._filled(asked, made)

    async def coder_part(self, run: Run, key: str, said: str, asked: Asked) -> dict[str, object] | Page:
        """A part of a transcript."""
        source = await asyncio.to_thread(self._transcripts.look, run, key, number_of(said))
        if source.standing == "foreign":
            return Page(404, "")
        return await asyncio.to_thread(self._told, source, asked)

    async def attempt(self, run: Run, key: str, said: str, asked: Asked) -> Page:
        """The page of one attempt."""
        number = number_of(said)

        def made() -> Page:
            kept = KeptTranscripts(self._site.engine)
            prompt, turns = kept.prompt(run.id, key, number), kept.turns(run.id, key, number)
            page = attempt_page(run, key, number, prompt, turns, self._site.links(run))
            if page is None:
                return self.no_attempt(run, key, said, asked)
            return self._site.filled(asked, "attempt.html", t=LOGS, page=page)

        return await self._filled(asked, made)

    def no_attempt(self, run: Run, key: str, said: str, asked: Asked) -> Page:
        """There is no such attempt."""
        back = (run_url(run.id), f"run {run.id}")
        return self._site.advice(asked, 404, NO_ATTEMPT, back=back, id=run.id, key=key[:20], number=said[:20])

    async def _source(self, run: Run, job: int, *, again: bool = False) -> Source:
        if not job:
            return Source("foreign", self._site.now())
        return await self._jobs.look(asked_of(run, job, self._site.links(run)), again=again)

    async def _filled(self, asked: Asked, make: Callable[[], Page]) -> Page:
        return await asyncio.to_thread(self._site.answered, asked, lambda _: make())


def _lost(source: Source) -> Source:
    """Its file made room for another one between two looks."""
    return source._replace(standing="failed", log=None, words=LOGS["made_room"])


def _crumb(run: Run) -> Link:
    return Link(f"run {run.id}", run_url(run.id))
