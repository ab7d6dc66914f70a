"""Notes between a run and its coders: without secrets, as they were when an attempt started, and in the archive."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from otto_bot.agents.toolbox import read_finish
from otto_bot.core.attempt import Attempt, Handoff
from otto_bot.core.budget import Money
from otto_bot.core.context_notes import context_digest, context_of
from otto_bot.core.notes import Fact
from otto_bot.core.redact import Redactor
from otto_bot.core.run import Run
from otto_bot.core.surfaces import surfaces
from otto_bot.core.values import Person, Repo
from otto_bot.jobs.context_notes import handoff, keep_context, told_notes
from otto_bot.report import report
from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def run_with(*texts: str) -> Run:
    return Run(
        id=1, repo=Repo(id=1, installation_id=1, owner="o", name="r", default_branch="main"), issue=1, ordinal=1,
        title="T", body="", actor=Person(id=1, login="dev"), started_at=NOW, money=Money(cap=1),
        notes=tuple(Fact(kind="gotchas", text=text, ordinal=1, task="t1") for text in texts),
    )  # fmt: skip


def test_no_secret_of_a_handoff_is_kept() -> None:
    redactor = Redactor(["hunter22", "sesame"])
    long = "sesame " * 57
    left = read_finish(
        {"summary": "it is hunter22", "handoff": ["hunter22"], "gotchas": ["use hunter22", long], "data_model": ["m"],
         "conventions": ["hunter22"], "decisions": [{"what": "hunter22", "why": "hunter22 says so"}]}
    )  # fmt: skip
    kept = handoff(left, redactor)
    assert "hunter22" not in kept.model_dump_json()
    assert kept.findings.data_model == ("m",)
    assert len(kept.findings.gotchas[1]) <= 400
    assert handoff(None, redactor) == Handoff()


def test_an_attempt_hears_what_was_known_when_it_started() -> None:
    run = run_with("first", "second")
    attempt = Attempt(number=1, branch="b", base_sha="s", notes=1)
    assert "first" in told_notes(run, attempt)
    assert "second" not in told_notes(run, attempt)
    assert told_notes(run, attempt.model_copy(update={"notes": None})) == ""


async def test_the_archive_has_it_under_the_digest_of_its_surface(database_url: str) -> None:
    engine = open_database(database_url)
    run = run_with("the clock is UTC")
    context: Any = SimpleNamespace(archive=Archive(engine), now=lambda: NOW)
    await keep_context(context, run, "context")
    body = context.archive.read(surfaces(run)["context"])
    assert body is not None
    assert body.decode() == context_of(run)
    assert surfaces(run)["context"] == context_digest(run)
    with engine.begin() as c:
        c.execute(
            t.runs.insert().values(
                id=1,
                repo_id=1,
                issue=1,
                ordinal=1,
                trigger_key="k",
                active=1,
                phase="",
                seq=0,
                state=run.model_dump_json(by_alias=True),
                started_at=0,
                updated_at=0,
            )
        )
    assert report(Ledger(engine), 1)["context"] == context_of(run)
    engine.dispose()
