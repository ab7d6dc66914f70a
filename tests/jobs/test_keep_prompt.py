"""What a coder was told first is kept: as it is sent, without secrets, once, and it goes with the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from core_builders import spec

from otto_bot.agents.coder_prompt import CodeRequest, code_prompt, code_system
from otto_bot.core.redact import Redactor
from otto_bot.jobs.keep_prompt import keep_prompt
from otto_bot.store.archive import Archive
from otto_bot.store.database import open_database
from otto_bot.store.sweep import Sweep
from otto_bot.store.transcripts import KeptTranscripts, turns_key

NONCE = "abcdefgh12345678"
AT = datetime(2026, 11, 29, 10, tzinfo=UTC)


@pytest.fixture
def engine(make_database: Callable[..., str], backend: str) -> Iterator[sa.Engine]:
    made = open_database(make_database(backend))
    yield made
    made.dispose()


@pytest.fixture
def context(engine: sa.Engine) -> Any:
    """What of a job's context it uses."""
    redactor = Redactor(["hunter2-is-a-secret"])
    return SimpleNamespace(archive=Archive(engine), redactor=redactor, now=lambda: AT)


def request(**changes: Any) -> CodeRequest:
    return CodeRequest(run="7", model="m", task=spec("t1"), attempt=2, nonce=NONCE, **changes)


async def test_a_prompt_is_kept_as_it_is_sent_without_secrets(context: Any, engine: sa.Engine) -> None:
    asked = request(guidance="Use the token hunter2-is-a-secret.")

    await keep_prompt(context, 7, asked, can_run=True)

    kept = KeptTranscripts(engine).prompt(7, "t1", 2)
    assert kept is not None
    assert kept.system == code_system(asked, can_run=True).replace(NONCE, "…")
    assert kept.opening == code_prompt(asked).replace("hunter2-is-a-secret", "[redacted]").replace(NONCE, "…")
    assert NONCE in code_prompt(asked)
    assert KeptTranscripts(engine).prompt(7, "t1", 1) is None


async def test_a_session_that_goes_on_keeps_the_prompt_that_it_began_with(context: Any, engine: sa.Engine) -> None:
    await keep_prompt(context, 7, request(guidance="First."), can_run=True)
    await keep_prompt(context, 7, request(guidance="Second."), can_run=True)

    kept = KeptTranscripts(engine).prompt(7, "t1", 2)
    assert kept is not None
    assert "First." in kept.opening
    assert "Second." not in kept.opening


async def test_a_prompt_is_no_turn_and_goes_with_the_journal(context: Any, engine: sa.Engine) -> None:
    asked = request()
    await keep_prompt(context, 7, asked, can_run=True)

    assert turns_key(7, "t1", 2) == asked.journal_key
    assert context.archive.turns(asked.journal_key) == []
    assert KeptTranscripts(engine).turns(7, "t1", 2) == []
    assert Sweep(engine)._journal(7).rows == 1
    assert KeptTranscripts(engine).prompt(7, "t1", 2) is None
